package roletest

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/role/aggregator"
	"github.com/althing-network/althing/role/evaluator"
	"github.com/althing-network/althing/role/trainer"
	"github.com/althing-network/althing/spec"
)

// Node is a participant. What a test changes it changes between two blocks.
type Node struct {
	spec.Node
	Key   ed25519.PrivateKey
	Tools role.Tools
	// Blobs is the node's way to the blobs of others, which its tools have.
	Blobs *blob.Network
	// Liar makes it publish wrong models, from its next [Node.Restart] on.
	Liar bool
	// Refuses, when set, says which actions the node does not do.
	Refuses func(role.Action) bool
	// Done counts how often an action of a key ended well.
	Done map[string]int
	// Errs holds the errors of actions in their order.
	Errs []error
	// Unreachable cuts its blob server off, as if nobody listened.
	Unreachable atomic.Bool
	// Front, when set, sees the requests to its blob server first and reports
	// whether it answered.
	Front func(http.ResponseWriter, *http.Request) bool

	network  *Network
	blobs    *blob.Server // nil unless it aggregates
	machines []role.Machine
	finished map[string]bool // since it was started
	tried    map[string]bool // in this block
}

// Join adds a node of some roles with rows of its own. Whoever aggregates serves
// blobs.
func (n *Network) Join(roles spec.Role, table data.Table) *Node {
	id := uint64(len(n.Nodes)) + 1
	node := &Node{network: n, Done: map[string]int{}, tried: map[string]bool{}}
	node.Key = ed25519.NewKeyFromSeed(append(make([]byte, ed25519.SeedSize-1), byte(id)))
	node.Node = spec.Node{ID: id, Stake: 100, Standing: spec.Standing{Reputation: spec.One / 2}, Active: true, Profile: spec.Profile{
		Name: fmt.Sprintf("node-%d", id), Roles: roles, TransportKey: node.Key.Public().(ed25519.PublicKey), Slots: 8,
	}}
	if table.Rows() > 0 {
		node.Profile.Datasets = []spec.Dataset{{Name: "digits", Samples: uint32(table.Rows())}}
	}
	node.Blobs = &blob.Network{
		Client: blob.Client{Chain: Chain, Node: id, Key: node.Key, Now: noon}, Self: id, Peer: n.peer,
	}
	node.Tools = n.tools(node, table)
	if roles.Has(spec.Aggregator) {
		node.serve()
	}
	node.Restart()
	n.Nodes = append(n.Nodes, node)
	return node
}

// Restart throws the machines away, and all they remember but store and journal.
func (d *Node) Restart() {
	d.finished = map[string]bool{}
	d.machines = nil
	if d.Profile.Roles.Has(spec.Trainer) {
		d.machines = append(d.machines, &trainer.Machine{Node: d.ID})
	}
	if d.Profile.Roles.Has(spec.Aggregator) {
		d.machines = append(d.machines, &aggregator.Machine{Node: d.ID, Liar: d.Liar})
	}
	if d.Profile.Roles.Has(spec.Evaluator) {
		d.machines = append(d.machines, &evaluator.Machine{Node: d.ID})
	}
}

// serve opens the node's blob server on loopback.
func (d *Node) serve() {
	n := d.network
	d.blobs = &blob.Server{
		Chain: Chain, Node: d.ID, Store: d.Tools.Store, Keys: n, Now: noon,
		Policy: aggregator.Policy{Chain: n, Node: d.ID},
		Failed: func(r *http.Request, err error) { n.Errorf("node %d: %s: %v", d.ID, r.URL.Path, err) },
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case d.Unreachable.Load():
			panic(http.ErrAbortHandler)
		case d.Front == nil || !d.Front(w, r):
			d.blobs.ServeHTTP(w, r)
		}
	}))
	n.Cleanup(server.Close)
	d.Profile.Endpoint = server.URL
}

// Use gives the node another store, which its blob server serves as well.
func (d *Node) Use(s blob.Store) {
	d.Tools.Store = s
	if d.blobs != nil {
		d.blobs.Store = s
	}
}

// Govern gives the node's blob server another policy, to show what its own
// prevents.
func (d *Node) Govern(p blob.Policy) { d.blobs.Policy = p }

// KeyOf implements [blob.Keys].
func (n *Network) KeyOf(_ context.Context, node uint64) (ed25519.PublicKey, error) {
	if node == 0 || node > uint64(len(n.Nodes)) {
		return nil, blob.ErrNotFound
	}
	return n.Nodes[node-1].Profile.TransportKey, nil
}

func (n *Network) peer(_ context.Context, node uint64) (blob.Peer, error) {
	if node == 0 || node > uint64(len(n.Nodes)) {
		return blob.Peer{}, blob.ErrNotFound
	}
	return blob.Peer{Node: node, Endpoint: n.Nodes[node-1].Profile.Endpoint}, nil
}

// act does everything the node's machines ask for now, each thing once a block
// and never again once it is done. It reports whether there was anything.
func (d *Node) act(ctx context.Context) (acted bool) {
	events := []role.Event{d.saw(ctx)}
	for len(events) > 0 {
		e := events[0]
		events = events[1:]
		for _, m := range d.machines {
			for _, a := range m.Handle(e, d.network.Height()) {
				key := a.Key()
				if d.finished[key] || d.tried[key] || d.Refuses != nil && d.Refuses(a) {
					continue
				}
				d.tried[key], acted = true, true
				result, err := a.Do(ctx, d.Tools)
				if err != nil {
					d.Errs = append(d.Errs, fmt.Errorf("%s: %w", key, err))
					d.finished[key] = errors.Is(err, role.ErrFinal)
					continue
				}
				d.finished[key] = true
				d.Done[key]++
				if result != nil {
					events = append(events, result)
				}
			}
		}
	}
	return acted
}

// saw is what the chain and the store tell the node.
func (d *Node) saw(ctx context.Context) (saw role.Saw) {
	for _, held := range d.network.duties(d.ID) {
		for _, t := range held.Round.Trainers {
			slot := spec.Slot{Chain: Chain, Task: held.Task.ID, Round: held.Round.Number, Node: t.Node}
			if _, err := d.Tools.Store.Lookup(ctx, blob.Ref{Kind: blob.Update, Slot: slot}); err == nil {
				held.Held = append(held.Held, t.Node)
			}
		}
		saw.Duties = append(saw.Duties, held)
	}
	return saw
}
