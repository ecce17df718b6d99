// Package timelock is the queue on the chain in which passed proposals wait: everybody
// sees what will be done before it is done, and has the time to leave. When its time has
// come, anybody may have an entry executed; one that nobody executes expires.
//
// It counts no votes: that is chain/dao, which puts messages here. It knows nothing of
// what messages do: their modules carry them out.
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

// MaxQueued is how many entries wait at once.
const MaxQueued = 100

var (
	_ timelockpb.MsgServer   = Keeper{}
	_ timelockpb.QueryServer = Keeper{}
)

// Clock is network time, on which entries wait: it stands still while the chain does.
type Clock interface {
	Clock(ctx context.Context) (round.Clock, error)
}

// Modules are what the queue asks the rest of the chain.
type Modules interface {
	// Queued tells that a message waits, so that nodes can prepare for it, and Dropped that
	// it will never be executed.
	Queued(ctx context.Context, proposal uint64, msg sdk.Msg) error
	Dropped(ctx context.Context, proposal uint64, msg sdk.Msg) error
	// Carrying is a context in which the messages of a proposal are carried out.
	Carrying(ctx sdk.Context, proposal uint64) sdk.Context
	// Unqueued says why a proposal is not in the queue; nil where there is no reason.
	Unqueued(ctx context.Context, proposal uint64) error
	// CheckPeriods refuses parameters with which a stake could leave before a vote about it
	// is carried out.
	CheckPeriods(ctx context.Context) error
}

// Keeper owns the queue and serves its messages and queries.
type Keeper struct {
	router    baseapp.MessageRouter
	clock     Clock
	modules   Modules
	addresses address.Codec
	authority string // in whose name passed proposals act

	params  collections.Item[timelockpb.Params]
	bounds  collections.Item[timelockpb.Bounds]
	entries collections.Map[uint64, timelockpb.Entry] // by proposal
	queue   collections.Map[place, int64]             // since when there was a vote, by place: of entries that wait
}

// NewKeeper returns a keeper over a store. The router is that of all messages.
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
		panic(err) // two collections with one prefix: a mistake in the lines above
	}
	return k
}

// Settings are the parameters.
func (k Keeper) Settings(ctx context.Context) (timelockpb.Params, error) {
	params, err := k.params.Get(ctx)
	if err != nil {
		return params, fmt.Errorf("read the parameters of the timelock: %w", err)
	}
	return params, nil
}

// Holds reports whether a proposal waits whose vote had started when something began: at a
// block time, in milliseconds since 1970.
func (k Keeper) Holds(ctx context.Context, began int64) (holds bool, err error) {
	err = k.queue.Walk(ctx, nil, func(_ place, since int64) (bool, error) {
		holds = since <= began
		return holds, nil
	})
	return holds, err
}

// place is that of an entry among those that wait: when it expires, and its proposal. There
// are [MaxQueued] at most.
type place = collections.Pair[int64, uint64]

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

// now is network time in milliseconds.
func (k Keeper) now(ctx context.Context) (int64, error) {
	clock, err := k.clock.Clock(ctx)
	if err != nil {
		return 0, fmt.Errorf("read network time: %w", err)
	}
	return int64(clock.Time), nil
}
