package althing_test

import (
	"fmt"
	"go/ast"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// exports finds types of imported packages in the export data that the build
// keeps, so that a check costs no second compilation.
type exports struct {
	fset     *token.FileSet
	importer types.Importer
}

func exportsOf(t *testing.T, fset *token.FileSet, packages map[string][]*file) exports {
	t.Helper()
	var wanted []string
	for _, files := range packages {
		for _, f := range files {
			wanted = append(wanted, imports(f)...)
		}
	}
	slices.Sort(wanted)
	data := map[string]string{}
	if wanted = slices.Compact(wanted); len(wanted) > 0 {
		args := append([]string{"list", "-export", "-f", "{{.ImportPath}} {{.Export}}"}, wanted...)
		out, err := exec.CommandContext(t.Context(), "go", args...).Output()
		if err != nil {
			t.Fatalf("list the imports of consensus code: %v", err)
		}
		for line := range strings.Lines(string(out)) {
			path, file, _ := strings.Cut(strings.TrimSpace(line), " ")
			data[path] = file
		}
	}
	return exports{fset, importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
		if data[path] == "" {
			return nil, fmt.Errorf("no export data for %s", path)
		}
		return os.Open(data[path])
	})}
}

// check finds the types in one package.
func (e exports) check(t *testing.T, dir string, files []*file) *types.Info {
	t.Helper()
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}}
	var syntax []*ast.File
	for _, f := range files {
		syntax = append(syntax, f.File)
	}
	if _, err := (&types.Config{Importer: e.importer}).Check(dir, e.fset, syntax, info); err != nil {
		t.Fatalf("check the types of %s: %v", dir, err)
	}
	return info
}

// callee is "package.Function" for a call of a package's function, else empty.
func callee(info *types.Info, call *ast.CallExpr) string {
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	f, ok := info.Uses[sel.Sel].(*types.Func)
	if !ok || f.Signature().Recv() != nil || f.Pkg() == nil {
		return ""
	}
	return f.Pkg().Path() + "." + f.Name()
}

func isMap(t types.Type) bool {
	if t == nil {
		return false
	}
	_, ok := t.Underlying().(*types.Map)
	return ok
}

// isFloat reports whether a type, or one of a call's results, is a float.
func isFloat(t types.Type) bool {
	if results, ok := t.(*types.Tuple); ok {
		for v := range results.Variables() {
			if isFloat(v.Type()) {
				return true
			}
		}
		return false
	}
	if t == nil {
		return false
	}
	basic, ok := t.Underlying().(*types.Basic)
	return ok && basic.Info()&(types.IsFloat|types.IsComplex) != 0
}
