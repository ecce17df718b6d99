package trainer

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/privacy"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/privacy/terms"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// ErrDeclined is wrapped by every refusal of a private round. Other nodes cannot tell the
// reasons apart. A refusal depends on the task, the shape of the registered data set, the
// node's engine, its alarm and the owner's ledger. It does not depend on what a row holds,
// nor on the number of rows.
var ErrDeclined = errors.New("declines the private round")

// private stores the node's update of a private task.
//
// Mode local: the update is a vector clipped to the length that the task allows, plus the
// noise that the task asks for. Mode example: the built-in engine adds noise in each step,
// and the update is the change of the weights. Mode central: the noise is the node's share,
// and if the unit is the example, the update is a sum of gradients.
//
// A training that failed or panicked is not revealed: its update is the noise alone. The
// time that a training takes is not hidden.
//
// The owner's own ledger is charged before anything is stored. If it refuses, nothing is
// stored.
func (a Train) private(ctx context.Context, t role.Tools, slot spec.Slot) (Trained, error) {
	taskSpec := a.roundSpec()
	if t.Alarm != nil {
		if err := t.Alarm.Raised(); err != nil {
			return Trained{}, a.declineError(err)
		}
	}
	mech, err := mechanismOf(taskSpec)
	if err != nil {
		return Trained{}, a.declineError(err)
	}
	base, err := t.Model(ctx, a.Task, a.Round.Base)
	if err != nil {
		return Trained{}, err
	}
	rows, err := a.privateRows(t, base)
	if err != nil {
		return Trained{}, err
	}
	stream, err := privacy.NewStream(t.Random)
	if err != nil {
		return Trained{}, err
	}
	defer stream.Wipe()
	began := t.Now()
	if taskSpec.Privacy.Mode == spec.PrivacyCentral && taskSpec.Privacy.Unit == spec.UnitExample {
		update, noise, err := a.gradients(ctx, t, mech, train.Job{Weights: base.Weights, Table: rows}, stream)
		switch {
		case ctx.Err() != nil:
			return Trained{}, ctx.Err()
		case err != nil:
			return Trained{}, a.declineError(err)
		}
		return a.store(ctx, t, slot, began, update, noise)
	}
	job := train.Job{Model: taskSpec.Model, Training: taskSpec.Training, Weights: slices.Clone(base.Weights), Seed: taskSpec.OrderSeed(t.Name, a.Round.Number), Table: rows}
	var noise *Noise
	if taskSpec.Privacy.Mode == spec.PrivacyExample {
		noise, err = mech.addToJob(&job, t, taskSpec.Privacy, stream)
	} else {
		noise, err = newNoise(t, mech.law, len(base.Weights), 1)
	}
	if err != nil {
		return Trained{}, a.declineError(err)
	}
	var result train.Result
	err = role.Guard(func() (err error) {
		result, err = t.Trainer.Train(ctx, job, nil)
		return err
	})
	if ctx.Err() != nil { // not the trainer's error: the trainer has seen rows
		return Trained{}, ctx.Err()
	}
	if err != nil {
		result.Weights = nil
	}
	values := quantisedDelta(result.Weights, base.Weights, taskSpec.Aggregation.ScaleBits)
	if taskSpec.Privacy.Mode == spec.PrivacyExample {
		noise.noteInTraining(taskSpec, base.Weights, result.Weights)
	} else {
		if err := mech.bound.Clip(values); err != nil {
			return Trained{}, a.declineError(err)
		}
		noise.Add(stream, values)
	}
	return a.store(ctx, t, slot, began, saturate(values), noise)
}

// store charges the owner's own ledger, then stores the noised update of a private task.
func (a Train) store(ctx context.Context, t role.Tools, slot spec.Slot, began time.Time, values []int32, noise *Noise) (Trained, error) {
	if t.Charge != nil {
		err := t.Charge(ctx, a.Task, a.Round)
		if errors.Is(err, role.ErrFinal) {
			return Trained{}, a.declineError(err)
		}
		if err != nil { // retried
			return Trained{}, fmt.Errorf("task %d round %d: %w", a.Task.ID, a.Round.Number, err)
		}
	}
	update, err := model.EncodeUpdate(model.UpdateHeader{Slot: slot, ScaleBits: a.Task.Spec.Aggregation.ScaleBits, Count: uint64(len(values))}, values)
	if err != nil {
		return Trained{}, a.declineError(err)
	}
	if a.Task.Spec.Privacy.Mode != spec.PrivacyExample {
		noise.noteAfterTraining(values)
	}
	done := Trained{Task: a.Task.ID, Round: a.Round.Number, Took: t.Now().Sub(began), Withheld: true, Noise: noise}
	return done, storeUpdate(ctx, t, slot, update)
}

