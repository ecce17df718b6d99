package daemon

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/spec"
)

// directory looks up nodes in the registry and caches them for 30 s, because profiles change
// rarely. A caller's key is looked up again when a new round begins, so that a replaced key
// is not accepted longer than its round. The key of a peer from which this node fetches need
// not be looked up again: a server with another key is detected. "No such node" is cached
// until the next height.
type directory struct {
	chain registry

	mu          sync.Mutex
	cached      map[uint64]cachedNode
	absent      map[uint64]error
	refreshed   map[uint64]bool   // by refreshKey, at this height
	rounds      map[uint64]uint64 // the newest round of each task
	roundsBegun uint64            // number of rounds that have begun
	generation  uint64            // increases when answers to pending queries become outdated
}

// registry reads nodes from a chain.
type registry interface {
	Node(ctx context.Context, id uint64) (spec.Node, error)
}

type cachedNode struct {
	node        spec.Node
	since       time.Time
	roundsBegun uint64 // of the directory then
}

const (
	cacheTime = 30 * time.Second
	maxCached = 4096 // cached nodes, and cached absent ones, at most
)

// see must be called at each height with the open tasks and their running rounds.
func (d *directory) see(tasks []client.Duty) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.absent, d.refreshed = nil, nil
	newest, begun := map[uint64]uint64{}, false
	for _, t := range tasks {
		for _, r := range t.Rounds {
			newest[t.Task.ID] = max(newest[t.Task.ID], r.Number)
		}
		begun = begun || newest[t.Task.ID] > d.rounds[t.Task.ID]
	}
	if d.rounds = newest; begun {
		d.roundsBegun++
		d.generation++
	}
}

// refreshKey drops the cached record of a node that seems to have another key. It reports
// whether the next lookup queries the registry, which happens at most once per height and
// node.
func (d *directory) refreshKey(id uint64) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.refreshed[id] {
		return false
	}
	d.refreshed = remember(d.refreshed, id, true)
	delete(d.cached, id)
	d.generation++
	return true
}

// node is the record of a node, at most 30 s old and, with thisRound, not older than the
// beginning of the newest round.
func (d *directory) node(ctx context.Context, id uint64, thisRound bool) (spec.Node, error) {
	d.mu.Lock()
	k, ok := d.cached[id]
	missing, turn, begun := d.absent[id], d.generation, d.roundsBegun
	d.mu.Unlock()
	switch {
	case ok && time.Since(k.since) < cacheTime && (!thisRound || k.roundsBegun == begun):
		return k.node, nil
	case missing != nil:
		return spec.Node{}, missing
	}
	since := time.Now()
	node, err := d.chain.Node(ctx, id)
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case errors.Is(err, client.ErrNodeNotFound):
		d.absent = remember(d.absent, id, err)
	case err == nil && turn == d.generation:
		d.cached = remember(d.cached, id, cachedNode{node, since, begun})
	}
	return node, err
}

// remember caches a value. If the cache is full, it is emptied first.
func remember[V any](m map[uint64]V, id uint64, v V) map[uint64]V {
	if m == nil || len(m) >= maxCached {
		m = map[uint64]V{}
	}
	m[id] = v
	return m
}

// registered is the record of a node, at most 30 s old. The error is [blob.ErrNotFound] if
// there is none.
func (d *directory) registered(ctx context.Context, id uint64) (spec.Node, error) {
	node, err := d.node(ctx, id, false)
	return node, absent(err)
}

// absent turns the registry's "no such node" into [blob.ErrNotFound].
func absent(err error) error {
	if errors.Is(err, client.ErrNodeNotFound) {
		return fmt.Errorf("%w: %w", blob.ErrNotFound, err)
	}
	return err
}

// peer is where a node serves blobs. The error is [blob.ErrNotFound] if there is no such
// node.
func (d *directory) peer(ctx context.Context, id uint64) (blob.Peer, error) {
	node, err := d.registered(ctx, id)
	return peerOf(node), err
}

func peerOf(n spec.Node) blob.Peer {
	return blob.Peer{Node: n.ID, Endpoint: n.Profile.Endpoint, Key: n.Profile.TransportKey}
}

// KeyOf implements [blob.Keys].
func (d *directory) KeyOf(ctx context.Context, id uint64) (ed25519.PublicKey, error) {
	node, err := d.node(ctx, id, true)
	return node.Profile.TransportKey, absent(err)
}
