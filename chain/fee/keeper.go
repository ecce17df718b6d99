// Package fee decides what transactions pay on the chain: the gas price, and which messages
// are free.
//
// The application builds a [Keeper], puts a [Checker] into the checks of transactions, and a
// [Share] into the proposals of blocks. README.md describes the state. The package is not
// about what tasks pay, which is chain/task. It holds no coins, and it does not know which
// messages are owed: chain/task does, behind [Owes].
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
	// StoreKey differs from the name because no store key may be the prefix of another one,
	// and the SDK has a store feegrant.
	StoreKey = "fees"
)

// The registered errors. The numbers are part of the protocol.
var (
	ErrAuthority = errors.RegisterWithGRPCCode(Name, 2, codes.PermissionDenied, "only a passed proposal may do this")
	ErrParams    = errors.RegisterWithGRPCCode(Name, 3, codes.InvalidArgument, "invalid parameters")
)

var (
	_ feepb.MsgServer   = Keeper{}
	_ feepb.QueryServer = Keeper{}
)

// Keeper owns the parameters of fees. They are part of the state, so all validators have the
// same ones.
type Keeper struct {
	authority string
	params    collections.Item[feepb.Params]
}

// NewKeeper returns a keeper over a store. Authority is the account of passed proposals.
func NewKeeper(cdc codec.BinaryCodec, kv store.KVStoreService, authority string) Keeper {
	sb := collections.NewSchemaBuilder(kv)
	k := Keeper{authority: authority, params: collections.NewItem(sb, collections.NewPrefix(0), "params", codec.CollValue[feepb.Params](cdc))}
	if _, err := sb.Build(); err != nil {
		panic(err) // two collections have the same prefix
	}
	return k
}

// DefaultParams has a price of 25 uthing for 1000 gas.
func DefaultParams() feepb.Params { return feepb.Params{MinGasPrice: 25} }

// GasPrice returns the least price of 1000 gas, in uthing.
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
		return nil, ErrAuthority.Wrapf("authority %q: want %q", msg.Authority, k.authority)
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
