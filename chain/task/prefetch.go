package task

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/round"
)

// prefetched is a message with the state that was read to decide whether it is owed, so that its
// execution need not read the state again. A context keeps only the last such message, and the
// first message that is executed removes it: nothing can have been written in between.
type prefetched struct {
	message taskpb.Message
	node    uint64 // sender; 0: an account without a node
	at      round.Moment
	state   round.State
	input   round.Input
}

// signatureGas is the gas for a signature inside a message: twice the SDK's price, since it
// is verified when the chain asks whether the message is owed, and again at execution.
const signatureGas = 2 * authtypes.DefaultSigVerifyCostED25519

type prefetchKey struct{}

// WithPrefetch returns a context for one transaction that keeps what [Keeper.Owed] has read.
func WithPrefetch(ctx sdk.Context) sdk.Context { return ctx.WithValue(prefetchKey{}, &prefetched{}) }

// keep stores h in the context of a transaction; in any other context it does nothing.
func (h prefetched) keep(ctx context.Context) {
	if kept, ok := ctx.Value(prefetchKey{}).(*prefetched); ok {
		*kept = h
	}
}

// takePrefetched removes what the context keeps, and returns it if it is that of message m.
func takePrefetched(ctx context.Context, m taskpb.Message) (h prefetched, ok bool) {
	kept, ok := ctx.Value(prefetchKey{}).(*prefetched)
	if !ok {
		return h, false
	}
	h, *kept = *kept, prefetched{}
	return h, h.message == m
}

// signatures counts the signatures that a step with this input may verify.
func signatures(in round.Input) uint64 {
	if commit, ok := in.(round.Commit); ok && !commit.Signature.IsZero() {
		return 1
	}
	if proof, ok := in.(round.Prove); ok {
		return uint64(len(proof.Receipts))
	}
	if _, ok := in.(round.TwoReceipts); ok {
		return 2
	}
	return 0
}

// prefetch reads what a node's message is about: its task with the needed parts of the round. It
// also converts the message to an input.
func (k Keeper) prefetch(ctx context.Context, m taskpb.Message) (prefetched, error) {
	node, err := k.nodes.IDOf(ctx, m.GetOwner())
	if err != nil {
		return prefetched{}, err
	}
	in, err := taskpb.InputOf(m, node)
	if err != nil {
		return prefetched{}, withCode(err)
	}
	return k.prefetchInput(ctx, m, node, in)
}

// prefetchInput does the same for an input.
func (k Keeper) prefetchInput(ctx context.Context, m taskpb.Message, node uint64, in round.Input) (prefetched, error) {
	if signatures := signatures(in); signatures > 0 {
		sdk.UnwrapSDKContext(ctx).GasMeter().ConsumeGas(signatures*signatureGas, "signatures in a message")
	}
	at, err := k.now(ctx)
	if err != nil {
		return prefetched{}, err
	}
	state, err := k.load(ctx, m.GetTask(), round.Needs(in))
	return prefetched{m, node, at, state, in}, err
}