// declineError is the final refusal of a round, for a reason.
func (a Train) declineError(reason error) error {
	return fmt.Errorf("task %d round %d: %w: %w: %w", a.Task.ID, a.Round.Number, ErrDeclined, reason, role.ErrFinal)
}

// quantisedDelta is the change of the weights in quanta, before clipping. Weights of another
// length than the model's, or with a NaN among them, count as unchanged.
func quantisedDelta(local, base []float32, scaleBits uint32) []int64 {
	values := make([]int64, len(base))
	if len(local) != len(base) {
		return values
	}
	const maxMagnitude = 1 << 61 // clipping gives the same result for any larger magnitude
	for i := range values {
		v := math.RoundToEven(math.Ldexp(float64(local[i])-float64(base[i]), int(scaleBits)))
		if math.IsNaN(v) {
			clear(values)
			return values
		}
		values[i] = int64(max(-maxMagnitude, min(v, maxMagnitude)))
	}
	return values
}

// mechanism is the bound and the noise of one release or, in the mode example, of each
// step. In the mode central the noise is the node's share.
type mechanism struct {
	bound privacy.Bound
	law   privacy.Law
}

// mechanismOf derives the mechanism from the release that the book is charged for.
func mechanismOf(taskSpec spec.TaskSpec) (mechanism, error) {
	charged, err := terms.Release(taskSpec)
	if err != nil {
		return mechanism{}, err
	}
	wide := privacy.Bound{Norm: privacy.L2, Limit: charged.Norm.L2Squared}
	switch noise := charged.Noise.(type) {
	case cost.Gaussian:
		return mechanism{wide, privacy.RoundedGaussian{Sigma: privacy.Ratio(noise.Sigma)}}, nil
	case cost.Skellam:
		return mechanism{wide, privacy.Skellam{Variance: noise.Variance.Num, Shares: taskSpec.NoiseShares()}}, nil
	case cost.Laplace:
		m := mechanism{privacy.Bound{Norm: privacy.L1, Limit: charged.Norm.L1}, privacy.DiscreteLaplace{A: privacy.Ratio(noise.Rate)}}
		if taskSpec.Privacy.Mode == spec.PrivacyCentral {
			m.law = privacy.Polya{A: privacy.Ratio(noise.Rate), Shares: taskSpec.NoiseShares()}
		}
		return m, nil
	}
	return mechanism{}, fmt.Errorf("no trainer draws a %T", charged.Noise)
}

// addToJob makes each step of a job clip each row's gradient and add noise.
func (m mechanism) addToJob(job *train.Job, t role.Tools, privacySpec spec.Privacy, stream *privacy.Stream) (*Noise, error) {
	if _, builtIn := t.Trainer.(train.Engine); !builtIn {
		return nil, fmt.Errorf("the mode %s needs the noise inside the training: only the built-in engine adds it, and this node's trainer is a %T", privacySpec.Mode, t.Trainer)
	}
	noise, err := newNoise(t, m.law, len(job.Weights), int(privacySpec.Steps))
	if err != nil {
		return nil, err
	}
	plan := privacy.Sampled{
		Examples: privacy.Examples{
			Values: len(job.Weights), Bits: uint(privacySpec.Bits(0)), Rows: spec.MaxSamples, Bound: m.bound, Noise: m.law,
		},
		Rate: uint32(privacySpec.Rate), Divisor: uint64(privacySpec.Divisor),
	}
	job.Steps = int(privacySpec.Steps)
	job.Private, err = plan.Begin(noise, stream)
	return noise, err
}

// saturate converts noised values to an update. Values beyond the range of the fixed point
// become its largest magnitude, which reveals nothing more.
func saturate(values []int64) []int32 {
	update := make([]int32, len(values))
	for i, v := range values {
		update[i] = int32(max(-model.MaxValue, min(v, model.MaxValue)))
	}
	return update
}
