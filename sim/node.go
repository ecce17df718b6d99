package sim

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/role/aggregator"
	"github.com/althing-network/althing/role/consumer"
	"github.com/althing-network/althing/role/evaluator"
	"github.com/althing-network/althing/role/trainer"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// Node is a participant. Its fields may be changed between two steps.
type Node struct {
	ID    uint64
	Owner string
	Tools role.Tools
	// Table is the node's own rows.
	Table data.Table
	// Machines makes the machines of the node's roles, when it starts.
	Machines func() []role.Machine
	// Shows is the store that others read and write, and Policy says who may: the
	// node's own store and an aggregator's policy, unless somebody puts others here.
	Shows  blob.Store
	Policy blob.Policy
	// Signs is the key of the owner of the node's rows.
	Signs ed25519.PrivateKey
	// Refuses, unless it is nil, says which actions the node does not begin.
	Refuses func(role.Action) bool
	// Done counts how often an action of a key ended well.
	Done map[string]int
	// Errs holds the errors of actions in their order.
	Errs []error

	network *Network
	agenda  *role.Agenda
	running map[string]*work
	down    bool
	waking  bool        // it will look at the chain
	arrived atomic.Bool // an update, and it has not looked since
}

// Member is a node that is to join a network.
type Member struct {
	Name  string // in its profile; empty: that of its account
	Roles spec.Role
	Rows  data.Table // its own; it claims to hold as many of the data set
	File  *data.File // gives its rows as a task wants them; nil: [role.InMemory] of Rows
	Data  string     // name of the data set; empty: "digits"
	// Withhold keeps from everybody how many rows it has.
	Withhold bool
	Stake    uint64 // uthing; 0: 100
	Slots    uint32 // tasks it serves at once; 0: 8
	Liar     bool   // as an aggregator it publishes wrong models
	Policy   spec.Policy
}

// Join adds a node with an account of its own, node-1, node-2 and so on, which is
// given the money for its stake.
func (n *Network) Join(m Member) (*Node, error) {
	id := uint64(len(n.Nodes)) + 1
	owner := fmt.Sprintf("node-%d", id)
	profile := spec.Profile{
		Name: cmp.Or(m.Name, owner), Roles: m.Roles, TransportKey: n.transportKey(owner).Public().(ed25519.PublicKey), Slots: max(m.Slots, 1),
		Policy: m.Policy,
	}
	if m.Slots == 0 {
		profile.Slots = 8
	}
	if m.Roles.Has(spec.Aggregator) {
		profile.Endpoint = "https://" + owner + ".example"
	}
	if name := m.Data; m.Rows.Rows() > 0 {
		if name == "" {
			name = "digits"
		}
		holding := spec.Holding{Name: name, Samples: uint32(m.Rows.Rows())}
		if m.Withhold {
			holding.Samples = 0
		}
		profile.Holdings = []spec.Holding{holding}
	}
	stake := m.Stake
	if stake == 0 {
		stake = spec.Thing
	}
	n.Fund(owner, stake)
	if _, err := n.Register(owner, profile, stake); err != nil {
		return nil, err
	}
	store := blob.NewMemory()
	receipts := &aggregator.Receipts{}
	node := &Node{
		ID: id, Owner: owner, Table: m.Rows, network: n, Done: map[string]int{},
		Shows: store, Policy: aggregator.Policy{Chain: n.Records(), Registered: n.registered, Node: id, Key: n.transportKey(owner), Payloads: &aggregator.Payloads{Store: store}, Receipts: receipts},
		Tools: role.Tools{
			Node: id, Name: profile.Name, Records: n.Records(), Blobs: n.Blobs(id), Store: store, Journal: &Journal{},
			Trainer: train.Engine{}, Withhold: m.Withhold, Random: n.secrets(id),
			Samplers: &n.samplers, Alarm: &Alarm{},
			Now: func() time.Time { return time.Unix(0, 0).Add(n.now) },
		},
	}
	seed := spec.Statement("simulated owner", binary.BigEndian.AppendUint64(nil, n.config.Seed), []byte(owner))
	node.Signs = ed25519.NewKeyFromSeed(seed[:])
	node.Tools.Sign = node.sign
	node.Tools.Rows = func(asked spec.Data) (data.Table, error) {
		if m.File != nil {
			return m.File.Rows(asked)
		}
		return role.InMemory(node.Table)(asked)
	}
	node.Tools.Fitting = func(asked spec.Data) (data.Table, error) {
		if m.File != nil {
			return m.File.Fitting(asked)
		}
		return role.InMemoryFitting(node.Table)(asked)
	}
	node.Tools.Send = node.send
	node.Tools.Committed = func(_ context.Context, task uint64, commitment spec.Digest) (uint64, error) {
		return n.Committed(task, commitment)
	}
	node.Machines = func() (machines []role.Machine) {
		if m.Roles.Has(spec.Trainer) {
			machines = append(machines, &trainer.Machine{Node: id, Norms: &n.norms})
		}
		if m.Roles.Has(spec.Aggregator) {
			machines = append(machines, &aggregator.Machine{Node: id, Liar: m.Liar, Receipts: receipts})
		}
		if m.Roles.Has(spec.Evaluator) {
			machines = append(machines, &evaluator.Machine{Node: id})
		}
		if m.Roles.Has(spec.Consumer) {
			machines = append(machines, &consumer.Machine{})
		}
		return machines
	}
	n.Nodes = append(n.Nodes, node)
	node.Restart()
	return node, nil
}

