package aggregator

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/spec"
)

// sideBySide is how many updates are obtained at a time: who stalls over one does not
// keep the others waiting.
const sideBySide = 8

// obtainAll gets the updates of a round's survivors, in the places of their trainers.
// When some are not to be had, the others are got nevertheless, so that the next try has
// less to do; the error is that of the first one.
func obtainAll(ctx context.Context, t role.Tools, task spec.Task, r spec.Round) ([]blob.Entry, error) {
	entries := make([]blob.Entry, len(r.Trainers))
	errs := make([]error, len(r.Trainers))
	survivors := make(chan int)
	var working sync.WaitGroup
	for range sideBySide {
		working.Go(func() {
			for i := range survivors {
				errs[i] = role.Guard(func() (err error) {
					entries[i], err = obtain(ctx, t, task, r, i)
					return err
				})
			}
		})
	}
	for i, c := range r.Trainers {
		if c.Survivor {
			survivors <- i
		}
	}
	close(survivors)
	working.Wait()
	for i, err := range errs {
		if err != nil {
			return nil, fmt.Errorf("update of node %d: %w", r.Trainers[i].Node, err)
		}
	}
	return entries, nil
}

// obtain gets the update of a round's trainer, counted from 0: from the node's
// own store, unless it has rotted there, else from those that attested to hold it.
func obtain(ctx context.Context, t role.Tools, task spec.Task, r spec.Round, trainer int) (blob.Entry, error) {
	ref := blob.Ref{Kind: blob.Update, Slot: task.Slot(r.Number, r.Trainers[trainer].Node)}
	want, err := header(task, r, ref)
	if err != nil {
		return blob.Entry{}, err
	}
	if e, err := t.Store.Lookup(ctx, ref); err == nil {
		if err := sound(ctx, t.Store, e.Digest); errors.Is(err, blob.ErrMismatch) {
			if err := t.Store.Forget(ctx, ref); err != nil {
				return blob.Entry{}, err
			}
		} else if err != nil {
			return blob.Entry{}, err
		}
	}
	return t.Blobs.FetchUpdate(ctx, holders(r, trainer), ref, r.Trainers[trainer].Commitment, model.UpdateSize(want), t.Store)
}

// sound reports whether the bytes of a blob are those of its digest.
func sound(ctx context.Context, s blob.Store, d spec.Digest) error {
	f, err := s.OpenVerified(ctx, d)
	if err != nil {
		return err
	}
	return f.Close()
}

// holders are the aggregators that attested to hold a trainer's update.
func holders(r spec.Round, trainer int) (nodes []uint64) {
	for _, a := range r.Aggregates {
		if spec.Held(a.Holds, trainer) {
			nodes = append(nodes, a.Node)
		}
	}
	return nodes
}
