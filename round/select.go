package round

import (
	"slices"

	"github.com/althing-network/althing/spec"
)

// Committee picks the aggregators and evaluators that serve a task from
// beginning to end. It fails with [ErrResources] where too few are eligible.
// No node is both: one that could be either aggregates, unless the evaluators
// would then be too few.
func Committee(task spec.Task, nodes *Roster) (Select, error) {
	selection := task.Spec.Selection
	wanted := int(selection.Aggregators)
	// As many evaluators more than are wanted as can be aggregators instead.
	evaluators := nodes.queue(&task, spec.Evaluator).take(int(selection.Evaluators) + wanted)
	spare := len(evaluators) - int(selection.Evaluators)
	var aggregators []spec.Member
	for candidates := nodes.queue(&task, spec.Aggregator); len(aggregators) < wanted; {
		next := candidates.take(1)
		if len(next) == 0 {
			return Select{}, ErrResources
		}
		if i := member(evaluators, next[0].Node); i >= 0 {
			if spare <= 0 {
				continue
			}
			spare--
			evaluators = slices.Delete(evaluators, i, i+1)
		}
		aggregators = append(aggregators, next[0])
	}
	if len(evaluators) < int(selection.Evaluators) {
		return Select{}, ErrResources
	}
	return Select{Aggregators: aggregators, Evaluators: evaluators[:selection.Evaluators]}, nil
}

// Trainers picks who trains in the next round: as many as the task needs and
// 30% more, fewer where fewer are eligible, [ErrResources] below the least the
// task accepts. No evaluator of a task trains for it.
func Trainers(s State, nodes *Roster) (Select, error) {
	selection := s.Task.Spec.Selection
	ids := nodeIDs(nodes.trainers(s).take(selection.Asked()))
	if len(ids) < int(selection.MinTrainers) {
		return Select{}, ErrResources
	}
	slices.Sort(ids)
	return Select{Trainers: ids}, nil
}

// trainers is who may train in the next round of a task.
//
// A trainer whose round is being scored has done its part in it: that round takes none
// of its slots. A task holds one bond of a node, however many parts the node has in it:
// who has one already needs no other.
func (r *Roster) trainers(s State) *queue {
	q := r.queue(&s.Task, spec.Trainer)
	q.except = s.Task.Evaluators
	q.bonded = make(map[uint64]bool)
	for _, m := range s.Task.Aggregators {
		q.bonded[m.Node] = true
	}
	done := make(map[uint64]uint32) // parts by node: looked up, never walked
	for _, open := range s.OpenRounds() {
		for _, t := range open.Trainers {
			q.bonded[t.Node] = true
			n := r.nodes[t.Node]
			if n == nil || n.Busy < n.Profile.Slots {
				continue // it stands on a list, or has left
			}
			if done[n.ID]++; done[n.ID] == n.Busy-n.Profile.Slots+1 {
				q.freed = append(q.freed, n)
			}
		}
	}
	slices.SortFunc(q.freed, ranking)
	return q
}

// PrivateTrainers is [Trainers] for a private task: each trains on a data set whose book can pay
// for it, and no owner has two, for what the task promises counts owners. Payer answers
// for one node; its owner is empty where nobody pays for the node. The best are asked
// first, and no more than are needed.
func PrivateTrainers(s State, nodes *Roster, payer func(spec.Node) (Payer, error)) (chosen Select, err error) {
	// Payer reads a store, so only what is beside it is contained.
	q, err := Contain(func() (*queue, error) { return nodes.trainers(s), nil })
	if err != nil {
		return Select{}, err
	}
	selection := s.Task.Spec.Selection
	taken := make(map[string]bool) // looked up, never walked
	for len(chosen.Trainers) < selection.Asked() {
		n, err := Contain(func() (*spec.Node, error) { return q.next(), nil })
		if err != nil {
			return Select{}, err
		}
		if n == nil {
			break
		}
		p, err := payer(*n)
		if err != nil {
			return Select{}, err
		}
		if p.Owner == "" || taken[p.Owner] {
			continue
		}
		taken[p.Owner] = true
		chosen.Trainers, chosen.Payers = append(chosen.Trainers, n.ID), append(chosen.Payers, p)
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

// eligible reports whether a node that has a free slot may serve a task in a role. A task
// that holds a bond of the node already needs no other.
func eligible(t *spec.Task, n *spec.Node, role spec.Role, bonded bool) bool {
	return ObstacleOf(t, n, role, bonded) == ""
}

// retry is how much time passes before the scheduler is asked again that found too few
// nodes: as long as the task has waited already, so that each pause is twice the one
// before, but 5 seconds at least and a minute at most.
func retry(waited spec.Duration) spec.Duration {
	const shortest, longest = 5 * spec.Second, 60 * spec.Second
	return min(max(waited, shortest), longest)
}
