// Package trainer is what a node does as a trainer: it trains on its own rows,
// commits to its update, and uploads it once all have committed.
//
// It is not the training itself: that is package train. It only makes outbound
// connections; a hospital opens no port.
package trainer

import (
	"context"
	"fmt"
	"time"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// Machine is a node in the role of a trainer.
type Machine struct {
	Node    uint64
	duties  []role.Duty
	trained map[place]Trained
}

type place struct{ task, round uint64 }

// Handle implements [role.Machine].
func (m *Machine) Handle(e role.Event, _ int64) []role.Action {
	switch e := e.(type) {
	case role.Saw:
		m.duties = e.Duties
	case Trained:
		if m.trained == nil {
			m.trained = map[place]Trained{}
		}
		m.trained[place{e.Task, e.Round}] = e
	}
	var actions []role.Action
	for _, d := range m.duties {
		actions = append(actions, m.plan(d)...)
	}
	return actions
}

func (m *Machine) plan(d role.Duty) []role.Action {
	i := d.Round.Trainer(m.Node)
	if i < 0 {
		return nil
	}
	committed := d.Round.Trainers[i].Height > 0
	switch t, done := m.trained[place{d.Task.ID, d.Round.Number}]; {
	case d.Round.Phase == spec.PhaseTrain && !committed && !done:
		return []role.Action{Train{d.Task, d.Round}}
	case d.Round.Phase == spec.PhaseTrain && !committed:
		return []role.Action{role.Send{Duty: d.Duty, Message: client.Commit{
			Task: t.Task, Round: t.Round, Commitment: t.Commitment, Samples: t.Samples, Correct: t.Correct,
		}}}
	case d.Round.Phase == spec.PhaseAttest && committed:
		return []role.Action{Upload{d.Task, d.Round}}
	}
	return nil
}

// Trained is the event that an update is in the store and can be committed to.
type Trained struct {
	Task, Round      uint64
	Commitment       spec.Digest
	Samples, Correct uint32
	Took             time.Duration // of the Trainer call alone
}

// Event implements [role.Event].
func (Trained) Event() {}

// Train makes the node's update of a round.
type Train struct {
	Task  spec.Task
	Round spec.Round
}

// Key implements [role.Action]; the result is recorded under it.
func (a Train) Key() string { return TrainKey(a.Task.ID, a.Round.Number) }

// TrainKey is the key under which [Trained] is recorded.
func TrainKey(task, round uint64) string { return fmt.Sprintf("train-%d-%d", task, round) }

// Do implements [role.Action].
func (a Train) Do(ctx context.Context, t role.Tools) (role.Event, error) {
	var done Trained
	if found, err := t.Journal.Recall(a.Key(), &done); found || err != nil {
		return done, err
	}
	base, err := t.Model(ctx, a.Task, a.Round.Base)
	if err != nil {
		return nil, err
	}
	judged, err := t.Trainer.Evaluate(ctx, a.Task.Spec.Model, base, t.Table)
	if err != nil {
		return nil, err
	}
	slot := t.Slot(a.Task.ID, a.Round.Number)
	began := t.Now()
	result, err := t.Trainer.Train(ctx, train.Job{
		Model: a.Task.Spec.Model, Training: a.Task.Spec.Training, Weights: base, Seed: role.Seed(slot), Table: t.Table,
	}, nil)
	if err != nil {
		return nil, fmt.Errorf("task %d round %d: %w", a.Task.ID, a.Round.Number, err)
	}
	done = Trained{
		Task: a.Task.ID, Round: a.Round.Number, Took: t.Now().Sub(began),
		Samples: uint32(result.Samples), Correct: uint32(judged.Correct),
	}
	if done.Commitment, err = keep(ctx, t, slot, a.Task.Spec.Aggregation.ScaleBits, result.Weights, base); err != nil {
		return nil, err
	}
	return done, t.Journal.Record(a.Key(), done)
}

// keep puts the update into the node's store, with the salt that hides it, and
// returns the commitment to it.
func keep(ctx context.Context, t role.Tools, slot spec.Slot, scaleBits uint32, local, base []float32) (spec.Digest, error) {
	values, err := model.Quantise(local, base, scaleBits)
	if err != nil {
		return spec.Digest{}, err
	}
	update, err := model.EncodeUpdate(model.UpdateHeader{Slot: slot, ScaleBits: scaleBits, Count: uint64(len(values))}, values)
	if err != nil {
		return spec.Digest{}, err
	}
	ref := blob.Ref{Kind: blob.Update, Slot: slot}
	if e, err := t.Store.Lookup(ctx, ref); err == nil { // stopped between store and journal
		return spec.UpdateCommitment(slot, e.Digest, e.Salt), nil
	}
	salt, err := role.Salt()
	if err != nil {
		return spec.Digest{}, err
	}
	d := spec.DigestOf(update)
	if err := role.Keep(ctx, t.Store, update, blob.Label{Ref: ref, Entry: blob.Entry{Digest: d, Salt: salt, Size: int64(len(update))}}); err != nil {
		return spec.Digest{}, err
	}
	return spec.UpdateCommitment(slot, d, salt), nil
}
