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
	// Roster is the nodes that may be selected. Of their standing it may leave the history
	// out.
	Roster() (*Roster, error)
	// Walk visits the same nodes in the order of their ids, until one stops it.
	Walk(visit func(spec.Node) (stop bool, err error)) error
	// Engage changes how many parts a node has in a task by 1 or -1, and how many it
	// has in all, as [Occupy] says. With the first part the task holds a bond of the
	// node, as [Bond] says of the task's min_stake; with the last it gives it back.
	Engage(task spec.Task, node uint64, delta int) error
	// Slash burns a part of a node's bond in a task as [Slashed] says of [SlashBase],
	// also where the task holds it no more, jails the node if it is to be jailed, and
	// says how much was burned. It passes over a node that has exited.
	Slash(task spec.Task, node uint64, part spec.PPM, fault string, jail bool) (burned uint64, err error)
	// Pay moves uthing from the escrow to a node's owner.
	Pay(node, uthing uint64) error
	// PayValidators moves uthing from the escrow to the validators of blocks.
	PayValidators(uthing uint64) error
	// Refund moves uthing from the escrow to an account. It may be 0.
	Refund(owner string, uthing uint64) error
	// Excuse takes note of a trainer that declined, as [Excused] says.
	Excuse(node uint64, c spec.Change) error
	// Praise raises a node's standing as [Praise] says, Blame lowers it as [Blame] says.
	// They pass over a node that has exited: it has no standing.
	Praise(node uint64, c spec.Change) error
	Blame(node uint64, c spec.Change) error
	// Measure records a capability metric as [Measured] says. It passes over a node
	// that has exited: a task may end long after its last trainers were free to go.
	Measure(node uint64, kind string, accuracy spec.PPM) error
	// Payer is who could pay so many releases of a private task for a node: the data
	// set that the node says its rows are, if the node may train on it and the task
	// admits its owner, see [spec.Selection.Admits].
	Payer(task spec.Task, node spec.Node, releases uint64) (Payer, error)
	// Reserve, Charge and GiveBack change the book of a data set by one release.
	Reserve(task spec.Task, dataset uint64) error
	Charge(task spec.Task, dataset, round uint64) error
	GiveBack(task spec.Task, dataset uint64) error
	// Tell says what happens to whoever listens, before it is carried out; [RoundOf]
	// says in which round.
	Tell(s State, e Effect) error
}

// Apply gives a task an input at a moment, and has the world carry out everything
// that follows from it, the scheduler's answers included. A refused input changes
// nothing; see [State.Step]. Nor does one at which the machine panics: that is a
// [*Panic].
func Apply(w World, at Moment, s State, in Input) error {
	_, err := apply(w, at, s, in)
	return err
}

// apply is [Apply], and says what the task is now.
func apply(w World, at Moment, s State, in Input) (State, error) {
	var effects []Effect
	next, err := Contain(func() (next State, err error) {
		next, effects, err = s.Step(at, in)
		return next, err
	})
	if err != nil {
		return s, err
	}
	if err := w.Save(s, next); err != nil {
		return s, err
	}
	for _, e := range effects {
		err := w.Tell(next, e)
		if err == nil {
			next, err = carryOut(w, at, next, e)
		}
		if err != nil {
			return s, fmt.Errorf("%s: %w", e, err)
		}
	}
	return next, nil
} // carryOut does what one effect asks for, and says what the task is then.

