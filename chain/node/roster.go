package node

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// rosterCache caches the roster of active nodes from block to block, so that a block reads only
// the nodes that have changed. It is never a record: before the roster is used, every node
// that was written to is read again from the store.
//
// A node is marked stale by every write, also by one that is rolled back: in a transaction
// that fails, in one that is only simulated, in a task that gets stuck. An unneeded mark
// costs one read.
type rosterCache struct {
	lock   sync.Mutex // simulated transactions run concurrently with blocks
	stale  map[uint64]bool
	recent map[uint64]bool // written to since the last [Keeper.TrackWrites]

	roster *round.Roster // nil: read all nodes again
	height int64         // of the block in which the roster was used
}

// markStale marks a node as stale.
func (m *rosterCache) markStale(id uint64) {
	m.lock.Lock()
	defer m.lock.Unlock()
	if m.stale == nil {
		m.stale, m.recent = make(map[uint64]bool), make(map[uint64]bool)
	}
	m.stale[id], m.recent[id] = true, true
}

// takeStale returns the stale nodes, by id, and clears the marks. The caller reads these nodes.
func (m *rosterCache) takeStale() []uint64 {
	m.lock.Lock()
	defer m.lock.Unlock()
	ids := slices.Sorted(maps.Keys(m.stale))
	clear(m.stale)
	return ids
}

// tracked is a map by node that marks each node it writes to as stale.
type tracked[V any] struct {
	collections.Map[uint64, V]
	cache *rosterCache
}

// Set writes the value of a node.
func (w tracked[V]) Set(ctx context.Context, id uint64, value V) error {
	w.cache.markStale(id)
	return w.Map.Set(ctx, id, value)
}

// Remove removes the value of a node.
func (w tracked[V]) Remove(ctx context.Context, id uint64) error {
	w.cache.markStale(id)
	return w.Map.Remove(ctx, id)
}

// BeginBlock keeps the roster if the previous block left it. Otherwise a block was
// executed more than once, and the roster may hold values that were rolled back: it is
// dropped.
func (k Keeper) BeginBlock(ctx context.Context) error {
	height := sdk.UnwrapSDKContext(ctx).BlockHeight()
	if k.cache.height != height-1 {
		k.cache.roster = nil
	}
	k.cache.height = height
	return nil
}

// Roster returns the nodes that may be selected. Only the end of a block may call it. The
// roster is valid until the next write to a node.
func (k Keeper) Roster(ctx context.Context) (*round.Roster, error) {
	m := k.cache
	stale := m.takeStale()
	if m.roster == nil {
		nodes, err := k.Active(ctx)
		if err != nil {
			return nil, err
		}
		m.roster = round.NewRoster(nodes...)
		return m.roster, nil
	}
	for _, id := range stale {
		n, err := k.candidate(ctx, id)
		switch {
		case errors.Is(err, ErrNotFound):
			n = spec.Node{ID: id} // leaves the roster
		case err != nil:
			m.roster = nil
			return nil, err
		}
		m.roster.Put(n)
	}
	return m.roster, nil
}

// candidate returns a node for the roster, without the history of its reputation.
func (k Keeper) candidate(ctx context.Context, id uint64) (spec.Node, error) {
	r, err := k.registration(ctx, id)
	if err != nil {
		return spec.Node{}, err
	}
	stored, err := k.assembleWithoutHistory(ctx, id, r)
	if err != nil {
		return spec.Node{}, err
	}
	return stored.ToSpec()
}

// TrackWrites starts to record which nodes are written to. The caller calls undone if it has
// rolled these writes back: then the nodes are stale.
func (k Keeper) TrackWrites() (undone func()) {
	m := k.cache
	m.lock.Lock()
	defer m.lock.Unlock()
	clear(m.recent)
	return func() {
		m.lock.Lock()
		defer m.lock.Unlock()
		maps.Copy(m.stale, m.recent)
	}
}
