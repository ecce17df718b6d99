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

// Config says how a [Network] runs. Zero values stand for what the comments say.
type Config struct {
	Chain string        // id of the chain; empty: "althing-sim"
	Seed  uint64        // of everything that is drawn
	Block time.Duration // between two blocks; 0: 250 ms
	Delay time.Duration // until a node sees a block or an update; 0: 10 ms
	// Jitter is added to a delay, drawn anew each time from 0 to this; 0: none, so
	// that nodes work at the same moments and their training runs in parallel.
	Jitter time.Duration
	// Takes is how long a node works at an action; nil stands for [Takes].
	Takes func(n *Node, a role.Action) time.Duration
	// Transcript, unless it is nil, is told of every effect and of all work that
	// ended: one line each, the moment in front.
	Transcript io.Writer
	// Policy is that of the nodes of [Digits].
	Policy spec.Policy
}

// Network is a chain, its nodes and a queue of what happens next. It is not safe
// for concurrent use.
type Network struct {
	*Chain
	Nodes []*Node // node i+1 at i

	config   Config
	now      time.Duration
	queue    queue
	samplers privacy.Samplers // of all nodes: a table is made once
	norms    audit.Norms      // of all nodes
	random   *rand.Rand
	said     []said // messages that wait for the next block, in the order of their arrival
	planned  []plan
	failed   error // why a line of the transcript was not written
}

// said is a message on its way into a block.
type said struct {
	task  uint64
	input round.Input
}

// plan is something to be done when a round has come to a phase.
type plan struct {
	task, number uint64
	phase        spec.Phase
	do           func()
}

// Takes is how long work takes unless a network says otherwise: 10 ms, and 10 ms
// more for each hundred rows that are trained on or judged, begun hundreds counted
// whole.
func Takes(n *Node, a role.Action) time.Duration {
	const moment = 10 * time.Millisecond
	if !solitary(a) {
		return moment
	}
	return moment * time.Duration(1+(n.Table.Rows()+99)/100)
}

// delayStream keeps the draws of delays apart from other uses of a seed.
const delayStream = 0x64656c617964656c

// New is a network of nobody, before its first block.
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
			n.tell("height %d: task %d round %d: %s", n.height, s.Task.ID, of, e)
		} else {
			n.tell("height %d: task %d: %s", n.height, s.Task.ID, e)
		}
	}
	n.nextBlock()
	return n
}

// Open locks the escrow of a task for an account that is given the money, and
// returns the task's id. The task begins with the next block.
func (n *Network) Open(owner string, asked spec.TaskSpec) (uint64, error) {
	n.Fund(owner, asked.Escrow)
	return n.Create(owner, asked)
}

// Now is how much virtual time has passed.
func (n *Network) Now() time.Duration { return n.now }

