package chain

import (
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/x/auth/ante"

	"github.com/althing-network/althing/chain/fee"
	"github.com/althing-network/althing/chain/task"
)

// guard sets what every transaction must pass before its messages run.
func (a *App) guard(owes fee.Owes) error {
	count := storetypes.NewTransientStoreKey("free")
	a.MountTransientStores(map[string]*storetypes.TransientStoreKey{count.Name(): count})
	handler, err := ante.NewAnteHandler(ante.HandlerOptions{
		AccountKeeper:   a.accounts,
		BankKeeper:      a.bank,
		FeegrantKeeper:  a.grants,
		SignModeHandler: a.Tx.SignModeHandler(),
		SigGasConsumer:  ante.DefaultSigVerificationGasConsumer,
		TxFeeChecker:    fee.Checker{Keeper: a.fees, Owes: owes, Count: count}.Check,
	})
	if err != nil {
		return err
	}
	a.SetAnteHandler(func(ctx sdk.Context, tx sdk.Tx, simulate bool) (sdk.Context, error) {
		return handler(task.Hearing(ctx), tx, simulate)
	})
	return nil
}
