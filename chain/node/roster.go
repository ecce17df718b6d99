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

// mirror is a roster of the registry in memory, kept from block to block, so that a block
// reads the nodes that have changed and no others. It is never asked what is true: before
// it is used, every node that somebody has written to since is read again from the store,
// whether or not what was written was kept.
//
// So nothing is noted too much. A node is noted whenever it is written to, in whatever
// context: in a transaction that fails, in one that is only simulated beside the blocks,
// in a task that gets stuck.
type mirror struct {
	lock   sync.Mutex // simulated transactions run beside the blocks
	stale  map[uint64]bool
	recent map[uint64]bool // written to since the last [Keeper.Watch]

	roster *round.Roster // nil: to be read anew
	height int64         // of the block that it is of
}

// note says that a node is written to.
func (m *mirror) note(id uint64) {
	m.lock.Lock()
	defer m.lock.Unlock()
	if m.stale == nil {
		m.stale, m.recent = make(map[uint64]bool), make(map[uint64]bool)
	}
	m.stale[id], m.recent[id] = true, true
}

// take is the nodes to be read again, which the caller now does.
func (m *mirror) take() []uint64 {
	m.lock.Lock()
	defer m.lock.Unlock()
	ids := slices.Sorted(maps.Keys(m.stale))
	clear(m.stale)
	return ids
}

// written is a part of the registry, by node, that notes which nodes are written to.
type written[V any] struct {
	collections.Map[uint64, V]
	mirror *mirror
}

// Set writes a node's part.
func (w written[V]) Set(ctx context.Context, id uint64, value V) error {
	w.mirror.note(id)
	return w.Map.Set(ctx, id, value)
}

// Remove removes a node's part.
func (w written[V]) Remove(ctx context.Context, id uint64) error {
	w.mirror.note(id)
	return w.Map.Remove(ctx, id)
}

// BeginBlock keeps the roster if it is of the block before. Otherwise this block is not
// carried out for the first time, or the last one was not: then what was read meanwhile
// may have been taken back, and the roster is read anew.
func (k Keeper) BeginBlock(ctx context.Context) error {
	height := sdk.UnwrapSDKContext(ctx).BlockHeight()
	if k.mirror.height != height-1 {
		k.mirror.roster = nil
	}
	k.mirror.height = height
	return nil
}

// Roster is the nodes that may be selected, for the end of a block, which alone asks. It
// holds until a node is written to.
func (k Keeper) Roster(ctx context.Context) (*round.Roster, error) {
	m := k.mirror
	stale := m.take()
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
			n = spec.Node{ID: id} // not active
		case err != nil:
			m.roster = nil
			return nil, err
		}
		m.roster.Put(n)
	}
	return m.roster, nil
}

// candidate is a node as the roster has it: without the history of its standing.
func (k Keeper) candidate(ctx context.Context, id uint64) (spec.Node, error) {
	r, err := k.registration(ctx, id)
	if err != nil {
		return spec.Node{}, err
	}
	stored, err := k.join(ctx, id, r)
	if err != nil {
		return spec.Node{}, err
	}
	return stored.ToSpec()
}

// Watch begins to look at which nodes are written to. What it returns says that all of
// that has been undone since.
func (k Keeper) Watch() (undone func()) {
	m := k.mirror
	m.lock.Lock()
	defer m.lock.Unlock()
	clear(m.recent)
	return func() {
		m.lock.Lock()
		defer m.lock.Unlock()
		maps.Copy(m.stale, m.recent)
	}
}
