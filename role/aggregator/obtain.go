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

// maxParallelFetches is how many updates are fetched at a time, so that one slow peer does not
// delay the others.
const maxParallelFetches = 8

// obtainAll gets the updates of a round's survivors, indexed by trainer. If some cannot be
// fetched, the others are fetched nevertheless, so that the next attempt has less to do.
// The error is that of the first missing one.
func obtainAll(ctx context.Context, t role.Tools, task spec.Task, r spec.Round) ([]blob.Entry, error) {
	entries := make([]blob.Entry, len(r.Trainers))
	errs := make([]error, len(r.Trainers))
	survivors := make(chan int)
	var working sync.WaitGroup
	for range maxParallelFetches {
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

// obtain gets the update of a round's trainer, counted from 0: from the node's own store,
// or, if it is missing or corrupt there, from the aggregators that attested to hold it.
func obtain(ctx context.Context, t role.Tools, task spec.Task, r spec.Round, trainer int) (blob.Entry, error) {
	ref := blob.Ref{Kind: blob.Update, Slot: task.Slot(r.Number, r.Trainers[trainer].Node)}
	want, err := header(task, r, ref)
	if err != nil {
		return blob.Entry{}, err
	}
	if e, err := t.Store.Lookup(ctx, ref); err == nil {
		if err := verifyStored(ctx, t.Store, e.Digest); errors.Is(err, blob.ErrMismatch) {
			if err := t.Store.Forget(ctx, ref); err != nil {
				return blob.Entry{}, err
			}
		} else if err != nil {
			return blob.Entry{}, err
		}
	}
	return t.Blobs.FetchUpdate(ctx, updateHolders(r, trainer), ref, r.Trainers[trainer].Commitment, model.UpdateSize(want), t.Store)
}

// verifyStored fails with [blob.ErrMismatch] if a blob's bytes do not have its digest.
func verifyStored(ctx context.Context, s blob.Store, d spec.Digest) error {
	f, err := s.OpenVerified(ctx, d)
	if err != nil {
		return err
	}
	return f.Close()
}

// updateHolders are the aggregators that attested to hold a trainer's update.
func updateHolders(r spec.Round, trainer int) (nodes []uint64) {
	for _, a := range r.Aggregates {
		if spec.HasBit(a.Holds, trainer) {
			nodes = append(nodes, a.Node)
		}
	}
	return nodes
}
