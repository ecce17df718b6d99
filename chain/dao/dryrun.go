package dao

import (
	"errors"
	"strings"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/pb/daopb"
)

const (
	// dryRunGas is how much the messages of a proposal may use when they are tried.
	dryRunGas = 10_000_000
	// maxReason is how many bytes of an error are kept.
	maxReason = 512
)

var (
	errPanic = errors.New("it panics")
	errGas   = errors.New("it takes more gas than there is")
)

// dryRun tries messages in a copy of the state that is thrown away. Whoever submits them
// pays for the gas that they used.
func (k Keeper) dryRun(ctx sdk.Context, messages []sdk.Msg) daopb.DryRun {
	dry, _ := ctx.CacheContext()
	dry = dry.WithGasMeter(storetypes.NewGasMeter(min(dryRunGas, ctx.GasMeter().GasRemaining())))
	dry = k.parts.Trying(dry)
	result := daopb.DryRun{Height: ctx.BlockHeight()}
	if err := k.run(dry, messages); err != nil {
		result.Error = bounded(err.Error())
	}
	result.Gas = dry.GasMeter().GasConsumed()
	ctx.GasMeter().ConsumeGas(result.Gas, "dry run of a proposal")
	return result
}

// run runs messages, one after the other, until one fails. What a panic says may differ
// from one machine to the next, so it is not repeated.
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
			return ErrProposal.Wrapf("%s is no message of this chain", sdk.MsgTypeURL(m))
		}
		if _, err := handler(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

// bounded is a text as it is kept: short, and without the places in source files that the
// SDK puts into errors, "[/home/ann/errors.go:161]". They differ from one machine to the
// next, and what is kept must not.
func bounded(text string) string {
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
