package aggregator

import (
	"context"
	"fmt"
	"sync"

	"github.com/althing-network/althing/aggregate"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/spec"
)

// Next computes the next model of a round and, if the task's server optimiser has a state,
// the bytes of that state. Everyone who holds the survivors' updates gets the same bits.
func Next(ctx context.Context, t role.Tools, task spec.Task, r spec.Round) (file model.File, state []byte, err error) {
	if r.Measures {
		file, err = measuredModel(ctx, t, task, r)
		return file, nil, err
	}
	file.Model = task.Spec.Model
	optimiser, err := aggregate.OptimiserOf(task.Spec.Aggregation)
	if err != nil {
		return file, nil, err
	}
	count, err := model.Size(task.Spec.Model)
	if err != nil {
		return file, nil, err
	}
	var base model.File
	var readErr error
	var reading sync.WaitGroup
	reading.Go(func() { // while updates are combined
		readErr = role.Guard(func() (err error) {
			base, err = t.Model(ctx, task, r.Base)
			return err
		})
	})
	update, err := combineUpdates(ctx, t, task, r, count)
	reading.Wait()
	if readErr != nil {
		return file, nil, fmt.Errorf("base model: %w", readErr)
	}
	if err != nil {
		return file, nil, err
	}
	file.Data, file.Scale = base.Data, base.Scale
	var moments [][]float32
	if !base.State.IsZero() {
		if moments, err = t.State(ctx, task, optimiser.Moments(), base.State); err != nil {
			return file, nil, err
		}
	}
	if file.Weights, moments, err = optimiser.Step(base.Weights, update, moments); err != nil {
		return file, nil, err
	}
	if len(moments) == 0 {
		return file, nil, nil
	}
	if state, err = model.EncodeState(task.Spec.Model, optimiser.Moments(), moments); err != nil {
		return file, nil, err
	}
	file.State = spec.DigestOf(state)
	return file, state, nil
}

// combineUpdates applies the task's rule to the survivors' updates, each of count values.
func combineUpdates(ctx context.Context, t role.Tools, task spec.Task, r spec.Round, count int) (aggregate.Update, error) {
	rule, err := aggregate.RuleOf(task.Spec.Aggregation.Rule)
	if err != nil {
		return aggregate.Update{}, err
	}
	entries, err := obtainAll(ctx, t, task, r)
	if err != nil {
		return aggregate.Update{}, err
	}
	var claims []uint32
	var sources []aggregate.Source
	for i, c := range r.Trainers {
		if !c.Survivor {
			continue
		}
		claims = append(claims, c.Samples)
		sources = append(sources, aggregate.Source{Slot: task.Slot(r.Number, c.Node), Open: func() (aggregate.Bytes, error) {
			return t.Store.OpenVerified(ctx, entries[i].Digest)
		}})
	}
	for i, w := range aggregate.Weights(claims, task.Spec.Aggregation.MaxWeight) {
		sources[i].Weight = w
	}
	update, err := rule.Combine(count, task.Spec.Aggregation.ScaleBits, sources)
	if task.Spec.Privacy.Mode == spec.PrivacyCentral { // a constant, whatever the survivors
		update.Divisor = uint64(task.Spec.Privacy.Divisor) << task.Spec.Aggregation.ScaleBits
	}
	return update, err
}