// transportKey is the key with which the node of an owner signs receipts.
func (n *Network) transportKey(owner string) ed25519.PrivateKey {
	seed := spec.Statement("simulated transport", binary.BigEndian.AppendUint64(nil, n.config.Seed), []byte(owner))
	return ed25519.NewKeyFromSeed(seed[:])
}

// sign signs what the node commits to, as the owner of its rows.
func (d *Node) sign(_ context.Context, task spec.Task, r spec.Round, update spec.Digest, salt spec.Salt) (spec.Signature, error) {
	i := r.Trainer(d.ID)
	if i < 0 {
		return spec.Signature{}, fmt.Errorf("node %d does not train in round %d", d.ID, r.Number)
	}
	slot := d.Tools.Slot(task, r.Number)
	return spec.SignCharge(d.Signs, slot, r.Trainers[i].Dataset, spec.UpdateCommitment(slot, update, salt)), nil
}

// secrets is the randomness of a node, drawn from the network's seed.
func (n *Network) secrets(node uint64) *rand.ChaCha8 {
	place := binary.BigEndian.AppendUint64(nil, n.config.Seed)
	return rand.NewChaCha8(spec.Statement("simulated secrets", binary.BigEndian.AppendUint64(place, node)))
}

// Profile is what the node says of itself on the chain.
func (d *Node) Profile() spec.Profile {
	n, _ := d.network.Node(d.ID)
	return n.Profile
}

// Use gives the node another store, which it also shows to others.
func (d *Node) Use(s blob.Store) {
	d.Tools.Store, d.Shows = s, s
	if p, ok := d.Policy.(aggregator.Policy); ok && p.Payloads != nil {
		p.Payloads = &aggregator.Payloads{Store: s}
		d.Policy = p
	}
}

// Crash stops the node at once: what it was doing is lost, and it serves nothing.
func (d *Node) Crash() {
	d.network.tell("node %d crashes", d.ID)
	d.down = true
	d.drop()
}

// Restart starts the node with what its store and its journal hold. One that runs
// crashes first.
func (d *Node) Restart() {
	d.network.tell("node %d starts", d.ID)
	d.drop()
	d.down = false
	d.agenda = &role.Agenda{Machines: d.Machines()}
	d.network.wake(d)
}

// drop forgets all work that has not ended.
func (d *Node) drop() {
	for _, w := range d.running {
		w.stopped = true
	}
	d.running = map[string]*work{}
}

// send checks what the node says as a chain node would, and takes it along for the
// next block.
func (d *Node) send(_ context.Context, s role.Send) error {
	if err := d.network.Check(s.Task, s.Input); err != nil {
		return err
	}
	d.network.said = append(d.network.said, said{s.Task, s.Input})
	return nil
}

