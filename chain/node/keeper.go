// Package node is the registry on the chain: who takes part, with which roles,
// what stake and what standing. It holds the stakes in its module account.
//
// It is not what a node does, which is package role, and it selects nobody: that
// is package round, for chain/task, which reads the registry and tells it what
// became of a node.
package node

import (
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/collections"
	"cosmossdk.io/core/address"
	"cosmossdk.io/core/store"

	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/spec"
)

// Name is the module's name, its store key and its account.
const Name = "node"

var (
	_ nodepb.MsgServer   = Keeper{}
	_ nodepb.QueryServer = Keeper{}
)

// Keeper owns the registry's state and serves its messages and queries. A node
// stands in three places, by how often they change: its registration, its stake
// and its standing; whatever writes to them tells the mirror.
// Invariant: the module account holds the sum of all stakes.
type Keeper struct {
	bank      Bank
	addresses address.Codec
	denom     string

	params        collections.Item[nodepb.Params]
	last          collections.Sequence                    // id of the newest node
	owners        collections.Map[sdk.AccAddress, uint64] // id by account
	registrations written[nodepb.Registration]            // by id, as the two below
	stakes        written[uint64]
	standings     written[nodepb.Standing]

	mirror *mirror // of all three
}

// NewKeeper returns a keeper over a store. Stakes are in denom.
func NewKeeper(cdc codec.BinaryCodec, kv store.KVStoreService, bank Bank, addresses address.Codec, denom string) Keeper {
	sb, m := collections.NewSchemaBuilder(kv), new(mirror)
	k := Keeper{
		bank: bank, addresses: addresses, denom: denom, mirror: m,
		params:        collections.NewItem(sb, collections.NewPrefix(0), "params", codec.CollValue[nodepb.Params](cdc)),
		last:          collections.NewSequence(sb, collections.NewPrefix(1), "last"),
		owners:        collections.NewMap(sb, collections.NewPrefix(2), "owners", sdk.AccAddressKey, collections.Uint64Value),
		registrations: written[nodepb.Registration]{collections.NewMap(sb, collections.NewPrefix(3), "registrations", collections.Uint64Key, codec.CollValue[nodepb.Registration](cdc)), m},
		stakes:        written[uint64]{collections.NewMap(sb, collections.NewPrefix(4), "stakes", collections.Uint64Key, collections.Uint64Value), m},
		standings:     written[nodepb.Standing]{collections.NewMap(sb, collections.NewPrefix(5), "standings", collections.Uint64Key, codec.CollValue[nodepb.Standing](cdc)), m},
	}
	if _, err := sb.Build(); err != nil {
		panic(err) // two collections with one prefix: a mistake in the lines above
	}
	return k
}

// Get returns a node, or [ErrNotFound].
func (k Keeper) Get(ctx context.Context, id uint64) (spec.Node, error) {
	stored, err := k.stored(ctx, id)
	if err != nil {
		return spec.Node{}, err
	}
	return stored.ToSpec()
}

// Active returns the nodes that may be selected, in the order of their ids.
func (k Keeper) Active(ctx context.Context) (active []spec.Node, err error) {
	err = k.Walk(ctx, func(n spec.Node) (bool, error) {
		active = append(active, n)
		return false, nil
	})
	return active, err
}

// Walk visits the nodes that may be selected, in the order of their ids, until one stops
// it.
func (k Keeper) Walk(ctx context.Context, visit func(spec.Node) (stop bool, err error)) error {
	err := k.registrations.Walk(ctx, nil, func(id uint64, r nodepb.Registration) (bool, error) {
		if !r.Active {
			return false, nil
		}
		stored, err := k.join(ctx, id, r)
		if err != nil {
			return true, err
		}
		n, err := stored.ToSpec()
		if err != nil {
			return true, err
		}
		return visit(n)
	})
	if err != nil {
		return fmt.Errorf("list active nodes: %w", err)
	}
	return nil
}

// stored returns a node as the wire has it, or [ErrNotFound].
func (k Keeper) stored(ctx context.Context, id uint64) (nodepb.Node, error) {
	r, err := k.registration(ctx, id)
	if err != nil {
		return nodepb.Node{}, err
	}
	return k.join(ctx, id, r)
}

// join completes a registration by what else is stored of the node.
func (k Keeper) join(ctx context.Context, id uint64, r nodepb.Registration) (nodepb.Node, error) {
	stake, err := k.stakes.Get(ctx, id)
	if err != nil {
		return nodepb.Node{}, fmt.Errorf("read the stake of node %d: %w", id, err)
	}
	s, err := k.standing(ctx, id)
	if err != nil {
		return nodepb.Node{}, err
	}
	return nodepb.Node{
		Id: id, Owner: r.Owner, Profile: r.Profile, Active: r.Active, Registered: r.Registered,
		Stake:      stake,
		Reputation: s.Reputation, Busy: s.Busy, Measured: s.Measured, Blame: s.Blame,
	}, nil
}

// enter stores a new node, whose stake the module account holds already.
func (k Keeper) enter(ctx context.Context, id uint64, account sdk.AccAddress, r nodepb.Registration, stake uint64, s nodepb.Standing) error {
	return errors.Join(
		k.owners.Set(ctx, account, id),
		k.registrations.Set(ctx, id, r),
		k.stakes.Set(ctx, id, stake),
		k.standings.Set(ctx, id, s),
	)
}

// forget removes a node, whose stake the module account holds no more.
func (k Keeper) forget(ctx context.Context, id uint64, account sdk.AccAddress) error {
	return errors.Join(
		k.owners.Remove(ctx, account),
		k.registrations.Remove(ctx, id),
		k.stakes.Remove(ctx, id),
		k.standings.Remove(ctx, id),
	)
}
