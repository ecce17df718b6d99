// Package roletest is a network of role machines in one test: there is no chain
// process, but the round machine of package round decides, and blobs travel
// over real HTTP on loopback.
//
// A [Network] stands for the chain: it holds the tasks, answers queries and
// makes blocks. A [Node] has a key, a store, a journal, a blob server when it
// aggregates, and the machines of its roles. It is not for use outside tests,
// and knows neither money, signatures of messages nor time: a block is over when
// no node has anything left to do in it.
package roletest

import (
	"context"
	"crypto/rand"
	"sync"
	"testing"
	"time"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// Chain is the id of the chain a [Network] stands for.
const Chain = "althing-test"

// Network is a chain and the nodes on it.
type Network struct {
	testing.TB
	// Nodes holds node i+1 at i.
	Nodes []*Node
	// Effects are all that the tasks asked for so far, in their order.
	Effects []round.Effect

	mu     sync.Mutex // held while the chain is read or changed
	height int64
	tasks  []round.State            // task i+1 at i
	rounds map[[2]uint64]spec.Round // newest state of every round, by task and number
}

// New is a network of nobody.
func New(t testing.TB) *Network {
	return &Network{TB: t, height: 1, rounds: map[[2]uint64]spec.Round{}}
}

// Create opens a task, which begins with the next block, and returns its id.
func (n *Network) Create(s spec.TaskSpec) uint64 {
	n.Helper()
	if err := s.Validate(); err != nil {
		n.Fatal(err)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	id := uint64(len(n.tasks)) + 1
	n.tasks = append(n.tasks, round.New(Chain, id, "consumer", s, n.height))
	return id
}

// Block lets the nodes act until none has anything left to do, then ends the
// block. The nodes act at the same time; the block waits for all of them.
func (n *Network) Block() {
	n.Helper()
	for _, node := range n.Nodes {
		clear(node.tried)
	}
	for busy := true; busy; {
		var group sync.WaitGroup
		acted := make([]bool, len(n.Nodes))
		for i, node := range n.Nodes {
			group.Go(func() { acted[i] = node.act(n.Context()) })
		}
		group.Wait()
		busy = false
		for _, a := range acted {
			busy = busy || a
		}
	}
	n.end()
}

// Until makes blocks until a task and its newest round are as wanted; more than
// 1000 are a failure.
func (n *Network) Until(task uint64, wanted func(spec.Task, spec.Round) bool) (spec.Task, spec.Round) {
	n.Helper()
	for range 1000 {
		if t, r := n.Look(task); wanted(t, r) {
			return t, r
		}
		n.Block()
	}
	t, r := n.Look(task)
	n.Fatalf("after 1000 blocks task %d is %s (%s), round %d is in phase %s", task, t.State, t.Reason, r.Number, r.Phase)
	return t, r
}

// Finish makes blocks until a task is closed.
func (n *Network) Finish(task uint64) spec.Task {
	n.Helper()
	t, _ := n.Until(task, func(t spec.Task, _ spec.Round) bool { return t.State.Final() })
	return t
}

// Reach makes blocks until a round of a task is in a phase.
func (n *Network) Reach(task, number uint64, phase spec.Phase) (spec.Task, spec.Round) {
	n.Helper()
	t, _ := n.Until(task, func(spec.Task, spec.Round) bool {
		r, err := n.Round(n.Context(), task, number)
		return err == nil && !r.Phase.Before(phase)
	})
	r, err := n.Round(n.Context(), task, number)
	if err != nil || r.Phase != phase {
		n.Fatalf("round %d is in phase %s (%s), want %s: %v", number, r.Phase, r.Reason, phase, err)
	}
	return t, r
}

// Look returns a task and its newest round.
func (n *Network) Look(task uint64) (spec.Task, spec.Round) {
	n.mu.Lock()
	defer n.mu.Unlock()
	s := n.tasks[task-1]
	return s.Task, s.Round
}

// Task implements [role.Records].
func (n *Network) Task(_ context.Context, id uint64) (spec.Task, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if id == 0 || id > uint64(len(n.tasks)) {
		return spec.Task{}, round.ErrTaskNotFound
	}
	return n.tasks[id-1].Task, nil
}

// Round implements [role.Records].
func (n *Network) Round(_ context.Context, task, number uint64) (spec.Round, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	r, ok := n.rounds[[2]uint64{task, number}]
	if !ok {
		return spec.Round{}, round.ErrRoundNotFound
	}
	return r, nil
}

// Stranger is what an auditor has who is no node: an empty store and no key.
func (n *Network) Stranger() role.Tools {
	return role.Tools{
		Chain: Chain,
		Blobs: &blob.Network{Client: blob.Client{Chain: Chain, Now: noon}, Peer: n.peer},
		Store: blob.NewMemory(),
	}
}

func (n *Network) tools(node *Node, table data.Table) role.Tools {
	return role.Tools{
		Chain:   Chain,
		Node:    node.ID,
		Send:    func(_ context.Context, s role.Send) error { return n.Say(s.Task, s.Input) },
		Blobs:   node.Blobs,
		Store:   blob.NewMemory(),
		Journal: &Journal{},
		Trainer: train.Engine{},
		Table:   table,
		Random:  rand.Reader,
		Now:     noon,
		Pause:   func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	}
}

// noon is what every clock says.
func noon() time.Time { return time.Unix(1_700_000_000, 0) }
