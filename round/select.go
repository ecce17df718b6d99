package round

import (
	"slices"

	"github.com/althing-network/althing/spec"
)

// Committee selects the aggregators and evaluators that serve a task from beginning to end.
// If too few nodes are eligible, the error is [ErrResources]. No node is both. A node that
// could be both becomes an aggregator, unless the evaluators would then be too few.
func Committee(task spec.Task, nodes *Roster) (Select, error) {
	selection := task.Spec.Selection
	wanted := int(selection.Aggregators)
	// Take more evaluators than are wanted: some of them may become aggregators.
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

// Trainers selects the trainers of the next round: 30% more than the task needs, or as many
// as are eligible. If those are fewer than selection.min_trainers, the error is
// [ErrResources]. No evaluator of a task trains for it.
func Trainers(s State, nodes *Roster) (Select, error) {
	selection := s.Task.Spec.Selection
	ids := nodeIDs(nodes.trainers(s).take(selection.Asked()))
	if len(ids) < int(selection.MinTrainers) {
		return Select{}, ErrResources
	}
	slices.Sort(ids)
	return Select{Trainers: ids}, nil
}

// trainers gives the nodes that may train in the next round of a task.
//
// A trainer whose round is being scored has finished its work in it, so that round does not
// occupy a slot. A task holds one bond of a node, however many roles the node has in it: a
// node with a bond in the task needs no second one.
func (r *Roster) trainers(s State) *queue {
	q := r.queue(&s.Task, spec.Trainer)
	q.except = s.Task.Evaluators
	q.bonded = make(map[uint64]bool)
	for _, m := range s.Task.Aggregators {
		q.bonded[m.Node] = true
	}
	done := make(map[uint64]uint32) // finished roles by node: looked up, never walked
	for _, open := range s.OpenRounds() {
		for _, t := range open.Trainers {
			q.bonded[t.Node] = true
			n := r.nodes[t.Node]
			if n == nil || n.Busy < n.Profile.Slots {
				continue // it is in a list, or has left
			}
			if done[n.ID]++; done[n.ID] == n.Busy-n.Profile.Slots+1 {
				q.freed = append(q.freed, n)
			}
		}
	}
	slices.SortFunc(q.freed, ranking)
	return q
}

// PrivateTrainers is [Trainers] for a private task: each trainer has a data set whose privacy
// budget can pay for the round, and no owner has two, because the task's promise counts
// owners. The function payer finds who pays for a node; if nobody does, Payer.Owner is empty.
// It is called for the best nodes first, and only until there are enough.
func PrivateTrainers(s State, nodes *Roster, payer func(spec.Node) (Payer, error)) (chosen Select, err error) {
	// Payer reads a store, so it is not contained.
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

// Payer is the data set whose privacy budget pays for the updates of a node.
type Payer struct {
	Dataset uint64
	Owner   string         // of the data set; empty: nobody pays
	Key     spec.PublicKey // with which the owner signs
	Lender  string         // the owner, if it is not the owner of the node
}

// payers lists the data sets of some payers.
func payers(of []Payer) []uint64 {
	ids := make([]uint64, len(of))
	for i, p := range of {
		ids[i] = p.Dataset
	}
	return ids
}

// eligible reports whether a node that has a free slot may serve a task in a role. It needs
// free stake for the task's bond, unless the task already holds one.
func eligible(t *spec.Task, n *spec.Node, role spec.Role, bonded bool) bool {
	return ObstacleTo(t, n, role, bonded) == NoObstacle
}

// retry is the time until the scheduler is asked again after it found too few nodes: as long
// as the task has waited already, so the interval doubles each time, at least 5 seconds and
// at most a minute.
func retry(waited spec.Duration) spec.Duration {
	const shortest, longest = 5 * spec.Second, 60 * spec.Second
	return min(max(waited, shortest), longest)
}
