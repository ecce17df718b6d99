package aggregator

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/althing-network/althing/aggregate"
	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// vouch attests the model with which a vote wants a task to go on, once the node holds it.
func (m *Machine) vouch(d role.Duty) []role.Action {
	wanted := d.Task.Nominee
	own := func(a spec.Member) bool { return a.Node == m.Node }
	if wanted.IsZero() || slices.Contains(wanted.Attested, m.Node) || !slices.ContainsFunc(d.Task.Aggregators, own) {
		return nil
	}
	if m.obtained[d.Task.ID] != wanted.Model {
		return []role.Action{Obtain{d.Task}}
	}
	return []role.Action{role.Send{Task: d.Task.ID, Input: round.AttestModel{Node: m.Node, Model: wanted.Model}}}
}

// Obtained is the event that a model which a vote wants is in the store, with what is
// remembered behind it.
type Obtained struct {
	Task  uint64
	Model spec.Digest
}

// Event implements [role.Event].
func (Obtained) Event() {}

// Obtain gets the model that a vote wants for a task, from the node's own store, else from
// the other aggregators or the node that the proposal names. It keeps one of the task's
// architecture, and its state, where the blob interface serves them; any other it refuses
// for ever.
type Obtain struct{ Task spec.Task }

// Key implements [role.Action].
func (a Obtain) Key() string {
	return fmt.Sprintf("obtain-%d-%d-%s", a.Task.ID, a.Task.Nominee.Proposal, a.Task.Nominee.Model)
}

// Do implements [role.Action].
func (a Obtain) Do(ctx context.Context, t role.Tools) (role.Event, error) {
	wanted := a.Task.Nominee
	file, err := t.Model(ctx, a.Task, wanted.Model)
	if err != nil {
		return nil, final(err)
	}
	if err := unscaled(a.Task, file); err != nil {
		return nil, final(err)
	}
	place := blob.Ref{Kind: blob.Model, Slot: a.Task.Slot(0, 0), Proposal: wanted.Proposal}
	size, err := file.Size()
	if err != nil {
		return nil, err
	}
	if !file.State.IsZero() {
		if err := a.obtainState(ctx, t, place, file.State); err != nil {
			return nil, final(err)
		}
	}
	return Obtained{a.Task.ID, wanted.Model}, keep(ctx, t.Store, blob.Label{Ref: place, Entry: blob.Entry{Digest: wanted.Model, Size: size}})
}

// obtainState gets what the server's optimiser remembers behind the model.
func (a Obtain) obtainState(ctx context.Context, t role.Tools, place blob.Ref, d spec.Digest) error {
	optimiser, err := aggregate.OptimiserOf(a.Task.Spec.Aggregation)
	if err != nil {
		return err
	}
	if len(optimiser.Moments()) == 0 {
		return fmt.Errorf("%w: it names a state, and the task's optimiser %s remembers nothing", model.ErrModel, a.Task.Spec.Aggregation.Optimiser)
	}
	if _, err := t.State(ctx, a.Task, optimiser.Moments(), d); err != nil {
		return err
	}
	size, err := model.StateSize(a.Task.Spec.Model, optimiser.Moments())
	if err != nil {
		return err
	}
	place.Kind = blob.State
	return keep(ctx, t.Store, blob.Label{Ref: place, Entry: blob.Entry{Digest: d, Size: size}})
}

// Offer puts the bytes of a model that a proposal wants for a task into the store of the
// node that the proposal names, from which the task's aggregators get it; with proposal 0,
// those of the model with which the task starts. It refuses what they would refuse, and of
// a proposal a file that names a state: that only an aggregator has.
func Offer(ctx context.Context, s blob.Store, task spec.Task, proposal uint64, b []byte) (spec.Digest, error) {
	l := blob.Label{
		Ref:   blob.Ref{Kind: blob.Model, Slot: task.Slot(0, 0), Proposal: proposal},
		Entry: blob.Entry{Digest: spec.DigestOf(b), Size: int64(len(b))},
	}
	check := wanted
	if proposal == 0 {
		l.Kind, check = blob.Start, starts
	}
	if err := check(task, b); err != nil {
		return spec.Digest{}, err
	}
	if old, err := s.Lookup(ctx, l.Ref); err == nil && old.Digest != l.Digest {
		if err := s.Forget(ctx, l.Ref); err != nil {
			return spec.Digest{}, err
		}
	}
	return l.Digest, role.Keep(ctx, s, b, l)
}

// unscaled refuses a model without a scale where the task learns one: with it a task would
// go on that no trainer has measured columns for, and nobody could train.
func unscaled(task spec.Task, file model.File) error {
	if task.Spec.Data.Learns() && file.Scale.IsZero() {
		return fmt.Errorf("%w: it says nothing of the scale of the rows, which the task learns from its trainers: want a model of a round that has one", model.ErrModel)
	}
	return nil
}

// wanted refuses what is no model with which a vote can have a task go on.
func wanted(task spec.Task, b []byte) error {
	file, err := model.Decode(task.Spec.Model, task.Spec.Data, b)
	if err == nil {
		err = unscaled(task, file)
	}
	if err == nil && !file.State.IsZero() {
		err = fmt.Errorf("%w: it names the state %s: want weights alone", model.ErrModel, file.State.Short())
	}
	return err
}

// starts refuses what is not the model with which a task starts.
func starts(task spec.Task, b []byte) error {
	if want, got := task.Spec.Model.Init.Model, spec.DigestOf(b); got != want {
		return fmt.Errorf("%w: it is %s, and the task starts with %s", model.ErrModel, got.Short(), want.Short())
	}
	_, err := model.Warm(task.Spec, b)
	return err
}

// final marks the refusal of bytes that are what the vote wants, and are none of the task's:
// they will never be. That a peer says they are too many is no more than its word.
func final(err error) error {
	if errors.Is(err, model.ErrModel) {
		return fmt.Errorf("%w: %w", role.ErrFinal, err)
	}
	return err
}

// keep labels a blob of the store. What was offered before under the label goes.
func keep(ctx context.Context, s blob.Store, l blob.Label) error {
	err := s.Label(ctx, l)
	if errors.Is(err, blob.ErrConflict) {
		if err = s.Forget(ctx, l.Ref); err == nil {
			err = s.Label(ctx, l)
		}
	}
	return err
}
