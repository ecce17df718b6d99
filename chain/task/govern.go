package task

import (
	"context"
	"errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/round"
)

// Nominate tells a governed task that a passed proposal is queued which is to update its
// model: where that names other weights, the task's aggregators are asked to attest them.
func (k Keeper) Nominate(ctx context.Context, proposal uint64, m *taskpb.MsgUpdateModel) error {
	in, named, err := taskpb.NominationOf(proposal, m)
	if err != nil || !named {
		return refused(err)
	}
	return k.decide(ctx, m.Task, in)
}

// Withdraw tells it that the proposal will not be carried out any more. Where the task does
// not wait for that proposal, there is nothing to do.
func (k Keeper) Withdraw(ctx context.Context, proposal, task uint64) error {
	err := k.decide(ctx, task, round.Withdraw{Proposal: proposal})
	for _, moot := range []*round.Refusal{round.ErrTaskNotFound, round.ErrClosed, round.ErrUngoverned, round.ErrNotNominated} {
		if errors.Is(err, moot) {
			return nil
		}
	}
	return err
}

// decide gives a task what a vote has decided.
func (k Keeper) decide(ctx context.Context, task uint64, in round.Input) error {
	at, err := k.now(ctx)
	if err != nil {
		return err
	}
	state, err := k.load(ctx, task, round.Needs(in))
	if err != nil {
		return err
	}
	return k.apply(ctx, at, state, in)
}

// AttestModel implements [taskpb.MsgServer].
func (k Keeper) AttestModel(ctx context.Context, m *taskpb.MsgAttestModel) (*taskpb.MsgAttestModelResponse, error) {
	return &taskpb.MsgAttestModelResponse{}, k.answer(ctx, m)
}

// UpdateModel implements [taskpb.MsgServer].
func (k Keeper) UpdateModel(ctx context.Context, m *taskpb.MsgUpdateModel) (*taskpb.MsgUpdateModelResponse, error) {
	if err := k.voted(m.Authority); err != nil {
		return nil, err
	}
	in, err := taskpb.AmendmentOf(carried(ctx), m)
	if err != nil {
		return nil, refused(err)
	}
	if err := k.judged(ctx, m.Task, in); err != nil {
		return nil, err
	}
	if in.Trial = trying(ctx); in.Trial && !in.Model.IsZero() {
		if err := k.served(ctx, m.Task, in.Model, m.Holder); err != nil {
			return nil, err
		}
	}
	return &taskpb.MsgUpdateModelResponse{}, k.decide(ctx, m.Task, in)
}

type tryingKey struct{}

// Trying is a context in which a proposal is tried, and what comes of it is thrown away:
// nobody has attested yet what it wants to be attested.
func Trying(ctx sdk.Context) sdk.Context {
	const none = ^uint64(0) // no proposal has this number
	return Carrying(ctx.WithValue(tryingKey{}, true), none)
}

func trying(ctx context.Context) bool {
	tried, _ := ctx.Value(tryingKey{}).(bool)
	return tried
}

type carriedKey struct{}

// Carrying is a context in which a proposal is carried out, so that what it changes can
// say which one it was.
func Carrying(ctx sdk.Context, proposal uint64) sdk.Context {
	return ctx.WithValue(carriedKey{}, proposal)
}

// carried is the proposal of a context; 0 where there is none.
func carried(ctx context.Context) uint64 {
	proposal, _ := ctx.Value(carriedKey{}).(uint64)
	return proposal
}
