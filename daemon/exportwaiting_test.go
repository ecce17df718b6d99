package daemon

import (
	"testing"

	"github.com/althing-network/althing/role"
)

// Waiting returns a function that checks the tasks which do not select a node and returns the
// lines that are logged. The node withholds the number of its rows.
func Waiting(node uint64, chain waitingChain, rows role.Rows) (check func(t *testing.T) []string) {
	w := waiting{node: node, chain: chain, rows: rows, loggable: Rows{Withhold: true}.loggable}
	return func(t *testing.T) (lines []string) {
		t.Helper()
		notes, err := w.check(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range notes {
			line := n.event
			for _, a := range n.attrs() {
				line += " " + a.String()
			}
			lines = append(lines, line)
		}
		return lines
	}
}
