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

// attestNominee attests the task's nominee once the node holds it.
func (m *Machine) attestNominee(d role.Duty) []role.Action {
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

// Obtained is the event that a task's nominee is in the store, with its optimiser state.
type Obtained struct {
	Task  uint64
	Model spec.Digest
}

// Event implements [role.Event].
func (Obtained) Event() {}

// Obtain gets a task's nominee from the node's own store, else from the other aggregators
// or the node that the proposal names. If it has the task's architecture, the nominee and
// its state are stored where the blob interface serves them. Otherwise the refusal is
// final.
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
		return nil, finalIfModel(err)
	}
	if err := checkScale(a.Task, file); err != nil {
		return nil, finalIfModel(err)
	}
	place := blob.Ref{Kind: blob.Model, Slot: a.Task.Slot(0, 0), Proposal: wanted.Proposal}
	size, err := file.Size()
	if err != nil {
		return nil, err
	}
	if !file.State.IsZero() {
		if err := a.obtainState(ctx, t, place, file.State); err != nil {
			return nil, finalIfModel(err)
		}
	}
	return Obtained{a.Task.ID, wanted.Model}, labelAnew(ctx, t.Store, blob.Label{Ref: place, Entry: blob.Entry{Digest: wanted.Model, Size: size}})
}

// obtainState gets the state of the server optimiser that belongs to the model.
func (a Obtain) obtainState(ctx context.Context, t role.Tools, place blob.Ref, d spec.Digest) error {
	optimiser, err := aggregate.OptimiserOf(a.Task.Spec.Aggregation)
	if err != nil {
		return err
	}
	if len(optimiser.Moments()) == 0 {
		return fmt.Errorf("%w: the model names an optimiser state: the task's optimiser %s has none", model.ErrModel, a.Task.Spec.Aggregation.Optimiser)
	}
	if _, err := t.State(ctx, a.Task, optimiser.Moments(), d); err != nil {
		return err
	}
	size, err := model.StateSize(a.Task.Spec.Model, optimiser.Moments())
	if err != nil {
		return err
	}
	place.Kind = blob.State
	return labelAnew(ctx, t.Store, blob.Label{Ref: place, Entry: blob.Entry{Digest: d, Size: size}})
}

// Offer stores the model that a proposal nominates for a task, on the node that the
// proposal names; the task's aggregators get it from there. Proposal 0 stands for the
// task's initial model. It refuses what the aggregators would refuse, and a nominee that
// names an optimiser state, which only aggregators have.
func Offer(ctx context.Context, s blob.Store, task spec.Task, proposal uint64, b []byte) (spec.Digest, error) {
	l := blob.Label{
		Ref:   blob.Ref{Kind: blob.Model, Slot: task.Slot(0, 0), Proposal: proposal},
		Entry: blob.Entry{Digest: spec.DigestOf(b), Size: int64(len(b))},
	}
	check := checkNominee
	if proposal == 0 {
		l.Kind, check = blob.Start, checkStart
	}
	if err := check(task, b); err != nil {
		return spec.Digest{}, err
	}
	if old, err := s.Lookup(ctx, l.Ref); err == nil && old.Digest != l.Digest {
		if err := s.Forget(ctx, l.Ref); err != nil {
			return spec.Digest{}, err
		}
	}
	return l.Digest, role.PutBlob(ctx, s, b, l)
}

// checkScale refuses a model without a scale if the task measures its scale: no trainer could
// train with it.
func checkScale(task spec.Task, file model.File) error {
	if task.Spec.Data.MeasuresColumns() && file.Scale.IsZero() {
		return fmt.Errorf("%w: it has no scale, and the task measures the scale of its rows: want a model of a round after the measuring round", model.ErrModel)
	}
	return nil
}

// checkNominee refuses a file that cannot be a nominee of the task.
func checkNominee(task spec.Task, b []byte) error {
	file, err := model.Decode(task.Spec.Model, task.Spec.Data, b)
	if err == nil {
		err = checkScale(task, file)
	}
	if err == nil && !file.State.IsZero() {
		err = fmt.Errorf("%w: it names the optimiser state %s: want a model without one", model.ErrModel, file.State.Short())
	}
	return err
}

// checkStart refuses a file that is not the task's initial model.
func checkStart(task spec.Task, b []byte) error {
	if want, got := task.Spec.Model.Init.Model, spec.DigestOf(b); got != want {
		return fmt.Errorf("%w: digest %s: the task starts with model %s", model.ErrModel, got.Short(), want.Short())
	}
	_, err := model.WarmStart(task.Spec, b)
	return err
}

// finalIfModel makes an error final if it wraps [model.ErrModel]: the bytes have the right digest
// but do not fit the task, and never will. A peer's claim that a blob is too large is not
// final.
func finalIfModel(err error) error {
	if errors.Is(err, model.ErrModel) {
		return fmt.Errorf("%w: %w", role.ErrFinal, err)
	}
	return err
}

// labelAnew labels a blob of the store, in place of the blob that had the label before.
func labelAnew(ctx context.Context, s blob.Store, l blob.Label) error {
	err := s.Label(ctx, l)
	if errors.Is(err, blob.ErrConflict) {
		if err = s.Forget(ctx, l.Ref); err == nil {
			err = s.Label(ctx, l)
		}
	}
	return err
}
