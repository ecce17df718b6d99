// Package node is the registry on the chain: who takes part, in which roles, with which
// stake and reputation. Its module account holds the stakes.
//
// The application builds a [Keeper] and wraps it in a [Module]. chain/task reads the registry
// and reports selections, merits and faults to it; README.md describes state and messages.
//
// The package does not do a node's work, which is package role, and it selects nobody, which
// is package round.
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
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// Name is the module's name, its store key and its account.
const Name = "node"

var (
	_ nodepb.MsgServer   = Keeper{}
	_ nodepb.QueryServer = Keeper{}
)

// Keeper owns the registry's state and serves its messages and queries. A node is stored in
// four parts that change at different rates: its registration, its deposit, its standing and
// the newest changes of its reputation. Every write to one of the first three marks the node
// as stale in the cached roster. An exited node keeps a registration without a profile and an empty deposit.
//
// Invariant: the module account holds the sum of all deposits, see [Keeper.Check].
type Keeper struct {
	bank      Bank
	addresses address.Codec
	denom     string

	params        collections.Item[nodepb.Params]
	last          collections.Sequence                    // id of the newest node
	owners        collections.Map[sdk.AccAddress, uint64] // id by account, of nodes that have not exited
	registrations tracked[nodepb.Registration]            // by id, as the two below
	deposits      tracked[nodepb.Deposit]
	standings     tracked[nodepb.Standing]
	changes       collections.Map[collections.Pair[uint64, uint64], nodepb.Change] // by id and number modulo round.MaxHistory
	active        collections.KeySet[uint64]                                       // nodes that may be selected
	due           collections.KeySet[dueKey]                                       // when unbondings end
	votable       collections.Item[uint64]                                         // sum of all stake that has a vote

	cache      *rosterCache // of registrations, deposits and standings
	governance *Governance  // see [Keeper.Govern]
}

