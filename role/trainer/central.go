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

// gradients is the node's update of a round whose unit is the example: the sum of the
// clipped gradients of all its rows at the round's model, with the node's share of the
// noise, times -1, so that adding it is a step of descent. Whoever asks for another step
// waits for the next round.
//
// Rows are seen by the built-in engine alone, under the node's own hands. What the rows
// hold never makes it fail, nor does their number: see [privacy.Shared.Sum]. All other
// refusals are of the task, the shape of the data set and the engine, which no row changes.
func (a Train) gradients(ctx context.Context, t role.Tools, made mechanism, job train.Job, stream *privacy.Stream) ([]int32, *Noise, error) {
	asked := a.Task.Spec
	engine, ok := t.Trainer.(train.Engine)
	if !ok {
		return nil, nil, fmt.Errorf("%w: privacy.unit %s wants each row's gradient, which the built-in engine gives, and this node's trainer is a %T", spec.ErrPrivacy, spec.UnitExample, t.Trainer)
	}
	updates := privacy.Ring{Bits: 31} // what the values of an update may be
	plan, err := shared(asked, made, len(job.Weights))
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", spec.ErrPrivacy, err)
	}
	noise, err := listen(t, plan.Noise, len(job.Weights), 1)
	if err == nil {
		err = updates.Fits(plan.Rows, plan.Bound.Largest(), 1, noise.Largest())
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", spec.ErrPrivacy, err)
	}
	update, err := plan.Sum(noise, stream, func(add func([]float32)) error {
		return engine.Gradients(ctx, train.Job{Model: asked.Model, Training: asked.Training, Weights: job.Weights, Table: job.Table}, add)
	})
	for i, v := range update {
		update[i] = -v
	}
	return update, noise, err
}

// shared is how the sums of a task's rows are made. It is read off what the books are
// charged, so that what is drawn is what was paid for.
func shared(asked spec.TaskSpec, m mechanism, values int) (privacy.Shared, error) {
	charged, err := terms.Release(asked)
	if err != nil {
		return privacy.Shared{}, err
	}
	plan := privacy.Shared{Examples: privacy.Examples{
		Values: values, Bits: uint(asked.Aggregation.ScaleBits), Bound: m.bound, Noise: m.law,
		Rows: spec.MaxRows / m.bound.Largest(),
	}}
	made, err := plan.Release()
	if err == nil && made != charged {
		err = fmt.Errorf("it would release %+v, and is charged for %+v", made, charged)
	}
	return plan, err
}
