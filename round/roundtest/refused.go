package roundtest

import (
	"errors"
	"slices"

	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// refusals: a task and its rounds refuse inputs for every reason there is. A refused input changes
// nothing.
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
		_, roundOfUnknownTask := world.Round(id+1, 1)
		if !errors.Is(task, round.ErrTaskNotFound) || !errors.Is(round1, round.ErrRoundNotFound) || !errors.Is(roundOfUnknownTask, round.ErrTaskNotFound) {
			w.Fatalf("%T: unknown task, round, and round of an unknown task: got errors %v, %v and %v", world, task, round1, roundOfUnknownTask)
		}
	}
	first := func() round.Input { return behaviour{}.owed(w.state(id))[0] }
	slot := func(node uint64) spec.Slot {
		return spec.Slot{Chain: Chain, Task: id, Round: w.state(id).Task.Round, Node: node}
	}

	w.wantRefused(id, round.Ready{Node: 6, Digest: digest("model 0")}, round.ErrEarly)
	w.end()
	w.wantRefused(id, round.Ready{Node: 1, Digest: digest("model 0")}, round.ErrNotSelected)
	w.wantRefused(id, round.Ready{Node: 6}, round.ErrEmpty)
	w.wantRefused(id+1, first(), round.ErrTaskNotFound)
	w.wantRefused(0, first(), round.ErrTaskNotFound)
	w.wantRefused(id, round.Commit{Node: 1, Round: 1, Commitment: digest("update"), Samples: 1}, round.ErrWrongRound)
	for range 3 {
		w.wantAccepted(id, first())
	}
	w.wantRefused(id, round.Ready{Node: 9, Digest: digest("another model 0")}, round.ErrModel)
	w.wantRefused(id, round.Ready{Node: 6, Digest: digest("model 0")}, round.ErrRepeated)

	w.reach(behaviour{}, id, 1, spec.PhaseTrain)
	commit := first().(round.Commit)
	vary := func(by func(c *round.Commit)) round.Commit {
		c := commit
		by(&c)
		return c
	}
	w.wantRefused(id, vary(func(c *round.Commit) { c.Samples = 0 }), round.ErrSamples)
	w.wantRefused(id, vary(func(c *round.Commit) { c.Samples = spec.MaxSamples + 1 }), round.ErrSamples)
	w.wantRefused(id, vary(func(c *round.Commit) { c.Correct = c.Samples + 1 }), round.ErrSamples)
	w.wantRefused(id, vary(func(c *round.Commit) { c.Commitment = spec.Digest{} }), round.ErrEmpty)
	w.wantRefused(id, vary(func(c *round.Commit) { c.Round = 2 }), round.ErrWrongRound)
	w.wantRefused(id, vary(func(c *round.Commit) { c.Round = 0 }), round.ErrWrongRound)
	w.wantRefused(id, vary(func(c *round.Commit) { c.Node = 13 }), round.ErrNotSelected)
	w.wantRefused(id, vary(func(c *round.Commit) { c.Signature = spec.Signature{1} }), round.ErrUnasked)
	w.wantRefused(id, round.Attest{Node: 6, Round: 1, Holds: []byte{0}}, round.ErrEarly)
	w.wantAccepted(id, commit)
	w.wantRefused(id, commit, round.ErrRepeated)
	w.wantRefused(id, vary(func(c *round.Commit) { c.Node = 2 }), round.ErrCopied)

	w.reach(behaviour{}, id, 1, spec.PhaseAttest)
	w.wantRefused(id, commit, round.ErrLate)
	attest := first().(round.Attest)
	w.wantRefused(id, round.Attest{Node: 6, Round: 1}, round.ErrBitmap)
	w.wantRefused(id, round.Attest{Node: 6, Round: 1, Holds: []byte{0xff}}, round.ErrBitmap)
	w.wantRefused(id, round.Attest{Node: 6, Round: 1, Holds: append(slices.Clone(attest.Holds), 0)}, round.ErrBitmap)
	w.wantAccepted(id, attest)
	w.wantRefused(id, attest, round.ErrRepeated)

	w.reach(behaviour{}, id, 1, spec.PhaseAggregate)
	aggregate := first().(round.CommitAggregate)
	w.wantRefused(id, round.CommitAggregate{Node: 6, Round: 1}, round.ErrEmpty)
	w.wantAccepted(id, aggregate)
	w.wantRefused(id, aggregate, round.ErrRepeated)
	w.wantRefused(id, round.CommitAggregate{Node: 7, Round: 1, Commitment: aggregate.Commitment}, round.ErrCopied)
	w.wantAccepted(id, round.CommitAggregate{Node: 9, Round: 1, Commitment: spec.AggregateCommitment(slot(9), spec.Digest{}, salt(9))})

	w.reach(behaviour{}, id, 1, spec.PhaseReveal)
	reveal := first().(round.RevealAggregate)
	w.wantRefused(id, round.RevealAggregate{Node: 6, Round: 1, Digest: reveal.Digest, Salt: salt(7)}, round.ErrOpening)
	w.wantRefused(id, round.RevealAggregate{Node: 6, Round: 1, Digest: digest("lie"), Salt: salt(6)}, round.ErrOpening)
	w.wantRefused(id, round.RevealAggregate{Node: 9, Round: 1, Salt: salt(9)}, round.ErrEmpty)
	w.wantAccepted(id, reveal)
	w.wantRefused(id, reveal, round.ErrRepeated)

	w.reach(behaviour{silent: []uint64{9}}, id, 1, spec.PhaseScore)
	score := first().(round.CommitScore)
	w.wantRefused(id, round.CommitScore{Node: 10, Round: 1}, round.ErrEmpty)
	w.wantAccepted(id, score)
	w.wantRefused(id, score, round.ErrRepeated)
	w.wantRefused(id, round.CommitScore{Node: 11, Round: 1, Commitment: score.Commitment}, round.ErrCopied)

	w.reach(behaviour{silent: []uint64{9, 13}}, id, 1, spec.PhaseOpen)
	w.wantRefused(id, round.RevealScore{Node: 13, Round: 1, Score: 1, Salt: salt(13)}, round.ErrLate) // it did not commit
	open := first().(round.RevealScore)
	w.wantRefused(id, round.RevealScore{Node: 10, Round: 1, Score: open.Score + 1, Salt: open.Salt}, round.ErrOpening)
	w.wantRefused(id, round.RevealScore{Node: 10, Round: 1, Score: spec.One + 1, Salt: open.Salt}, round.ErrScore)
	w.wantRefused(id, round.RevealScore{Node: 10, Round: 1, Score: open.Score, Salt: open.Salt}, round.ErrOpening) // without its counts
	w.wantAccepted(id, open)
	w.wantRefused(id, open, round.ErrRepeated)

	w.finish(behaviour{}, id, spec.TaskReached, 1_950_000)
	w.wantRefused(id, open, round.ErrClosed)
	w.wantRefused(id, round.Cancel{Owner: alice}, round.ErrClosed)
	for _, refusal := range round.Refusals() {
		switch refusal {
		case round.ErrNotOwner, round.ErrAlreadyClosing: // see cancelled
		case round.ErrBudget, round.ErrSignature: // see privateRefused and privateSigned
		case round.ErrCause, round.ErrReceipt, round.ErrHeld: // see diverged and diskFull
		case round.ErrContradiction, round.ErrKnown: // see twoReceipts and twoAnswers
		case round.ErrCounts, round.ErrHoldout, round.ErrCounted: // see counted
		case round.ErrUngoverned, round.ErrOutdated, round.ErrNominated, round.ErrNotNominated, round.ErrUnattested, round.ErrUnserved: // see votes
		case round.ErrBase, round.ErrUnchanged, round.ErrRevisions, round.ErrAuthority, round.ErrTariff: // only votes get these, see package task
		case round.ErrRoundNotFound, round.ErrMalformed, round.ErrSelection: // no input of a node or an owner gets these
		default:
			if w.reasons[refusal.Why] == 0 && refusal.Code < 99 {
				w.Fatalf("no input was refused because %s", refusal)
			}
		}
	}
}

// refusedNodes: registrations that are refused. These refusals have no code in package round.
func refusedNodes(w *twins) {
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
