package althing_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
	"testing"
)

// agreed lists the layers in which every validator must compute the same bits.
const agreed = "spec round privacy/cost privacy/terms chain"

const noFloat = "float arithmetic differs between machines: use integers with a named unit"

func TestDeterminism(t *testing.T) {
	holds(t, determinism)
	plant := func(want, imported, body string) {
		t.Helper()
		catches(t, determinism, want, "round/a.go", "package round\n"+imported+"\nfunc step(m map[string]int) {\n"+body+"\n}\n")
	}
	plant("order of a map", "", "for range m {}")
	plant("order of a map", "", "type set map[string]int; for range set(m) {}")
	plant("order of a map", `import "maps"`, "for range maps.Keys(m) {}")
	plant("", `import ("maps"; "slices")`, "for range slices.Sorted(maps.Keys(m)) {}")
	plant("", "", "for range []int{1} {}")
	plant("float", "", "x := 1.5; _ = x")
	plant("float", "", "_ = float32(len(m))")
	plant("float", `import "strconv"`, `_, _ = strconv.ParseFloat("1", 64)`)
	plant("", `import "math"`, "_ = uint64(math.MaxInt64)")
	plant("goroutine", "", "go step(m)")
	plant("select", "", "select {}")
	plant("clock", `import "time"`, "_ = time.Now()")
	plant("", `import "time"`, "_ = time.Second")
	plant("randomness", `import _ "math/rand/v2"`, "")
	catches(t, determinism, "", "train/a.go", "package train\nfunc f(x float32) { go f(x) }\n")
}

// determinism forbids, where validators must agree, what may differ from one
// run or one machine to the next.
func determinism(t *testing.T, tr *tree) (violations []string) {
	t.Helper()
	packages := tr.packages(func(f *file) bool {
		l, _ := layerOf(f.dir())
		return !f.test && listed(agreed, l.folder)
	})
	exports := exportsOf(t, tr.fset, packages)
	for dir, files := range packages {
		info := exports.check(t, dir, files)
		for _, f := range files {
			if !f.hand() {
				continue
			}
			for _, imported := range imports(f) {
				if listed("math/rand math/rand/v2 crypto/rand", imported) {
					violations = append(violations, fmt.Sprintf("%s imports %s: consensus knows no randomness", f.path, imported))
				}
			}
			violations = append(violations, tr.wavering(f, info)...)
		}
	}
	return violations
}

// wavering names the expressions and statements of a file that need not give
// the same result everywhere; sorted map keys do.
func (tr *tree) wavering(f *file, info *types.Info) (violations []string) {
	sorted := map[ast.Node]bool{}
	ast.Inspect(f.File, func(n ast.Node) bool {
		why := ""
		switch n := n.(type) {
		case *ast.GoStmt:
			why = "a goroutine runs when it likes"
		case *ast.SelectStmt:
			why = "select chooses at random"
		case *ast.RangeStmt:
			if isMap(info.TypeOf(n.X)) {
				why = "the order of a map is random: range over slices.Sorted(maps.Keys(m))"
			}
		case *ast.CallExpr:
			name := callee(info, n)
			switch {
			case strings.HasPrefix(name, "slices.Sorted") && len(n.Args) > 0:
				sorted[n.Args[0]] = true
			case listed("maps.Keys maps.Values maps.All", name) && !sorted[n]:
				why = "the order of a map is random: put slices.Sorted around it"
			case listed("time.Now time.Since time.Until time.After time.AfterFunc time.Tick time.NewTimer time.NewTicker time.Sleep", name):
				why = "consensus has no clock: use the height or the time of the block"
			case isFloat(info.TypeOf(n)):
				why = noFloat
			}
		case *ast.BasicLit:
			if n.Kind == token.FLOAT {
				why = noFloat
			}
		case *ast.Ident:
			if obj, ok := info.Uses[n].(*types.TypeName); ok && isFloat(obj.Type()) {
				why = noFloat
			}
		}
		if why != "" {
			violations = append(violations, tr.at(n)+": "+why)
		}
		return true
	})
	return slices.Compact(violations)
}
