package althing_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/spec"
)

// TestTaskFileReference holds docs/task-file.md to package spec: every field with
// its default and every word of a task file is documented, and nothing else.
func TestTaskFileReference(t *testing.T) {
	tr := load(t, root())
	reference := tr.read(t, "docs/task-file.md")
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
		if listed("0 []", value) && got[name] == "" {
			want[name] = ""
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("fields and defaults in docs/task-file.md (-spec +docs):\n%s", diff)
	}
	for _, word := range words(tr, "spec/taskspec.go") {
		if !slices.Contains(quoted(reference), word) {
			t.Errorf("docs/task-file.md does not say what %q means", word)
		}
	}
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

// words lists the string constants of a file.
func words(tr *tree, name string) (list []string) {
	for _, f := range tr.files {
		if f.path != name {
			continue
		}
		for _, decl := range f.Decls {
			if d, ok := decl.(*ast.GenDecl); ok && d.Tok == token.CONST {
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
	}
	return list
}
