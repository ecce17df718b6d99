// Package dao is how holders of tokens decide on the chain: it weighs and counts the votes
// on the proposals of the SDK's x/gov, says which messages a proposal may have, and hands
// what has passed to the timelock. A vote weighs the stake that was there before it began.
//
// Proposals, deposits and votes themselves are x/gov's, and so is the arithmetic that
// decides. The package carries nothing out: that is chain/timelock, for anybody who asks.
package dao

import (
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/collections"
	"cosmossdk.io/core/address"
	"cosmossdk.io/core/store"
	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"
	govkeeper "github.com/cosmos/cosmos-sdk/x/gov/keeper"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/althing-network/althing/pb/daopb"
)

// Name is the module's name and its store key.
const Name = "dao"

var (
	_ daopb.MsgServer   = Keeper{}
	_ daopb.QueryServer = Keeper{}
)

// Staking is the coins that are bonded with validators.
type Staking interface {
	IterateDelegations(ctx context.Context, delegator sdk.AccAddress, visit func(index int64, d stakingtypes.DelegationI) (stop bool)) error
	Delegation(ctx context.Context, delegator sdk.AccAddress, validator sdk.ValAddress) (stakingtypes.DelegationI, error)
	Validator(ctx context.Context, validator sdk.ValAddress) (stakingtypes.ValidatorI, error)
	// TotalValidatorPower is all that is bonded.
	TotalValidatorPower(ctx context.Context) (math.Int, error)
	ValidatorAddressCodec() address.Codec
}

// Nodes is the registry of participants. Stake that was granted has no vote.
type Nodes interface {
	// Votable is the stake with a vote of all nodes, in uthing.
	Votable(ctx context.Context) (uint64, error)
	// VotableOf is that of an account's node, 0 where it has none.
	VotableOf(ctx context.Context, owner string) (uint64, error)
}

// Timelock is the queue of what has passed.
type Timelock interface {
	// Schedule appends a message of a proposal. Its vote started at the block time since,
	// in milliseconds; it waits so many seconds more than others where extra says so.
	Schedule(ctx context.Context, proposal uint64, since int64, extra uint64, msg sdk.Msg) error
}

// Parts are what a keeper meets that is built after it: x/gov is built with its tally and
// its router, and the registry tells it what changes.
type Parts struct {
	Gov      *govkeeper.Keeper
	Nodes    Nodes
	Timelock Timelock
	// Periods reports rules of several modules that do not go together, such as a vote
	// that is longer than stake is on its way out.
	Periods func(context.Context) error
	// Trying marks a context in which messages are tried and what comes of them is thrown
	// away.
	Trying func(sdk.Context) sdk.Context
}

// Keeper owns the polls and what was before stake changed. A poll is a proposal as this
// package knows it; x/gov forgets those that are cancelled or get no deposit, a poll stays.
type Keeper struct {
	codec     codec.BinaryCodec
	staking   Staking
	router    baseapp.MessageRouter // runs messages
	addresses address.Codec
	authority string // of x/gov

	params    collections.Item[daopb.Params]
	minVoting collections.Item[uint64] // in seconds
	polls     collections.Map[uint64, daopb.Poll]
	open      collections.Map[sdk.AccAddress, uint64] // polls that have not ended, by proposer
	votes     collections.Map[collections.Pair[uint64, sdk.AccAddress], uint64]
	emptying  collections.KeySet[uint64] // polls that have ended and still have votes
	tallied   collections.Item[uint64]   // the proposal that x/gov carries out now
	begun     collections.Item[bool]     // the first block has begun: changes are recorded
	records   collections.Map[collections.Pair[[]byte, int64], uint64]
	times     collections.KeySet[collections.Pair[int64, []byte]] // records by time
	whole     collections.Item[uint64]                            // all power when this block began

	parts *Parts
}

// NewKeeper returns a keeper over a store. The router runs messages of every kind, x/gov
// gets [Keeper.Router]; authority is x/gov's account. Before it is used it is given the
// rest by [Keeper.Attach].
func NewKeeper(cdc codec.BinaryCodec, kv store.KVStoreService, staking Staking, router baseapp.MessageRouter, addresses address.Codec, authority string) Keeper {
	sb := collections.NewSchemaBuilder(kv)
	k := Keeper{
		codec: cdc, staking: staking, router: router, addresses: addresses, authority: authority, parts: new(Parts),
		params:    collections.NewItem(sb, collections.NewPrefix(0), "params", codec.CollValue[daopb.Params](cdc)),
		minVoting: collections.NewItem(sb, collections.NewPrefix(1), "min_voting", collections.Uint64Value),
		polls:     collections.NewMap(sb, collections.NewPrefix(2), "polls", collections.Uint64Key, codec.CollValue[daopb.Poll](cdc)),
		open:      collections.NewMap(sb, collections.NewPrefix(3), "open", sdk.AccAddressKey, collections.Uint64Value),
		votes: collections.NewMap(sb, collections.NewPrefix(4), "votes",
			collections.PairKeyCodec(collections.Uint64Key, sdk.AccAddressKey), collections.Uint64Value),
		emptying: collections.NewKeySet(sb, collections.NewPrefix(5), "emptying", collections.Uint64Key),
		tallied:  collections.NewItem(sb, collections.NewPrefix(6), "tallied", collections.Uint64Value),
		begun:    collections.NewItem(sb, collections.NewPrefix(7), "begun", collections.BoolValue),
		records: collections.NewMap(sb, collections.NewPrefix(8), "records",
			collections.PairKeyCodec(collections.BytesKey, collections.Int64Key), collections.Uint64Value),
		times: collections.NewKeySet(sb, collections.NewPrefix(9), "times",
			collections.PairKeyCodec(collections.Int64Key, collections.BytesKey)),
		whole: collections.NewItem(sb, collections.NewPrefix(10), "whole", collections.Uint64Value),
	}
	if _, err := sb.Build(); err != nil {
		panic(err) // two collections with one prefix: a mistake in the lines above
	}
	return k
}

// Attach gives a keeper, and every copy of it, what was built after it.
func (k Keeper) Attach(p Parts) { *k.parts = p }

// poll returns a poll, or [ErrNotFound].
func (k Keeper) poll(ctx context.Context, proposal uint64) (daopb.Poll, error) {
	p, err := k.polls.Get(ctx, proposal)
	if errors.Is(err, collections.ErrNotFound) {
		return p, ErrNotFound.Wrapf("proposal %d", proposal)
	}
	if err != nil {
		return p, fmt.Errorf("read the poll of proposal %d: %w", proposal, err)
	}
	return p, nil
}

// now is the block time in milliseconds since 1970.
func now(ctx context.Context) int64 { return sdk.UnwrapSDKContext(ctx).BlockTime().UnixMilli() }

// milliseconds of a parameter, which its bounds keep small.
func milliseconds(seconds uint64) int64 { return int64(seconds) * 1000 }
