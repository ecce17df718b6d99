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
// learned serves for a while.
type directory struct {
	chain *client.Client
	mu    sync.Mutex
	known map[uint64]known
}

type known struct {
	node  spec.Node
	since time.Time
}

const stale = 30 * time.Second

func (d *directory) node(ctx context.Context, id uint64) (spec.Node, error) {
	d.mu.Lock()
	k, ok := d.known[id]
	d.mu.Unlock()
	if ok && time.Since(k.since) < stale {
		return k.node, nil
	}
	node, err := d.chain.Node(ctx, id)
	if err != nil {
		return spec.Node{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.known == nil {
		d.known = map[uint64]known{}
	}
	d.known[id] = known{node, time.Now()}
	return node, nil
}

// peer is where a node serves blobs; [blob.ErrNotFound] where there is no node.
func (d *directory) peer(ctx context.Context, id uint64) (blob.Peer, error) {
	node, err := d.node(ctx, id)
	if errors.Is(err, client.ErrNodeNotFound) {
		err = fmt.Errorf("%w: %w", blob.ErrNotFound, err)
	}
	return blob.Peer{Node: id, Endpoint: node.Profile.Endpoint}, err
}

// KeyOf implements [blob.Keys].
func (d *directory) KeyOf(ctx context.Context, id uint64) (ed25519.PublicKey, error) {
	node, err := d.node(ctx, id)
	if errors.Is(err, client.ErrNodeNotFound) {
		return nil, blob.ErrNotFound
	}
	return node.Profile.TransportKey, err
}
