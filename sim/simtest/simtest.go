// Package simtest drives the simulated networks of package sim in tests: a test opens a network
// whose task 1 trains on the embedded digits, lets it run up to a phase of a round, and reads
// what the chain has recorded. A function that is given a [testing.T] fails the test where the
// simulator returns an error.
//
// It is not part of any program, and it decides nothing about roles or rounds.
package simtest

import (
	"errors"
	"testing"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/role/aggregator"
	"github.com/althing-network/althing/role/trainer"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/spec"
)

// Chain is the chain id of the networks that [Open] returns.
const Chain = "test-1"

// taskID is the id of the task that every function is about.
const taskID = 1

// maxBlocks is how many blocks [Until] waits for.
const maxBlocks = 1000

// Open returns a network of sim.Digits with a number of trainers, in which task 1 is open. The
// task starts with the next block.
func Open(t *testing.T, trainers int, asked spec.TaskSpec) *sim.Network {
	t.Helper()
	n, err := sim.Digits(sim.Config{Chain: Chain}, trainers)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.Open("consumer", asked); err != nil {
		t.Fatal(err)
	}
	return n
}

// Step runs the network until the next block has ended.
func Step(t *testing.T, n *sim.Network) {
	t.Helper()
	if err := n.Step(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// Reach runs the network until a block ends with a round in a phase.
func Reach(t *testing.T, n *sim.Network, number uint64, phase spec.Phase) (spec.Task, spec.Round) {
	t.Helper()
	task, r, err := n.Reach(t.Context(), taskID, number, phase)
	if err != nil {
		t.Fatal(err)
	}
	return task, r
}

// Until runs the network until a condition holds for the task and its newest round. The
// condition is checked once per block.
func Until(t *testing.T, n *sim.Network, holds func(spec.Task, spec.Round) bool) (spec.Task, spec.Round) {
	t.Helper()
	if err := n.Until(t.Context(), maxBlocks, func() bool { return holds(Newest(t, n)) }); err != nil {
		t.Fatal(err)
	}
	return Newest(t, n)
}

// Finish runs the network until the task is closed.
func Finish(t *testing.T, n *sim.Network) spec.Task {
	t.Helper()
	task, err := n.Finish(t.Context(), taskID)
	if err != nil {
		t.Fatal(err)
	}
	return task
}

// Say submits a message or a decision about the task to the chain, which must accept it.
func Say(t *testing.T, n *sim.Network, in round.Input) {
	t.Helper()
	if err := n.Say(taskID, in); err != nil {
		t.Fatal(err)
	}
}

// Newest returns the task with its newest round, which is the zero round before round 1.
func Newest(t *testing.T, n *sim.Network) (spec.Task, spec.Round) {
	t.Helper()
	task, err := n.Task(taskID)
	if err != nil {
		t.Fatal(err)
	}
	if task.Round == 0 {
		return task, spec.Round{}
	}
	return task, Round(t, n, task.Round)
}

// Round returns one round of the task.
func Round(t *testing.T, n *sim.Network, number uint64) spec.Round {
	t.Helper()
	r, err := n.Round(taskID, number)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// SettledRounds returns all rounds of the task, every one of which must be settled.
func SettledRounds(t *testing.T, n *sim.Network) (all []spec.Round) {
	t.Helper()
	task, _ := Newest(t, n)
	for number := uint64(1); number <= task.Round; number++ {
		r := Round(t, n, number)
		if r.Phase != spec.PhaseSettled {
			t.Fatalf("round %d is in phase %s (%s), want %s", number, r.Phase, r.Reason, spec.PhaseSettled)
		}
		all = append(all, r)
	}
	return all
}

// Slot returns the slot of a node in a round of the task.
func Slot(number, node uint64) spec.Slot {
	return spec.Slot{Chain: Chain, Task: taskID, Round: number, Node: node}
}

// UpdateOf returns the update that a trainer has made in a round, from the trainer's own store.
func UpdateOf(t *testing.T, n *sim.Network, number, node uint64) (blob.Entry, []byte) {
	t.Helper()
	store := n.Nodes[node-1].Tools.Store
	e, err := store.Lookup(t.Context(), blob.Ref{Kind: blob.Update, Slot: Slot(number, node)})
	if err != nil {
		t.Fatal(err)
	}
	b, err := role.ReadBlob(t.Context(), store, e.Digest)
	if err != nil {
		t.Fatal(err)
	}
	return e, b
}

// Recall reads a result from the journal of a node, which must have it.
func Recall(t *testing.T, n *sim.Network, node uint64, key string, into any) {
	t.Helper()
	if found, err := n.Nodes[node-1].Tools.Journal.Recall(key, into); !found || err != nil {
		t.Fatalf("the journal of node %d has no %s: %v", node, key, err)
	}
}

// IsUpload reports whether an action uploads a trainer's update.
func IsUpload(a role.Action) bool {
	_, uploads := a.(trainer.Upload)
	return uploads
}

// IsCommitment reports whether an action submits a commitment to the chain.
func IsCommitment(a role.Action) bool {
	s, _ := a.(role.Send)
	_, hides := s.Input.(round.Hiding)
	return hides
}

// Earned returns what a node was paid, in uthing. All other coins of its account are staked.
func Earned(n *sim.Network, node uint64) uint64 { return n.Balance(n.Nodes[node-1].Owner) }

// Reputation returns the reputation of a node.
func Reputation(n *sim.Network, node uint64) spec.PPM {
	registered, _ := n.Node(node)
	return registered.Reputation
}

// WantNoErrors fails the test if an action of any node has failed.
func WantNoErrors(t *testing.T, n *sim.Network) {
	t.Helper()
	if err := n.Errs(); err != nil {
		t.Error(err)
	}
}

// WantErr fails the test unless an error is, or wraps, the error that is wanted. The wanted
// error may be nil.
func WantErr(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("got error %v, want %v", err, want)
	}
}

// WantVerified fails the test unless a stranger who recomputes every round of the task gets the
// models that the chain has recorded.
func WantVerified(t *testing.T, n *sim.Network, task spec.Task) {
	t.Helper()
	for _, r := range SettledRounds(t, n) {
		if got, err := aggregator.Verify(t.Context(), n.Stranger(), task, r); err != nil || got != r.Next {
			t.Errorf("round %d: a stranger recomputes model %s (%v), want %s", r.Number, got.Short(), err, r.Next.Short())
		}
	}
}