// look tells the machines what the chain and the store hold now.
func (d *Node) look() error {
	d.waking = false
	if d.down {
		return nil
	}
	saw := role.Saw{Now: d.network.Time()}
	for _, s := range d.duties() {
		for _, duty := range role.Duties(s.Task, s.OpenRounds()) {
			if duty.Round.Phase == spec.PhaseAttest {
				duty.Stored = d.Tools.StoredUpdates(context.Background(), duty.Task, duty.Round)
			}
			saw.Duties = append(saw.Duties, duty)
		}
	}
	d.hear(saw)
	return nil
}

// duties lists the open tasks in which the node has a part, and as a consumer all
// tasks of its account.
func (d *Node) duties() []round.State {
	duties := d.network.Duties(d.ID)
	if !d.Profile().Roles.Has(spec.Consumer) {
		return duties
	}
	for _, s := range d.network.tasks {
		own := s.Task.Owner == d.Owner
		if own && !slices.ContainsFunc(duties, func(o round.State) bool { return o.Task.ID == s.Task.ID }) {
			duties = append(duties, s)
		}
	}
	return duties
}

// hear tells the machines of an event, begins what they ask for and stops what
// nobody asks for any more. A machine knows the height of the last block.
func (d *Node) hear(e role.Event) {
	n := d.network
	start, stop := d.agenda.Dispatch(e, n.height-1)
	for _, key := range stop {
		if w := d.running[key]; w != nil {
			w.stopped = true
			delete(d.running, key)
			d.agenda.Ended(key, context.Canceled, n.height-1)
		}
	}
	for _, a := range start {
		if d.Refuses != nil && d.Refuses(a) {
			d.agenda.Ended(a.Key(), context.Canceled, n.height-1)
			continue
		}
		w := &work{node: d, action: a}
		d.running[a.Key()] = w
		n.queue.add(event{at: n.now + n.config.Takes(d, a), do: w.end, work: w})
	}
}

// work is an action that a node has begun. It is done when its time is over: a node
// that crashes before has done nothing.
type work struct {
	node    *Node
	action  role.Action
	stopped bool
	ran     bool
	event   role.Event
	err     error
}

// solitary reports whether the work writes to nothing but its node's own store and
// journal, so that others of its kind may be done at the same time.
func (w *work) solitary() bool { return solitary(w.action) }

func solitary(a role.Action) bool {
	switch a.(type) {
	case trainer.Train, evaluator.Score:
		return true
	}
	return false
}

// run does the work.
func (w *work) run(ctx context.Context) {
	if w.ran = true; w.stopped {
		return
	}
	w.err = role.Guard(func() (err error) {
		w.event, err = w.action.Do(ctx, w.node.Tools)
		return err
	})
}

// end does the work unless it was done, takes note of it and tells the machines.
func (w *work) end() error {
	if !w.ran {
		w.run(context.Background())
	}
	if w.stopped {
		return nil
	}
	d, key := w.node, w.action.Key()
	delete(d.running, key)
	d.agenda.Ended(key, w.err, d.network.height-1)
	switch {
	case w.err == nil:
		d.Done[key]++
		d.network.tell("node %d: %s", d.ID, key)
	case !errors.Is(w.err, context.Canceled):
		d.Errs = append(d.Errs, fmt.Errorf("%s: %w", key, w.err))
		d.network.tell("node %d: %s: %v", d.ID, key, w.err)
	}
	if w.event != nil {
		d.hear(w.event)
	}
	for _, node := range d.network.Nodes {
		if node.arrived.Swap(false) {
			d.network.wake(node)
		}
	}
	return nil
}

// arrivals is the store that a node shows to others, which tells it of updates.
// Several may arrive from several goroutines while one node uploads.
type arrivals struct {
	blob.Store
	arrived *atomic.Bool
}

// Label implements [blob.Store].
func (a arrivals) Label(ctx context.Context, l blob.Label) error {
	err := a.Store.Label(ctx, l)
	if err == nil {
		a.arrived.Store(true)
	}
	return err
}
