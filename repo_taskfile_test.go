package althing_test

import (
	"flag"
	"fmt"
	"go/ast"
	"go/token"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/spec"
)

// rewrite lets a test write what it compares with anew.
var rewrite = flag.Bool("rewrite", false, "write the words of a task file into docs/task-file.md")

// TestTaskFileReference holds docs/task-file.md to package spec: every field with
// its default, and nothing else; and behind them every word with its meaning, which
// -rewrite writes down.
func TestTaskFileReference(t *testing.T) {
	const path, heading = "docs/task-file.md", "## Words\n"
	tr := load(t, root())
	reference, listing, _ := strings.Cut(tr.read(t, path), heading)
	got, want := map[string]string{}, map[string]string{}
	for _, row := range rows(reference) {
		name := strings.Trim(row[0], "`")
		got[name] = strings.Trim(row[1], "`")
		if listed("required none", row[1]) { // not in backquotes: no value
			got[name] = ""
		}
	}
	defaults(want, "", reflect.ValueOf(spec.DefaultTask()))
	for name, value := range want {
		if listed("0 [] "+spec.Digest{}.String(), value) && got[name] == "" {
			want[name] = ""
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("fields and defaults in %s (-spec +docs):\n%s", path, diff)
	}
	if *rewrite {
		if err := os.WriteFile(path, []byte(reference+heading+vocabulary()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(vocabulary(), listing); diff != "" {
		t.Errorf("words in %s: run go test . -run TestTaskFileReference -rewrite (-spec +docs):\n%s", path, diff)
	}
}

// vocabulary is the list of all words as docs/task-file.md has it.
func vocabulary() string {
	var b strings.Builder
	b.WriteString("\nThis list is made from package `spec`: `go test . -run TestTaskFileReference -rewrite` writes it down.\n\n| field | word | meaning |\n|---|---|---|\n")
	for _, f := range spec.Vocabulary() {
		for _, w := range f.Words {
			fmt.Fprintf(&b, "| `%s` | `%s` | %s |\n", f.Field, w.Name, w.Meaning)
		}
	}
	return b.String()
}

func TestEveryWordIsListed(t *testing.T) {
	tr := load(t, root())
	if got := len(words(tr)); got < 20 {
		t.Errorf("%d words found in package spec: there were more", got)
	}
	holds(t, unlisted)
	catches(t, unlisted, "guess", "spec/a.go", "package spec\n// The words of audit.\nconst AuditGuess = \"guess\"\n")
}

// unlisted finds constants of package spec that are said to be words of a task file
// and are in no list.
func unlisted(_ *testing.T, tr *tree) (violations []string) {
	known := map[string]bool{}
	for _, f := range spec.Vocabulary() {
		for _, w := range f.Words {
			known[w.Name] = true
		}
	}
	for _, word := range words(tr) {
		if !known[word] {
			violations = append(violations, fmt.Sprintf("spec: %q is in no list of words: add it with its meaning", word))
		}
	}
	return violations
}

// TestTaskFileExamples wants the file that the reference shows, and the one beside
// it, to be accepted.
func TestTaskFileExamples(t *testing.T) {
	tr := load(t, root())
	_, shown, _ := strings.Cut(tr.read(t, "docs/task-file.md"), "```yaml\n")
	shown, _, _ = strings.Cut(shown, "```")
	for _, example := range []string{shown, tr.read(t, "docs/example-task.yaml")} {
		if _, err := spec.ParseTask([]byte(example)); err != nil {
			t.Error(err)
		}
	}
}

// defaults notes the leaves of a task file by their dotted names.
func defaults(into map[string]string, prefix string, v reflect.Value) {
	for field, value := range v.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		if value.Kind() == reflect.Struct {
			defaults(into, prefix+name+".", value)
			continue
		}
		into[prefix+name] = fmt.Sprint(value.Interface())
		if value.Kind() == reflect.Slice && value.Type().Elem().Kind() == reflect.Struct {
			defaults(into, prefix+name+".", reflect.Zero(value.Type().Elem()))
		}
	}
}

// words lists the string constants of package spec under "The words of".
func words(tr *tree) (list []string) {
	for _, f := range tr.files {
		if f.dir() != "spec" || !f.hand() {
			continue
		}
		for _, decl := range f.Decls {
			d, ok := decl.(*ast.GenDecl)
			if !ok || d.Tok != token.CONST || !strings.HasPrefix(d.Doc.Text(), "The words of ") {
				continue
			}
			ast.Inspect(d, func(n ast.Node) bool {
				if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
					if word, err := strconv.Unquote(lit.Value); err == nil {
						list = append(list, word)
					}
				}
				return true
			})
		}
	}
	return list
}
