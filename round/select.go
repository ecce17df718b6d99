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
func Trainers(s State, nodes []spec.Node) (Select, error) {
	eligible := Eligible(s, nodes)
	selection := s.Task.Spec.Selection
	if len(eligible) < int(selection.MinTrainers) {
		return Select{}, ErrResources
	}
	eligible = eligible[:min(len(eligible), selection.Asked())]
	ids := nodeIDs(eligible)
	slices.Sort(ids)
	return Select{Trainers: ids}, nil
}

// Eligible lists who may train in the next round of a task, the best first.
//
// A trainer whose round is being scored has done its part in it: that round takes none
// of its slots. A task holds one bond of a node, however many parts the node has in it:
// who has one already needs no other.
func Eligible(s State, nodes []spec.Node) []spec.Member {
	task, nodes := s.Task, slices.Clone(nodes) // the argument keeps its own
	for i, n := range nodes {
		serves := member(task.Aggregators, n.ID) >= 0
		for _, r := range s.Open() {
			if r.Trainer(n.ID) < 0 {
				continue
			}
			if serves = true; nodes[i].Busy > 0 {
				nodes[i].Busy--
			}
		}
		if serves {
			nodes[i].Bonded -= min(n.Bonded, task.Spec.Selection.MinStake)
		}
	}
	return ranked(task.Spec, nodes, spec.Trainer, task.Evaluators)
}

// Paying is [Trainers] for a private task: each trains on a data set whose book can pay
// for it, and no owner has two, for what the task promises counts owners. Payer answers
// for one node; its owner is empty where nobody pays for the node. The best are asked
// first, and no more than are needed.
func Paying(selection spec.Selection, eligible []spec.Member, payer func(node uint64) (Payer, error)) (chosen Select, err error) {
	taken := make(map[string]bool) // looked up, never walked
	for _, m := range eligible {
		p, err := payer(m.Node)
		if err != nil {
			return Select{}, err
		}
		if p.Owner == "" || taken[p.Owner] {
			continue
		}
		taken[p.Owner] = true
		chosen.Trainers = append(chosen.Trainers, m.Node)
		if chosen.Payers = append(chosen.Payers, p); len(chosen.Trainers) == selection.Asked() {
			break
		}
	}
	if len(chosen.Trainers) < int(selection.MinTrainers) {
		return Select{}, ErrResources
	}
	return chosen, nil
}

// Payer is who pays for what a node releases: a data set that the node may train on.
type Payer struct {
	Dataset uint64
	Owner   string         // of the data set; empty: nobody pays
	Key     spec.PublicKey // under which the owner signs
	Lender  string         // the owner, where it is not the account of the node
}

// payers are the data sets of those who pay.
func payers(of []Payer) []uint64 {
	ids := make([]uint64, len(of))
	for i, p := range of {
		ids[i] = p.Dataset
	}
	return ids
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
		members[i] = spec.Member{Node: n.ID, Stake: n.Stake, Key: n.Profile.Key()}
	}
	return members
}

func eligible(task spec.TaskSpec, n spec.Node, role spec.Role) bool {
	if !n.Selectable() || !n.Profile.Roles.Has(role) || n.Busy >= n.Profile.Slots ||
		n.Free() < task.Selection.MinStake || !n.Profile.Resources.Covers(task.Selection.Resources) {
		return false
	}
	if role == spec.Aggregator {
		return true
	}
	accuracy, _ := n.Accuracy(task.Data.Name)
	holding, holds := n.Profile.Holding(task.Data.Name)
	switch {
	case !holds:
		return false
	case holding.Dataset > 0 && (role == spec.Evaluator || !task.Private()):
		return false // its book counts what is lost: of a score or an update without noise that is everything
	case role == spec.Evaluator:
		return true
	}
	return holding.Fits(task.Data.MinSamples) && accuracy >= task.Selection.MinAccuracy
}
