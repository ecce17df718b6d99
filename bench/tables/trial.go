package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// task is a task with the defaults for a table, for all trainers.
func (t table) task() spec.TaskSpec {
	asked := spec.SuggestTask("", t.asked)
	asked.Selection.Trainers = trainers
	return asked
}

// simulate runs one task in a simulated network, and returns the score of the model of each
// round on the whole hold-out. The first round only measures the columns.
func (t table) simulate(ctx context.Context, f federation, seed uint64) (curve []float64, err error) {
	n := sim.New(sim.Config{Seed: seed})
	members := make([]sim.Member, sim.Aggregators, sim.Aggregators+len(f.held)+len(f.trainers))
	for i := range members {
		members[i].Roles = spec.Aggregator
	}
	for _, rows := range f.held {
		members = append(members, sim.Member{Roles: spec.Evaluator, Rows: rows, Data: t.name})
	}
	for _, rows := range f.trainers {
		members = append(members, sim.Member{Roles: spec.Trainer, Rows: rows, Data: t.name})
	}
	for _, m := range members {
		if _, err := n.Join(m); err != nil {
			return nil, err
		}
	}
	asked := t.task()
	id, err := n.Open("consumer", asked)
	if err != nil {
		return nil, err
	}
	task, err := n.Finish(ctx, id)
	if err := errors.Join(err, n.Errs()); err != nil {
		return nil, err
	}
	if task.Accepted != asked.Target.Rounds {
		return nil, fmt.Errorf("the task is %s (%s) with %d rounds of %d", task.State, task.Reason, task.Accepted, asked.Target.Rounds)
	}
	for number := range task.Round {
		r, err := n.Round(id, number+1)
		if err != nil {
			return nil, err
		}
		if r.Next.IsZero() {
			continue // the round was aborted
		}
		score, err := f.judge(ctx, n.Nodes[0], task, r.Next)
		if err != nil {
			return nil, fmt.Errorf("round %d: %w", r.Number, err)
		}
		curve = append(curve, score)
	}
	return curve, nil
}

// judge is the score of a model of a task on the whole hold-out.
func (f federation) judge(ctx context.Context, n *sim.Node, task spec.Task, digest spec.Digest) (float64, error) {
	m, err := n.Tools.Model(ctx, task, digest)
	if err != nil {
		return 0, err
	}
	holdout, err := train.ToScale(m, f.holdout)
	if err != nil {
		return 0, err
	}
	e, err := train.Engine{}.Evaluate(ctx, task.Spec.Model, m.Weights, holdout)
	return float64(e.Score()) / float64(spec.One), err
}
