package chain

import (
	"encoding/json"
	"fmt"

	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	bankkeeper "github.com/cosmos/cosmos-sdk/x/bank/keeper"
	"github.com/cosmos/cosmos-sdk/x/gov"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"
)

// proposals is the SDK's module for proposals, but its account may begin with more than
// the deposits. Everybody may send coins there, for proposals to spend; the SDK's own
// refuses a genesis that says so, and one uthing would keep a chain from being carried on.
type proposals struct {
	gov.AppModule
	bank bankkeeper.Keeper
}

// InitGenesis implements [module.HasGenesis]. What is more than the deposits lies beside
// while the SDK compares.
func (p proposals) InitGenesis(ctx sdk.Context, cdc codec.JSONCodec, raw json.RawMessage) {
	var state govv1.GenesisState
	cdc.MustUnmarshalJSON(raw, &state)
	own, beside := authtypes.NewModuleAddress(govtypes.ModuleName), authtypes.NewModuleAddress(authtypes.FeeCollectorName)
	surplus, less := p.bank.GetAllBalances(ctx, own).SafeSub(depositsOf(state)...)
	if less || surplus.IsZero() {
		p.AppModule.InitGenesis(ctx, cdc, raw)
		return
	}
	move := func(from, to sdk.AccAddress) {
		if err := p.bank.SendCoins(ctx, from, to, surplus); err != nil {
			panic(fmt.Errorf("genesis of proposals: %w", err)) // a chain cannot start from it
		}
	}
	move(own, beside)
	p.AppModule.InitGenesis(ctx, cdc, raw)
	move(beside, own)
}

// depositsOf is what has been deposited for proposals that are not decided.
func depositsOf(state govv1.GenesisState) (all sdk.Coins) {
	for _, d := range state.Deposits {
		all = all.Add(d.Amount...)
	}
	return all
}
