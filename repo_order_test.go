package althing_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"regexp"
	"testing"
)

func TestOrderIsNotNumber(t *testing.T) {
	holds(t, ordered)
	catches(t, ordered, "Before", "role/a.go", "package role\nfunc f(r spec.Round) bool { return r.Phase < spec.PhaseAttest }\n")
	catches(t, ordered, "Before", "role/a.go", "package role\nfunc f(t spec.Task) bool { return spec.TaskRunning <= t.State }\n")
	catches(t, ordered, "", "role/a.go", "package role\nfunc f(r spec.Round) bool { return r.Phase == spec.PhaseAttest && r.Since > 4 }\n")
}

// ordered finds phases and states of tasks that are compared by < or its like:
// they are words, so that would compare their letters. In every file, tests included.
func ordered(_ *testing.T, tr *tree) (violations []string) {
	variable := regexp.MustCompile(`^(phase|state)$`)
	field := regexp.MustCompile(`^(Phase|State|Phase[A-Z]\w+|Task(Waiting|Preparing|Running|Reached|Spent|Failed|Cancelled))$`)
	named := func(e ast.Expr) bool {
		switch e := ast.Unparen(e).(type) {
		case *ast.Ident:
			return variable.MatchString(e.Name)
		case *ast.SelectorExpr:
			return field.MatchString(e.Sel.Name)
		}
		return false
	}
	for _, f := range tr.files {
		if f.generated {
			continue
		}
		ast.Inspect(f.File, func(n ast.Node) bool {
			b, ok := n.(*ast.BinaryExpr)
			if ok && (b.Op == token.LSS || b.Op == token.LEQ || b.Op == token.GTR || b.Op == token.GEQ) && (named(b.X) || named(b.Y)) {
				violations = append(violations, fmt.Sprintf("%s: a phase or state is compared by %s: ask its method Before or After, or look its place up", tr.at(b), b.Op))
			}
			return true
		})
	}
	return violations
}
