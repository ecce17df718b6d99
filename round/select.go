package round

import (
	"cmp"
	"slices"

	"github.com/althing-network/althing/spec"
)

// Committee picks the aggregators and evaluators that serve a task from
// beginning to end. It fails with [ErrResources] where too few are eligible.
// No node is both: one that could be either aggregates, unless the evaluators
// would then be too few.
func Committee(task spec.TaskSpec, nodes []spec.Node) (Select, error) {
	evaluators := ranked(task, nodes, spec.Evaluator, nil)
	spare := len(evaluators) - int(task.Selection.Evaluators)
	var aggregators []spec.Member
	for _, m := range ranked(task, nodes, spec.Aggregator, nil) {
		if len(aggregators) == int(task.Selection.Aggregators) {
			break
		}
		if i := member(evaluators, m.Node); i >= 0 {
			if spare <= 0 {
				continue
			}
			spare--
			evaluators = slices.Delete(evaluators, i, i+1)
		}
		aggregators = append(aggregators, m)
	}
	if len(aggregators) < int(task.Selection.Aggregators) || len(evaluators) < int(task.Selection.Evaluators) {
		return Select{}, ErrResources
	}
	return Select{Aggregators: aggregators, Evaluators: evaluators[:task.Selection.Evaluators]}, nil
}

// Trainers picks who trains in the next round: as many as the task needs and
// 30% more, fewer where fewer are eligible, [ErrResources] below the least the
// task accepts. No evaluator of a task trains for it.
//
// A trainer whose round is being scored has done its part in it: that round takes none
// of its slots.
func Trainers(s State, nodes []spec.Node) (Select, error) {
	task, nodes := s.Task, slices.Clone(nodes) // the argument keeps its own
	for _, r := range s.Open() {
		for i, n := range nodes {
			if n.Busy > 0 && r.Trainer(n.ID) >= 0 {
				nodes[i].Busy--
			}
		}
	}
	eligible := ranked(task.Spec, nodes, spec.Trainer, task.Evaluators)
	if len(eligible) < int(task.Spec.Selection.MinTrainers) {
		return Select{}, ErrResources
	}
	eligible = eligible[:min(len(eligible), task.Spec.Selection.Asked())]
	ids := nodeIDs(eligible)
	slices.Sort(ids)
	return Select{Trainers: ids}, nil
}

// ranked lists the eligible nodes by reputation, then stake, then id.
func ranked(task spec.TaskSpec, nodes []spec.Node, role spec.Role, except []spec.Member) []spec.Member {
	var fit []spec.Node
	for _, n := range nodes {
		if member(except, n.ID) < 0 && eligible(task, n, role) {
			fit = append(fit, n)
		}
	}
	slices.SortFunc(fit, func(a, b spec.Node) int {
		return cmp.Or(cmp.Compare(b.Reputation, a.Reputation), cmp.Compare(b.Stake, a.Stake), cmp.Compare(a.ID, b.ID))
	})
	members := make([]spec.Member, len(fit))
	for i, n := range fit {
		members[i] = spec.Member{Node: n.ID, Stake: n.Stake}
	}
	return members
}

func eligible(task spec.TaskSpec, n spec.Node, role spec.Role) bool {
	if !n.Active || !n.Profile.Roles.Has(role) || n.Busy >= n.Profile.Slots ||
		n.Stake < task.Selection.MinStake || !n.Profile.Resources.Covers(task.Selection.Resources) {
		return false
	}
	if role == spec.Aggregator {
		return true
	}
	accuracy, _ := n.Accuracy(task.Data.Name)
	holding, holds := n.Profile.Holding(task.Data.Name)
	return holds && (role == spec.Evaluator || holding.Fits(task.Data.MinSamples) && accuracy >= task.Selection.MinAccuracy)
}
