// Package node is the registry on the chain: who takes part, with which roles,
// what stake and what reputation. It holds the stakes in its module account.
//
// It is not what a node does, which is package role, and it selects nobody: that
// is chain/task, which reads the registry and tells it what became of a node.
package node

import (
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/collections"
	"cosmossdk.io/core/address"
	"cosmossdk.io/core/store"
	"cosmossdk.io/math"

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

// Bank moves stakes into and out of the module's account.
type Bank interface {
	SendCoinsFromAccountToModule(ctx context.Context, from sdk.AccAddress, module string, amount sdk.Coins) error
	SendCoinsFromModuleToAccount(ctx context.Context, module string, to sdk.AccAddress, amount sdk.Coins) error
}

// Keeper owns the registry's state and serves its messages and queries.
// Invariant: the module account holds the sum of all stakes.
type Keeper struct {
	bank      Bank
	addresses address.Codec
	denom     string

	params collections.Item[nodepb.Params]
	last   collections.Sequence                    // id of the newest node
	nodes  collections.Map[uint64, nodepb.Node]    // by id
	owners collections.Map[sdk.AccAddress, uint64] // id by account
}

// NewKeeper returns a keeper over a store. Stakes are in denom.
func NewKeeper(cdc codec.BinaryCodec, kv store.KVStoreService, bank Bank, addresses address.Codec, denom string) Keeper {
	sb := collections.NewSchemaBuilder(kv)
	k := Keeper{
		bank: bank, addresses: addresses, denom: denom,
		params: collections.NewItem(sb, collections.NewPrefix(0), "params", codec.CollValue[nodepb.Params](cdc)),
		last:   collections.NewSequence(sb, collections.NewPrefix(1), "last"),
		nodes:  collections.NewMap(sb, collections.NewPrefix(2), "nodes", collections.Uint64Key, codec.CollValue[nodepb.Node](cdc)),
		owners: collections.NewMap(sb, collections.NewPrefix(3), "owners", sdk.AccAddressKey, collections.Uint64Value),
	}
	if _, err := sb.Build(); err != nil {
		panic(err) // two collections with one prefix: a mistake in the lines above
	}
	return k
}

// Get returns a node, or [ErrNotFound].
func (k Keeper) Get(ctx context.Context, id uint64) (spec.Node, error) {
	stored, err := k.nodes.Get(ctx, id)
	if errors.Is(err, collections.ErrNotFound) {
		return spec.Node{}, ErrNotFound.Wrapf("id %d", id)
	}
	if err != nil {
		return spec.Node{}, fmt.Errorf("read node %d: %w", id, err)
	}
	return stored.ToSpec()
}

// ByOwner returns the node of an account, or [ErrNotFound].
func (k Keeper) ByOwner(ctx context.Context, owner string) (spec.Node, error) {
	account, err := k.account(owner)
	if err != nil {
		return spec.Node{}, err
	}
	id, err := k.owners.Get(ctx, account)
	if errors.Is(err, collections.ErrNotFound) {
		return spec.Node{}, ErrNotFound.Wrapf("owner %s", owner)
	}
	if err != nil {
		return spec.Node{}, fmt.Errorf("read the node of %s: %w", owner, err)
	}
	return k.Get(ctx, id)
}

// Active returns the nodes that may be selected, in the order of their ids.
func (k Keeper) Active(ctx context.Context) ([]spec.Node, error) {
	var active []spec.Node
	err := k.nodes.Walk(ctx, nil, func(_ uint64, stored nodepb.Node) (bool, error) {
		if !stored.Active {
			return false, nil
		}
		n, err := stored.ToSpec()
		active = append(active, n)
		return err != nil, err
	})
	if err != nil {
		return nil, fmt.Errorf("list active nodes: %w", err)
	}
	return active, nil
}

// MinGasPrice is what 1000 units of gas cost at least, in uthing.
func (k Keeper) MinGasPrice(ctx context.Context) (uint64, error) {
	params, err := k.params.Get(ctx)
	if err != nil {
		return 0, fmt.Errorf("read the gas price: %w", err)
	}
	return params.MinGasPrice, nil
}

// set writes a node.
func (k Keeper) set(ctx context.Context, n spec.Node) error {
	return k.nodes.Set(ctx, n.ID, nodepb.NodeFromSpec(n))
}

// account reads an address. One account can be spelled in lower and in upper
// case, so the registry knows owners by their bytes.
func (k Keeper) account(owner string) (sdk.AccAddress, error) {
	account, err := k.addresses.StringToBytes(owner)
	if err != nil {
		return nil, ErrOwner.Wrap(err.Error())
	}
	return account, nil
}

func (k Keeper) coins(amount uint64) sdk.Coins {
	return sdk.NewCoins(sdk.NewCoin(k.denom, math.NewIntFromUint64(amount)))
}
