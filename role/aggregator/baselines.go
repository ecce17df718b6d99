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

// Baseline is a model with which a round's next model is compared.
type Baseline struct {
	Node  uint64 // trainer whose update alone was applied to the round's base; 0: the base or the next model
	Model model.File
}

// Baselines returns the models of a settled round: its base, its next model, and for each
// survivor, in the order of their nodes, the base with that survivor's update alone and no
// server optimiser. Of the tools it uses Blobs and Store, as [Verify] does.
//
// It refuses a private task, whose single updates carry too much noise to be judged alone
// and were not paid for, and a measuring round, in which nobody has trained.
func Baselines(ctx context.Context, t role.Tools, task spec.Task, r spec.Round) (list []Baseline, err error) {
	task = task.AtRound(r.Number)
	switch {
	case r.Phase != spec.PhaseSettled:
		return nil, fmt.Errorf("round %d of task %d is not settled: it is in phase %s", r.Number, task.ID, r.Phase)
	case task.Spec.Private():
		return nil, fmt.Errorf("task %d is private: single updates of its trainers are not compared", task.ID)
	case r.Measures:
		return nil, fmt.Errorf("round %d of task %d measured columns: nobody trained in it", r.Number, task.ID)
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
		file, err := applyAlone(ctx, t, task, r, i, base)
		if err != nil {
			return nil, err
		}
		list = append(list, Baseline{Node: c.Node, Model: file})
	}
	return list, nil
}

// applyAlone adds the update of one survivor to the base.
func applyAlone(ctx context.Context, t role.Tools, task spec.Task, r spec.Round, trainer int, base model.File) (model.File, error) {
	if err := verifyUpdate(ctx, t, task, r, trainer); err != nil {
		return model.File{}, err
	}
	task.Spec.Aggregation.Rule = spec.RuleFedAvg
	r.Trainers = slices.Clone(r.Trainers)
	for i := range r.Trainers {
		r.Trainers[i].Survivor = i == trainer
	}
	update, err := combineUpdates(ctx, t, task, r, len(base.Weights))
	if err != nil {
		return model.File{}, err
	}
	base.State = spec.Digest{}
	base.Weights, _, err = aggregate.None{}.Step(base.Weights, update, nil)
	return base, err
}
