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

// Verify recomputes a settled round from the blobs its aggregators keep, and
// returns the digest of the next model. The error names the first thing that
// differs from the chain, or that nobody serves. The auditor needs no part in
// the round: of the tools it uses Blobs and a fresh Store, into which the
// survivors' updates are put.
//
// A holder that cannot be reached, keeps nothing or refuses is passed over; one
// that serves other bytes than it should is named.
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
		err = verifyServed(ctx, t, "state behind it", r, file.State, int64(len(state)))
	}
	return next, err
}

// verifyRecord checks what follows from the round's record alone: f+1 bitmaps
// make a survivor, 2f+1 equal digests the next model.
func verifyRecord(task spec.Task, r spec.Round) error {
	says := func(yes bool) string {
		if yes {
			return "yes"
		}
		return "no"
	}
	for i, c := range r.Trainers {
		survives := c.Height > 0 && len(holders(r, i)) > task.Spec.Selection.Faulty()
		if survives != c.Survivor {
			return fmt.Errorf("survivor of node %d: chain says %s, bitmaps say %s", c.Node, says(c.Survivor), says(survives))
		}
	}
	if signed, need := len(signers(r)), task.Spec.Selection.Quorum(); signed < need {
		return fmt.Errorf("next model: chain says %s, but %d aggregators revealed it and %d must", r.Next.Short(), signed, need)
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
	return ask(ctx, fmt.Sprintf("update of node %d", c.Node), holders(r, trainer), func(node uint64) error {
		into := t.Store
		if _, err := into.Lookup(ctx, ref); err == nil {
			into = blob.NewMemory() // or nobody would be asked
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

// verifyServed asks every aggregator that revealed the next model for bytes it
// must keep.
func verifyServed(ctx context.Context, t role.Tools, what string, r spec.Round, d spec.Digest, size int64) error {
	return ask(ctx, what, signers(r), func(node uint64) error {
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

// ask gets the same thing from each of some nodes. The first one that serves
// something else is an error, and so is it when nobody serves it.
func ask(ctx context.Context, what string, nodes []uint64, get func(node uint64) error) error {
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

// contradiction finds in an error what a peer served that cannot be so, without
// the way it came; nil where the peer served nothing.
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
