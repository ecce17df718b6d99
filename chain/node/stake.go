package node

import (
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
)

// Bank moves stakes into and out of the module's account.
type Bank interface {
	SendCoinsFromAccountToModule(ctx context.Context, from sdk.AccAddress, module string, amount sdk.Coins) error
	SendCoinsFromModuleToAccount(ctx context.Context, module string, to sdk.AccAddress, amount sdk.Coins) error
}

// lock takes the stake of a node to be from an account.
func (k Keeper) lock(ctx context.Context, account sdk.AccAddress, stake uint64) error {
	params, err := k.params.Get(ctx)
	if err != nil {
		return fmt.Errorf("read the parameters of the registry: %w", err)
	}
	if least := max(params.MinStake, 1); stake < least {
		return ErrStake.Wrapf("%d%s: want at least %d", stake, k.denom, least)
	}
	err = k.bank.SendCoinsFromAccountToModule(ctx, account, Name, k.coins(stake))
	if errors.Is(err, sdkerrors.ErrInsufficientFunds) {
		return ErrFunds.Wrap(err.Error())
	}
	if err != nil {
		return fmt.Errorf("lock the stake: %w", err)
	}
	return nil
}

// release returns the whole stake of a node to its account and says how much it was.
func (k Keeper) release(ctx context.Context, id uint64, account sdk.AccAddress) (uint64, error) {
	stake, err := k.stakes.Get(ctx, id)
	if err != nil {
		return 0, fmt.Errorf("read the stake of node %d: %w", id, err)
	}
	if err := k.bank.SendCoinsFromModuleToAccount(ctx, Name, account, k.coins(stake)); err != nil {
		return 0, fmt.Errorf("return the stake of node %d: %w", id, err)
	}
	return stake, nil
}

func (k Keeper) coins(amount uint64) sdk.Coins {
	return sdk.NewCoins(sdk.NewCoin(k.denom, math.NewIntFromUint64(amount)))
}
