package sim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"sync"
	"time"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/privacy"
	"github.com/althing-network/althing/privacy/audit"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// Config configures a [Network]. The comments say what a zero value means.
type Config struct {
	Chain string        // id of the chain; empty: "althing-sim"
	Seed  uint64        // of all random draws
	Block time.Duration // between two blocks; 0: 250 ms
	Delay time.Duration // until a node sees a block or an update; 0: 10 ms
	// Jitter is the maximum that is added to each delay; the jitter of each delay is drawn
	// uniformly. 0: none, so nodes start work at the same times and train in parallel.
	Jitter time.Duration
	// Takes returns how long a node works on an action; nil stands for [Takes].
	Takes func(n *Node, a role.Action) time.Duration
	// Transcript, unless it is nil, gets one line per effect and per finished action, with
	// its virtual time in front.
	Transcript io.Writer
	// Policy is the policy of the nodes that [Digits] makes.
	Policy spec.Policy
}

// Network is a chain, its nodes and a queue of the next events. It is not safe for
// concurrent use.
type Network struct {
	*Chain
	Nodes []*Node // node i+1 at index i

	config   Config
	now      time.Duration
	queue    queue
	samplers privacy.Samplers // shared by all nodes, so that each table is made once
	norms    audit.Norms      // of all nodes
	random   *rand.Rand
	pending  []message // messages that wait for the next block, in the order of their arrival
	planned  []plan
	failed   error // why a line of the transcript was not written
}

// message is a message that waits for the next block.
type message struct {
	task  uint64
	input round.Input
}

// plan is a function to call when a round has reached a phase.
type plan struct {
	task, number uint64
	phase        spec.Phase
	do           func()
}

// Takes is how long an action takes by default: 10 ms, and 10 ms more per 100 rows, rounded
// up, that are trained on or evaluated.
func Takes(n *Node, a role.Action) time.Duration {
	const unit = 10 * time.Millisecond
	if !ownStoreOnly(a) {
		return unit
	}
	return unit * time.Duration(1+(n.Table.Rows()+99)/100)
}

// delayStream is the random stream for delays; other draws from the same seed use others.
const delayStream = 0x64656c617964656c

// New is a network without nodes, before its first block.
func New(c Config) *Network {
	if c.Chain == "" {
		c.Chain = "althing-sim"
	}
	if c.Block == 0 {
		c.Block = 250 * time.Millisecond
	}
	if c.Delay == 0 {
		c.Delay = 10 * time.Millisecond
	}
	if c.Takes == nil {
		c.Takes = Takes
	}
	n := &Network{Chain: NewChain(c.Chain), config: c, random: rand.New(rand.NewPCG(c.Seed, delayStream))}
	n.Listen = func(s round.State, e round.Effect) {
		if of := round.NumberOf(e); of > 0 {
			n.logf("height %d: task %d round %d: %s", n.height, s.Task.ID, of, e)
		} else {
			n.logf("height %d: task %d: %s", n.height, s.Task.ID, e)
		}
	}
	n.nextBlock()
	return n
}

// Open gives an account the money for the escrow of a task, creates the task and returns
// its id. The task begins with the next block.
func (n *Network) Open(owner string, asked spec.TaskSpec) (uint64, error) {
	n.Fund(owner, asked.Escrow)
	return n.Create(owner, asked)
}

// Now is the virtual time since the beginning.
func (n *Network) Now() time.Duration { return n.now }

