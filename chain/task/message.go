package task

import (
	"context"

	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/round"
)

// Create implements [taskpb.MsgServer].
func (k Keeper) Create(ctx context.Context, m *taskpb.MsgCreate) (*taskpb.MsgCreateResponse, error) {
	owner, err := sdk.AccAddressFromBech32(m.Owner)
	if err != nil {
		return nil, ErrMalformed.Wrap(err.Error())
	}
	asked := m.Spec.ToSpec()
	if err := asked.Validate(); err != nil {
		return nil, ErrSpec.Wrap(err.Error())
	}
	if err := k.bank.SendCoinsFromAccountToModule(ctx, owner, Name, k.coins(asked.Escrow)); err != nil {
		return nil, ErrEscrow.Wrap(err.Error())
	}
	last, err := k.next.Next(ctx)
	if err != nil {
		return nil, err
	}
	id := last + 1 // 0 is no task
	height := sdk.UnwrapSDKContext(ctx).BlockHeight()
	state := round.New(sdk.UnwrapSDKContext(ctx).ChainID(), id, owner.String(), asked, height)
	return &taskpb.MsgCreateResponse{Id: id}, k.save(ctx, round.State{}, state)
}

// Cancel implements [taskpb.MsgServer].
func (k Keeper) Cancel(ctx context.Context, m *taskpb.MsgCancel) (*taskpb.MsgCancelResponse, error) {
	owner, err := sdk.AccAddressFromBech32(m.Owner)
	if err != nil {
		return nil, ErrMalformed.Wrap(err.Error())
	}
	state, err := k.load(ctx, m.Task)
	if err != nil {
		return nil, err
	}
	if state.Task.Owner != owner.String() { // an address may also be spelled in capitals
		return nil, ErrNotOwner
	}
	return &taskpb.MsgCancelResponse{}, k.step(ctx, state, round.Cancel{})
}

// Ready implements [taskpb.MsgServer].
func (k Keeper) Ready(ctx context.Context, m *taskpb.MsgReady) (*taskpb.MsgReadyResponse, error) {
	return &taskpb.MsgReadyResponse{}, k.answer(ctx, m)
}

// Commit implements [taskpb.MsgServer].
func (k Keeper) Commit(ctx context.Context, m *taskpb.MsgCommit) (*taskpb.MsgCommitResponse, error) {
	return &taskpb.MsgCommitResponse{}, k.answer(ctx, m)
}

// Attest implements [taskpb.MsgServer].
func (k Keeper) Attest(ctx context.Context, m *taskpb.MsgAttest) (*taskpb.MsgAttestResponse, error) {
	return &taskpb.MsgAttestResponse{}, k.answer(ctx, m)
}

// CommitAggregate implements [taskpb.MsgServer].
func (k Keeper) CommitAggregate(ctx context.Context, m *taskpb.MsgCommitAggregate) (*taskpb.MsgCommitAggregateResponse, error) {
	return &taskpb.MsgCommitAggregateResponse{}, k.answer(ctx, m)
}

// RevealAggregate implements [taskpb.MsgServer].
func (k Keeper) RevealAggregate(ctx context.Context, m *taskpb.MsgRevealAggregate) (*taskpb.MsgRevealAggregateResponse, error) {
	return &taskpb.MsgRevealAggregateResponse{}, k.answer(ctx, m)
}

// CommitScore implements [taskpb.MsgServer].
func (k Keeper) CommitScore(ctx context.Context, m *taskpb.MsgCommitScore) (*taskpb.MsgCommitScoreResponse, error) {
	return &taskpb.MsgCommitScoreResponse{}, k.answer(ctx, m)
}

// RevealScore implements [taskpb.MsgServer].
func (k Keeper) RevealScore(ctx context.Context, m *taskpb.MsgRevealScore) (*taskpb.MsgRevealScoreResponse, error) {
	return &taskpb.MsgRevealScoreResponse{}, k.answer(ctx, m)
}

// Owed reports whether msg is the one its signer owes a task at this moment:
// the round machine would accept it. Such a message is free.
func (k Keeper) Owed(ctx context.Context, msg sdk.Msg) bool {
	m, ok := msg.(answer)
	if !ok {
		return false
	}
	state, in, err := k.addressed(ctx, m)
	if err != nil {
		return false
	}
	_, _, err = state.Step(sdk.UnwrapSDKContext(ctx).BlockHeight(), in)
	return err == nil
}

func (k Keeper) answer(ctx context.Context, m answer) error {
	state, in, err := k.addressed(ctx, m)
	if err != nil {
		return err
	}
	return k.step(ctx, state, in)
}

// step feeds a message to the machine.
func (k Keeper) step(ctx context.Context, before round.State, in round.Input) error {
	return (&carrier{Keeper: k}).step(ctx, before, in)
}

// addressed finds the task and reads what the node says to it.
func (k Keeper) addressed(ctx context.Context, m answer) (round.State, round.Input, error) {
	node, err := k.nodes.ByOwner(ctx, m.GetOwner())
	if err != nil {
		return round.State{}, nil, err
	}
	state, err := k.load(ctx, m.GetTask())
	if err != nil {
		return round.State{}, nil, err
	}
	in, err := read(m, node.ID)
	return state, in, err
}

func (k Keeper) coins(uthing uint64) sdk.Coins {
	return sdk.NewCoins(sdk.NewCoin(k.denom, sdkmath.NewIntFromUint64(uthing)))
}
