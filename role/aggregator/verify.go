package aggregator

import (
	"context"
	"errors"
	"fmt"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/spec"
)

// Verify recomputes a settled round from the blobs that its aggregators keep, and returns
// the digest of the next model. The error names the first difference from the chain, or
// the first blob that nobody serves. The auditor needs no part in the round. Of the tools
// it uses Blobs and an empty Store, which receives the survivors' updates.
//
// An aggregator that cannot be reached, has no copy or refuses is skipped. The error names
// an aggregator that serves wrong bytes.
func Verify(ctx context.Context, t role.Tools, task spec.Task, r spec.Round) (spec.Digest, error) {
	task = task.AtRound(r.Number)
	switch {
	case r.Task != task.ID:
		return spec.Digest{}, fmt.Errorf("round %d is of task %d, not of task %d", r.Number, r.Task, task.ID)
	case r.Phase != spec.PhaseSettled:
		return spec.Digest{}, fmt.Errorf("round %d of task %d is not settled: it is in phase %s", r.Number, task.ID, r.Phase)
	}
	if err := verifyRecord(task, r); err != nil {
		return spec.Digest{}, err
	}
	for i, c := range r.Trainers {
		if c.Survivor {
			if err := verifyUpdate(ctx, t, task, r, i); err != nil {
				return spec.Digest{}, err
			}
		}
	}
	file, state, err := Next(ctx, t, task, r)
	if err != nil {
		return spec.Digest{}, err
	}
	next, err := file.Digest()
	if err != nil {
		return spec.Digest{}, err
	}
	if next != r.Next {
		return spec.Digest{}, fmt.Errorf("next model: chain says %s, recomputed %s", r.Next.Short(), next.Short())
	}
	size, err := role.ModelSize(task)
	if err != nil {
		return spec.Digest{}, err
	}
	if err := verifyServed(ctx, t, "next model", r, next, size); err != nil {
		return spec.Digest{}, err
	}
	if state != nil {
		err = verifyServed(ctx, t, "optimiser state of the next model", r, file.State, int64(len(state)))
	}
	return next, err
}

// verifyRecord checks the round's record by itself: a survivor needs f+1 bitmaps, the next
// model 2f+1 equal digests.
func verifyRecord(task spec.Task, r spec.Round) error {
	says := func(yes bool) string {
		if yes {
			return "yes"
		}
		return "no"
	}
	for i, c := range r.Trainers {
		survives := c.Height > 0 && len(updateHolders(r, i)) > task.Spec.Selection.Faulty()
		if survives != c.Survivor {
			return fmt.Errorf("survivor of node %d: the chain says %s, the bitmaps say %s", c.Node, says(c.Survivor), says(survives))
		}
	}
	if signed, need := len(signers(r)), task.Spec.Selection.Quorum(); signed < need {
		return fmt.Errorf("next model: the chain says %s, revealed by %d aggregators: want at least %d", r.Next.Short(), signed, need)
	}
	return nil
}

// verifyUpdate asks every holder of a survivor's update for it and keeps one copy.
func verifyUpdate(ctx context.Context, t role.Tools, task spec.Task, r spec.Round, trainer int) error {
	c := r.Trainers[trainer]
	ref := blob.Ref{Kind: blob.Update, Slot: task.Slot(r.Number, c.Node)}
	want, err := header(task, r, ref)
	if err != nil {
		return err
	}
	return askEach(ctx, fmt.Sprintf("update of node %d", c.Node), updateHolders(r, trainer), func(node uint64) error {
		into := t.Store
		if _, err := into.Lookup(ctx, ref); err == nil {
			into = blob.NewMemory() // a store that has it would fetch nothing
		}
		e, err := t.Blobs.FetchUpdate(ctx, []uint64{node}, ref, c.Commitment, model.UpdateSize(want), into)
		if err != nil {
			return err
		}
		f, err := into.OpenVerified(ctx, e.Digest)
		if err != nil {
			return err
		}
		return errors.Join(model.CheckUpdate(f, want), f.Close())
	})
}

// verifyServed asks every aggregator that revealed the next model for a blob that it must
// keep.
func verifyServed(ctx context.Context, t role.Tools, what string, r spec.Round, d spec.Digest, size int64) error {
	return askEach(ctx, what, signers(r), func(node uint64) error {
		return t.Blobs.FetchModel(ctx, []uint64{node}, d, size, blob.NewMemory())
	})
}

// signers are the aggregators that revealed the next model.
func signers(r spec.Round) (nodes []uint64) {
	for _, a := range r.Aggregates {
		if a.Revealed > 0 && a.Digest == r.Next {
			nodes = append(nodes, a.Node)
		}
	}
	return nodes
}

// askEach gets the same blob from each of the nodes. It fails at the first node that serves
// wrong bytes, and if no node serves the blob.
func askEach(ctx context.Context, what string, nodes []uint64, get func(node uint64) error) error {
	served := false
	missing := errors.New("nobody serves it")
	for _, node := range nodes {
		err := get(node)
		switch wrong := contradiction(err); {
		case err == nil:
			served = true
		case ctx.Err() != nil:
			return ctx.Err()
		case wrong != nil:
			return fmt.Errorf("%s kept by node %d: %w", what, node, wrong)
		default:
			missing = fmt.Errorf("%w; node %d: %w", missing, node, err)
		}
	}
	if !served {
		return fmt.Errorf("%s: %w", what, missing)
	}
	return nil
}

// contradiction returns the part of an error that says how a peer's bytes were wrong; nil
// if the peer served nothing.
func contradiction(err error) error {
	for _, wrong := range []error{blob.ErrMismatch, blob.ErrOpening, blob.ErrTooLarge, blob.ErrMalformed} {
		if errors.Is(err, wrong) {
			return wrong
		}
	}
	if errors.Is(err, model.ErrUpdate) {
		return err
	}
	return nil
}
