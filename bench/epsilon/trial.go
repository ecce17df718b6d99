package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// trial runs one task in a simulated network. Every trainer owns a data set with a book, and
// all rounds are charged. It returns the accuracy of the last model on the whole hold-out.
func trial(ctx context.Context, f federation, m mode, epsilon float64, seed uint64) (float64, error) {
	asked, limit, err := m.task(f, epsilon, seed)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", m.name, err)
	}
	n, err := network(f, asked, limit, seed)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", m.name, err)
	}
	task, err := n.Finish(ctx, 1)
	if err := errors.Join(err, n.Errs()); err != nil {
		return 0, fmt.Errorf("%s: %w", m.name, err)
	}
	if task.Accepted != asked.Target.Rounds {
		return 0, fmt.Errorf("%s: the task is %s (%s) with %d rounds of %d", m.name, task.State, task.Reason, task.Accepted, asked.Target.Rounds)
	}
	newest, err := n.Nodes[0].Tools.Model(ctx, task, task.Model)
	if err != nil {
		return 0, err
	}
	judged, err := train.Engine{}.Evaluate(ctx, asked.Model, newest.Weights, f.holdout)
	return float64(judged.Accuracy()) / float64(spec.One), err
}

// network is a simulated network with an open task. Each trainer's data set has the limit.
func network(f federation, asked spec.TaskSpec, limit cost.Limit, seed uint64) (*sim.Network, error) {
	n := sim.New(sim.Config{Seed: seed})
	members := make([]sim.Member, sim.Aggregators, sim.Aggregators+len(f.held)+len(f.trainers))
	for i := range members {
		members[i].Roles = spec.Aggregator
	}
	for _, rows := range f.held {
		members = append(members, sim.Member{Roles: spec.Evaluator, Rows: rows, Data: f.name})
	}
	for _, rows := range f.trainers {
		members = append(members, sim.Member{Roles: spec.Trainer, Rows: rows, Data: f.name})
	}
	for _, m := range members {
		node, err := n.Join(m)
		if err != nil {
			return nil, err
		}
		if m.Roles != spec.Trainer || !asked.Private() {
			continue
		}
		id, err := n.RegisterDataset(node.Owner, spec.PublicKeyOf(node.OwnerKey), limit)
		if err == nil {
			err = errors.Join(n.Grant(id, node.ID), n.Hold(node.ID, f.name, id))
		}
		if err != nil {
			return nil, err
		}
	}
	_, err := n.Open("consumer", asked)
	return n, err
}
