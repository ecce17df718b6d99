package trainer

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/privacy"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/privacy/terms"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// private puts the node's update of a private task into its store.
//
// In the mode local, whatever trained, and whatever it gave, what is stored is a vector of
// the length that the task allows with the noise that it asks for. In the mode example the
// built-in engine trains with noise in each step, and what the weights moved by is stored
// as it is. In the mode central the noise is a share, and where the unit is the example the
// update is a sum of gradients. That nothing came of the training is not told either: then nothing moved.
//
// The owner's own ledger is charged before anything is stored. One that refuses ends the
// work.
func (a Train) private(ctx context.Context, t role.Tools, slot spec.Slot) (Trained, error) {
	asked := a.Task.Spec
	made, err := mechanismOf(asked)
	if err != nil {
		return Trained{}, a.final(err)
	}
	base, err := t.Model(ctx, a.Task, a.Round.Base)
	if err != nil {
		return Trained{}, err
	}
	stream, err := privacy.NewStream(t.Random)
	if err != nil {
		return Trained{}, err
	}
	defer stream.Wipe()
	began := t.Now()
	if asked.Privacy.Mode == spec.PrivacyCentral && asked.Privacy.Unit == spec.UnitExample {
		update, err := a.gradients(ctx, t, made, base.Weights, stream)
		if err != nil {
			return Trained{}, fmt.Errorf("task %d round %d: %w", a.Task.ID, a.Round.Number, err)
		}
		return a.store(ctx, t, slot, began, update)
	}
	job := train.Job{Model: asked.Model, Training: asked.Training, Weights: base.Weights, Seed: slot.Seed(), Table: t.Table}
	if asked.Privacy.Mode == spec.PrivacyExample {
		if err := made.inside(&job, t.Trainer, asked.Privacy, stream); err != nil {
			return Trained{}, a.final(err)
		}
	}
	result, err := t.Trainer.Train(ctx, job, nil)
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return Trained{}, err
	}
	if err != nil {
		result.Weights = nil
	}
	values := contribution(result.Weights, base.Weights, asked.Aggregation.ScaleBits)
	if asked.Privacy.Mode != spec.PrivacyExample {
		if err := made.behind(values, a.Samplers, stream); err != nil {
			return Trained{}, a.final(err)
		}
	}
	return a.store(ctx, t, slot, began, narrow(values))
}

// store puts the update of a private task, which carries its noise, into the node's store.
// The owner's own ledger is charged first.
func (a Train) store(ctx context.Context, t role.Tools, slot spec.Slot, began time.Time, values []int32) (Trained, error) {
	if t.Charge != nil {
		if err := t.Charge(ctx, a.Task, a.Round); err != nil {
			return Trained{}, fmt.Errorf("task %d round %d: %w", a.Task.ID, a.Round.Number, err)
		}
	}
	update, err := model.EncodeUpdate(model.UpdateHeader{Slot: slot, ScaleBits: a.Task.Spec.Aggregation.ScaleBits, Count: uint64(len(values))}, values)
	if err != nil {
		return Trained{}, a.final(err)
	}
	done := Trained{Task: a.Task.ID, Round: a.Round.Number, Took: t.Now().Sub(began), Withheld: true}
	return done, keep(ctx, t, slot, update)
}

// final says of what an error is that would come again.
func (a Train) final(err error) error {
	return fmt.Errorf("task %d round %d: %w: %w", a.Task.ID, a.Round.Number, err, role.ErrFinal)
}

// contribution is what the weights moved by, in quanta, before it is clipped. Weights of
// another number than the model's, or of which one is no number, count as not moved.
func contribution(local, base []float32, scaleBits uint32) []int64 {
	values := make([]int64, len(base))
	if len(local) != len(base) {
		return values
	}
	const most = 1 << 61 // of a magnitude: more is clipped to the same
	for i := range values {
		v := math.RoundToEven(math.Ldexp(float64(local[i])-float64(base[i]), int(scaleBits)))
		if math.IsNaN(v) {
			clear(values)
			return values
		}
		values[i] = int64(max(-most, min(v, most)))
	}
	return values
}

// mechanism is how one release, or each step of it, is bounded and noised: with all of
// the noise, or in the mode central with a share.
type mechanism struct {
	bound privacy.Bound
	law   privacy.Law
}

// mechanismOf makes what the book is charged for into what the node does.
func mechanismOf(asked spec.TaskSpec) (mechanism, error) {
	charged, err := terms.Release(asked)
	if err != nil {
		return mechanism{}, err
	}
	wide := privacy.Bound{Norm: privacy.L2, Limit: charged.Norm.L2Squared}
	switch noise := charged.Noise.(type) {
	case cost.Gaussian:
		return mechanism{wide, privacy.RoundedGaussian{Sigma: privacy.Ratio(noise.Sigma)}}, nil
	case cost.Skellam:
		return mechanism{wide, privacy.Skellam{Variance: noise.Variance.Num, Shares: asked.Honest()}}, nil
	case cost.Laplace:
		m := mechanism{privacy.Bound{Norm: privacy.L1, Limit: charged.Norm.L1}, privacy.DiscreteLaplace{A: privacy.Ratio(noise.Rate)}}
		if asked.Privacy.Mode == spec.PrivacyCentral {
			m.law = privacy.Polya{A: privacy.Ratio(noise.Rate), Shares: asked.Honest()}
		}
		return m, nil
	}
	return mechanism{}, fmt.Errorf("no trainer draws a %T", charged.Noise)
}

// behind clips what a training gave and adds the noise, in place.
func (m mechanism) behind(values []int64, samplers *privacy.Samplers, stream *privacy.Stream) error {
	noise, err := samplers.Of(m.law, uint64(len(values)))
	if err != nil {
		return err
	}
	if err := m.bound.Clip(values); err != nil {
		return err
	}
	noise.Add(stream, values)
	return nil
}

// inside makes a job one whose steps are clipped and noised, each row by itself.
func (m mechanism) inside(job *train.Job, engine train.Trainer, asked spec.Privacy, stream *privacy.Stream) error {
	if _, built := engine.(train.Engine); !built {
		return fmt.Errorf("the mode %s needs the noise inside the training: only the built-in engine adds it", asked.Mode)
	}
	noise, err := privacy.SamplerOf(m.law, uint64(len(job.Weights))*uint64(asked.Steps))
	if err != nil {
		return err
	}
	plan := privacy.Sampled{
		Examples: privacy.Examples{
			Values: len(job.Weights), Bits: uint(asked.Bits(0)), Rows: spec.MaxSamples, Bound: m.bound, Noise: m.law,
		},
		Rate: uint32(asked.Rate), Divisor: uint64(asked.Divisor),
	}
	job.Steps = int(asked.Steps)
	job.Private, err = plan.Begin(noise, stream)
	return err
}

// narrow makes an update of values that carry their noise: what the fixed point cannot
// hold stands at its end, which tells nothing more.
func narrow(values []int64) []int32 {
	update := make([]int32, len(values))
	for i, v := range values {
		update[i] = int32(max(-model.MaxValue, min(v, model.MaxValue)))
	}
	return update
}