// Until lets things happen until what is wanted is so, which is looked at after
// every block. It fails when that takes more than a number of blocks, when the
// context ends, and when a world cannot be carried on, which is a mistake of ours.
func (n *Network) Until(ctx context.Context, blocks int, wanted func() bool) error {
	for last := n.height + int64(blocks); !wanted(); {
		if n.height >= last {
			return fmt.Errorf("not so after %d blocks", blocks)
		}
		if err := n.Step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// enoughBlocks is after how many blocks Finish and Reach give up.
const enoughBlocks = 1000

// Finish lets things happen until a task is closed. It fails after 1000 blocks.
func (n *Network) Finish(ctx context.Context, task uint64) (spec.Task, error) {
	closed := func() bool {
		t, err := n.Task(task)
		return err != nil || t.State.Final()
	}
	if err := n.Until(ctx, enoughBlocks, closed); err != nil {
		return spec.Task{}, err
	}
	return n.Task(task)
}

// Reach lets things happen until a block ends with a round of a task in a phase,
// which nobody has seen yet. It fails where the round never is in that phase, and
// after 1000 blocks.
func (n *Network) Reach(ctx context.Context, task, number uint64, phase spec.Phase) (spec.Task, spec.Round, error) {
	var t spec.Task
	var r spec.Round
	var there error // why there is no such task or round
	passed := func() bool {
		if t, there = n.Task(task); there != nil {
			return true
		}
		r, there = n.Round(task, number)
		return there == nil && !r.Phase.Before(phase) || t.State.Final()
	}
	if err := errors.Join(n.Until(ctx, enoughBlocks, passed), there); err != nil {
		return t, r, err
	}
	if r.Phase != phase {
		return t, r, fmt.Errorf("round %d of task %d is in phase %s (%s), not in %s", number, task, r.Phase, r.Reason, phase)
	}
	return t, r, nil
}

// Errs joins the errors of the work of all nodes, in the order of the nodes.
func (n *Network) Errs() error {
	var all []error
	for _, node := range n.Nodes {
		for _, err := range node.Errs {
			all = append(all, fmt.Errorf("node %d: %w", node.ID, err))
		}
	}
	return errors.Join(all...)
}

// Step lets things happen until the next block has ended.
func (n *Network) Step(ctx context.Context) error {
	for height := n.height; n.height == height; {
		if err := ctx.Err(); err != nil {
			return err
		}
		e := n.queue.next()
		n.now = e.at
		if e.work == nil || !e.work.solitary() {
			if err := e.do(); err != nil {
				return err
			}
			continue
		}
		if err := n.together(ctx, e); err != nil {
			return err
		}
	}
	return n.failed
}

// together does all solitary work that ends at one moment and stands first in the
// queue, on as many processors as there are: the works of one node one after the
// other, because they draw from one source of secrets. What becomes of them is told in
// the order of the queue.
func (n *Network) together(ctx context.Context, first event) error {
	batch := []event{first}
	for len(n.queue.events) > 0 {
		e := n.queue.events[0]
		if e.at != first.at || e.work == nil || !e.work.solitary() {
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
	for _, own := range works { // in any order: no node's work touches what is another's
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

// block carries out what was said since the last one, ends the block, and lets the
// nodes see it.
func (n *Network) block() error {
	messages := n.said
	n.said = nil
	for _, m := range messages {
		if err := n.Say(m.task, m.input); err != nil {
			n.tell("height %d: task %d refuses %T: %v", n.height, m.task, m.input, err)
		}
		if err := n.Sound(); err != nil {
			return fmt.Errorf("height %d, after %T: %w", n.height, m.input, err)
		}
	}
	if err := errors.Join(n.EndBlock(), n.Sound()); err != nil {
		return fmt.Errorf("at the end of block %d: %w", n.height-1, err)
	}
	plans := n.planned
	n.planned = nil // what is done may plan more
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

// nextBlock begins a block, which takes in what is said until it is made.
func (n *Network) nextBlock() {
	at := n.now + n.config.Block
	n.BeginBlock(at.Milliseconds())
	n.queue.add(event{at: at, do: n.block})
}

// remaining are the plans that are not done yet.
func remaining(plans []plan, done func(plan) bool) (rest []plan) {
	for _, p := range plans {
		if !done(p) {
			rest = append(rest, p)
		}
	}
	return rest
}

// wake lets a node look at the chain after a delay.
func (n *Network) wake(node *Node) {
	if node.down || node.waking {
		return
	}
	node.waking = true
	delay := n.config.Delay
	if n.config.Jitter > 0 {
		delay += time.Duration(n.random.Int64N(int64(n.config.Jitter)))
	}
	n.queue.add(event{at: n.now + delay, do: node.look})
}

// When does something when a round of a task has come to a phase. It is done once,
// at the end of the block in which the round is in that phase.
func (n *Network) When(task, number uint64, phase spec.Phase, do func()) {
	n.planned = append(n.planned, plan{task, number, phase, do})
}

// After does something when some virtual time has passed.
func (n *Network) After(d time.Duration, do func()) {
	n.queue.add(event{at: n.now + d, do: func() error {
		do()
		return nil
	}})
}

// CrashIn stops a node some time after a round has come to a phase, and starts it
// again after being down for another time. What it was doing is lost, its store and
// its journal are not.
func (n *Network) CrashIn(node, task, number uint64, phase spec.Phase, after, down time.Duration) {
	n.When(task, number, phase, func() {
		n.After(after, n.Nodes[node-1].Crash)
		n.After(after+down, n.Nodes[node-1].Restart)
	})
}

// tell writes a line of the transcript.
func (n *Network) tell(format string, words ...any) {
	if n.config.Transcript == nil {
		return
	}
	_, err := fmt.Fprintf(n.config.Transcript, "%9.3f s  %s\n", n.now.Seconds(), fmt.Sprintf(format, words...))
	n.failed = errors.Join(n.failed, err)
}

// Blobs is the data plane of a node; node 0 is a stranger.
func (n *Network) Blobs(self uint64) role.Blobs {
	return Blobs{Self: self, Place: n.place}
}

// Stranger is what somebody has who is no node and audits: no rows, no key, and a
// store of its own, which is empty.
func (n *Network) Stranger() role.Tools {
	return role.Tools{Blobs: n.Blobs(0), Store: blob.NewMemory()}
}

// place is what a node serves.
func (n *Network) place(id uint64) (blob.Store, blob.Policy, error) {
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
	return arrivals{node.Shows, &node.arrived}, node.Policy, nil
}

// registered is the record of a node, as a policy asks for it.
func (n *Network) registered(_ context.Context, id uint64) (spec.Node, error) {
	node, ok := n.Node(id)
	if !ok {
		return node, fmt.Errorf("%w: there is no node %d", blob.ErrNotFound, id)
	}
	return node, nil
}

// Records is what nodes read of the chain beside their duties.
func (n *Network) Records() role.Records { return records{n} }

type records struct{ n *Network }

// Task implements [role.Records].
func (r records) Task(_ context.Context, id uint64) (spec.Task, error) { return r.n.Task(id) }

// Round implements [role.Records].
func (r records) Round(_ context.Context, task, number uint64) (spec.Round, error) {
	return r.n.Round(task, number)
}
