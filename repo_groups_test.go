package althing_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

func TestImportGroups(t *testing.T) {
	holds(t, importGroups)
	ours := "\"" + module + "/spec\"\n"
	catches(t, importGroups, "a.go:4", "blob/a.go", "package blob\nimport (\n\"fmt\"\n"+ours+")\n")
	catches(t, importGroups, "a.go:5", "blob/a.go", "package blob\nimport (\n"+ours+"\n\"fmt\"\n)\n")
	catches(t, importGroups, "", "blob/a.go", "package blob\nimport (\n\"fmt\"\n\n\"example.org/x\"\n\n\"example.org/y\"\n\n"+ours+")\n")
}

// importGroups wants the standard library first, then others, then ours, with a
// blank line between; others may stand in more than one group.
func importGroups(_ *testing.T, tr *tree) (violations []string) {
	for _, f := range tr.files {
		if f.generated {
			continue
		}
		last, lastLine := 0, 0
		for _, spec := range f.Imports {
			rank, line := origin(spec.Path.Value), tr.fset.Position(spec.Pos()).Line
			if lastLine > 0 && (rank < last || rank > last && line == lastLine+1) {
				violations = append(violations, fmt.Sprintf("%s: imports stand in groups: the standard library, others, ours", tr.at(spec)))
			}
			last, lastLine = rank, line
		}
	}
	return violations
}

// origin is 1 for the standard library, 2 for others, 3 for ours.
func origin(quoted string) int {
	path, _ := strconv.Unquote(quoted)
	first, _, _ := strings.Cut(path, "/")
	switch {
	case path == module || strings.HasPrefix(path, module+"/"):
		return 3
	case strings.Contains(first, "."):
		return 2
	}
	return 1
}
