// Package aggregator is the role of an aggregator: a node that stores trainers' updates,
// attests which of them it holds and could verify, combines those of the survivors exactly
// and agrees with its committee on the next model. [Policy] decides which requests its
// blob interface answers.
//
// It is not the arithmetic: that is package aggregate.
package aggregator

import (
	"slices"

	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// Machine is a node in the role of an aggregator.
type Machine struct {
	Node uint64
	// Liar makes it publish a wrong model, to show how the network reacts.
	Liar bool
	// Receipts are shared with the node's [Policy]; nil: the node gives no receipts.
	Receipts *Receipts

	duties   []role.Duty
	now      spec.Time
	prepared map[uint64]Prepared
	combined map[place]Combined
	obtained map[uint64]spec.Digest // by task: the newest nominee that the node holds
}

type place struct{ task, round uint64 }

// Handle implements [role.Machine].
func (m *Machine) Handle(e role.Event) []role.Action {
	if m.prepared == nil {
		m.prepared, m.combined, m.obtained = map[uint64]Prepared{}, map[place]Combined{}, map[uint64]spec.Digest{}
	}
	switch e := e.(type) {
	case role.Saw:
		m.duties, m.now = e.Duties, e.Now
	case Prepared:
		m.prepared[e.Task] = e
	case Combined:
		m.combined[place{e.Task, e.Round}] = e
	case Obtained:
		m.obtained[e.Task] = e.Model
	}
	var actions []role.Action
	for _, d := range m.duties {
		actions = append(actions, m.planModel0(d)...)
		actions = append(actions, m.attestNominee(d)...)
		actions = append(actions, m.planRound(d)...)
	}
	return actions
}

// planModel0 makes model 0 and attests it.
func (m *Machine) planModel0(d role.Duty) []role.Action {
	i := slices.IndexFunc(d.Task.Aggregators, func(a spec.Member) bool { return a.Node == m.Node })
	if i < 0 || !d.Task.Aggregators[i].Ready.IsZero() {
		return nil
	}
	p, done := m.prepared[d.Task.ID]
	if !done {
		return []role.Action{Prepare{d.Task}}
	}
	return []role.Action{role.Send{Task: d.Task.ID, Input: round.Ready{Node: m.Node, Digest: p.Model}}}
}

// planRound returns what the node has to do in a round.
func (m *Machine) planRound(d role.Duty) []role.Action {
	i := d.Round.Aggregator(m.Node)
	if i < 0 {
		return nil
	}
	a := d.Round.Aggregates[i]
	commits := d.Round.Phase == spec.PhaseAggregate && a.Committed == 0
	reveals := d.Round.Phase == spec.PhaseReveal && a.Committed > 0 && a.Revealed == 0
	switch c, done := m.combined[place{d.Task.ID, d.Round.Number}]; {
	case d.Round.Phase == spec.PhaseAttest && a.Attested == 0:
		return m.planAttest(d)
	case (commits || reveals) && !done:
		return []role.Action{Combine{Task: d.Task, Round: d.Round, Wrong: m.Liar}}
	case commits:
		if copied := role.Copied(d.Round, c.Commitment); !copied.IsZero() {
			return []role.Action{Combine{Task: d.Task, Round: d.Round, Wrong: m.Liar, Copied: copied}}
		}
		return []role.Action{d.Send(round.CommitAggregate{Node: m.Node, Round: c.Round, Commitment: c.Commitment})}
	case reveals && c.Commitment == a.Commitment: // otherwise the salt of the submitted commitment is lost
		return []role.Action{d.Send(round.RevealAggregate{Node: m.Node, Round: c.Round, Digest: c.Model, Salt: c.Salt})}
	}
	return nil
}

// planAttest attests which updates the node holds: at once if it holds all, otherwise when a
// quarter of the phase has passed.
func (m *Machine) planAttest(d role.Duty) []role.Action {
	held, all := make([]bool, len(d.Round.Trainers)), true
	for i, t := range d.Round.Trainers {
		if t.Height > 0 {
			_, held[i] = slices.BinarySearch(d.Stored, t.Node)
			all = all && held[i]
		}
	}
	if !all && m.now < d.Round.Since+(d.Round.Deadline-d.Round.Since)/4 {
		return nil
	}
	if m.Receipts != nil {
		given := m.Receipts.close(place{d.Task.ID, d.Round.Number})
		for i, t := range d.Round.Trainers { // an update may have arrived since the store was read
			held[i] = held[i] || t.Height > 0 && given[t.Node]
		}
	}
	return []role.Action{d.Send(round.Attest{Node: m.Node, Round: d.Round.Number, Holds: spec.Bitmap(held)})}
}
