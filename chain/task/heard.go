package task

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/round"
)

// heard is a message that was read to see whether it is owed, with the state it is
// about: when its turn comes, nothing is read a second time. Only the message that was
// asked about last is kept, and whichever message is carried out first takes or drops
// it, so nothing can have been written since it was read.
type heard struct {
	message taskpb.Message
	node    uint64 // that says it
	at      round.Moment
	state   round.State
	input   round.Input
}

// signatureGas is what verifying a signature in a message costs, at the price that the
// SDK has for one of its kind: it is verified when the message is asked about, and again
// when it is carried out.
const signatureGas = 2 * authtypes.DefaultSigVerifyCostED25519

type heardKey struct{}

// Hearing is a context for one transaction, in which a message that [Keeper.Owed]
// was asked about is read once.
func Hearing(ctx sdk.Context) sdk.Context { return ctx.WithValue(heardKey{}, &heard{}) }

// keep remembers what was read, where the context is that of a transaction.
func (h heard) keep(ctx context.Context) {
	if kept, ok := ctx.Value(heardKey{}).(*heard); ok {
		*kept = h
	}
}

// taken is what a context remembers of a message, if anything; it remembers nothing
// any more.
func taken(ctx context.Context, m taskpb.Message) (h heard, ok bool) {
	kept, ok := ctx.Value(heardKey{}).(*heard)
	if !ok {
		return h, false
	}
	h, *kept = *kept, heard{}
	return h, h.message == m
}

// signatures counts the signatures that a step with an input may verify.
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

// hear finds the task that a message is about, with the parts of its round that the
// message needs, and what the message says to it.
func (k Keeper) hear(ctx context.Context, m taskpb.Message) (heard, error) {
	node, err := k.nodes.IDOf(ctx, m.GetOwner())
	if err != nil {
		return heard{}, err
	}
	in, err := taskpb.InputOf(m, node)
	if err != nil {
		return heard{}, refused(err)
	}
	return k.hearing(ctx, m, node, in)
}

// hearing finds the same for an input.
func (k Keeper) hearing(ctx context.Context, m taskpb.Message, node uint64, in round.Input) (heard, error) {
	if signatures := signatures(in); signatures > 0 {
		sdk.UnwrapSDKContext(ctx).GasMeter().ConsumeGas(signatures*signatureGas, "signatures in a message")
	}
	at, err := k.now(ctx)
	if err != nil {
		return heard{}, err
	}
	state, err := k.load(ctx, m.GetTask(), round.Needs(in))
	return heard{m, node, at, state, in}, err
}
