package trainer

import (
	"context"
	"fmt"

	"github.com/althing-network/althing/privacy"
	"github.com/althing-network/althing/privacy/terms"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// gradients is the node's update of a round whose unit is the example: the negated sum of
// the clipped gradients of all its rows at the round's model, plus the node's share of the
// noise. Adding it to the model is one step of descent; each round makes one step.
//
// Only the built-in engine sees the rows. Neither their contents nor their number make it
// fail, see [privacy.Shared.Sum]. Every refusal depends on the task, the shape of the data
// set and the engine, and on no row.
func (a Train) gradients(ctx context.Context, t role.Tools, mech mechanism, job train.Job, stream *privacy.Stream) ([]int32, *Noise, error) {
	taskSpec := a.Task.Spec
	engine, ok := t.Trainer.(train.Engine)
	if !ok {
		return nil, nil, fmt.Errorf("%w: privacy.unit %s needs the gradient of each row, which only the built-in engine gives: this node's trainer is a %T", spec.ErrPrivacy, spec.UnitExample, t.Trainer)
	}
	updates := privacy.Ring{Bits: 31} // the range of an update's values
	plan, err := sharedPlan(taskSpec, mech, len(job.Weights))
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", spec.ErrPrivacy, err)
	}
	noise, err := newNoise(t, plan.Noise, len(job.Weights), 1)
	if err == nil {
		err = updates.Fits(plan.Rows, plan.Bound.Largest(), 1, noise.Largest())
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", spec.ErrPrivacy, err)
	}
	update, err := plan.Sum(noise, stream, func(add func([]float32)) error {
		return engine.Gradients(ctx, train.Job{Model: taskSpec.Model, Training: taskSpec.Training, Weights: job.Weights, Table: job.Table}, add)
	})
	for i, v := range update {
		update[i] = -v
	}
	return update, noise, err
}

// sharedPlan says how the sum over a task's rows is bounded and noised. It is derived from the
// release that the books are charged for, so that the noise drawn is the noise paid for.
func sharedPlan(taskSpec spec.TaskSpec, m mechanism, values int) (privacy.Shared, error) {
	charged, err := terms.Release(taskSpec)
	if err != nil {
		return privacy.Shared{}, err
	}
	plan := privacy.Shared{Examples: privacy.Examples{
		Values: values, Bits: uint(taskSpec.Aggregation.ScaleBits), Bound: m.bound, Noise: m.law,
		Rows: spec.MaxRows / m.bound.Largest(),
	}}
	released, err := plan.Release()
	if err == nil && released != charged {
		err = fmt.Errorf("it would release %+v, and is charged for %+v", released, charged)
	}
	return plan, err
}
