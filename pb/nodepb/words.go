package nodepb

import (
	"github.com/althing-network/althing/pb/words"
	"github.com/althing-network/althing/spec"
)

func nodeStates() []words.Pair[NodeState, spec.NodeState] {
	return []words.Pair[NodeState, spec.NodeState]{
		words.Of(NODE_STATE_PENDING, spec.NodePending),
		words.Of(NODE_STATE_ACTIVE, spec.NodeActive),
		words.Of(NODE_STATE_JAILED, spec.NodeJailed),
		words.Of(NODE_STATE_UNBONDING, spec.NodeUnbonding),
		words.Of(NODE_STATE_EXITED, spec.NodeExited),
	}
}

// NodeStateFromSpec is the number of a state; NODE_STATE_UNSPECIFIED where it has none.
func NodeStateFromSpec(s spec.NodeState) NodeState { return words.Number(nodeStates(), s) }

// ToSpec is the state in plain types. It refuses one that does not exist.
func (s NodeState) ToSpec() (spec.NodeState, error) { return words.Word("node state", nodeStates(), s) }