// Until runs the network until a condition is true, which is tested after every block. It
// fails after a number of blocks, when the context ends, and when the simulation itself
// fails, which is a bug.
func (n *Network) Until(ctx context.Context, blocks int, condition func() bool) error {
	for last := n.height + int64(blocks); !condition(); {
		if n.height >= last {
			return fmt.Errorf("the condition is still false after %d blocks", blocks)
		}
		if err := n.Step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// maxBlocks is after how many blocks Finish and Reach give up.
const maxBlocks = 1000

// Finish runs the network until a task is closed. It fails after 1000 blocks.
func (n *Network) Finish(ctx context.Context, task uint64) (spec.Task, error) {
	closed := func() bool {
		t, err := n.Task(task)
		return err != nil || t.State.Final()
	}
	if err := n.Until(ctx, maxBlocks, closed); err != nil {
		return spec.Task{}, err
	}
	return n.Task(task)
}

// Reach runs the network until a block ends in which a round of a task is in a phase. No
// node has seen that block yet. It fails if the round skips that phase, and after 1000
// blocks.
func (n *Network) Reach(ctx context.Context, task, number uint64, phase spec.Phase) (spec.Task, spec.Round, error) {
	var t spec.Task
	var r spec.Round
	var missing error // why there is no such task or round
	reached := func() bool {
		if t, missing = n.Task(task); missing != nil {
			return true
		}
		r, missing = n.Round(task, number)
		return missing == nil && !r.Phase.Before(phase) || t.State.Final()
	}
	if err := errors.Join(n.Until(ctx, maxBlocks, reached), missing); err != nil {
		return t, r, err
	}
	if r.Phase != phase {
		return t, r, fmt.Errorf("round %d of task %d is in phase %s (%s), not in %s", number, task, r.Phase, r.Reason, phase)
	}
	return t, r, nil
}

// Errs joins the errors of the actions of all nodes, in the order of the nodes.
func (n *Network) Errs() error {
	var all []error
	for _, node := range n.Nodes {
		for _, err := range node.Errs {
			all = append(all, fmt.Errorf("node %d: %w", node.ID, err))
		}
	}
	return errors.Join(all...)
}

// Step runs the network until the next block has ended.
func (n *Network) Step(ctx context.Context) error {
	for height := n.height; n.height == height; {
		if err := ctx.Err(); err != nil {
			return err
		}
		e := n.queue.next()
		n.now = e.at
		if e.work == nil || !e.work.ownStoreOnly() {
			if err := e.do(); err != nil {
				return err
			}
			continue
		}
		if err := n.runParallel(ctx, e); err != nil {
			return err
		}
	}
	return n.failed
}

// runParallel runs first and all work behind it in the queue that ends at the same time and
// uses only the store of its node, on all processors. Work of one node runs in sequence,
// because it draws from one source of randomness. The results are handled in the order of
// the queue.
func (n *Network) runParallel(ctx context.Context, first event) error {
	batch := []event{first}
	for len(n.queue.events) > 0 {
		e := n.queue.events[0]
		if e.at != first.at || e.work == nil || !e.work.ownStoreOnly() {
			break
		}
		batch = append(batch, n.queue.next())
	}
	works := map[*Node][]*work{}
	for _, e := range batch {
		works[e.work.node] = append(works[e.work.node], e.work)
	}
	free := make(chan struct{}, runtime.GOMAXPROCS(0))
	var group sync.WaitGroup
	for _, own := range works { // in any order: no work touches the data of another node
		free <- struct{}{}
		group.Go(func() {
			for _, w := range own {
				w.run(ctx)
			}
			<-free
		})
	}
	group.Wait()
	for _, e := range batch {
		if err := e.do(); err != nil {
			return err
		}
	}
	return nil
}

// block applies the messages that arrived since the last block, ends the block, and wakes
// the nodes.
func (n *Network) block() error {
	messages := n.pending
	n.pending = nil
	for _, m := range messages {
		if err := n.Say(m.task, m.input); err != nil {
			n.logf("height %d: task %d refuses %T: %v", n.height, m.task, m.input, err)
		}
		if err := n.CheckInvariants(); err != nil {
			return fmt.Errorf("height %d, after %T: %w", n.height, m.input, err)
		}
	}
	if err := errors.Join(n.EndBlock(), n.CheckInvariants()); err != nil {
		return fmt.Errorf("at the end of block %d: %w", n.height-1, err)
	}
	plans := n.planned
	n.planned = nil // a plan may add plans
	rest := remaining(plans, func(p plan) bool {
		r, err := n.Round(p.task, p.number)
		if err != nil || r.Phase != p.phase {
			return false
		}
		p.do()
		return true
	})
	n.planned = append(rest, n.planned...)
	for _, node := range n.Nodes {
		n.wake(node)
	}
	n.nextBlock()
	return nil
}

// nextBlock begins a block and adds its end to the queue.
func (n *Network) nextBlock() {
	at := n.now + n.config.Block
	n.BeginBlock(at.Milliseconds())
	n.queue.add(event{at: at, do: n.block})
}

// remaining are the plans for which done is false.
func remaining(plans []plan, done func(plan) bool) (rest []plan) {
	for _, p := range plans {
		if !done(p) {
			rest = append(rest, p)
		}
	}
	return rest
}

// wake lets a node observe the chain after a delay.
func (n *Network) wake(node *Node) {
	if node.down || node.waking {
		return
	}
	node.waking = true
	delay := n.config.Delay
	if n.config.Jitter > 0 {
		delay += time.Duration(n.random.Int64N(int64(n.config.Jitter)))
	}
	n.queue.add(event{at: n.now + delay, do: node.observe})
}

// When calls a function once, at the end of the first block in which a round of a task is
// in a phase.
func (n *Network) When(task, number uint64, phase spec.Phase, do func()) {
	n.planned = append(n.planned, plan{task, number, phase, do})
}

// After calls a function when some virtual time has passed.
func (n *Network) After(d time.Duration, do func()) {
	n.queue.add(event{at: n.now + d, do: func() error {
		do()
		return nil
	}})
}

// CrashIn crashes a node some time after a round has reached a phase, and restarts it when
// it has been down for another time. Running actions are lost; store and journal are kept.
func (n *Network) CrashIn(node, task, number uint64, phase spec.Phase, after, down time.Duration) {
	n.When(task, number, phase, func() {
		n.After(after, n.Nodes[node-1].Crash)
		n.After(after+down, n.Nodes[node-1].Restart)
	})
}

// logf writes a line of the transcript.
func (n *Network) logf(format string, words ...any) {
	if n.config.Transcript == nil {
		return
	}
	_, err := fmt.Fprintf(n.config.Transcript, "%9.3f s  %s\n", n.now.Seconds(), fmt.Sprintf(format, words...))
	n.failed = errors.Join(n.failed, err)
}

// Blobs is the data plane of a node; node 0 is a stranger.
func (n *Network) Blobs(self uint64) role.Blobs {
	return Blobs{Self: self, Peer: n.peer}
}

// Stranger are the tools of an auditor that is no node: no rows, no key, and an empty store
// of its own.
func (n *Network) Stranger() role.Tools {
	return role.Tools{Blobs: n.Blobs(0), Store: blob.NewMemory()}
}

// peer returns what a node serves, and under which policy.
func (n *Network) peer(id uint64) (blob.Store, blob.Policy, error) {
	if id == 0 || id > uint64(len(n.Nodes)) {
		return nil, nil, fmt.Errorf("%w: there is no node %d", blob.ErrNotFound, id)
	}
	node := n.Nodes[id-1]
	switch {
	case !node.Profile().Roles.Has(spec.Aggregator):
		return nil, nil, fmt.Errorf("%w: node %d serves nothing", blob.ErrNotFound, id)
	case node.down:
		return nil, nil, fmt.Errorf("%w: node %d does not answer", spec.ErrCommunication, id)
	}
	return arrivalStore{node.Serves, &node.arrived}, node.Policy, nil
}

// registered is the record of a node, in the form that a policy needs.
func (n *Network) registered(_ context.Context, id uint64) (spec.Node, error) {
	node, ok := n.Node(id)
	if !ok {
		return node, fmt.Errorf("%w: there is no node %d", blob.ErrNotFound, id)
	}
	return node, nil
}

// Records are the records of the chain that nodes read in addition to their duties.
func (n *Network) Records() role.Records { return records{n} }

type records struct{ n *Network }

// Task implements [role.Records].
func (r records) Task(_ context.Context, id uint64) (spec.Task, error) { return r.n.Task(id) }

// Round implements [role.Records].
func (r records) Round(_ context.Context, task, number uint64) (spec.Round, error) {
	return r.n.Round(task, number)
}
