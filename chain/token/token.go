// Package token makes coins, under a cap that no message and no proposal can raise, and counts
// them.
//
// The application builds a [Keeper] over a bank that is [Capped]. README.md describes the
// messages. The package moves no coins between accounts: the SDK's bank does, for the owner of
// the coins and nobody else.
package token

import (
	"context"
	"fmt"
	"slices"

	"google.golang.org/grpc/codes"

	"cosmossdk.io/core/address"
	"cosmossdk.io/errors"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/pb/tokenpb"
	"github.com/althing-network/althing/spec"
)

// Name is the module's name. Its account makes coins and holds none.
const Name = "token"

// The registered errors. The numbers are part of the protocol.
var (
	ErrCap       = errors.RegisterWithGRPCCode(Name, 2, codes.FailedPrecondition, "exceeds total supply")
	ErrAuthority = errors.RegisterWithGRPCCode(Name, 3, codes.PermissionDenied, "only a passed proposal makes coins")
	ErrAmount    = errors.RegisterWithGRPCCode(Name, 4, codes.InvalidArgument, "invalid amount")
	ErrAccount   = errors.RegisterWithGRPCCode(Name, 5, codes.InvalidArgument, "invalid account")
)

// Supply knows the supply of a coin.
type Supply interface {
	GetSupply(ctx context.Context, denom string) sdk.Coin
}

// Bank makes and moves coins.
type Bank interface {
	Supply
	GetBalance(ctx context.Context, addr sdk.AccAddress, denom string) sdk.Coin
	MintCoins(ctx context.Context, module string, amounts sdk.Coins) error
	SendCoinsFromModuleToAccount(ctx context.Context, module string, to sdk.AccAddress, amounts sdk.Coins) error
	SendCoinsFromModuleToModule(ctx context.Context, from, to string, amounts sdk.Coins) error
}

// Capped returns the restriction of minting that the bank of every module must have: it mints
// only uthing, and the supply never exceeds [spec.Cap]. Burned coins may be minted again.
func Capped(of Supply) func(context.Context, sdk.Coins) error {
	return func(ctx context.Context, made sdk.Coins) error {
		for _, c := range made {
			if c.Denom != spec.Denom {
				return ErrAmount.Wrapf("mint %s: want %s, the only coin", c, spec.Denom)
			}
			if there := of.GetSupply(ctx, spec.Denom); there.Amount.Add(c.Amount).GT(math.NewIntFromUint64(spec.Cap)) {
				return ErrCap.Wrapf("mint %s with a supply of %s: want at most %s in all", spec.MoneyOf(c.Amount.String()), spec.MoneyOf(there.Amount.String()), spec.Money(spec.Cap))
			}
		}
		return nil
	}
}

var (
	_ tokenpb.MsgServer   = Keeper{}
	_ tokenpb.QueryServer = Keeper{}
)

// Keeper makes coins and counts them. All its state is the bank's.
type Keeper struct {
	bank      Bank
	addresses address.Codec
	authority string           // account of passed proposals, the only one that may mint
	modules   []sdk.AccAddress // accounts without keys: their coins do not circulate
}

// NewKeeper returns a keeper over a bank that is [Capped].
func NewKeeper(bank Bank, addresses address.Codec, authority string, modules []sdk.AccAddress) Keeper {
	return Keeper{bank: bank, addresses: addresses, authority: authority, modules: modules}
}

// Check returns an error if the supply is above the cap. A genesis mints no coins, so the
// application checks it with this.
func (k Keeper) Check(ctx context.Context) error {
	if there := k.bank.GetSupply(ctx, spec.Denom); there.Amount.GT(math.NewIntFromUint64(spec.Cap)) {
		return ErrCap.Wrapf("supply of %s: want at most %s", spec.MoneyOf(there.Amount.String()), spec.Money(spec.Cap))
	}
	return nil
}

// Mint implements [tokenpb.MsgServer]. It refuses every sender but the authority, the accounts
// of modules, an amount of 0, and an amount that exceeds the cap.
func (k Keeper) Mint(ctx context.Context, msg *tokenpb.MsgMint) (*tokenpb.MsgMintResponse, error) {
	if msg.Authority != k.authority {
		return nil, ErrAuthority.Wrapf("authority %q: want %q", msg.Authority, k.authority)
	}
	to, err := k.addresses.StringToBytes(msg.To)
	if err != nil {
		return nil, ErrAccount.Wrap(err.Error())
	}
	if slices.ContainsFunc(k.modules, func(m sdk.AccAddress) bool { return m.Equals(sdk.AccAddress(to)) }) {
		return nil, ErrAccount.Wrapf("%s is the account of a module: want one that has a key", msg.To)
	}
	if msg.Amount == 0 {
		return nil, ErrAmount.Wrap("mint 0 THING: want more")
	}
	made := coins(msg.Amount)
	if err := k.bank.MintCoins(ctx, Name, made); err != nil {
		return nil, err
	}
	if err := k.bank.SendCoinsFromModuleToAccount(ctx, Name, to, made); err != nil {
		return nil, fmt.Errorf("send minted coins to %s: %w", msg.To, err)
	}
	return &tokenpb.MsgMintResponse{}, nil
}

// MintTo makes coins for another module, which must have checked that a passed proposal asks
// for them.
func (k Keeper) MintTo(ctx context.Context, module string, amount uint64) error {
	if amount == 0 {
		return ErrAmount.Wrap("mint 0 THING: want more")
	}
	made := coins(amount)
	if err := k.bank.MintCoins(ctx, Name, made); err != nil {
		return err
	}
	if err := k.bank.SendCoinsFromModuleToModule(ctx, Name, module, made); err != nil {
		return fmt.Errorf("send minted coins to module %s: %w", module, err)
	}
	return nil
}

func coins(amount uint64) sdk.Coins {
	return sdk.NewCoins(sdk.NewCoin(spec.Denom, math.NewIntFromUint64(amount)))
}

// Supply implements [tokenpb.QueryServer].
func (k Keeper) Supply(ctx context.Context, _ *tokenpb.QuerySupply) (*tokenpb.QuerySupplyResponse, error) {
	total := k.bank.GetSupply(ctx, spec.Denom).Amount
	circulating := total
	for _, m := range k.modules {
		circulating = circulating.Sub(k.bank.GetBalance(ctx, m, spec.Denom).Amount)
	}
	return &tokenpb.QuerySupplyResponse{Cap: spec.Cap, Total: total.Uint64(), Circulating: circulating.Uint64()}, nil
}
