// Package fee is what transactions pay on the chain: the gas price, and which
// messages are free.
//
// It is not what tasks pay: that is chain/task. It holds no coins, and it does
// not know which messages are owed: chain/task does, behind [Owes].
package fee

import (
	"context"
	"fmt"

	"google.golang.org/grpc/codes"

	"cosmossdk.io/collections"
	"cosmossdk.io/core/store"
	"cosmossdk.io/errors"

	"github.com/cosmos/cosmos-sdk/codec"

	"github.com/althing-network/althing/pb/feepb"
)

const (
	// Name is the module's name.
	Name = "fee"
	// StoreKey differs from it because no store's key may begin another's, and the
	// SDK has a store called feegrant.
	StoreKey = "fees"
)

// What is refused. The numbers are part of the protocol.
var (
	ErrAuthority = errors.RegisterWithGRPCCode(Name, 2, codes.PermissionDenied, "only a passed proposal may")
	ErrParams    = errors.RegisterWithGRPCCode(Name, 3, codes.InvalidArgument, "invalid parameters")
)

var (
	_ feepb.MsgServer   = Keeper{}
	_ feepb.QueryServer = Keeper{}
)

// Keeper owns the parameters of fees. They are part of the chain's state, so
// validators agree on them.
type Keeper struct {
	authority string
	params    collections.Item[feepb.Params]
}

// NewKeeper returns a keeper over a store. Authority is the account in whose name passed
// proposals act.
func NewKeeper(cdc codec.BinaryCodec, kv store.KVStoreService, authority string) Keeper {
	sb := collections.NewSchemaBuilder(kv)
	k := Keeper{authority: authority, params: collections.NewItem(sb, collections.NewPrefix(0), "params", codec.CollValue[feepb.Params](cdc))}
	if _, err := sb.Build(); err != nil {
		panic(err) // two collections with one prefix: a mistake in the lines above
	}
	return k
}

// DefaultParams ask 25 uthing for 1000 units of gas.
func DefaultParams() feepb.Params { return feepb.Params{MinGasPrice: 25} }

// GasPrice is what 1000 units of gas cost at least, in uthing.
func (k Keeper) GasPrice(ctx context.Context) (uint64, error) {
	params, err := k.params.Get(ctx)
	if err != nil {
		return 0, fmt.Errorf("read the gas price: %w", err)
	}
	return params.MinGasPrice, nil
}

// UpdateParams implements [feepb.MsgServer].
func (k Keeper) UpdateParams(ctx context.Context, msg *feepb.MsgUpdateParams) (*feepb.MsgUpdateParamsResponse, error) {
	if msg.Authority != k.authority {
		return nil, ErrAuthority.Wrapf("%q is not %q", msg.Authority, k.authority)
	}
	if err := msg.Params.Validate(); err != nil {
		return nil, ErrParams.Wrap(err.Error())
	}
	return &feepb.MsgUpdateParamsResponse{}, k.params.Set(ctx, msg.Params)
}

// Params implements [feepb.QueryServer].
func (k Keeper) Params(ctx context.Context, _ *feepb.QueryParams) (*feepb.QueryParamsResponse, error) {
	params, err := k.params.Get(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the parameters of fees: %w", err)
	}
	return &feepb.QueryParamsResponse{Params: params}, nil
}
