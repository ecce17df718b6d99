package trainer

import (
	"context"
	"errors"
	"fmt"
	"math"

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
	if t.Charge != nil {
		if err := t.Charge(ctx, a.Task, a.Round); err != nil {
			return Trained{}, fmt.Errorf("task %d round %d: %w", a.Task.ID, a.Round.Number, err)
		}
	}
	if err := release(a.Task.Spec, t, values); err != nil {
		return Trained{}, fmt.Errorf("task %d round %d: %w: %w", a.Task.ID, a.Round.Number, err, role.ErrFinal)
	}
	update, err := model.EncodeUpdate(model.UpdateHeader{Slot: slot, ScaleBits: a.Task.Spec.Aggregation.ScaleBits, Count: uint64(len(values))}, narrow(values))
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
func release(asked spec.TaskSpec, t role.Tools, values []int64) error {
	made, err := terms.Release(asked)
	if err != nil {
		return err
	}
	bound := privacy.Bound{Norm: privacy.L2, Limit: made.Norm.L2Squared}
	var law drawn
	switch noise := made.Noise.(type) {
	case cost.Gaussian:
		law = privacy.RoundedGaussian{Sigma: privacy.Ratio(noise.Sigma)}
	case cost.Laplace:
		law = privacy.DiscreteLaplace{A: privacy.Ratio(noise.Rate)}
		bound = privacy.Bound{Norm: privacy.L1, Limit: made.Norm.L1}
	default:
		return fmt.Errorf("no trainer draws a %T", noise)
	}
	stream, err := privacy.NewStream(t.Random)
	if err != nil {
		return err
	}
	defer stream.Wipe()
	if err := bound.Clip(values); err != nil {
		return err
	}
	return add(stream, law, values)
}

// drawn is a law that can be drawn from without a table.
type drawn interface {
	privacy.Law
	Draw(*privacy.Stream) (int64, error)
}

// add adds noise to values. A table makes a draw some ten times faster, and takes as long
// to make as so many draws.
func add(stream *privacy.Stream, law drawn, values []int64) error {
	const aTable = 1 << 17
	if len(values) >= aTable {
		noise, err := privacy.NewSampler(law)
		if err == nil {
			noise.Add(stream, values)
		}
		return err
	}
	for i := range values {
		k, err := law.Draw(stream)
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
