package role

import (
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// Ineligible is why the scheduler does not select a node for a task in a role, as text for
// the node's operator; empty: the node is eligible. See [round.Ineligible].
func Ineligible(t *spec.Task, n *spec.Node, as spec.Role) (why string) {
	return round.Ineligible(t, n, as)
}
