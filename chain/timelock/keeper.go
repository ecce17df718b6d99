// Package timelock is the queue in which passed proposals wait: everybody sees what will be
// done before it is done, and has time to leave. After a delay anybody may execute an entry; an
// entry that nobody executes expires.
//
// The application builds a [Keeper] and wraps it in a [Module]. README.md describes state and
// messages. The package does not count votes: chain/dao does, and puts messages here. It knows
// nothing about what messages do: their modules execute them.
package timelock

import (
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/collections"
	"cosmossdk.io/core/address"
	"cosmossdk.io/core/store"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/pb/timelockpb"
	"github.com/althing-network/althing/round"
)

// Name is the module's name and its store key.
const Name = "timelock"

// MaxQueued is the largest number of entries that wait at once.
const MaxQueued = 100

var (
	_ timelockpb.MsgServer   = Keeper{}
	_ timelockpb.QueryServer = Keeper{}
)

// Clock knows network time, which stands still while the chain does.
type Clock interface {
	Clock(ctx context.Context) (round.Clock, error)
}

// Modules is the rest of the chain.
type Modules interface {
	// Queued is called when a message starts to wait, so that nodes can prepare for it, and
	// Dropped when it is clear that it will never be executed.
	Queued(ctx context.Context, proposal uint64, msg sdk.Msg) error
	Dropped(ctx context.Context, proposal uint64, msg sdk.Msg) error
	// WithProposal returns a context that says which proposal the executed messages belong to.
	WithProposal(ctx sdk.Context, proposal uint64) sdk.Context
	// NotQueued returns the reason why a proposal is not in the queue, or nil.
	NotQueued(ctx context.Context, proposal uint64) error
	// CheckPeriods refuses parameters with which a stake could leave before a vote about it is
	// executed.
	CheckPeriods(ctx context.Context) error
}

// Keeper owns the queue and serves its messages and queries.
type Keeper struct {
	router    baseapp.MessageRouter
	clock     Clock
	modules   Modules
	addresses address.Codec
	authority string // account of passed proposals

	params  collections.Item[timelockpb.Params]
	bounds  collections.Item[timelockpb.Bounds]
	entries collections.Map[uint64, timelockpb.Entry] // by proposal
	queue   collections.Map[queueKey, int64]          // entries that wait, with the block time at which their vote started
}

// NewKeeper returns a keeper over a store. Router runs messages of every kind.
func NewKeeper(cdc codec.BinaryCodec, kv store.KVStoreService, router baseapp.MessageRouter, clock Clock, modules Modules, addresses address.Codec, authority string) Keeper {
	sb := collections.NewSchemaBuilder(kv)
	k := Keeper{
		router: router, clock: clock, modules: modules, addresses: addresses, authority: authority,
		params:  collections.NewItem(sb, collections.NewPrefix(0), "params", codec.CollValue[timelockpb.Params](cdc)),
		bounds:  collections.NewItem(sb, collections.NewPrefix(1), "bounds", codec.CollValue[timelockpb.Bounds](cdc)),
		entries: collections.NewMap(sb, collections.NewPrefix(2), "entries", collections.Uint64Key, codec.CollValue[timelockpb.Entry](cdc)),
		queue:   collections.NewMap(sb, collections.NewPrefix(3), "queue", collections.PairKeyCodec(collections.Int64Key, collections.Uint64Key), collections.Int64Value),
	}
	if _, err := sb.Build(); err != nil {
		panic(err) // two collections have the same prefix
	}
	return k
}

// Settings returns the parameters.
func (k Keeper) Settings(ctx context.Context) (timelockpb.Params, error) {
	params, err := k.params.Get(ctx)
	if err != nil {
		return params, fmt.Errorf("read the parameters of the timelock: %w", err)
	}
	return params, nil
}

// Holds reports whether a proposal waits whose vote had started by a block time, in
// milliseconds since 1970.
func (k Keeper) Holds(ctx context.Context, began int64) (holds bool, err error) {
	err = k.queue.Walk(ctx, nil, func(_ queueKey, since int64) (bool, error) {
		holds = since <= began
		return holds, nil
	})
	return holds, err
}

// queueKey is the key of an entry that waits: its expiry and its proposal.
type queueKey = collections.Pair[int64, uint64]

// entry returns the entry of a proposal, or [ErrNotFound].
func (k Keeper) entry(ctx context.Context, proposal uint64) (timelockpb.Entry, error) {
	e, err := k.entries.Get(ctx, proposal)
	if errors.Is(err, collections.ErrNotFound) {
		return e, ErrNotFound.Wrapf("proposal %d", proposal)
	}
	if err != nil {
		return e, fmt.Errorf("read the entry of proposal %d: %w", proposal, err)
	}
	return e, nil
}

// now returns network time in milliseconds.
func (k Keeper) now(ctx context.Context) (int64, error) {
	clock, err := k.clock.Clock(ctx)
	if err != nil {
		return 0, fmt.Errorf("read network time: %w", err)
	}
	return int64(clock.Time), nil
}
