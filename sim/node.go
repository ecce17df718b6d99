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

// Node is a participant. A test may change its fields between two steps.
type Node struct {
	ID    uint64
	Owner string
	Tools role.Tools
	// Table are the node's own rows.
	Table data.Table
	// Machines makes the machines of the node's roles. It is called at each start.
	Machines func() []role.Machine
	// Serves is the store that other nodes read and write, and Policy decides who may. By
	// default they are the node's own store and the policy of an aggregator.
	Serves blob.Store
	Policy blob.Policy
	// OwnerKey is the signing key of the owner of the node's rows.
	OwnerKey ed25519.PrivateKey
	// Refuses, unless it is nil, reports whether the node skips an action.
	Refuses func(role.Action) bool
	// Done counts the successful runs per key of an action.
	Done map[string]int
	// Errs holds the errors of actions, the oldest first.
	Errs []error

	network *Network
	agenda  *role.Agenda
	running map[string]*work
	down    bool
	waking  bool        // it is scheduled to observe the chain
	arrived atomic.Bool // an update has arrived since the last observation
}

// Member describes a node that joins a network.
type Member struct {
	Name  string // in its profile; empty: the name of its account
	Roles spec.Role
	Rows  data.Table // its own; its profile states their number
	File  *data.File // reads its rows as a task asks for them; nil: [role.InMemory] of Rows
	Data  string     // name of the data set; empty: "digits"
	// Withhold hides the number of its rows.
	Withhold bool
	Stake    uint64 // uthing; 0: 1 THING
	Slots    uint32 // tasks that it serves at the same time; 0: 8
	Liar     bool   // as an aggregator it publishes wrong models
	Policy   spec.Policy
}

// Join adds a node with an account of its own, named node-1, node-2 and so on, and gives
// the account the money for the stake.
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
		Serves: store, Policy: aggregator.Policy{Chain: n.Records(), Registered: n.registered, Node: id, Key: n.transportKey(owner), Payloads: &aggregator.Payloads{Store: store}, Receipts: receipts},
		Tools: role.Tools{
			Node: id, Name: profile.Name, Records: n.Records(), Blobs: n.Blobs(id), Store: store, Journal: &Journal{},
			Trainer: train.Engine{}, Withhold: m.Withhold, Random: n.secrets(id),
			Samplers: &n.samplers, Alarm: &Alarm{},
			Now: func() time.Time { return time.Unix(0, 0).Add(n.now) },
		},
	}
	seed := spec.Statement("simulated owner", binary.BigEndian.AppendUint64(nil, n.config.Seed), []byte(owner))
	node.OwnerKey = ed25519.NewKeyFromSeed(seed[:])
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

// sign signs a commitment of the node with the key of the owner of its rows.
func (d *Node) sign(_ context.Context, task spec.Task, r spec.Round, update spec.Digest, salt spec.Salt) (spec.Signature, error) {
	i := r.Trainer(d.ID)
	if i < 0 {
		return spec.Signature{}, fmt.Errorf("node %d does not train in round %d", d.ID, r.Number)
	}
	slot := d.Tools.Slot(task, r.Number)
	return spec.SignCharge(d.OwnerKey, slot, r.Trainers[i].Dataset, spec.UpdateCommitment(slot, update, salt)), nil
}

// secrets is the source of randomness of a node, derived from the network's seed.
func (n *Network) secrets(node uint64) *rand.ChaCha8 {
	seed := binary.BigEndian.AppendUint64(nil, n.config.Seed)
	return rand.NewChaCha8(spec.Statement("simulated secrets", binary.BigEndian.AppendUint64(seed, node)))
}

// Profile is the node's profile on the chain.
func (d *Node) Profile() spec.Profile {
	n, _ := d.network.Node(d.ID)
	return n.Profile
}

// Use replaces the node's store, also the one that it serves to others.
func (d *Node) Use(s blob.Store) {
	d.Tools.Store, d.Serves = s, s
	if p, ok := d.Policy.(aggregator.Policy); ok && p.Payloads != nil {
		p.Payloads = &aggregator.Payloads{Store: s}
		d.Policy = p
	}
}

// Crash stops the node at once: its running actions are lost, and it serves nothing.
func (d *Node) Crash() {
	d.network.logf("node %d crashes", d.ID)
	d.down = true
	d.dropWork()
}

// Restart starts the node with its store and its journal. A running node crashes first.
func (d *Node) Restart() {
	d.network.logf("node %d starts", d.ID)
	d.dropWork()
	d.down = false
	d.agenda = &role.Agenda{Machines: d.Machines()}
	d.network.wake(d)
}

// dropWork stops and forgets all running actions.
func (d *Node) dropWork() {
	for _, w := range d.running {
		w.stopped = true
	}
	d.running = map[string]*work{}
}

// send checks a message of the node, as a chain node does, and keeps it for the next
// block.
func (d *Node) send(_ context.Context, s role.Send) error {
	if err := d.network.Check(s.Task, s.Input); err != nil {
		return err
	}
	d.network.pending = append(d.network.pending, message{s.Task, s.Input})
	return nil
}

// observe tells the machines what the chain and the store hold now.
func (d *Node) observe() error {
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
	d.dispatch(saw)
	return nil
}

// duties lists the open tasks in which the node has a part and, if it is a consumer, all
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

// dispatch passes an event to the machines, starts the actions that they ask for and stops
// those that they no longer ask for. A machine gets the height of the last block.
func (d *Node) dispatch(e role.Event) {
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

// work is an action that a node has started. The action runs at the end of its time, so a
// node that crashes before has done nothing.
type work struct {
	node    *Node
	action  role.Action
	stopped bool
	ran     bool
	event   role.Event
	err     error
}

// ownStoreOnly reports whether the work writes only to its node's own store and journal, so
// that the work of several nodes may run in parallel.
func (w *work) ownStoreOnly() bool { return ownStoreOnly(w.action) }

func ownStoreOnly(a role.Action) bool {
	switch a.(type) {
	case trainer.Train, evaluator.Score:
		return true
	}
	return false
}

// run runs the action.
func (w *work) run(ctx context.Context) {
	if w.ran = true; w.stopped {
		return
	}
	w.err = role.Guard(func() (err error) {
		w.event, err = w.action.Do(ctx, w.node.Tools)
		return err
	})
}

// end runs the action unless it has run, records the result and tells the machines.
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
		d.network.logf("node %d: %s", d.ID, key)
	case !errors.Is(w.err, context.Canceled):
		d.Errs = append(d.Errs, fmt.Errorf("%s: %w", key, w.err))
		d.network.logf("node %d: %s: %v", d.ID, key, w.err)
	}
	if w.event != nil {
		d.dispatch(w.event)
	}
	for _, node := range d.network.Nodes {
		if node.arrived.Swap(false) {
			d.network.wake(node)
		}
	}
	return nil
}

// arrivalStore is the store that a node serves to others. It notes that an update has
// arrived. Several goroutines may store updates at the same time.
type arrivalStore struct {
	blob.Store
	arrived *atomic.Bool
}

// Label implements [blob.Store].
func (a arrivalStore) Label(ctx context.Context, l blob.Label) error {
	err := a.Store.Label(ctx, l)
	if err == nil {
		a.arrived.Store(true)
	}
	return err
}
