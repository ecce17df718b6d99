package round_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/althing-network/althing/round"
)

// TestEveryRefusalIsInTheTable: each refusal has its own code. A client could not recognise a
// refusal that the table lacks, or tell two with the same code apart.
func TestEveryRefusalIsInTheTable(t *testing.T) {
	var want []uint32
	for _, r := range declaredRefusals(t) {
		want = append(want, r.Code)
	}
	var got []uint32
	for _, r := range round.Refusals() {
		got = append(got, r.Code)
		if r.Code == 0 || r.Why == "" || r.Error() != r.Why {
			t.Errorf("refusal %d says %q", r.Code, r.Why)
		}
	}
	if !slices.IsSorted(got) || len(slices.Compact(slices.Clone(got))) != len(got) {
		t.Errorf("codes %v: want each once, in order", got)
	}
	if slices.Sort(want); len(want) < 20 || !slices.Equal(got, want) {
		t.Errorf("the table lists %v, the package declares %v", got, want)
	}
}

// declaredRefusals reads the refusals that the package's source declares.
func declaredRefusals(t *testing.T) (found []round.Refusal) {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			made, ok := n.(*ast.CompositeLit)
			if !ok {
				return true
			}
			if kind, ok := made.Type.(*ast.Ident); !ok || kind.Name != "Refusal" {
				return true
			}
			code, err := strconv.ParseUint(made.Elts[0].(*ast.BasicLit).Value, 10, 32)
			if err != nil {
				t.Fatal(err)
			}
			found = append(found, round.Refusal{Code: uint32(code)})
			return true
		})
	}
	return found
}
