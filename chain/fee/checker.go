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
	// Free reports whether a message is owed and its signer has free ones left, and
	// counts it: a message that fails later on has been counted.
	Free(ctx context.Context, msg sdk.Msg) bool
}

// What is free has bounds, since it costs its sender nothing.
const (
	// FreeGas is how much gas a free transaction may ask for. It is what a client
	// asks for: enough for any message of the largest round.
	FreeGas uint64 = 300_000
	// FreeBytes is how long a free transaction may be.
	FreeBytes = 1280
)

// Checker decides what a transaction pays. One that offers the gas price for its gas
// pays it. Another is free where its one message is owed, and refused where not; a
// validator that includes it all the same includes a failed transaction.
type Checker struct {
	Keeper
	Owes Owes // nil: nobody owes anything
}

// Check returns the coins to deduct, or ErrInsufficientFee. The SDK calls it a
// TxFeeChecker. It must be asked when the signatures have been verified.
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
	return nil, 0, errors.Wrapf(sdkerrors.ErrInsufficientFee, "%s%s for %d gas: want %s%s",
		asked.GetFee().AmountOf(spec.Denom), spec.Denom, asked.GetGas(), Of(asked.GetGas(), price), spec.Denom)
}

// pays reports whether a transaction offers the price for its gas; if not, it can only
// be free.
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

// Of is what an amount of gas costs at a price per 1000 gas, rounded up.
func Of(gas, price uint64) math.Int {
	return math.NewIntFromUint64(gas).Mul(math.NewIntFromUint64(price)).AddRaw(999).QuoRaw(1000)
}
