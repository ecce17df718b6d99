// Package trainer is the role of a trainer: a node that trains on its own rows, lets its
// processors change the update, commits to it, and uploads it once all trainers of the
// round have committed.
//
// It is not the training itself: that is package train. It makes outbound connections
// only; a hospital opens no port.
package trainer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/privacy/audit"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// Machine is a node in the role of a trainer.
type Machine struct {
	Node uint64
	// Processors change each update before it leaves the node, in this order.
	Processors []Processor
	// Norms caches the expected norms of the noise of private tasks; nil: a new cache.
	Norms *audit.Norms

	duties   []role.Duty
	trained  map[place]Trained
	copied   map[place]spec.Digest // the node's commitment that another node submitted first
	uploaded map[place]bool        // uploaded, and the noise is still to be checked
	declined map[place]spec.Decline
}

type place struct{ task, round uint64 }

// Handle implements [role.Machine].
func (m *Machine) Handle(e role.Event) []role.Action {
	if m.trained == nil {
		m.trained, m.copied, m.uploaded = map[place]Trained{}, map[place]spec.Digest{}, map[place]bool{}
		m.declined = map[place]spec.Decline{}
	}
	if m.Norms == nil {
		m.Norms = &audit.Norms{}
	}
	switch e := e.(type) {
	case role.Saw:
		m.duties = e.Duties
	case Trained:
		if e.Noise == nil { // trained before, now under a fresh salt
			e.Noise = m.trained[place{e.Task, e.Round}].Noise
		}
		m.trained[place{e.Task, e.Round}] = e
	case Declined:
		m.declined[place{e.Task, e.Round}] = e.Why
	case Copied:
		m.copied[place{e.Task, e.Round}] = e.Commitment
	case Uploaded:
		if at := (place{e.Task, e.Round}); m.trained[at].Noise != nil {
			m.uploaded[at] = true
		}
	case Checked:
		t := m.trained[place{e.Task, e.Round}]
		t.Noise = nil
		m.trained[place{e.Task, e.Round}] = t
		delete(m.uploaded, place{e.Task, e.Round})
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
	at := place{d.Task.ID, d.Round.Number}
	committed, why := d.Round.Trainers[i].Height > 0, m.declined[at]
	switch t, done := m.trained[at]; {
	case d.Round.Trainers[i].Declined != "":
		return nil
	case d.Round.Phase == spec.PhaseTrain && !committed && !done && why != "":
		return []role.Action{d.Send(round.Decline{Node: m.Node, Round: d.Round.Number, Why: why})}
	case d.Round.Phase == spec.PhaseTrain && !committed && !done:
		return []role.Action{Train{Task: d.Task, Round: d.Round, Processors: m.Processors}}
	case d.Round.Phase == spec.PhaseTrain && !committed:
		if m.copied[place{t.Task, t.Round}] == t.Commitment {
			return []role.Action{Train{Task: d.Task, Round: d.Round, Processors: m.Processors, Copied: t.Commitment}}
		}
		return []role.Action{
			AskCopied{Task: t.Task, Round: t.Round, Commitment: t.Commitment},
			d.Send(round.Commit{Node: m.Node, Round: t.Round, Commitment: t.Commitment, Samples: t.Samples, Correct: t.Correct, Signature: t.Signature}),
		}
	case d.Round.Phase == spec.PhaseAttest && committed:
		actions := []role.Action{Upload{d.Task, d.Round}}
		if m.uploaded[place{t.Task, t.Round}] && t.Noise != nil {
			actions = append(actions, m.check(t))
		}
		return actions
	case d.Round.Phase.After(spec.PhaseAttest):
		return m.afterUploads(d, d.Round.Trainers[i], t)
	}
	return nil
}

// afterUploads returns what is left to do once the upload phase has ended.
func (m *Machine) afterUploads(d role.Duty, c spec.Contribution, t Trained) (actions []role.Action) {
	if t.Noise != nil { // part of the update may have left the node
		actions = append(actions, m.check(t))
	}
	if !d.Round.Phase.Final() && c.Height > 0 && !c.Survivor && c.Proved == 0 {
		actions = append(actions, ShowReceipts{Task: d.Task.ID, Round: d.Round.Number, MaxReceipts: d.Task.Spec.Selection.Faulty() + 1})
	}
	return actions
}

func (m *Machine) check(t Trained) role.Action {
	return Check{Task: t.Task, Round: t.Round, noise: t.Noise, norms: m.Norms}
}

// Trained is the event that an update is in the store, ready to be committed to.
type Trained struct {
	Task, Round      uint64
	Commitment       spec.Digest
	Samples, Correct uint32         // as the node claims them
	Signature        spec.Signature `json:",omitzero"` // of the owner of the rows, where the task is private
	Withheld         bool           // Samples and Correct do not reveal the number of rows
	Took             time.Duration  // of the Trainer call alone

	// Noise records the noise of a private task. It is in memory only: nil after a restart,
	// and once it has been checked.
	Noise *Noise `json:"-"`
}

// Event implements [role.Event].
func (Trained) Event() {}

// Train makes the node's update of a round.
type Train struct {
	Task       spec.Task
	Round      spec.Round
	Processors []Processor
	// Copied is the node's commitment that another node submitted first, or zero. The node
	// then commits to the same update under a fresh salt.
	Copied spec.Digest
}

// Key implements [role.Action]; the result is recorded under [TrainKey].
func (a Train) Key() string { return role.SecretKey(TrainKey(a.Task.ID, a.Round.Number), a.Copied) }

// TrainKey is the key under which [Trained] is recorded.
func TrainKey(task, round uint64) string { return role.RecordKey("train", task, round) }

// Do implements [role.Action].
func (a Train) Do(ctx context.Context, t role.Tools) (role.Event, error) {
	slot := t.Slot(a.Task, a.Round.Number)
	event, err := role.Secret[Trained]{
		Record: TrainKey(a.Task.ID, a.Round.Number), Copied: a.Copied,
		Make: func() (Trained, error) { return a.train(ctx, t, slot) },
		Resalt: func(done Trained) (Trained, error) {
			entry, err := storedUpdate(ctx, t, slot, a.Copied)
			if err != nil {
				return done, err
			}
			done.Commitment = spec.UpdateCommitment(slot, entry.Digest, entry.Salt)
			if a.Task.Spec.Private() && t.Sign != nil {
				done.Signature, err = t.Sign(ctx, a.Task, a.Round, entry.Digest, entry.Salt)
			}
			if errors.Is(err, role.ErrFinal) {
				err = a.declineError(err)
			}
			return done, err
		},
		Commitment: func(done Trained) spec.Digest { return done.Commitment },
	}.Do(ctx, t)
	if err != nil {
		return a.declineEvent(err, t.Withhold), err
	}
	return event, nil
}

// train makes the node's update and stores it.
func (a Train) train(ctx context.Context, t role.Tools, slot spec.Slot) (Trained, error) {
	if err := a.checkPolicy(t.Policy); err != nil {
		return Trained{}, err
	}
	if a.Task.Spec.Private() { // before the rows are read
		return a.private(ctx, t, slot)
	}
	rows, err := a.rows(t)
	if err != nil {
		return Trained{}, err
	}
	if a.Round.Measures {
		return a.measure(ctx, t, slot, rows)
	}
	base, err := t.Model(ctx, a.Task, a.Round.Base)
	if err != nil {
		return Trained{}, err
	}
	if rows, err = train.ToScale(base, rows); err != nil {
		return Trained{}, err
	}
	judged, err := t.Trainer.Evaluate(ctx, a.Task.Spec.Model, base.Weights, rows)
	if err != nil {
		return Trained{}, a.trainingError(err, t.Withhold)
	}
	began := t.Now()
	result, err := t.Trainer.Train(ctx, train.Job{
		Model: a.Task.Spec.Model, Training: a.roundSpec().Training, Weights: base.Weights, Seed: a.Task.Spec.OrderSeed(t.Name, a.Round.Number), Table: rows,
	}, nil)
	if err != nil {
		return Trained{}, a.trainingError(err, t.Withhold)
	}
	done := Trained{
		Task: a.Task.ID, Round: a.Round.Number, Took: t.Now().Sub(began),
		Samples: uint32(result.Samples), Correct: uint32(judged.Correct), Withheld: t.Withhold,
	}
	if t.Withhold {
		done.Samples, done.Correct = publicClaim(a.Task.Spec.Data, judged)
	}
	update, err := encode(ctx, slot, a.Task.Spec.Aggregation.ScaleBits, result.Weights, base.Weights, a.Processors)
	if err != nil {
		return done, a.trainingError(err, false) // of weights and processors
	}
	return done, storeUpdate(ctx, t, slot, update)
}

// roundSpec is the task's spec with the learning rate that the schedule sets for the round. The
// schedule costs no privacy: the rate follows from the task file, votes and the round's
// number, never from rows, and updates are clipped and noised as at any other rate.
func (a Train) roundSpec() spec.TaskSpec {
	taskSpec := a.Task.Spec
	taskSpec.Training = taskSpec.Training.AtRound(a.Round.Number, taskSpec.Target.Rounds)
	return taskSpec
}

// publicClaim is the claim of a node that withholds its number of rows: the task's minimum
// number of rows, and the number of right ones among them at the node's true accuracy,
// rounded down.
func publicClaim(taskData spec.Data, judged train.Evaluation) (samples, correct uint32) {
	samples = max(1, taskData.MinSamples)
	return samples, uint32(uint64(judged.Correct) * uint64(samples) / uint64(max(1, judged.Samples)))
}

// trainingError wraps an error of training or evaluation. It is final ([role.ErrFinal]) if they
// diverged or left the range of the fixed point; it is not if they were stopped or the
// store failed. An engine's error may name steps, from which the number of rows follows;
// if that number is withheld, the error says only whether training or evaluation failed.
func (a Train) trainingError(err error, withhold bool) error {
	stopped := errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
	final := !stopped && (errors.Is(err, train.ErrTraining) || errors.Is(err, train.ErrEvaluation) || errors.Is(err, model.ErrRange))
	for _, kind := range []error{context.Canceled, context.DeadlineExceeded, train.ErrTraining, train.ErrEvaluation} {
		if withhold && errors.Is(err, kind) {
			err = fmt.Errorf("%w: details are withheld with the number of rows", kind)
			break
		}
	}
	err = fmt.Errorf("task %d round %d: %w", a.Task.ID, a.Round.Number, err)
	if final {
		return fmt.Errorf("%w: %w", err, role.ErrFinal)
	}
	return err
}