func carryOut(w World, at Moment, s State, e Effect) (_ State, err error) {
	switch e := e.(type) {
	case AskCommittee:
		return schedule(w, at, s, func(nodes *Roster) (Select, error) {
			return Contain(func() (Select, error) { return Committee(s.Task, nodes) })
		})
	case AskTrainers:
		return schedule(w, at, s, func(nodes *Roster) (Select, error) {
			if s.Task.Spec.Private() {
				return PrivateTrainers(s, nodes, func(n spec.Node) (Payer, error) {
					p, err := w.Payer(s.Task, n, 1)
					if p.Owner != n.Owner {
						p.Lender = p.Owner
					}
					return p, err
				})
			}
			return Contain(func() (Select, error) { return Trainers(s, nodes) })
		})
	case Slash:
		return punish(w, s, e)
	case Engage:
		err = each(e.Nodes, func(node uint64) error { return w.Engage(s.Task, node, 1) })
	case Release:
		err = each(e.Nodes, func(node uint64) error { return w.Engage(s.Task, node, -1) })
	case Reserve:
		err = each(e.Datasets, func(dataset uint64) error { return w.Reserve(s.Task, dataset) })
	case Charge:
		err = w.Charge(s.Task, e.Dataset, e.Round)
	case GiveBack:
		err = each(e.Datasets, func(dataset uint64) error { return w.GiveBack(s.Task, dataset) })
	case Pay:
		if err = w.Pay(e.Node, e.Amount); err == nil && e.Lent > 0 {
			err = w.Refund(e.Lender, e.Lent)
		}
	case PayValidators:
		err = w.PayValidators(e.Amount)
	case Excuse:
		err = w.Excuse(e.Node, spec.Change{Task: s.Task.ID, Round: e.Round, Height: at.Height, Reason: e.Why})
	case Merit:
		err = w.Praise(e.Node, spec.Change{Task: s.Task.ID, Round: e.Round, Height: at.Height, Reason: e.Why})
	case Demerit:
		err = w.Blame(e.Node, spec.Change{Task: s.Task.ID, Round: e.Round, Height: at.Height, Reason: e.Why})
	case Measure:
		err = each(e.Nodes, func(node uint64) error { return w.Measure(node, e.Kind, e.Accuracy) })
	case Close:
		err = w.Refund(s.Task.Owner, e.Refund)
	case AskReady, OpenTraining, AskAttest, AskReceipts, AskAggregate, AskReveal, AskScores, AskOpenings, Publish, Accuse, Abort,
		AskModel, DropModel, Amended:
		// only told: nodes read the state of the task
	default:
		err = fmt.Errorf("nobody carries out a %T", e)
	}
	return s, err
}

// punish has a node slashed, and notes with the fault what that burned.
func punish(w World, s State, e Slash) (State, error) {
	burned, err := w.Slash(s.Task, e.Node, e.Part, e.Fault, e.Fault != spec.FaultNoReveal)
	if err != nil || burned == 0 {
		return s, err
	}
	after, i := s.clone(), s.listed(spec.Fault{Round: e.Round, Node: e.Node, Kind: e.Fault})
	if i < 0 {
		return s, fmt.Errorf("node %d loses %d uthing for %q in round %d, which the task does not list", e.Node, burned, e.Fault, e.Round)
	}
	after.Task.Faults[i].Burned += burned
	return after, w.Save(s, after)
}

// schedule selects nodes and tells the task; where too few are eligible the task
// waits, and asks again.
func schedule(w World, at Moment, s State, choose func(*Roster) (Select, error)) (State, error) {
	nodes, err := w.Roster()
	if err != nil {
		return s, err
	}
	chosen, err := choose(nodes)
	if errors.Is(err, ErrResources) {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	return apply(w, at, s, chosen)
}

// Affordable refuses with [ErrBudget] a private task of which fewer owners than it needs
// could pay all rounds. Nothing is reserved: who pays first has it.
func Affordable(w World, t spec.Task) error {
	asked := t.Spec
	if !asked.Private() {
		return nil
	}
	owners := make(map[string]bool) // counted, never walked
	enough := func() bool { return len(owners) >= int(asked.Selection.MinTrainers) }
	err := w.Walk(func(n spec.Node) (bool, error) {
		if !n.Profile.Roles.Has(spec.Trainer) {
			return false, nil
		}
		p, err := w.Payer(t, n, uint64(asked.Target.Rounds))
		if p.Owner != "" {
			owners[p.Owner] = true
		}
		return enough(), err
	})
	if err == nil && !enough() {
		err = fmt.Errorf("%d owners, of %d that are needed: %w", len(owners), asked.Selection.MinTrainers, ErrBudget)
	}
	return err
}

func each(ids []uint64, do func(id uint64) error) error {
	for _, id := range ids {
		if err := do(id); err != nil {
			return err
		}
	}
	return nil
}
