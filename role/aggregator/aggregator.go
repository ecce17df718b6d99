// Package aggregator is what a node does as an aggregator: it holds trainers'
// updates, says which ones it could verify, combines the survivors exactly and
// agrees with its committee on the next model.
//
// It is not the arithmetic: that is package aggregate. Which requests its blob
// interface answers is [Policy].
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
	// Liar makes it publish a wrong model, to show what the network does then.
	Liar bool
	// Receipts are those that the node's [Policy] gives; nil: it gives none.
	Receipts *Receipts

	duties   []role.Duty
	now      spec.Time
	prepared map[uint64]Prepared
	combined map[place]Combined
	obtained map[uint64]spec.Digest // by task: the newest model that a vote wants and the node holds
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
		actions = append(actions, m.prepare(d)...)
		actions = append(actions, m.vouch(d)...)
		actions = append(actions, m.take(d)...)
	}
	return actions
}

// prepare makes model 0 and attests it.
func (m *Machine) prepare(d role.Duty) []role.Action {
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

// take does the node's part in a round.
func (m *Machine) take(d role.Duty) []role.Action {
	i := d.Round.Aggregator(m.Node)
	if i < 0 {
		return nil
	}
	a := d.Round.Aggregates[i]
	commits := d.Round.Phase == spec.PhaseAggregate && a.Committed == 0
	reveals := d.Round.Phase == spec.PhaseReveal && a.Committed > 0 && a.Revealed == 0
	switch c, done := m.combined[place{d.Task.ID, d.Round.Number}]; {
	case d.Round.Phase == spec.PhaseAttest && a.Attested == 0:
		return m.attest(d)
	case (commits || reveals) && !done:
		return []role.Action{Combine{Task: d.Task, Round: d.Round, Wrong: m.Liar}}
	case commits:
		if copied := role.Copied(d.Round, c.Commitment); !copied.IsZero() {
			return []role.Action{Combine{Task: d.Task, Round: d.Round, Wrong: m.Liar, Copied: copied}}
		}
		return []role.Action{d.Say(round.CommitAggregate{Node: m.Node, Round: c.Round, Commitment: c.Commitment})}
	case reveals && c.Commitment == a.Commitment: // else the one that opens it is lost, and another opening is none
		return []role.Action{d.Say(round.RevealAggregate{Node: m.Node, Round: c.Round, Digest: c.Model, Salt: c.Salt})}
	}
	return nil
}

// attest says whose updates the node holds: at once when it holds all, else when
// a quarter of the phase has passed.
func (m *Machine) attest(d role.Duty) []role.Action {
	held, all := make([]bool, len(d.Round.Trainers)), true
	for i, t := range d.Round.Trainers {
		if t.Height > 0 {
			_, held[i] = slices.BinarySearch(d.Held, t.Node)
			all = all && held[i]
		}
	}
	if !all && m.now < d.Round.Since+(d.Round.Deadline-d.Round.Since)/4 {
		return nil
	}
	if m.Receipts != nil {
		given := m.Receipts.close(place{d.Task.ID, d.Round.Number})
		for i, t := range d.Round.Trainers { // it may have come since the store was read
			held[i] = held[i] || t.Height > 0 && given[t.Node]
		}
	}
	return []role.Action{d.Say(round.Attest{Node: m.Node, Round: d.Round.Number, Holds: spec.Bitmap(held)})}
}
