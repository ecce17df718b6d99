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

// Network asks nodes for blobs by their ids.
type Network struct {
	Client Client
	// Self is the node that asks. It is never asked itself, and its lists begin
	// elsewhere than those of others, so that not all nodes ask the same one first.
	// With 0 nobody is left out and a list begins with its first node.
	Self uint64
	// Peer finds a node: [ErrNotFound] where there is none. A node without an
	// endpoint serves nothing.
	Peer func(ctx context.Context, node uint64) (Peer, error)
	// Doubt, when set, is told of a node that has another key than Peer said, and says
	// whether Peer may know better now; then the node is asked once more.
	Doubt func(node uint64) bool
	// Stalls remembers who stalled, to ask it last; with nil nobody is remembered, and
	// a peer that stands still costs each blob its haste again.
	Stalls *Stalls
}

// hasty is how long a peer may take for a chunk before another is asked, and swift how
// many bytes a second it has to bring until then.
const (
	hasty = 2 * time.Second
	swift = 1 << 20
)

// FetchModel is [Client.FetchModel] from those of some nodes that can be found.
func (n Network) FetchModel(ctx context.Context, from []uint64, d spec.Digest, limit int64, into Store) error {
	return n.fetch(ctx, from, func(c Client, peers []Peer) error {
		_, err := c.FetchModel(ctx, peers, d, limit, into)
		return err
	})
}

// FetchUpdate is [Client.FetchUpdate] from those of some nodes that can be found.
func (n Network) FetchUpdate(ctx context.Context, from []uint64, r Ref, commitment spec.Digest, limit int64, into Store) (e Entry, err error) {
	err = n.fetch(ctx, from, func(c Client, peers []Peer) (err error) {
		e, err = c.FetchUpdate(ctx, peers, r, commitment, limit, into)
		return err
	})
	return e, err
}

// PutUpdate is [Client.PutUpdate] to a node; [ErrNotFound] where it serves nothing.
func (n Network) PutUpdate(ctx context.Context, to uint64, r Ref, e Entry, open func() (io.ReadCloser, error)) (receipt spec.Receipt, err error) {
	for again := n.Doubt != nil; ; again = false {
		peer, err := n.Peer(ctx, to)
		if err == nil && peer.Endpoint == "" {
			err = ErrNotFound
		}
		if err != nil {
			return receipt, fmt.Errorf("put %s to node %d: where it serves blobs: %w", r, to, err)
		}
		receipt, err = n.Client.PutUpdate(ctx, peer, r, e, open)
		if !again || !errors.Is(err, ErrOtherKey) || !n.Doubt(to) {
			return receipt, err
		}
	}
}

// fetch gets something twice if need be: in haste, so that a peer which stands
// still on purpose costs its victims seconds and not a phase, and when that fails
// because a peer is slow, with the patience of the client. Where nobody brings it and
// keys may have changed, it begins anew.
func (n Network) fetch(ctx context.Context, from []uint64, get func(Client, []Peer) error) error {
	for again := n.Doubt != nil; ; again = false {
		renewed := false
		err := n.fetchFrom(ctx, from, func(c Client, peers []Peer) error {
			if again {
				c.strange = func(p Peer) { renewed = n.Doubt(p.Node) || renewed }
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
	if quick.Patience == 0 || quick.Patience > hasty {
		quick.Patience = hasty
	}
	quick.Speed = max(quick.Speed, swift)
	if n.Stalls != nil {
		quick.stalled = func(p Peer) { n.Stalls.note(p.Node, n.Client.now()) }
		peers = n.Stalls.last(peers, n.Client.now())
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

// peers looks up where nodes serve blobs. What failed is the reason why some are
// missing that may be there.
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
