package trainer

import (
	"context"
	"fmt"

	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/spec"
)

// AskCopied asks the chain whether another node has submitted this node's commitment: a
// trainer does not see the commitments of other trainers. It asks once per block, until
// the chain has the commitment from this node.
type AskCopied struct {
	Task, Round uint64
	Commitment  spec.Digest
}

var _ role.Repeated = AskCopied{}

// Key implements [role.Action].
func (a AskCopied) Key() string {
	return fmt.Sprintf("ask-%d-%d-%s", a.Task, a.Round, a.Commitment.Short())
}

// RepeatAfter implements [role.Repeated].
func (AskCopied) RepeatAfter() int64 { return 1 }

// Do implements [role.Action].
func (a AskCopied) Do(ctx context.Context, t role.Tools) (role.Event, error) {
	node, err := t.Committed(ctx, a.Task, a.Commitment)
	if err != nil || node == 0 || node == t.Node {
		return nil, err
	}
	return Copied(a), nil
}

// Copied is the event that another node has submitted this node's commitment first.
type Copied struct {
	Task, Round uint64
	Commitment  spec.Digest
}

// Event implements [role.Event].
func (Copied) Event() {}
