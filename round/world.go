package round

import (
	"errors"
	"fmt"

	"github.com/althing-network/althing/spec"
)

// World keeps tasks, nodes and money, and carries out the effects of steps: the chain does so
// in its store, the simulator in memory. It decides nothing. If a method fails, the caller of
// [Apply] must undo everything that was done since then. The tests of package roundtest
// compare two worlds.
type World interface {
	// Save stores the differences between two states of a task.
	Save(before, after State) error
	// Roster returns the nodes that may be selected. It may leave out the history of their
	// standing.
	Roster() (*Roster, error)
	// Walk visits the same nodes in the order of their ids, until a visit returns stop.
	Walk(visit func(spec.Node) (stop bool, err error)) error
	// Engage changes the number of roles that a node has in a task by 1 or -1, and the number
	// that it has in all tasks by [Occupy]. With the first role the task takes a bond of
	// task.Bond() from the node, by [Bond]; after the last it gives the bond back.
	Engage(task spec.Task, node uint64, delta int) error
	// Slash burns a part of a node's bond in a task, by [Slashed] and [SlashBase], even if the
	// task has given the bond back. It jails the node if jail is set, and returns how much was
	// burned. It does nothing for a node that has exited.
	Slash(task spec.Task, node uint64, part spec.PPM, fault string, jail bool) (burned uint64, err error)
	// Pay moves uthing from the escrow to a node's owner.
	Pay(node, uthing uint64) error
	// PayValidators moves uthing from the escrow to the validators of blocks.
	PayValidators(uthing uint64) error
	// Refund moves uthing, which may be 0, from the escrow to an account.
	Refund(owner string, uthing uint64) error
	// Excuse records that a trainer declined, by [Excused].
	Excuse(node uint64, c spec.Change) error
	// Praise raises a node's reputation by [Praise]; Blame lowers it by [Blame]. They do
	// nothing for a node that has exited.
	Praise(node uint64, c spec.Change) error
	Blame(node uint64, c spec.Change) error
	// Measure records a capability metric by [Measured]. It does nothing for a node that has
	// exited: a task may end long after its last trainers were free to leave.
	Measure(node uint64, kind string, accuracy spec.PPM) error
	// Payer finds the data set that can pay a number of releases of a private task for a node: the
	// data set that the node's holding names, if the node may train on it and the task admits
	// its owner, see [spec.Selection.Admits].
	Payer(task spec.Task, node spec.Node, releases uint64) (Payer, error)
	// Reserve, Charge and GiveBack change the privacy budget of a data set by one release.
	Reserve(task spec.Task, dataset uint64) error
	Charge(task spec.Task, dataset, round uint64) error
	GiveBack(task spec.Task, dataset uint64) error
	// Tell announces an effect to listeners, before it is carried out. [NumberOf] is its round.
	Tell(s State, e Effect) error
}

// Apply gives a task an input at a moment, and has the world carry out everything that
// follows, including the answers of the scheduler. It changes nothing if the input is
// refused, see [State.Step], or if the machine panics, which is a [*Panic]. If the world
// fails, the caller must undo what was done.
func Apply(w World, at Moment, s State, in Input) error {
	_, err := apply(w, at, s, in)
	return err
}

// apply is [Apply] that also returns the new state.
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
}

// carryOut carries one effect out, and returns the new state.
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
		// only announced: nodes read the state of the task
	default:
		err = fmt.Errorf("nobody carries out a %T", e)
	}
	return s, err
}

// punish slashes a node, and records with the fault how much was burned.
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

// schedule selects nodes and gives them to the task. If too few are eligible, it does
// nothing, and the task asks again.
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

// Affordable refuses a private task with [ErrBudget] if fewer than selection.min_trainers
// owners could pay all its rounds from their privacy budgets. It reserves nothing: another
// task may spend the budgets first.
func Affordable(w World, t spec.Task) error {
	asked := t.Spec
	if !asked.Private() {
		return nil
	}
	owners := make(map[string]bool) // counted, never walked
	enoughOwners := func() bool { return len(owners) >= int(asked.Selection.MinTrainers) }
	err := w.Walk(func(n spec.Node) (bool, error) {
		if !n.Profile.Roles.Has(spec.Trainer) {
			return false, nil
		}
		p, err := w.Payer(t, n, uint64(asked.Target.Rounds))
		if p.Owner != "" {
			owners[p.Owner] = true
		}
		return enoughOwners(), err
	})
	if err == nil && !enoughOwners() {
		err = fmt.Errorf("%d of at least %d owners: %w", len(owners), asked.Selection.MinTrainers, ErrBudget)
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
