// Package dao weighs and counts the votes on proposals of the SDK's x/gov, says which messages
// a proposal may have, and hands passed proposals to chain/timelock. A vote weighs stake that
// existed before the vote began.
//
// The application builds a [Keeper], gives its router, tally, hooks and server to x/gov, and
// completes it with [Keeper.Attach]. README.md describes state and messages. Proposals, deposits,
// votes and the arithmetic that decides are x/gov's. The package executes nothing:
// chain/timelock does.
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

// Staking knows the coins that are bonded with validators.
type Staking interface {
	IterateDelegations(ctx context.Context, delegator sdk.AccAddress, visit func(index int64, d stakingtypes.DelegationI) (stop bool)) error
	Delegation(ctx context.Context, delegator sdk.AccAddress, validator sdk.ValAddress) (stakingtypes.DelegationI, error)
	Validator(ctx context.Context, validator sdk.ValAddress) (stakingtypes.ValidatorI, error)
	// TotalValidatorPower returns the sum of all bonded coins.
	TotalValidatorPower(ctx context.Context) (math.Int, error)
	ValidatorAddressCodec() address.Codec
}

// Nodes is the registry of participants. Stake that was granted has no vote.
type Nodes interface {
	// Votable returns the stake with a vote of all nodes, in uthing.
	Votable(ctx context.Context) (uint64, error)
	// VotableOf returns the stake with a vote of an account's node; 0 without a node.
	VotableOf(ctx context.Context, owner string) (uint64, error)
}

// Timelock is the queue of passed proposals.
type Timelock interface {
	// Schedule appends a message of a proposal. Since is the block time at which its vote
	// started, in milliseconds; extra is added to the delay, in seconds.
	Schedule(ctx context.Context, proposal uint64, since int64, extra uint64, msg sdk.Msg) error
}

// Parts are keepers that are built after the keeper of this package, because they need it.
type Parts struct {
	Gov      *govkeeper.Keeper
	Nodes    Nodes
	Timelock Timelock
	// Periods refuses periods of several modules that do not fit together, such as a vote
	// that is longer than the unbonding of stakes.
	Periods func(context.Context) error
	// Trying marks a context for a dry run.
	Trying func(sdk.Context) sdk.Context
}

// Keeper owns the polls and the records of stake. A poll is the record of a proposal in this
// package. x/gov forgets proposals that are cancelled or get no deposit; their polls stay.
type Keeper struct {
	codec     codec.BinaryCodec
	staking   Staking
	router    baseapp.MessageRouter // of all messages
	addresses address.Codec
	authority string // of x/gov

	params         collections.Item[daopb.Params]
	minVoting      collections.Item[uint64] // in seconds
	polls          collections.Map[uint64, daopb.Poll]
	open           collections.Map[sdk.AccAddress, uint64] // polls that have not ended, by proposer
	votes          collections.Map[collections.Pair[uint64, sdk.AccAddress], uint64]
	endedWithVotes collections.KeySet[uint64] // ended polls that still have votes
	executing      collections.Item[uint64]   // the proposal that x/gov executes now
	recording      collections.Item[bool]     // present from the first block on: changes are recorded
	records        collections.Map[collections.Pair[[]byte, int64], uint64]
	times          collections.KeySet[collections.Pair[int64, []byte]] // records by time
	totalAtBegin   collections.Item[uint64]                            // all power when this block began

	parts *Parts
}

// NewKeeper returns a keeper over a store. Router runs messages of every kind, while x/gov gets
// [Keeper.Router]; authority is x/gov's account. [Keeper.Attach] must be called before use.
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
		endedWithVotes: collections.NewKeySet(sb, collections.NewPrefix(5), "emptying", collections.Uint64Key),
		executing:      collections.NewItem(sb, collections.NewPrefix(6), "tallied", collections.Uint64Value),
		recording:      collections.NewItem(sb, collections.NewPrefix(7), "begun", collections.BoolValue),
		records: collections.NewMap(sb, collections.NewPrefix(8), "records",
			collections.PairKeyCodec(collections.BytesKey, collections.Int64Key), collections.Uint64Value),
		times: collections.NewKeySet(sb, collections.NewPrefix(9), "times",
			collections.PairKeyCodec(collections.Int64Key, collections.BytesKey)),
		totalAtBegin: collections.NewItem(sb, collections.NewPrefix(10), "whole", collections.Uint64Value),
	}
	if _, err := sb.Build(); err != nil {
		panic(err) // two collections have the same prefix
	}
	return k
}

// Attach completes a keeper, and every copy of it, with the keepers that were built after it.
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

// milliseconds converts a parameter in seconds; its bounds rule out an overflow.
func milliseconds(seconds uint64) int64 { return int64(seconds) * 1000 }
