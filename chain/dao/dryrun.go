package dao

import (
	"errors"
	"strings"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/pb/daopb"
)

const (
	// dryRunGas is the gas limit of a dry run.
	dryRunGas = 10_000_000
	// maxReason is the largest number of bytes of an error that is stored.
	maxReason = 512
)

var (
	errPanic = errors.New("a message panics")
	errGas   = errors.New("the messages take more gas than the transaction offers")
)

// dryRun runs messages in a copy of the state that is thrown away. The sender pays for the gas
// that they use.
func (k Keeper) dryRun(ctx sdk.Context, messages []sdk.Msg) daopb.DryRun {
	dry, _ := ctx.CacheContext()
	dry = dry.WithGasMeter(storetypes.NewGasMeter(min(dryRunGas, ctx.GasMeter().GasRemaining())))
	dry = k.parts.Trying(dry)
	result := daopb.DryRun{Height: ctx.BlockHeight()}
	if err := k.run(dry, messages); err != nil {
		result.Error = portableText(err.Error())
	}
	result.Gas = dry.GasMeter().GasConsumed()
	ctx.GasMeter().ConsumeGas(result.Gas, "dry run of a proposal")
	return result
}

// run runs messages in order until one fails. The text of a panic may differ between machines,
// so it is replaced by a constant one.
func (k Keeper) run(ctx sdk.Context, messages []sdk.Msg) (err error) {
	defer func() {
		switch recover().(type) {
		case nil:
		case storetypes.ErrorOutOfGas:
			err = errGas
		default:
			err = errPanic
		}
	}()
	for _, m := range messages {
		handler := k.router.Handler(m)
		if handler == nil {
			return ErrProposal.Wrapf("message %s is unknown on this chain", sdk.MsgTypeURL(m))
		}
		if _, err := handler(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

// portableText returns a text in the form in which it is stored: short, and without the source
// positions that the SDK puts into errors, such as "[/home/ann/errors.go:161]". These differ
// between machines, and the state must not.
func portableText(text string) string {
	for from := 0; ; {
		begin := strings.Index(text[from:], " [")
		if begin < 0 {
			break
		}
		begin += from
		end := strings.Index(text[begin:], "]")
		if end < 0 {
			break
		}
		if from = begin + 1; strings.Contains(text[begin:begin+end], ".go:") {
			text, from = text[:begin]+text[begin+end+1:], begin
		}
	}
	if len(text) <= maxReason {
		return text
	}
	return strings.ToValidUTF8(text[:maxReason], "")
}
