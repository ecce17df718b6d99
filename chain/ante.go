package chain

import (
	"context"

	"cosmossdk.io/errors"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	"github.com/cosmos/cosmos-sdk/x/auth/ante"
)

// Owes knows which messages a selected node owes the network at this moment.
type Owes interface {
	Owed(ctx context.Context, msg sdk.Msg) bool
}

// GasPrice is what 1000 units of gas cost at least, in uthing. It is part of the
// chain's state, so validators agree on it.
type GasPrice interface {
	MinGasPrice(ctx context.Context) (uint64, error)
}

// FreeGas is how much gas each message of a free transaction may ask for.
const FreeGas uint64 = 1_000_000

// Fees decides what a transaction pays. One whose every message is owed is free;
// any other pays the gas price, and a validator that includes one that does not
// includes a failed transaction.
type Fees struct {
	Owes  Owes // nil: nobody owes anything
	Price GasPrice
}

// Check returns the coins to deduct, or ErrInsufficientFee. It is an
// [ante.TxFeeChecker].
func (f Fees) Check(ctx sdk.Context, tx sdk.Tx) (sdk.Coins, int64, error) {
	asked, ok := tx.(sdk.FeeTx)
	if !ok {
		return nil, 0, errors.Wrap(sdkerrors.ErrTxDecode, "transaction carries no fee")
	}
	if ctx.BlockHeight() == 0 { // the transactions of the genesis
		return asked.GetFee(), 0, nil
	}
	if f.free(ctx, asked) {
		return sdk.Coins{}, 0, nil
	}
	price, err := f.Price.MinGasPrice(ctx)
	if err != nil {
		return nil, 0, err
	}
	due := Fee(asked.GetGas(), price)
	if paid := asked.GetFee().AmountOf(Denom); paid.LT(due) {
		return nil, 0, errors.Wrapf(sdkerrors.ErrInsufficientFee, "%s%s for %d gas: want %s%s", paid, Denom, asked.GetGas(), due, Denom)
	}
	return asked.GetFee(), 0, nil
}

func (f Fees) free(ctx sdk.Context, tx sdk.FeeTx) bool {
	msgs := tx.GetMsgs()
	if f.Owes == nil || len(msgs) == 0 || tx.GetGas()/uint64(len(msgs)) > FreeGas {
		return false
	}
	for _, msg := range msgs {
		if !f.Owes.Owed(ctx, msg) {
			return false
		}
	}
	return true
}

// Fee is what an amount of gas costs at a price per 1000 gas, rounded up.
func Fee(gas, price uint64) math.Int {
	return math.NewIntFromUint64(gas).Mul(math.NewIntFromUint64(price)).AddRaw(999).QuoRaw(1000)
}

// guard sets what every transaction must pass before its messages run.
func (a *App) guard(owes Owes) error {
	handler, err := ante.NewAnteHandler(ante.HandlerOptions{
		AccountKeeper:   a.accounts,
		BankKeeper:      a.bank,
		FeegrantKeeper:  a.fees,
		SignModeHandler: a.Tx.SignModeHandler(),
		SigGasConsumer:  ante.DefaultSigVerificationGasConsumer,
		TxFeeChecker:    Fees{Owes: owes, Price: a.nodes}.Check,
	})
	if err != nil {
		return err
	}
	a.SetAnteHandler(handler)
	return nil
}
