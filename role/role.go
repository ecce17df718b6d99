// Package role says how a daemon and the roles of its node talk: a daemon tells
// a [Machine] what it saw on the chain and what became of the work it did, the
// machine answers with the [Action]s to be done now.
//
// It is not the loop that runs them: that is package daemon, or package sim. The
// machines know no clock, no goroutine and no network. What an action needs of the
// world it is given as [Tools].
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

// Machine decides what a node does in one role. It is a function of the chain's
// state and of the results it was told, so that it may be restarted at any time.
type Machine interface {
	// Handle takes an event and returns everything that is to be done now, also
	// what was asked for before: whoever runs the machine starts an action once as
	// long as its key is the same.
	Handle(e Event) []Action
}

// Event is what a machine is told: [Saw], or the [Event] an action ended in.
type Event interface{ Event() }

// Saw is the state of the chain at a height, as far as it concerns the node.
type Saw struct {
	Duties []Duty
	Now    spec.Time // network time
}

// Event implements [Event].
func (Saw) Event() {}

// Duty is an open task in which the node has a part, with one of its rounds that run:
// of its participants' parts those that the node must see, as [round.PartsFor] says.
type Duty struct {
	Task  spec.Task
	Round spec.Round // Number 0 where no round runs
	Held  []uint64   // trainers of the round whose update is in the node's store, in their order
}

// Duties are a task's: one with each round that runs, or one without a round. With a round
// the task has the settings of that round.
func Duties(task spec.Task, rounds []spec.Round) (duties []Duty) {
	for _, r := range rounds {
		duties = append(duties, Duty{Task: task.AtRound(r.Number), Round: r})
	}
	if len(duties) == 0 {
		return []Duty{{Task: task}}
	}
	return duties
}

// Action is one piece of work. Key tells it from all others.
type Action interface {
	Key() string
	// Do does the work; a nil Event says that there is nothing to tell. An Event may come
	// with an error: then it tells what follows from that. It may be called again after a restart, and after a failure that is not [ErrFinal].
	Do(ctx context.Context, t Tools) (Event, error)
}

// Repeated is an [Action] that is done again, when a machine still asks for it some
// blocks after it ended well.
type Repeated interface {
	Action
	RepeatAfter() int64 // blocks
}

// ErrFinal is wrapped by the error of an action that would fail again in the same
// way: from the same rows, weights and seed come the same bits.
var ErrFinal = errors.New("it would fail again in the same way")

// Tools is what an action needs of the world.
type Tools struct {
	Node uint64
	Name string                                  // of the node, as its profile has it; it decides in which order rows are read
	Send func(ctx context.Context, s Send) error // returns once a chain node has taken it
	// Committed is which trainer has said a commitment in a task's round, or 0.
	Committed func(ctx context.Context, task uint64, commitment spec.Digest) (node uint64, err error)
	Records   Records // of the chain
	Blobs     Blobs   // of other nodes
	Store     blob.Store
	Journal   Journal
	Trainer   train.Trainer
	Rows      Rows         // the node's own rows; nil: it has none
	Fitting   Rows         // the same for private tasks: each row that does not fit one is left out by itself
	Withhold  bool         // nobody is told how many rows these are
	Policy    *spec.Policy // of the node's owner as it is now, which may be stricter than the registered one; nil: it trains for whoever selects it
	Random    io.Reader    // salts and noise are read from it; nobody else can know them
	Samplers  Samplers     // what draws noise with it; nil: it is made anew each time
	Alarm     Alarm        // nil: nobody is told, and nothing is remembered
	// Charge has the owner's own ledger charge a round of a private task before anything
	// leaves; nil: there is none. The error of one that refuses wraps ErrFinal.
	Charge func(ctx context.Context, task spec.Task, r spec.Round) error
	// Sign has the owner of the node's rows sign the commitment to an update of a private
	// task, which is that under a salt; nil: nobody does. The owner has charged the round,
	// and signs for no second update of it: that error wraps ErrFinal.
	Sign func(ctx context.Context, task spec.Task, r spec.Round, update spec.Digest, salt spec.Salt) (spec.Signature, error)
	Now  func() time.Time
}

// Samplers makes what draws so much noise of a law: [privacy.Samplers].
type Samplers interface {
	Of(l privacy.Law, draws uint64) (privacy.Sampler, error)
}

// Alarm remembers that something was wrong with a private round of the node. From then on
// it takes part in none, until a person has looked and has said so.
type Alarm interface {
	// Raise remembers what was wrong, also where it returns an error.
	Raise(wrong string) error
	// Raised is what was wrong, and what a person does about it. nil: nothing was.
	Raised() error
}

// Records is what a node reads of the chain beside its duties. What is not there
// is [round.ErrTaskNotFound] or [round.ErrRoundNotFound].
type Records interface {
	Task(ctx context.Context, id uint64) (spec.Task, error)
	Round(ctx context.Context, task, number uint64) (spec.Round, error)
}

// Slot is the node's own place in a round.
func (t Tools) Slot(task spec.Task, round uint64) spec.Slot { return task.Slot(round, t.Node) }

// Held lists the trainers of a task's round whose update is in the node's own store.
func (t Tools) Held(ctx context.Context, task spec.Task, r spec.Round) (nodes []uint64) {
	for _, c := range r.Trainers {
		ref := blob.Ref{Kind: blob.Update, Slot: task.Slot(r.Number, c.Node)}
		if _, err := t.Store.Lookup(ctx, ref); err == nil {
			nodes = append(nodes, c.Node)
		}
	}
	return nodes
}
