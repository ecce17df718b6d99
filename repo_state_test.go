package althing_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strings"
	"testing"
)

func TestNoHiddenState(t *testing.T) {
	holds(t, hiddenState)
	catches(t, hiddenState, "init", "blob/a.go", "package blob\nfunc init() {}\n")
	catches(t, hiddenState, "cache", "blob/a.go", "package blob\nvar cache = map[string]int{}\n")
	catches(t, hiddenState, "", "blob/a.go", `package blob
import ("embed"; "errors"; "fmt")
type store struct{}
var _ fmt.Stringer = store{}
var (
	ErrGone  = errors.New("gone")
	errStale = fmt.Errorf("stale: %w", ErrGone)
)
//go:embed a.go
var files embed.FS
`)
}

// hiddenState finds what runs or changes behind the caller's back: init
// functions and package variables. Errors, interface checks and embedded files
// are no state.
func hiddenState(_ *testing.T, tr *tree) (violations []string) {
	for _, f := range tr.files {
		if !f.hand() {
			continue
		}
		for _, decl := range f.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil && d.Name.Name == "init" {
					violations = append(violations, tr.at(d)+": init runs behind the caller's back: call it by name")
				}
			case *ast.GenDecl:
				if d.Tok == token.VAR {
					violations = append(violations, tr.variables(d)...)
				}
			}
		}
	}
	return violations
}

func (tr *tree) variables(d *ast.GenDecl) (violations []string) {
	for _, s := range d.Specs {
		v, ok := s.(*ast.ValueSpec)
		if !ok || embedded(d.Doc) || embedded(v.Doc) {
			continue
		}
		for _, name := range v.Names {
			if name.Name != "_" && !strings.HasPrefix(strings.ToLower(name.Name), "err") {
				violations = append(violations, fmt.Sprintf("%s: package variable %s: make it a constant, a function or a field", tr.at(name), name))
			}
		}
	}
	return violations
}

func embedded(doc *ast.CommentGroup) bool {
	return doc != nil && slices.ContainsFunc(doc.List, func(c *ast.Comment) bool {
		return strings.HasPrefix(c.Text, "//go:embed ")
	})
}
