package round

import (
	"errors"
	"fmt"

	"github.com/althing-network/althing/spec"
)

// World keeps tasks, nodes and money, and carries out what steps ask for: the chain
// in its store, the simulator in memory. It decides nothing. Where a method fails,
// everything done since the input was given must be undone by who gave it. Package
// roundtest has the tests that the two pass together.
type World interface {
	// Save stores what differs between two states of a task.
	Save(before, after State) error
	// Candidates lists the active nodes in the order of their ids.
	Candidates() ([]spec.Node, error)
	// Engage changes how many parts a node has in a task by 1 or -1, and how many it
	// has in all, as [Occupy] says.
	Engage(task, node uint64, delta int) error
	// Pay moves uthing from the escrow to a node's owner.
	Pay(node, uthing uint64) error
	// Refund moves uthing from the escrow to an account. It may be 0.
	Refund(owner string, uthing uint64) error
	// Praise raises a node's standing as [Praise] says.
	Praise(node uint64) error
	// Blame lowers a node's standing as [Blame] says.
	Blame(node uint64, d spec.Demerit) error
	// Measure records a capability metric as [Measured] says. It passes over a node
	// that has left: a task may end long after its last trainers were free to go.
	Measure(node uint64, dataset string, accuracy spec.PPM) error
	// Tell says what happens to whoever listens, before it is carried out; [Of]
	// says in which round.
	Tell(s State, e Effect)
}

// Apply gives a task an input at a moment, and has the world carry out everything
// that follows from it, the scheduler's answers included. A refused input changes
// nothing; see [State.Step]. Nor does one at which the machine panics: that is a
// [*Panic].
func Apply(w World, at Moment, s State, in Input) error {
	var effects []Effect
	next, err := Contain(func() (next State, err error) {
		next, effects, err = s.Step(at, in)
		return next, err
	})
	if err != nil {
		return err
	}
	if err := w.Save(s, next); err != nil {
		return err
	}
	for _, e := range effects {
		w.Tell(next, e)
		if err := carryOut(w, at, next, e); err != nil {
			return fmt.Errorf("%s: %w", e, err)
		}
	}
	return nil
}

// carryOut does what one effect asks for.
func carryOut(w World, at Moment, s State, e Effect) error {
	switch e := e.(type) {
	case AskCommittee:
		return schedule(w, at, s, func(nodes []spec.Node) (Select, error) { return Committee(s.Task.Spec, nodes) })
	case AskTrainers:
		return schedule(w, at, s, func(nodes []spec.Node) (Select, error) { return Trainers(s, nodes) })
	case Engage:
		return each(e.Nodes, func(node uint64) error { return w.Engage(s.Task.ID, node, 1) })
	case Release:
		return each(e.Nodes, func(node uint64) error { return w.Engage(s.Task.ID, node, -1) })
	case Pay:
		return w.Pay(e.Node, e.Amount)
	case Merit:
		return w.Praise(e.Node)
	case Demerit:
		return w.Blame(e.Node, spec.Demerit{Task: s.Task.ID, Round: e.Round, Height: at.Height, Reason: e.Why})
	case Measure:
		return each(e.Nodes, func(node uint64) error { return w.Measure(node, e.Dataset, e.Accuracy) })
	case Close:
		return w.Refund(s.Task.Owner, e.Refund)
	case AskReady, OpenTraining, AskAttest, AskAggregate, AskReveal, AskScores, AskOpenings, Publish, Accuse, Abort:
		return nil // only told: nodes read the state of the task
	}
	return fmt.Errorf("nobody carries out a %T", e)
}

// schedule selects nodes and tells the task; where too few are eligible the task
// waits, and asks again.
func schedule(w World, at Moment, s State, choose func([]spec.Node) (Select, error)) error {
	nodes, err := w.Candidates()
	if err != nil {
		return err
	}
	chosen, err := Contain(func() (Select, error) { return choose(nodes) })
	if errors.Is(err, ErrResources) {
		return nil
	}
	if err != nil {
		return err
	}
	return Apply(w, at, s, chosen)
}

func each(nodes []uint64, do func(node uint64) error) error {
	for _, node := range nodes {
		if err := do(node); err != nil {
			return err
		}
	}
	return nil
}
