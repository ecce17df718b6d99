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

// private puts the node's update of a private task into its store. Whatever trained, and
// whatever it gave, what is stored is a vector of the length that the task allows with the
// noise that it asks for. That nothing came of the training is not told either: then the
// update is noise alone.
//
// The owner's own ledger is charged before anything is stored. One that refuses ends the
// work.
func (a Train) private(ctx context.Context, t role.Tools, slot spec.Slot) (Trained, error) {
	base, err := t.Model(ctx, a.Task, a.Round.Base)
	if err != nil {
		return Trained{}, err
	}
	began := t.Now()
	if p := a.Task.Spec.Privacy; p.Mode == spec.PrivacyCentral && p.Unit == spec.UnitExample {
		update, err := a.gradients(ctx, t, base.Weights)
		if err != nil {
			return Trained{}, fmt.Errorf("task %d round %d: %w", a.Task.ID, a.Round.Number, err)
		}
		return a.store(ctx, t, slot, began, update)
	}
	result, err := t.Trainer.Train(ctx, train.Job{
		Model: a.Task.Spec.Model, Training: a.Task.Spec.Training, Weights: base.Weights, Seed: slot.Seed(), Table: t.Table,
	}, nil)
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return Trained{}, err
	}
	if err != nil {
		result.Weights = nil
	}
	values := contribution(result.Weights, base.Weights, a.Task.Spec.Aggregation.ScaleBits)
	if err := a.release(t, values); err != nil {
		return Trained{}, fmt.Errorf("task %d round %d: %w: %w", a.Task.ID, a.Round.Number, err, role.ErrFinal)
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
		return Trained{}, fmt.Errorf("task %d round %d: %w: %w", a.Task.ID, a.Round.Number, err, role.ErrFinal)
	}
	done := Trained{Task: a.Task.ID, Round: a.Round.Number, Took: t.Now().Sub(began), Withheld: true}
	return done, keep(ctx, t, slot, update)
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

// release clips values and adds the noise of a task, in place.
func (a Train) release(t role.Tools, values []int64) error {
	made, err := terms.Release(a.Task.Spec)
	if err != nil {
		return err
	}
	bound, law, err := means(a.Task.Spec, made)
	if err != nil {
		return err
	}
	stream, err := privacy.NewStream(t.Random)
	if err != nil {
		return err
	}
	defer stream.Wipe()
	if err := bound.Clip(values); err != nil {
		return err
	}
	return a.add(stream, law, values)
}

// means are the bound on what a unit contributes to a release, and the law of what the
// node adds to it: all of the noise, or in the mode central a share.
func means(asked spec.TaskSpec, made cost.Release) (privacy.Bound, privacy.Law, error) {
	bound := privacy.Bound{Norm: privacy.L2, Limit: made.Norm.L2Squared}
	switch noise := made.Noise.(type) {
	case cost.Gaussian:
		return bound, privacy.RoundedGaussian{Sigma: privacy.Ratio(noise.Sigma)}, nil
	case cost.Skellam:
		return bound, privacy.Skellam{Variance: noise.Variance.Num, Shares: asked.Honest()}, nil
	case cost.Laplace:
		bound = privacy.Bound{Norm: privacy.L1, Limit: made.Norm.L1}
		if asked.Privacy.Mode == spec.PrivacyCentral {
			return bound, privacy.Polya{A: privacy.Ratio(noise.Rate), Shares: asked.Honest()}, nil
		}
		return bound, privacy.DiscreteLaplace{A: privacy.Ratio(noise.Rate)}, nil
	}
	return bound, nil, fmt.Errorf("no trainer draws a %T", made.Noise)
}

// drawn is a law that can be drawn from without a table.
type drawn interface {
	privacy.Law
	Draw(*privacy.Stream) (int64, error)
}

// add adds noise to values. A table makes a draw some ten times faster, and takes as long
// to make as so many draws.
func (a Train) add(stream *privacy.Stream, law privacy.Law, values []int64) error {
	const aTable = 1 << 17
	one, ok := law.(drawn)
	if !ok || len(values) >= aTable {
		noise, err := a.Samplers.Of(law)
		if err == nil {
			noise.Add(stream, values)
		}
		return err
	}
	for i := range values {
		k, err := one.Draw(stream)
		if err != nil {
			return err
		}
		values[i] += k
	}
	return nil
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
