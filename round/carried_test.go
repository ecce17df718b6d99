package round_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestEveryEffectIsCarriedOut: carryOut has a case for each kind of effect, also for those that are
// only announced. A linter checks that too; this test is for those who run only the tests.
func TestEveryEffectIsCarriedOut(t *testing.T) {
	var declared, carried []string
	for _, decl := range parse(t, "effect.go").Decls {
		if f, ok := decl.(*ast.FuncDecl); ok && f.Name.Name == "round" {
			declared = append(declared, f.Recv.List[0].Type.(*ast.Ident).Name)
		}
	}
	ast.Inspect(parse(t, "world.go"), func(n ast.Node) bool {
		f, ok := n.(*ast.FuncDecl)
		if ok && f.Name.Name != "carryOut" {
			return false
		}
		if c, ok := n.(*ast.CaseClause); ok {
			for _, kind := range c.List {
				carried = append(carried, kind.(*ast.Ident).Name)
			}
		}
		return true
	})
	slices.Sort(declared)
	slices.Sort(carried)
	if diff := cmp.Diff(declared, carried); diff != "" || len(declared) == 0 {
		t.Errorf("effects (-declared +carried out):\n%s", diff)
	}
}

func parse(t *testing.T, file string) *ast.File {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	return f
}
