package task

import (
	"context"
	"errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/round"
)

// Nominate tells a governed task that a passed proposal to update its model is queued. If the
// proposal names other weights, the task asks its aggregators to attest them.
func (k Keeper) Nominate(ctx context.Context, proposal uint64, m *taskpb.MsgUpdateModel) error {
	in, named, err := taskpb.NominationOf(proposal, m)
	if err != nil || !named {
		return withCode(err)
	}
	return k.applyVote(ctx, m.Task, in)
}

// Withdraw tells the task that the proposal will not be executed. It does nothing if the task
// does not wait for that proposal.
func (k Keeper) Withdraw(ctx context.Context, proposal, task uint64) error {
	err := k.applyVote(ctx, task, round.Withdraw{Proposal: proposal})
	for _, moot := range []*round.Refusal{round.ErrTaskNotFound, round.ErrClosed, round.ErrUngoverned, round.ErrNotNominated} {
		if errors.Is(err, moot) {
			return nil
		}
	}
	return err
}

// applyVote applies the result of a vote to a task.
func (k Keeper) applyVote(ctx context.Context, task uint64, in round.Input) error {
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
	return &taskpb.MsgAttestModelResponse{}, k.applyOfNode(ctx, m)
}

// UpdateModel implements [taskpb.MsgServer].
func (k Keeper) UpdateModel(ctx context.Context, m *taskpb.MsgUpdateModel) (*taskpb.MsgUpdateModelResponse, error) {
	if err := k.checkAuthority(m.Authority); err != nil {
		return nil, err
	}
	in, err := taskpb.AmendmentOf(proposalOf(ctx), m)
	if err != nil {
		return nil, withCode(err)
	}
	if err := k.checkBase(ctx, m.Task, in); err != nil {
		return nil, err
	}
	if in.Trial = inDryRun(ctx); in.Trial && !in.Model.IsZero() {
		if err := k.checkServed(ctx, m.Task, in.Model, m.Holder); err != nil {
			return nil, err
		}
	}
	return &taskpb.MsgUpdateModelResponse{}, k.applyVote(ctx, m.Task, in)
}

type dryRunKey struct{}

// WithDryRun returns a context for the dry run of a proposal. In it a model needs no
// attestations, since aggregators are asked only after the vote.
func WithDryRun(ctx sdk.Context) sdk.Context {
	const none = ^uint64(0) // no proposal has this number
	return WithProposal(ctx.WithValue(dryRunKey{}, true), none)
}

func inDryRun(ctx context.Context) bool {
	tried, _ := ctx.Value(dryRunKey{}).(bool)
	return tried
}

type proposalKey struct{}

// WithProposal returns a context for the execution of a proposal. The changes record its number.
func WithProposal(ctx sdk.Context, proposal uint64) sdk.Context {
	return ctx.WithValue(proposalKey{}, proposal)
}

// proposalOf is the proposal of a context, or 0.
func proposalOf(ctx context.Context) uint64 {
	proposal, _ := ctx.Value(proposalKey{}).(uint64)
	return proposal
}
