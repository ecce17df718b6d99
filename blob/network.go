package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/althing-network/althing/spec"
)

// Network exchanges blobs with nodes by their ids.
type Network struct {
	Client Client
	// Self is the node that asks. It never asks itself. It begins with the peer at position
	// Self modulo the length of the list, so that not all nodes ask the same peer first.
	// With 0 it begins with the first.
	Self uint64
	// Peer looks up a node; its error is [ErrNotFound] if there is none. A node without an
	// endpoint serves nothing.
	Peer func(ctx context.Context, node uint64) (Peer, error)
	// RefreshKey, when set, is called for a node that does not have the key that Peer returned.
	// It reports whether Peer may return a newer key now; the node is then asked once more.
	RefreshKey func(node uint64) bool
	// Stalls remembers peers that stalled, which are asked last. With nil, each blob waits
	// anew for a peer that has stalled.
	Stalls *Stalls
}

// quickChunkTimeout and quickMinSpeed are the chunk timeout and the minimum speed in bytes per
// second of the first attempt, after which the next peer is asked.
const (
	quickChunkTimeout = 2 * time.Second
	quickMinSpeed     = 1 << 20
)

// FetchModel is [Client.FetchModel] from those of the nodes that can be found.
func (n Network) FetchModel(ctx context.Context, from []uint64, d spec.Digest, limit int64, into Store) error {
	return n.fetch(ctx, from, func(c Client, peers []Peer) error {
		_, err := c.FetchModel(ctx, peers, d, limit, into)
		return err
	})
}

// FetchUpdate is [Client.FetchUpdate] from those of the nodes that can be found.
func (n Network) FetchUpdate(ctx context.Context, from []uint64, r Ref, commitment spec.Digest, limit int64, into Store) (e Entry, err error) {
	err = n.fetch(ctx, from, func(c Client, peers []Peer) (err error) {
		e, err = c.FetchUpdate(ctx, peers, r, commitment, limit, into)
		return err
	})
	return e, err
}

// PutUpdate is [Client.PutUpdate] to a node. The error is [ErrNotFound] if it serves
// nothing.
func (n Network) PutUpdate(ctx context.Context, to uint64, r Ref, e Entry, open func() (io.ReadCloser, error)) (receipt spec.Receipt, err error) {
	for first := n.RefreshKey != nil; ; first = false {
		peer, err := n.Peer(ctx, to)
		if err == nil && peer.Endpoint == "" {
			err = ErrNotFound
		}
		if err != nil {
			return receipt, fmt.Errorf("put %s to node %d: look up its endpoint: %w", r, to, err)
		}
		receipt, err = n.Client.PutUpdate(ctx, peer, r, e, open)
		if !first || !errors.Is(err, ErrOtherKey) || !n.RefreshKey(to) {
			return receipt, err
		}
	}
}

// fetch makes up to two attempts: first with short timeouts, so that a peer that stalls on
// purpose costs seconds and not a whole phase, and if that fails because peers are slow,
// with the timeouts of the client. If both fail and keys may have changed, it starts over
// once.
func (n Network) fetch(ctx context.Context, from []uint64, get func(Client, []Peer) error) error {
	for first := n.RefreshKey != nil; ; first = false {
		renewed := false
		err := n.fetchFrom(ctx, from, func(c Client, peers []Peer) error {
			if first {
				c.onOtherKey = func(p Peer) { renewed = n.RefreshKey(p.Node) || renewed }
			}
			return get(c, peers)
		})
		if err == nil || !renewed || ctx.Err() != nil {
			return err
		}
	}
}

func (n Network) fetchFrom(ctx context.Context, from []uint64, get func(Client, []Peer) error) error {
	peers, failed := n.peers(ctx, from)
	quick := n.Client
	if quick.ChunkTimeout == 0 || quick.ChunkTimeout > quickChunkTimeout {
		quick.ChunkTimeout = quickChunkTimeout
	}
	quick.MinSpeed = max(quick.MinSpeed, quickMinSpeed)
	if n.Stalls != nil {
		quick.onStalled = func(p Peer) { n.Stalls.record(p.Node, n.Client.now()) }
		peers = n.Stalls.stalledLast(peers, n.Client.now())
	}
	err := get(quick, peers)
	if errors.Is(err, ErrStalled) {
		err = get(n.Client, peers)
	}
	if err != nil && failed != nil {
		return fmt.Errorf("%w (and %w)", err, failed)
	}
	return err
}

// peers looks up the endpoints of nodes. Failed says which lookups failed; those nodes are
// not in the list.
func (n Network) peers(ctx context.Context, nodes []uint64) (peers []Peer, failed error) {
	for _, node := range nodes {
		if node == n.Self {
			continue
		}
		switch peer, err := n.Peer(ctx, node); {
		case err == nil && peer.Endpoint != "":
			peers = append(peers, peer)
		case err != nil && !errors.Is(err, ErrNotFound):
			failed = errors.Join(failed, fmt.Errorf("node %d was not looked up: %w", node, err))
		}
	}
	if len(peers) == 0 {
		return nil, failed
	}
	first := n.Self % uint64(len(peers))
	return slices.Concat(peers[first:], peers[:first]), failed
}
