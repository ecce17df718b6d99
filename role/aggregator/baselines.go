package aggregator

import (
	"context"
	"fmt"
	"slices"

	"github.com/althing-network/althing/aggregate"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/spec"
)

// Baseline is a model with which that of a round is compared.
type Baseline struct {
	Node  uint64 // whose update alone makes it of the round's base; 0: it is the base or the next model itself
	Model model.File
}

// Baselines are the models of a settled round: the one that it began with, the one that it
// made, and what each survivor's update alone makes of the first, in the order of their
// nodes, as if nobody else had trained and the task's server optimised nothing. Of the tools
// it uses Blobs and Store, as [Verify] does.
//
// It refuses a private task, of whose trainers nothing is shown but what was noised and paid
// for, and a round that measured, in which nobody has trained.
func Baselines(ctx context.Context, t role.Tools, task spec.Task, r spec.Round) (list []Baseline, err error) {
	task = task.AtRound(r.Number)
	switch {
	case r.Phase != spec.PhaseSettled:
		return nil, fmt.Errorf("round %d of task %d is not settled: it is in phase %s", r.Number, task.ID, r.Phase)
	case task.Spec.Private():
		return nil, fmt.Errorf("task %d is private: of its trainers nothing is shown but what was noised and charged", task.ID)
	case r.Measures:
		return nil, fmt.Errorf("round %d of task %d measured columns: nobody has trained in it", r.Number, task.ID)
	}
	for _, d := range []spec.Digest{r.Base, r.Next} {
		file, err := t.Model(ctx, task, d)
		if err != nil {
			return nil, fmt.Errorf("model %s: %w", d.Short(), err)
		}
		list = append(list, Baseline{Model: file})
	}
	base := list[0].Model
	for i, c := range r.Trainers {
		if !c.Survivor {
			continue
		}
		file, err := alone(ctx, t, task, r, i, base)
		if err != nil {
			return nil, err
		}
		list = append(list, Baseline{Node: c.Node, Model: file})
	}
	return list, nil
}

// alone adds the update of one survivor to the base.
func alone(ctx context.Context, t role.Tools, task spec.Task, r spec.Round, trainer int, base model.File) (model.File, error) {
	if err := verifyUpdate(ctx, t, task, r, trainer); err != nil {
		return model.File{}, err
	}
	task.Spec.Aggregation.Rule = spec.RuleFedAvg
	r.Trainers = slices.Clone(r.Trainers)
	for i := range r.Trainers {
		r.Trainers[i].Survivor = i == trainer
	}
	update, err := combined(ctx, t, task, r, len(base.Weights))
	if err != nil {
		return model.File{}, err
	}
	base.State = spec.Digest{}
	base.Weights, _, err = aggregate.None{}.Step(base.Weights, update, nil)
	return base, err
}
