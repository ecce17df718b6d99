package chain

import (
	abci "github.com/cometbft/cometbft/abci/types"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/x/auth/ante"

	"github.com/althing-network/althing/chain/fee"
	"github.com/althing-network/althing/chain/task"
)

// guard sets what every transaction must pass before its messages run, and which
// transactions are in a block.
func (a *App) guard() {
	a.admit(a.decorators(a.tasks))
	share := fee.Share{Keeper: a.fees, Decode: bounded(a.Tx.TxDecoder())}
	a.SetPrepareProposal(share.Prepare)
	a.SetProcessProposal(share.Process)
}

// decorators are what a transaction passes, in this order. They are the SDK's, but
// what a transaction owes is asked after its signature is verified: until then nothing
// is read but its signers' accounts and which transactions they have sent.
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
		return handler(task.Hearing(ctx), tx, simulate)
	})
}

// CheckTx says whether a transaction may enter the mempool. It tells CometBFT of no
// gas: that hands a proposer the oldest transactions up to the gas of a block, and a
// block's worth of free ones would hide the paying ones behind them from [fee.Share],
// which counts the gas.
func (a *App) CheckTx(req *abci.RequestCheckTx) (*abci.ResponseCheckTx, error) {
	res, err := a.BaseApp.CheckTx(req)
	if res != nil {
		res.GasWanted = 0
	}
	if err == nil && res.Code == 0 && req.Type == abci.CheckTxType_New {
		a.witness.hear(req.Tx)
	}
	return res, err
}
