package trainer

import (
	"context"
	"fmt"

	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/spec"
)

// Ask asks the chain whether another node has said the node's commitment: a trainer
// is not told the commitments of the others. It asks again, block after block, until the
// chain has the commitment from the node itself.
type Ask struct {
	Task, Round uint64
	Commitment  spec.Digest
}

var _ role.Repeated = Ask{}

// Key implements [role.Action].
func (a Ask) Key() string {
	return fmt.Sprintf("ask-%d-%d-%s", a.Task, a.Round, a.Commitment.Short())
}

// RepeatAfter implements [role.Repeated].
func (Ask) RepeatAfter() int64 { return 1 }

// Do implements [role.Action].
func (a Ask) Do(ctx context.Context, t role.Tools) (role.Event, error) {
	node, err := t.Committed(ctx, a.Task, a.Commitment)
	if err != nil || node == 0 || node == t.Node {
		return nil, err
	}
	return Copied(a), nil
}

// Copied is the event that another node has said the node's commitment first.
type Copied struct {
	Task, Round uint64
	Commitment  spec.Digest
}

// Event implements [role.Event].
func (Copied) Event() {}
