package roundtest

import (
	"errors"
	"slices"

	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// Every reason why a keeper of tasks or a round refuses something, each in its
// place, and what is refused changes nothing.
func refusals(w *twins) {
	w.populate(5, 4, 4, 4)
	alice := w.fund("alice", 5*spec.Thing)
	for _, wrong := range []struct {
		change func(*spec.TaskSpec)
		want   error
	}{
		{func(t *spec.TaskSpec) { t.Escrow = 0 }, round.ErrSpec},
		{func(t *spec.TaskSpec) { t.Escrow = 5*spec.Thing + 1 }, round.ErrEscrow},
		{func(t *spec.TaskSpec) { *t = noisy() }, round.ErrBudget}, // nobody owns a data set
	} {
		asked := digits()
		wrong.change(&asked)
		if _, err := w.create(alice, asked); !errors.Is(err, wrong.want) {
			w.Fatalf("got %v, want %v", err, wrong.want)
		}
	}
	id, err := w.create(alice, digits())
	if err != nil {
		w.Fatalf("%v", err)
	}
	if _, err := w.create(alice, digits()); !errors.Is(err, round.ErrEscrow) {
		w.Fatalf("the same money is locked twice: %v", err)
	}
	for _, world := range []World{w.one, w.other} {
		_, task := world.Task(id + 1)
		_, round1 := world.Round(id, 1)
		_, roundOfNone := world.Round(id+1, 1)
		if !errors.Is(task, round.ErrTaskNotFound) || !errors.Is(round1, round.ErrRoundNotFound) || !errors.Is(roundOfNone, round.ErrTaskNotFound) {
			w.Fatalf("%T: what is not there is answered with %v, %v and %v", world, task, round1, roundOfNone)
		}
	}
	first := func() round.Input { return cast{}.owed(w.state(id))[0] }
	slot := func(node uint64) spec.Slot {
		return spec.Slot{Chain: Chain, Task: id, Round: w.state(id).Task.Round, Node: node}
	}

	w.refuse(id, round.Ready{Node: 6, Digest: digest("model 0")}, round.ErrEarly)
	w.end()
	w.refuse(id, round.Ready{Node: 1, Digest: digest("model 0")}, round.ErrNotSelected)
	w.refuse(id, round.Ready{Node: 6}, round.ErrEmpty)
	w.refuse(id+1, first(), round.ErrTaskNotFound)
	w.refuse(0, first(), round.ErrTaskNotFound)
	w.refuse(id, round.Commit{Node: 1, Round: 1, Commitment: digest("update"), Samples: 1}, round.ErrWrongRound)
	for range 3 {
		w.hear(id, first())
	}
	w.refuse(id, round.Ready{Node: 9, Digest: digest("another model 0")}, round.ErrModel)
	w.refuse(id, round.Ready{Node: 6, Digest: digest("model 0")}, round.ErrRepeated)

	w.reach(cast{}, id, 1, spec.PhaseTrain)
	commit := first().(round.Commit)
	vary := func(by func(c *round.Commit)) round.Commit {
		c := commit
		by(&c)
		return c
	}
	w.refuse(id, vary(func(c *round.Commit) { c.Samples = 0 }), round.ErrSamples)
	w.refuse(id, vary(func(c *round.Commit) { c.Samples = spec.MaxSamples + 1 }), round.ErrSamples)
	w.refuse(id, vary(func(c *round.Commit) { c.Correct = c.Samples + 1 }), round.ErrSamples)
	w.refuse(id, vary(func(c *round.Commit) { c.Commitment = spec.Digest{} }), round.ErrEmpty)
	w.refuse(id, vary(func(c *round.Commit) { c.Round = 2 }), round.ErrWrongRound)
	w.refuse(id, vary(func(c *round.Commit) { c.Round = 0 }), round.ErrWrongRound)
	w.refuse(id, vary(func(c *round.Commit) { c.Node = 13 }), round.ErrNotSelected)
	w.refuse(id, vary(func(c *round.Commit) { c.Signature = spec.Signature{1} }), round.ErrUnasked)
	w.refuse(id, round.Attest{Node: 6, Round: 1, Holds: []byte{0}}, round.ErrEarly)
	w.hear(id, commit)
	w.refuse(id, commit, round.ErrRepeated)
	w.refuse(id, vary(func(c *round.Commit) { c.Node = 2 }), round.ErrCopied)

	w.reach(cast{}, id, 1, spec.PhaseAttest)
	w.refuse(id, commit, round.ErrLate)
	attest := first().(round.Attest)
	w.refuse(id, round.Attest{Node: 6, Round: 1}, round.ErrBitmap)
	w.refuse(id, round.Attest{Node: 6, Round: 1, Holds: []byte{0xff}}, round.ErrBitmap)
	w.refuse(id, round.Attest{Node: 6, Round: 1, Holds: append(slices.Clone(attest.Holds), 0)}, round.ErrBitmap)
	w.hear(id, attest)
	w.refuse(id, attest, round.ErrRepeated)

	w.reach(cast{}, id, 1, spec.PhaseAggregate)
	aggregate := first().(round.CommitAggregate)
	w.refuse(id, round.CommitAggregate{Node: 6, Round: 1}, round.ErrEmpty)
	w.hear(id, aggregate)
	w.refuse(id, aggregate, round.ErrRepeated)
	w.refuse(id, round.CommitAggregate{Node: 7, Round: 1, Commitment: aggregate.Commitment}, round.ErrCopied)
	w.hear(id, round.CommitAggregate{Node: 9, Round: 1, Commitment: spec.AggregateCommitment(slot(9), spec.Digest{}, salt(9))})

	w.reach(cast{}, id, 1, spec.PhaseReveal)
	reveal := first().(round.RevealAggregate)
	w.refuse(id, round.RevealAggregate{Node: 6, Round: 1, Digest: reveal.Digest, Salt: salt(7)}, round.ErrOpening)
	w.refuse(id, round.RevealAggregate{Node: 6, Round: 1, Digest: digest("lie"), Salt: salt(6)}, round.ErrOpening)
	w.refuse(id, round.RevealAggregate{Node: 9, Round: 1, Salt: salt(9)}, round.ErrEmpty)
	w.hear(id, reveal)
	w.refuse(id, reveal, round.ErrRepeated)

	w.reach(cast{silent: []uint64{9}}, id, 1, spec.PhaseScore)
	score := first().(round.CommitScore)
	w.refuse(id, round.CommitScore{Node: 10, Round: 1}, round.ErrEmpty)
	w.hear(id, score)
	w.refuse(id, score, round.ErrRepeated)
	w.refuse(id, round.CommitScore{Node: 11, Round: 1, Commitment: score.Commitment}, round.ErrCopied)

	w.reach(cast{silent: []uint64{9, 13}}, id, 1, spec.PhaseOpen)
	w.refuse(id, round.RevealScore{Node: 13, Round: 1, Score: 1, Salt: salt(13)}, round.ErrLate) // it did not commit
	open := first().(round.RevealScore)
	w.refuse(id, round.RevealScore{Node: 10, Round: 1, Score: open.Score + 1, Salt: open.Salt}, round.ErrOpening)
	w.refuse(id, round.RevealScore{Node: 10, Round: 1, Score: spec.One + 1, Salt: open.Salt}, round.ErrScore)
	w.refuse(id, round.RevealScore{Node: 10, Round: 1, Score: open.Score, Salt: open.Salt}, round.ErrOpening) // without its counts
	w.hear(id, open)
	w.refuse(id, open, round.ErrRepeated)

	w.finish(cast{}, id, spec.TaskReached, 1_950_000)
	w.refuse(id, open, round.ErrClosed)
	w.refuse(id, round.Cancel{Owner: alice}, round.ErrClosed)
	for _, refusal := range round.Refusals() {
		switch refusal {
		case round.ErrNotOwner, round.ErrAlreadyClosing: // see cancelled
		case round.ErrBudget, round.ErrSignature: // see privateRefused and privateSigned
		case round.ErrCause, round.ErrReceipt, round.ErrHeld: // see diverged and diskFull
		case round.ErrContradiction, round.ErrKnown: // see twoReceipts and twoAnswers
		case round.ErrCounts, round.ErrHoldout, round.ErrCounted: // see counted
		case round.ErrUngoverned, round.ErrOutdated, round.ErrNominated, round.ErrNotNominated, round.ErrUnattested, round.ErrUnserved: // see votes
		case round.ErrBase, round.ErrUnchanged, round.ErrRevisions, round.ErrAuthority, round.ErrTariff: // of votes, see package task
		case round.ErrRoundNotFound, round.ErrMalformed, round.ErrSelection: // no input of a node or an owner is refused so
		default:
			if w.heard[refusal.Why] == 0 && refusal.Code < 99 {
				w.Fatalf("nothing was refused because %s", refusal)
			}
		}
	}
}

// strangers are refused a node, for reasons that have no number here.
func strangers(w *twins) {
	w.populate(1, 0, 0, 1)
	ann := w.fund("ann", 2*stake)
	wrong := profile("ann", spec.Trainer, 1)
	wrong.Slots = 0
	for _, ask := range []struct {
		what    string
		owner   string
		profile spec.Profile
		stake   uint64
	}{
		{"a profile without slots", ann, wrong, stake},
		{"a stake above balance", ann, profile("ann", spec.Trainer, 1), 2*stake + 1},
		{"a second node", w.account("node1"), profile("ann", spec.Trainer, 1), stake},
	} {
		if _, err := w.register(ask.owner, ask.profile, ask.stake); err == nil {
			w.Fatalf("%s is accepted", ask.what)
		}
	}
	if id, err := w.register(ann, profile("ann", spec.Trainer, 1), 2*stake); err != nil || id != 2 {
		w.Fatalf("node %d follows node 1: %v", id, err)
	}
}
