// Package role defines how a daemon and the roles of its node work together. The daemon
// passes events to a [Machine]: the state of the chain ([Saw]) and the results of finished
// actions. The machine returns the [Action]s to be done now. Machines use no clock, no
// goroutine and no network; an action gets everything that it needs as [Tools].
//
// It is not the loop that runs actions: that is package daemon, or package sim.
package role

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/privacy"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// Machine decides what a node does in one role. Its decisions depend only on the chain's
// state and on the results of actions, so it may be restarted at any time.
type Machine interface {
	// Handle takes an event and returns every action to be done now, including those it
	// returned before. The caller starts an action once for each key.
	Handle(e Event) []Action
}

// Event is the input of a machine: [Saw], or the result of an action.
type Event interface{ Event() }

// Saw is the part of the chain's state at a height that concerns the node.
type Saw struct {
	Duties []Duty
	Now    spec.Time // network time
}

// Event implements [Event].
func (Saw) Event() {}

// Duty is an open task in which the node has a part, with one of its running rounds. The
// round holds the parts of those participants that the node must see, see [round.PartsFor].
type Duty struct {
	Task   spec.Task
	Round  spec.Round // Number 0 where no round runs
	Stored []uint64   // trainers of the round whose update is in the node's store, in ascending order
}

// Duties returns one duty for each running round of a task, or one without a round. The
// task of a duty has the settings of its round.
func Duties(task spec.Task, rounds []spec.Round) (duties []Duty) {
	for _, r := range rounds {
		duties = append(duties, Duty{Task: task.AtRound(r.Number), Round: r})
	}
	if len(duties) == 0 {
		return []Duty{{Task: task}}
	}
	return duties
}

// Action is one piece of work. Its key identifies it.
type Action interface {
	Key() string
	// Do does the work and returns its result, nil if there is none. A result may come with
	// an error: then it says what follows from the failure. Do may be called again after a
	// restart, and after a failure that is not [ErrFinal].
	Do(ctx context.Context, t Tools) (Event, error)
}

// Repeated is an [Action] that is done again if a machine still requests it some blocks
// after it succeeded.
type Repeated interface {
	Action
	RepeatAfter() int64 // blocks
}

// ErrFinal is wrapped by the error of an action that is not retried, because the same
// inputs (rows, weights, seed) give the same failure.
var ErrFinal = errors.New("not retried: it would fail again in the same way")

// Tools is everything that an action needs from outside.
type Tools struct {
	Node uint64
	Name string                                  // of the node, as in its profile; part of the seed for the order of rows
	Send func(ctx context.Context, s Send) error // returns once a chain node has accepted the message
	// Committed is the trainer that has submitted a commitment in a round of a task, or 0.
	Committed func(ctx context.Context, task uint64, commitment spec.Digest) (node uint64, err error)
	Records   Records // of the chain
	Blobs     Blobs   // of other nodes
	Store     blob.Store
	Journal   Journal
	Trainer   train.Trainer
	Rows      Rows         // the node's own rows; nil: it has none
	Fitting   Rows         // the rows for private tasks: rows that do not fit the task are left out one by one
	Withhold  bool         // the number of rows is a secret
	Policy    *spec.Policy // of the node's owner, may be stricter than the registered one; nil: it trains for every task
	Random    io.Reader    // secret source of salts and noise
	Samplers  Samplers     // cache of noise samplers; nil: they are made each time
	Alarm     Alarm        // nil: faults in the noise are not reported or remembered
	// Charge charges a round of a private task to the owner's own ledger, before anything
	// leaves the node; nil: there is no ledger. The error of a ledger that refuses wraps
	// ErrFinal.
	Charge func(ctx context.Context, task spec.Task, r spec.Round) error
	// Sign has the owner of the node's rows sign the salted commitment to an update of a
	// private task; nil: nobody signs. The round must have been charged. The owner signs one
	// update per round: the error for a second one wraps ErrFinal.
	Sign func(ctx context.Context, task spec.Task, r spec.Round, update spec.Digest, salt spec.Salt) (spec.Signature, error)
	Now  func() time.Time
}

// Samplers makes a sampler for a number of draws from a law of noise: [privacy.Samplers].
type Samplers interface {
	Of(l privacy.Law, draws uint64) (privacy.Sampler, error)
}

// Alarm remembers that something was wrong with a private round of the node. Once raised,
// the node takes part in no private round until a person has cleared the alarm.
type Alarm interface {
	// Raise remembers the fault, even when it returns an error.
	Raise(fault string) error
	// Raised returns the fault and how to clear the alarm, or nil if it was not raised.
	Raised() error
}

// Records reads tasks and rounds from the chain. The error of an unknown one is
// [round.ErrTaskNotFound] or [round.ErrRoundNotFound].
type Records interface {
	Task(ctx context.Context, id uint64) (spec.Task, error)
	Round(ctx context.Context, task, number uint64) (spec.Round, error)
}

// Slot is the node's own slot in a round.
func (t Tools) Slot(task spec.Task, round uint64) spec.Slot { return task.Slot(round, t.Node) }

// StoredUpdates lists the trainers of a task's round whose update is in the node's own store.
func (t Tools) StoredUpdates(ctx context.Context, task spec.Task, r spec.Round) (nodes []uint64) {
	for _, c := range r.Trainers {
		ref := blob.Ref{Kind: blob.Update, Slot: task.Slot(r.Number, c.Node)}
		if _, err := t.Store.Lookup(ctx, ref); err == nil {
			nodes = append(nodes, c.Node)
		}
	}
	return nodes
}
