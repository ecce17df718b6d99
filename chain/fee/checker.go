package fee

import (
	"context"

	"cosmossdk.io/errors"
	"cosmossdk.io/math"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	authsigning "github.com/cosmos/cosmos-sdk/x/auth/signing"

	"github.com/althing-network/althing/spec"
)

// Owes knows which messages a selected node owes the network at this moment.
type Owes interface {
	Owed(ctx context.Context, msg sdk.Msg) bool
}

// What is free has bounds: a node that owes one message could else fill blocks
// and mempools with copies of it, of which only the first is any use.
const (
	// FreeGas is how much gas each message of a free transaction may ask for.
	FreeGas uint64 = 2_000_000
	// FreeMessages is how many free messages an account may send in a block.
	FreeMessages = 16
)

// Checker decides what a transaction pays. One whose every message is owed is
// free; any other pays the gas price, and a validator that includes one that does
// not includes a failed transaction.
type Checker struct {
	Keeper
	Owes  Owes                // nil: nobody owes anything
	Count storetypes.StoreKey // transient: counts the free messages of a block
}

// Check returns the coins to deduct, or ErrInsufficientFee. The SDK calls it a
// TxFeeChecker.
func (c Checker) Check(ctx sdk.Context, tx sdk.Tx) (sdk.Coins, int64, error) {
	asked, ok := tx.(sdk.FeeTx)
	if !ok {
		return nil, 0, errors.Wrap(sdkerrors.ErrTxDecode, "transaction carries no fee")
	}
	if ctx.BlockHeight() == 0 { // the transactions of the genesis
		return asked.GetFee(), 0, nil
	}
	if c.free(ctx, asked) {
		return sdk.Coins{}, 0, nil
	}
	price, err := c.GasPrice(ctx)
	if err != nil {
		return nil, 0, err
	}
	due := Of(asked.GetGas(), price)
	if paid := asked.GetFee().AmountOf(spec.Denom); paid.LT(due) {
		return nil, 0, errors.Wrapf(sdkerrors.ErrInsufficientFee, "%s%s for %d gas: want %s%s", paid, spec.Denom, asked.GetGas(), due, spec.Denom)
	}
	return asked.GetFee(), 0, nil
}

func (c Checker) free(ctx sdk.Context, tx sdk.FeeTx) bool {
	msgs := tx.GetMsgs()
	if c.Owes == nil || len(msgs) == 0 || tx.GetGas()/uint64(len(msgs)) > FreeGas {
		return false
	}
	for _, msg := range msgs {
		if !c.Owes.Owed(ctx, msg) {
			return false
		}
	}
	return c.count(ctx, tx, len(msgs))
}

// count adds to the free messages of a transaction's first signer, and reports
// whether they are still few enough. CheckTx has a count of its own, which begins
// again with every block.
func (c Checker) count(ctx sdk.Context, tx sdk.FeeTx, messages int) bool {
	signed, ok := tx.(authsigning.SigVerifiableTx)
	if !ok {
		return false
	}
	signers, err := signed.GetSigners()
	if err != nil || len(signers) == 0 {
		return false
	}
	counts := ctx.TransientStore(c.Count)
	if sent := counts.Get(signers[0]); len(sent) > 0 {
		messages += int(sent[0])
	}
	if messages > FreeMessages {
		return false
	}
	counts.Set(signers[0], []byte{byte(messages)})
	return true
}

// Of is what an amount of gas costs at a price per 1000 gas, rounded up.
func Of(gas, price uint64) math.Int {
	return math.NewIntFromUint64(gas).Mul(math.NewIntFromUint64(price)).AddRaw(999).QuoRaw(1000)
}
