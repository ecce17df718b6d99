package althing_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/token"
	"os/exec"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/spec"
)

// TestTaskFileReference holds docs/task-file.md to package spec: every field and
// every word of a task file is documented, and nothing else.
func TestTaskFileReference(t *testing.T) {
	tr := load(t, root())
	reference := tr.read(t, "docs/task-file.md")
	var documented []string
	for _, row := range rows(reference) {
		documented = append(documented, quoted(row[0])...)
	}
	want := fields(reflect.TypeFor[spec.TaskSpec](), "")
	slices.Sort(documented)
	slices.Sort(want)
	if diff := cmp.Diff(want, documented); diff != "" {
		t.Errorf("docs/task-file.md differs from spec.TaskSpec (-spec +docs):\n%s", diff)
	}
	for _, word := range words(tr, "spec/taskspec.go") {
		if !slices.Contains(quoted(reference), word) {
			t.Errorf("docs/task-file.md does not say what %q means", word)
		}
	}
}

// fields lists the leaves of a task file by their dotted names.
func fields(of reflect.Type, prefix string) (names []string) {
	for f := range of.Fields() {
		name := prefix + f.Tag.Get("yaml")
		if f.Type.Kind() == reflect.Struct {
			names = append(names, fields(f.Type, name+".")...)
		} else {
			names = append(names, name)
		}
	}
	return names
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

// TestThreatModel wants each of the thirty attacks once, in order.
func TestThreatModel(t *testing.T) {
	var got, want []string
	for _, row := range rows(load(t, root()).read(t, "docs/threat-model.md")) {
		got = append(got, row[0])
	}
	for i := range 30 {
		want = append(want, strconv.Itoa(i+1))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("attacks in docs/threat-model.md (-want +got):\n%s", diff)
	}
}

// TestReplacedModules allows the two replacements that the SDK itself makes: a
// module with others could not be built by the programs that import it.
func TestReplacedModules(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "mod", "edit", "-json").Output()
	if err != nil {
		t.Fatal(err)
	}
	var mod struct {
		Replace []struct{ Old, New struct{ Path string } }
	}
	if err := json.Unmarshal(out, &mod); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, r := range mod.Replace {
		got[r.Old.Path] = r.New.Path
	}
	want := map[string]string{
		"github.com/99designs/keyring": "github.com/cosmos/keyring",
		"github.com/syndtr/goleveldb":  "github.com/syndtr/goleveldb",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("replaced modules (-want +got):\n%s", diff)
	}
}

// TestHouseIsDescribed wants DESIGN.md to name every folder of the house that is there.
func TestHouseIsDescribed(t *testing.T) {
	tr := load(t, root())
	design := tr.read(t, "DESIGN.md")
	for dir := range tr.packages(func(f *file) bool { return !f.generated }) {
		top, _, _ := strings.Cut(dir, "/")
		if top != "." && !strings.Contains(design, fmt.Sprintf("%s/", top)) {
			t.Errorf("DESIGN.md does not say what %s/ is", top)
		}
	}
}

// functions lists the top-level functions of a file.
func functions(f *file) (names []string) {
	for _, decl := range f.Decls {
		if d, ok := decl.(*ast.FuncDecl); ok && d.Recv == nil {
			names = append(names, d.Name.Name)
		}
	}
	return names
}
