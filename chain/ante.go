package chain

import (
	abci "github.com/cometbft/cometbft/abci/types"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/x/auth/ante"

	"github.com/althing-network/althing/chain/fee"
	"github.com/althing-network/althing/chain/task"
)

// setChecks sets the checks that every transaction must pass before its messages run, and how a
// proposer chooses transactions for a block.
func (a *App) setChecks() {
	a.admit(a.decorators(a.tasks))
	share := fee.Share{Keeper: a.fees, Decode: bounded(a.Tx.TxDecoder())}
	a.SetPrepareProposal(share.Prepare)
	a.SetProcessProposal(share.Process)
}

// decorators are the checks of a transaction, in order. They are the SDK's, with one change of
// order: the fee is decided after the signatures are verified. Before that only the accounts of
// the signers and the list of unordered transactions are read.
func (a *App) decorators(owes fee.Owes) []sdk.AnteDecorator {
	return []sdk.AnteDecorator{
		ante.NewSetUpContextDecorator(),
		ante.NewExtensionOptionsDecorator(nil),
		ante.NewValidateBasicDecorator(),
		showable{},
		ante.NewTxTimeoutHeightDecorator(),
		ante.NewValidateMemoDecorator(a.accounts),
		ante.NewConsumeGasForTxSizeDecorator(a.accounts),
		ante.NewValidateSigCountDecorator(a.accounts),
		ante.NewSetPubKeyDecorator(a.accounts),
		ante.NewSigGasConsumeDecorator(a.accounts, ante.DefaultSigVerificationGasConsumer),
		ante.NewSigVerificationDecorator(a.accounts, a.Tx.SignModeHandler()),
		ante.NewDeductFeeDecorator(a.accounts, a.bank, a.grants, fee.Checker{Keeper: a.fees, Owes: owes}.Check),
		ante.NewIncrementSequenceDecorator(a.accounts),
	}
}

func (a *App) admit(decorators []sdk.AnteDecorator) {
	handler := sdk.ChainAnteDecorators(decorators...)
	a.SetAnteHandler(func(ctx sdk.Context, tx sdk.Tx, simulate bool) (sdk.Context, error) {
		return handler(task.WithPrefetch(ctx), tx, simulate)
	})
}

// CheckTx decides whether a transaction may enter the mempool. It reports a gas of 0 to
// CometBFT, which otherwise offers a proposer only the oldest transactions up to the gas of a
// block: if these are free, [fee.Share] would not see the paying ones behind them.
func (a *App) CheckTx(req *abci.RequestCheckTx) (*abci.ResponseCheckTx, error) {
	res, err := a.BaseApp.CheckTx(req)
	if res != nil {
		res.GasWanted = 0
	}
	if err == nil && res.Code == 0 && req.Type == abci.CheckTxType_New {
		a.witness.observe(req.Tx)
	}
	return res, err
}
