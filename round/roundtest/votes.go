package roundtest

import (
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// decide gives a task the decision of a vote, in both worlds.
func (w *twins) decide(id uint64, in round.Input) error {
	w.Helper()
	return w.do("a vote", func(world World) error { return world.Decide(id, in) })
}

// wantDecision checks that a decision is accepted (want is nil), or refused for a reason.
func (w *twins) wantDecision(id uint64, in round.Input, want error) {
	w.Helper()
	err := w.decide(id, in)
	if got, wanted := reason(err), reason(want); got != wanted {
		w.Fatalf("task %d: %#v: got %v, want %v", id, in, err, want)
	}
}

// votes: while rounds overlap, votes set a learning rate, adopt a model, and nominate an earlier
// model.
func votes(w *twins) {
	w.populate(5, 4, 4, 4)
	asked := digits()
	asked.Governed, asked.Overlap, asked.Target = true, true, spec.Target{Rounds: 5}
	asked.Escrow = 6 * spec.Thing
	id := w.task("alice", asked)
	slower := round.Amend{Proposal: 1, Settings: []spec.Tuning{{Name: "training.rate", Value: 20_000}}}
	w.reach(behaviour{}, id, 1, spec.PhaseTrain)
	w.wantDecision(id, slower, nil)
	w.wantDecision(id, slower, round.ErrOutdated)
	w.reach(behaviour{}, id, 2, spec.PhaseTrain)
	if t := w.state(id).Task; t.SpecOf(1).Training.Rate != 100_000 || t.SpecOf(2).Training.Rate != 20_000 || t.Updates != 1 {
		w.Fatalf("%d updates, revisions %+v", t.Updates, t.Revisions)
	}
	foreign := digest("foreign")
	adopt := round.Amend{Proposal: 2, Updates: 1, Model: foreign}
	w.wantDecision(id, adopt, round.ErrNotNominated)
	w.wantDecision(id, round.Nominate{Proposal: 2, Model: foreign, Holder: 3}, round.ErrOutdated) // written before the first update
	w.wantDecision(id, round.Nominate{Proposal: 2, Updates: 1, Model: foreign, Holder: 3}, nil)
	w.wantDecision(id, round.Nominate{Proposal: 4, Updates: 1, Model: digest("another")}, round.ErrNominated)
	w.wantRefused(id, round.AttestModel{Node: 1, Model: foreign}, round.ErrNotSelected)
	w.wantRefused(id, round.AttestModel{Node: 6, Model: digest("another")}, round.ErrNotNominated)
	for _, aggregator := range []uint64{6, 7} {
		w.wantAccepted(id, round.AttestModel{Node: aggregator, Model: foreign})
	}
	w.wantRefused(id, round.AttestModel{Node: 6, Model: foreign}, round.ErrRepeated)
	w.wantDecision(id, adopt, round.ErrUnattested)
	w.wantAccepted(id, round.AttestModel{Node: 9, Model: foreign})
	w.wantDecision(id, adopt, nil)
	if r := w.state(id).Round; r.Base != digest("model 1") {
		w.Fatalf("round %d was running, and now has base %s", r.Number, r.Base.Short())
	}
	w.reach(behaviour{}, id, 3, spec.PhaseTrain)
	if s := w.state(id); s.Round.Base != foreign || s.Scoring.Number != 2 {
		w.Fatalf("round 3 begins with %s while round %d is scored", s.Round.Base.Short(), s.Scoring.Number)
	}
	w.reach(behaviour{}, id, 4, spec.PhaseTrain)
	if s := w.state(id); s.Round.Base != digest("model 3") || !s.Task.Adopted.IsZero() {
		w.Fatalf("round 4 begins with %s, adopted is %+v", s.Round.Base.Short(), s.Task.Adopted)
	}
	w.wantDecision(id, round.Nominate{Proposal: 5, Updates: 2, Model: digest("model 1")}, nil)
	w.wantDecision(id, round.Withdraw{Proposal: 6}, nil) // that proposal has nominated nothing
	w.wantDecision(id, round.Withdraw{Proposal: 5}, nil)
	w.wantRefused(id, round.AttestModel{Node: 6, Model: digest("model 1")}, round.ErrNotNominated)
	w.finish(behaviour{}, id, spec.TaskSpent, 5*spec.Thing)
	w.wantDecision(id, round.Amend{Updates: 2, Settings: slower.Settings}, round.ErrClosed)
	w.wantDecision(id, round.Nominate{Proposal: 7, Model: foreign}, round.ErrClosed)
	w.wantDecision(id, round.Withdraw{Proposal: 7}, nil)
}

// votesOnUngovernedTask shows that votes change nothing of a task that is not governed.
func votesOnUngovernedTask(w *twins) {
	id := openTask(w, digits())
	w.reach(behaviour{}, id, 1, spec.PhaseTrain)
	w.wantDecision(id, round.Amend{Settings: []spec.Tuning{{Name: "training.rate", Value: 20_000}}}, round.ErrUngoverned)
	w.wantDecision(id, round.Nominate{Proposal: 1, Model: digest("foreign")}, round.ErrUngoverned)
	w.wantDecision(id, round.Withdraw{Proposal: 1}, nil)
	w.wantRefused(id, round.AttestModel{Node: 6, Model: digest("foreign")}, round.ErrUngoverned)
	w.finish(behaviour{}, id, spec.TaskReached, 2*spec.Thing)
}
