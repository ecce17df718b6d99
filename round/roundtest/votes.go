package roundtest

import (
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// decide gives a task what a vote has decided, in both worlds.
func (w *twins) decide(id uint64, in round.Input) error {
	w.Helper()
	return w.do("a vote", func(world World) error { return world.Decide(id, in) })
}

// decided wants what a vote has decided to be taken, or to be refused for a reason.
func (w *twins) decided(id uint64, in round.Input, want error) {
	w.Helper()
	err := w.decide(id, in)
	if got, wanted := reason(err), reason(want); got != wanted {
		w.Fatalf("task %d: %#v: got %v, want %v", id, in, err, want)
	}
}

// votes set a learning rate, adopt a model and go back to an earlier one, while rounds
// overlap.
func votes(w *twins) {
	w.populate(5, 4, 4, 4)
	asked := digits()
	asked.Governed, asked.Overlap, asked.Target = true, true, spec.Target{Rounds: 5}
	asked.Escrow = 6 * spec.Thing
	id := w.task("alice", asked)
	slower := round.Amend{Proposal: 1, Settings: []spec.Tuning{{Name: "training.rate", Value: 20_000}}}
	w.reach(cast{}, id, 1, spec.PhaseTrain)
	w.decided(id, slower, nil)
	w.decided(id, slower, round.ErrOutdated)
	w.reach(cast{}, id, 2, spec.PhaseTrain)
	if t := w.state(id).Task; t.SpecOf(1).Training.Rate != 100_000 || t.SpecOf(2).Training.Rate != 20_000 || t.Updates != 1 {
		w.Fatalf("%d updates, revisions %+v", t.Updates, t.Revisions)
	}
	foreign := digest("foreign")
	adopt := round.Amend{Proposal: 2, Updates: 1, Model: foreign}
	w.decided(id, adopt, round.ErrNotNominated)
	w.decided(id, round.Nominate{Proposal: 2, Updates: 1, Model: foreign, Holder: 3}, nil)
	w.decided(id, round.Nominate{Proposal: 4, Updates: 1, Model: digest("another")}, round.ErrNominated)
	w.refuse(id, round.AttestModel{Node: 1, Model: foreign}, round.ErrNotSelected)
	w.refuse(id, round.AttestModel{Node: 6, Model: digest("another")}, round.ErrNotNominated)
	for _, aggregator := range []uint64{6, 7} {
		w.hear(id, round.AttestModel{Node: aggregator, Model: foreign})
	}
	w.refuse(id, round.AttestModel{Node: 6, Model: foreign}, round.ErrRepeated)
	w.decided(id, adopt, round.ErrUnattested)
	w.hear(id, round.AttestModel{Node: 9, Model: foreign})
	w.decided(id, adopt, nil)
	if r := w.state(id).Round; r.Base != digest("model 1") {
		w.Fatalf("round %d runs, and goes on with %s", r.Number, r.Base.Short())
	}
	w.reach(cast{}, id, 3, spec.PhaseTrain)
	if s := w.state(id); s.Round.Base != foreign || s.Scoring.Number != 2 {
		w.Fatalf("round 3 begins with %s beside round %d", s.Round.Base.Short(), s.Scoring.Number)
	}
	w.reach(cast{}, id, 4, spec.PhaseTrain)
	if s := w.state(id); s.Round.Base != digest("model 3") || !s.Task.Adopted.IsZero() {
		w.Fatalf("round 4 begins with %s, adopted is %+v", s.Round.Base.Short(), s.Task.Adopted)
	}
	w.decided(id, round.Nominate{Proposal: 5, Updates: 2, Model: digest("model 1")}, nil)
	w.decided(id, round.Withdraw{Proposal: 6}, nil) // nobody waits for it
	w.decided(id, round.Withdraw{Proposal: 5}, nil)
	w.refuse(id, round.AttestModel{Node: 6, Model: digest("model 1")}, round.ErrNotNominated)
	w.finish(cast{}, id, spec.TaskSpent, 5*spec.Thing)
	w.decided(id, round.Amend{Updates: 2, Settings: slower.Settings}, round.ErrClosed)
	w.decided(id, round.Nominate{Proposal: 7, Model: foreign}, round.ErrClosed)
	w.decided(id, round.Withdraw{Proposal: 7}, nil)
}

// votesAside shows that votes change nothing of a task that did not say so.
func votesAside(w *twins) {
	id := single(w, digits())
	w.reach(cast{}, id, 1, spec.PhaseTrain)
	w.decided(id, round.Amend{Settings: []spec.Tuning{{Name: "training.rate", Value: 20_000}}}, round.ErrUngoverned)
	w.decided(id, round.Nominate{Proposal: 1, Model: digest("foreign")}, round.ErrUngoverned)
	w.decided(id, round.Withdraw{Proposal: 1}, nil)
	w.refuse(id, round.AttestModel{Node: 6, Model: digest("foreign")}, round.ErrUngoverned)
	w.finish(cast{}, id, spec.TaskReached, 2*spec.Thing)
}
