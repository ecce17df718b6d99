package fee

import (
	"context"

	"cosmossdk.io/errors"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"

	"github.com/althing-network/althing/spec"
)

// Owes knows which messages a selected node owes the network at this moment.
type Owes interface {
	// Free reports whether a message is owed and its signer has free messages left, and
	// counts it, also if the message fails later.
	Free(ctx context.Context, msg sdk.Msg) bool
}

// Bounds of a free transaction.
const (
	// FreeGas is the largest gas limit of a free transaction. Clients ask for it: it is enough
	// for any message of the largest round.
	FreeGas uint64 = 300_000
	// FreeBytes is the largest size of a free transaction.
	FreeBytes = 1280
)

// Checker decides what a transaction pays. A transaction that offers the gas price for its gas
// pays it. Any other one is free if its only message is owed, and refused otherwise; if a
// validator includes it all the same, it fails.
type Checker struct {
	Keeper
	Owes Owes // nil: no message is free
}

// Check returns the coins to deduct, or ErrInsufficientFee. It is a TxFeeChecker of the SDK.
// It must be called after the signatures have been verified.
func (c Checker) Check(ctx sdk.Context, tx sdk.Tx) (sdk.Coins, int64, error) {
	asked, ok := tx.(sdk.FeeTx)
	if !ok {
		return nil, 0, errors.Wrap(sdkerrors.ErrTxDecode, "transaction carries no fee")
	}
	if ctx.BlockHeight() == 0 { // the transactions of the genesis
		return asked.GetFee(), 0, nil
	}
	price, err := c.GasPrice(ctx)
	if err != nil {
		return nil, 0, err
	}
	if pays(asked, price) {
		return asked.GetFee(), 0, nil
	}
	if c.free(ctx, asked) {
		return sdk.Coins{}, 0, nil
	}
	return nil, 0, errors.Wrapf(sdkerrors.ErrInsufficientFee, "fee of %s for %d gas: want %s",
		spec.MoneyOf(asked.GetFee().AmountOf(spec.Denom).String()), asked.GetGas(), spec.MoneyOf(Of(asked.GetGas(), price).String()))
}

// pays reports whether a transaction offers the price for its gas.
func pays(tx sdk.FeeTx, price uint64) bool {
	return tx.GetFee().AmountOf(spec.Denom).GTE(Of(tx.GetGas(), price))
}

func (c Checker) free(ctx sdk.Context, tx sdk.FeeTx) bool {
	if c.Owes == nil || tx.GetGas() > FreeGas || len(ctx.TxBytes()) > FreeBytes {
		return false
	}
	msgs := tx.GetMsgs()
	return len(msgs) == 1 && c.Owes.Free(ctx, msgs[0])
}

// Of returns the cost of an amount of gas at a price per 1000 gas, rounded up.
func Of(gas, price uint64) math.Int {
	return math.NewIntFromUint64(gas).Mul(math.NewIntFromUint64(price)).AddRaw(999).QuoRaw(1000)
}
