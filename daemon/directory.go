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

// directory looks nodes up in the registry; a profile changes rarely, so what it
// learned serves for 30 s. By a key that was given up nobody is let in longer than its
// round: whoever asks is looked up again when a round begins. Whom we ask ourselves need
// not be, for a server that has another key is noticed. That there is no such node
// serves until the next height.
type directory struct {
	chain registry

	mu      sync.Mutex
	known   map[uint64]known
	absent  map[uint64]error
	doubted map[uint64]bool   // at this height
	rounds  map[uint64]uint64 // the newest of each task
	begun   uint64            // counts rounds that have begun
	turn    uint64            // counts what makes an answer that is on its way too old
}

// registry is what a chain knows of nodes.
type registry interface {
	Node(ctx context.Context, id uint64) (spec.Node, error)
}

type known struct {
	node  spec.Node
	since time.Time
	begun uint64 // of the directory then
}

const (
	stale    = 30 * time.Second
	maxKnown = 4096 // nodes of each kind that are remembered
)

// see is told at each height of the rounds that run.
func (d *directory) see(tasks []client.Duty) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.absent, d.doubted = nil, nil
	newest, begun := map[uint64]uint64{}, false
	for _, t := range tasks {
		for _, r := range t.Rounds {
			newest[t.Task.ID] = max(newest[t.Task.ID], r.Number)
		}
		begun = begun || newest[t.Task.ID] > d.rounds[t.Task.ID]
	}
	if d.rounds = newest; begun {
		d.begun++
		d.turn++
	}
}

// doubt is told of a node whose key is another than was said. It reports whether the
// registry is asked for the node anew, which it is once at each height.
func (d *directory) doubt(id uint64) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.doubted[id] {
		return false
	}
	d.doubted = remember(d.doubted, id, true)
	delete(d.known, id)
	d.turn++
	return true
}

// node is a node as the registry has it, or had it lately; with thisRound, not before
// the newest round began.
func (d *directory) node(ctx context.Context, id uint64, thisRound bool) (spec.Node, error) {
	d.mu.Lock()
	k, ok := d.known[id]
	missing, turn, begun := d.absent[id], d.turn, d.begun
	d.mu.Unlock()
	switch {
	case ok && time.Since(k.since) < stale && (!thisRound || k.begun == begun):
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
	case err == nil && turn == d.turn:
		d.known = remember(d.known, id, known{node, since, begun})
	}
	return node, err
}

// remember keeps a value; where there are too many, all others are forgotten.
func remember[V any](m map[uint64]V, id uint64, v V) map[uint64]V {
	if m == nil || len(m) >= maxKnown {
		m = map[uint64]V{}
	}
	m[id] = v
	return m
}

// registered is the record of a node, as it was lately; [blob.ErrNotFound] where there
// is none.
func (d *directory) registered(ctx context.Context, id uint64) (spec.Node, error) {
	node, err := d.node(ctx, id, false)
	return node, absent(err)
}

// absent makes [blob.ErrNotFound] of a registry's answer that there is no such node.
func absent(err error) error {
	if errors.Is(err, client.ErrNodeNotFound) {
		return fmt.Errorf("%w: %w", blob.ErrNotFound, err)
	}
	return err
}

// peer is where a node serves blobs; [blob.ErrNotFound] where there is no node.
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