// NewKeeper returns a keeper over a store. Stakes are in denom.
func NewKeeper(cdc codec.BinaryCodec, kv store.KVStoreService, bank Bank, addresses address.Codec, denom string) Keeper {
	sb, m := collections.NewSchemaBuilder(kv), new(rosterCache)
	pair := collections.PairKeyCodec(collections.Uint64Key, collections.Uint64Key)
	k := Keeper{
		bank: bank, addresses: addresses, denom: denom, cache: m, governance: new(Governance),
		params:        collections.NewItem(sb, collections.NewPrefix(0), "params", codec.CollValue[nodepb.Params](cdc)),
		last:          collections.NewSequence(sb, collections.NewPrefix(1), "last"),
		owners:        collections.NewMap(sb, collections.NewPrefix(2), "owners", sdk.AccAddressKey, collections.Uint64Value),
		registrations: tracked[nodepb.Registration]{collections.NewMap(sb, collections.NewPrefix(3), "registrations", collections.Uint64Key, codec.CollValue[nodepb.Registration](cdc)), m},
		deposits:      tracked[nodepb.Deposit]{collections.NewMap(sb, collections.NewPrefix(4), "deposits", collections.Uint64Key, codec.CollValue[nodepb.Deposit](cdc)), m},
		standings:     tracked[nodepb.Standing]{collections.NewMap(sb, collections.NewPrefix(5), "standings", collections.Uint64Key, codec.CollValue[nodepb.Standing](cdc)), m},
		changes:       collections.NewMap(sb, collections.NewPrefix(6), "changes", pair, codec.CollValue[nodepb.Change](cdc)),
		active:        collections.NewKeySet(sb, collections.NewPrefix(7), "active", collections.Uint64Key),
		due:           collections.NewKeySet(sb, collections.NewPrefix(8), "due", collections.PairKeyCodec(collections.Int64Key, collections.Uint64Key)),
		votable:       collections.NewItem(sb, collections.NewPrefix(9), "votable", collections.Uint64Value),
	}
	if _, err := sb.Build(); err != nil {
		panic(err) // two collections have the same prefix
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

// Active returns the nodes that may be selected, by id, without the history of their
// reputation.
func (k Keeper) Active(ctx context.Context) (active []spec.Node, err error) {
	err = k.Walk(ctx, func(n spec.Node) (bool, error) {
		active = append(active, n)
		return false, nil
	})
	return active, err
}

// Walk visits the nodes of [Keeper.Active], in their order, until visit says stop.
func (k Keeper) Walk(ctx context.Context, visit func(spec.Node) (stop bool, err error)) error {
	err := k.active.Walk(ctx, nil, func(id uint64) (bool, error) {
		r, err := k.registration(ctx, id)
		if err != nil {
			return true, err
		}
		stored, err := k.assembleWithoutHistory(ctx, id, r)
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

// stored returns a node with its history in wire form, or [ErrNotFound].
func (k Keeper) stored(ctx context.Context, id uint64) (nodepb.Node, error) {
	r, err := k.registration(ctx, id)
	if err != nil {
		return nodepb.Node{}, err
	}
	return k.assemble(ctx, id, r)
}

// assemble assembles a node from its four parts.
func (k Keeper) assemble(ctx context.Context, id uint64, r nodepb.Registration) (nodepb.Node, error) {
	n, err := k.assembleWithoutHistory(ctx, id, r)
	if err != nil {
		return n, err
	}
	n.History, err = k.history(ctx, id, n.Standing.Changes)
	return n, err
}

// assembleWithoutHistory assembles a node from its registration, deposit and standing, without its history.
func (k Keeper) assembleWithoutHistory(ctx context.Context, id uint64, r nodepb.Registration) (nodepb.Node, error) {
	d, err := k.deposits.Get(ctx, id)
	if err != nil {
		return nodepb.Node{}, fmt.Errorf("read the deposit of node %d: %w", id, err)
	}
	s, err := k.standings.Get(ctx, id)
	if err != nil && !errors.Is(err, collections.ErrNotFound) { // an exited node has no standing
		return nodepb.Node{}, fmt.Errorf("read the standing of node %d: %w", id, err)
	}
	return nodepb.Node{
		Id: id, Owner: r.Owner, Profile: r.Profile, Registered: r.Registered, Deposit: d, Standing: s,
	}, nil
}

// insert stores a new node, or one of a genesis. Account is nil if the node has exited.
func (k Keeper) insert(ctx context.Context, account sdk.AccAddress, n spec.Node) error {
	stored := nodepb.NodeFromSpec(n)
	err := errors.Join(
		k.registrations.Set(ctx, n.ID, nodepb.Registration{Owner: n.Owner, Profile: stored.Profile, Registered: n.Registered}),
		k.setDeposit(ctx, n.ID, spec.Deposit{}, n.Deposit),
	)
	if err != nil || account == nil {
		return err
	}
	for i, c := range stored.History {
		if err := k.changes.Set(ctx, collections.Join(n.ID, uint64(i)), c); err != nil {
			return err
		}
	}
	return errors.Join(k.owners.Set(ctx, account, n.ID), k.standings.Set(ctx, n.ID, stored.Standing))
}

// exitIfEmpty ends the life of a node that has no money and no task left; of any other node it
// does nothing. What stays is a tombstone, and the account may register again.
func (k Keeper) exitIfEmpty(ctx context.Context, id uint64) error {
	n, err := k.Get(ctx, id)
	if err != nil || !round.Gone(n) {
		return err
	}
	account, err := k.account(n.Owner)
	if err != nil {
		return err
	}
	for i := range uint64(len(n.History)) {
		if err := k.changes.Remove(ctx, changeKey(id, i)); err != nil {
			return err
		}
	}
	err = errors.Join(
		k.owners.Remove(ctx, account),
		k.standings.Remove(ctx, id),
		k.insert(ctx, nil, round.Tombstone(n)),
	)
	if err != nil {
		return fmt.Errorf("exit node %d: %w", id, err)
	}
	return emit(ctx, &nodepb.EventExited{Node: id})
}
