package daemon

import (
	"testing"

	"github.com/althing-network/althing/role"
)

// Waiting returns a function that looks for tasks which do not select a node, and returns
// the lines that it logs. What does not fit is withheld.
func Waiting(node uint64, chain waitingChain, rows role.Rows) (look func(t *testing.T) []string) {
	w := waiting{node: node, chain: chain, rows: rows, loggable: Rows{Withhold: true}.loggable}
	return func(t *testing.T) (lines []string) {
		t.Helper()
		notes, err := w.look(t.Context())
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
