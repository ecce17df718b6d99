package round

import (
	"cmp"
	"slices"

	"github.com/althing-network/althing/spec"
)

// Roster is an index of the nodes that may be selected. It has a list of nodes for each role
// and, if the role needs rows, for each name of a data set. Every list is sorted in the order
// of selection, which is the same for all tasks: by reputation, then stake, then id. So a
// task reads its list from the beginning until it has enough nodes, and a task for rows that
// nobody holds reads nothing.
//
// A roster decides nothing and stores nothing: its owner updates it, with [Roster.Put], when
// a node changes. It is not safe for concurrent use.
type Roster struct {
	nodes map[uint64]*spec.Node // by id
	lists map[list][]*spec.Node // of nodes with a free slot
}

// list is the key of a list.
type list struct {
	role spec.Role
	data string // name of a data set; empty for aggregators, which need no rows
}

// NewRoster is a roster of some nodes, in any order.
func NewRoster(nodes ...spec.Node) *Roster {
	r := &Roster{}
	ranked := slices.Clone(nodes)
	slices.SortFunc(ranked, func(a, b spec.Node) int { return ranking(&a, &b) })
	for _, n := range ranked {
		r.Put(n) // at the end of its lists, so none is moved
	}
	return r
}

// Len is how many nodes may be selected, those without a free slot included.
func (r *Roster) Len() int { return len(r.nodes) }

// Put adds a node or updates it. It removes a node that is not active.
func (r *Roster) Put(n spec.Node) {
	if !n.Selectable() {
		r.Remove(n.ID)
		return
	}
	old := r.nodes[n.ID]
	if old != nil && ranking(old, &n) == 0 && slices.Equal(lists(*old), lists(n)) {
		*old = n // the most frequent change: one role in a task more or less
		return
	}
	r.Remove(n.ID)
	r.note(&n)
	for _, l := range lists(n) {
		at, _ := slices.BinarySearchFunc(r.lists[l], &n, ranking)
		r.lists[l] = slices.Insert(r.lists[l], at, &n)
	}
}

// Remove removes a node, if it is there.
func (r *Roster) Remove(id uint64) {
	n := r.nodes[id]
	if n == nil {
		return
	}
	delete(r.nodes, id)
	for _, l := range lists(*n) {
		at, _ := slices.BinarySearchFunc(r.lists[l], n, ranking)
		if r.lists[l] = slices.Delete(r.lists[l], at, at+1); len(r.lists[l]) == 0 {
			delete(r.lists, l)
		}
	}
}

func (r *Roster) note(n *spec.Node) {
	if r.nodes == nil {
		r.nodes, r.lists = make(map[uint64]*spec.Node), make(map[list][]*spec.Node)
	}
	r.nodes[n.ID] = n
}

// ranking is the order of selection.
func ranking(a, b *spec.Node) int {
	return cmp.Or(cmp.Compare(b.Reputation, a.Reputation), cmp.Compare(b.Stake, a.Stake), cmp.Compare(a.ID, b.ID))
}

// lists says in which lists a node is: in none while it has no free slot.
func lists(n spec.Node) (in []list) {
	if n.Busy >= n.Profile.Slots {
		return nil
	}
	if n.Profile.Roles.Has(spec.Aggregator) {
		in = append(in, list{role: spec.Aggregator})
	}
	for _, h := range n.Profile.Holdings {
		for _, role := range []spec.Role{spec.Trainer, spec.Evaluator} {
			if n.Profile.Roles.Has(role) {
				in = append(in, list{role, h.Name})
			}
		}
	}
	return in
}

// queue gives the nodes that may serve a task in a role, the best first. It reads the roster
// only as far as nodes are taken from it.
type queue struct {
	task   *spec.Task
	role   spec.Role
	except []spec.Member
	listed []*spec.Node
	freed  []*spec.Node    // further nodes, which are in no list, in the same order
	bonded map[uint64]bool // nodes of which the task holds a bond: looked up, never walked
}

func (r *Roster) queue(task *spec.Task, role spec.Role) *queue {
	l := list{role: role}
	if role != spec.Aggregator {
		l.data = task.Spec.Data.Name
	}
	return &queue{task: task, role: role, listed: r.lists[l]}
}

// next is the best node that is left, or nil.
func (q *queue) next() (n *spec.Node) {
	for len(q.listed) > 0 || len(q.freed) > 0 {
		from := &q.listed
		if len(q.listed) == 0 || len(q.freed) > 0 && ranking(q.freed[0], q.listed[0]) < 0 {
			from = &q.freed
		}
		n, *from = (*from)[0], (*from)[1:]
		if member(q.except, n.ID) < 0 && eligible(q.task, n, q.role, q.bonded[n.ID]) {
			return n
		}
	}
	return nil
}

// take takes up to limit nodes, the best that are left.
func (q *queue) take(limit int) (members []spec.Member) {
	for len(members) < limit {
		n := q.next()
		if n == nil {
			break
		}
		members = append(members, spec.Member{Node: n.ID, Stake: n.Stake, Key: n.Profile.Key()})
	}
	return members
}
