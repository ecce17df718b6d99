package aggregator

import (
	"context"
	"fmt"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/spec"
)

// Prepared is the event that model 0 of a task is in the store.
type Prepared struct {
	Task  uint64
	Model spec.Digest
}

// Event implements [role.Event].
func (Prepared) Event() {}

// Prepare makes model 0 of a task, see [role.Tools.StartModel].
type Prepare struct{ Task spec.Task }

// Key implements [role.Action].
func (a Prepare) Key() string { return fmt.Sprintf("prepare-%d", a.Task.ID) }

// Do implements [role.Action].
func (a Prepare) Do(ctx context.Context, t role.Tools) (role.Event, error) {
	file, err := t.StartModel(ctx, a.Task)
	if err != nil {
		return nil, finalIfModel(err)
	}
	d, err := publish(ctx, t, a.Task.Slot(0, 0), file)
	return Prepared{Task: a.Task.ID, Model: d}, err
}

// Combined is the event that the next model of a round is in the store, ready to be
// committed to.
type Combined struct {
	Task, Round uint64
	Model       spec.Digest
	Salt        spec.Salt
	Commitment  spec.Digest // submitted before the model is revealed
}

// Event implements [role.Event].
func (Combined) Event() {}

// Combine makes the next model of a round from the survivors' updates.
type Combine struct {
	Task  spec.Task
	Round spec.Round
	Wrong bool // publish a wrong model
	// Copied is the node's commitment that another node submitted first, or zero. The node
	// then commits to the same model under a fresh salt.
	Copied spec.Digest
}

// Key implements [role.Action].
func (a Combine) Key() string { return role.SecretKey(a.record(), a.Copied) }

// record is the key under which the result is recorded.
func (a Combine) record() string { return role.RecordKey("combine", a.Task.ID, a.Round.Number) }

// Do implements [role.Action]. Updates the node lacks are pulled from the
// aggregators that attested to hold them.
func (a Combine) Do(ctx context.Context, t role.Tools) (role.Event, error) {
	return role.Secret[Combined]{
		Record: a.record(), Copied: a.Copied,
		Make: func() (Combined, error) {
			next, err := a.combine(ctx, t)
			return Combined{Task: a.Task.ID, Round: a.Round.Number, Model: next}, err
		},
		Resalt: func(done Combined) (_ Combined, err error) {
			done.Salt, err = t.Salt()
			done.Commitment = spec.AggregateCommitment(t.Slot(a.Task, done.Round), done.Model, done.Salt)
			return done, err
		},
		Commitment: func(done Combined) spec.Digest { return done.Commitment },
	}.Do(ctx, t)
}

// combine computes the next model and stores it.
func (a Combine) combine(ctx context.Context, t role.Tools) (spec.Digest, error) {
	file, state, err := Next(ctx, t, a.Task, a.Round)
	if err != nil {
		return spec.Digest{}, err
	}
	if a.Wrong {
		file.Weights[0]++
	}
	place := a.Task.Slot(a.Round.Number, 0)
	if state != nil {
		l := blob.Label{Ref: blob.Ref{Kind: blob.State, Slot: place}, Entry: blob.Entry{Digest: file.State, Size: int64(len(state))}}
		if err := role.PutBlob(ctx, t.Store, state, l); err != nil {
			return spec.Digest{}, err
		}
	}
	return publish(ctx, t, place, file)
}

// publish stores the model of a round, where the blob interface serves it.
func publish(ctx context.Context, t role.Tools, place spec.Slot, file model.File) (spec.Digest, error) {
	size, err := file.Size()
	if err != nil {
		return spec.Digest{}, err
	}
	draft, err := t.Store.For(place.Task).Draft(ctx, spec.Digest{}, size)
	if err != nil {
		return spec.Digest{}, err
	}
	defer draft.Close()
	if err := file.EncodeTo(draft); err != nil {
		return spec.Digest{}, err
	}
	l := blob.Label{Ref: blob.Ref{Kind: blob.Model, Slot: place}, Entry: blob.Entry{Digest: draft.Digest(), Size: size}}
	return l.Digest, draft.Commit(ctx, l)
}
