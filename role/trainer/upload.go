package trainer

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"sync"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/spec"
)

// Upload sends the node's update to the aggregators of the round.
type Upload struct {
	Task  spec.Task
	Round spec.Round
}

// Key implements [role.Action].
func (a Upload) Key() string { return fmt.Sprintf("upload-%d-%d", a.Task.ID, a.Round.Number) }

// Uploaded is the event that enough aggregators of a round accepted the node's update.
type Uploaded struct {
	Task, Round uint64
	To          []uint64 // aggregators that accepted it
}

// Event implements [role.Event].
func (Uploaded) Event() {}

// Do implements [role.Action]. It fails unless 2f+1 aggregators accepted the update; the
// others pull it from those. Receipts are recorded even when too few accepted it.
func (a Upload) Do(ctx context.Context, t role.Tools) (role.Event, error) {
	ref := blob.Ref{Kind: blob.Update, Slot: t.Slot(a.Task, a.Round.Number)}
	entry, err := t.Store.Lookup(ctx, ref)
	if err != nil {
		return nil, err
	}
	failed := make([]error, len(a.Round.Aggregates))
	receipts := make([]spec.Receipt, len(failed))
	var group sync.WaitGroup
	for i, g := range a.Round.Aggregates {
		if g.Node != t.Node { // a node that also aggregates has its own update
			group.Go(func() {
				failed[i] = role.Guard(func() (err error) {
					receipts[i], err = uploadTo(ctx, t, g.Node, ref, entry)
					return err
				})
			})
		}
	}
	group.Wait()
	if err := a.record(t, entry, receipts); err != nil {
		return nil, err
	}
	done := Uploaded{Task: a.Task.ID, Round: a.Round.Number}
	var failure error // of the first aggregator in the round's order that failed
	for i, err := range failed {
		if err == nil {
			done.To = append(done.To, a.Round.Aggregates[i].Node)
		}
		failure = cmp.Or(failure, err)
	}
	if len(done.To) < a.Task.Spec.Selection.Quorum() {
		return nil, fmt.Errorf("update of task %d round %d reached %d of %d aggregators: %w", a.Task.ID, a.Round.Number, len(done.To), len(a.Round.Aggregates), failure)
	}
	return done, nil
}

// uploadTo uploads to one aggregator. An aggregator whose chain node is a block behind waits
// itself (aggregator.ErrEarly). An aggregator that is just starting is not waited for: if
// too few accept the update, the whole upload is retried some blocks later.
func uploadTo(ctx context.Context, t role.Tools, to uint64, ref blob.Ref, entry blob.Entry) (spec.Receipt, error) {
	return t.Blobs.PutUpdate(ctx, to, ref, entry, func() (io.ReadCloser, error) {
		f, _, err := t.Store.Open(ctx, entry.Digest)
		return f, err
	})
}
