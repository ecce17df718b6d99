package task

import (
	"context"
	"fmt"

	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// Create implements [taskpb.MsgServer].
func (k Keeper) Create(ctx context.Context, m *taskpb.MsgCreate) (*taskpb.MsgCreateResponse, error) {
	owner, err := sdk.AccAddressFromBech32(m.Owner)
	if err != nil {
		return nil, refused(fmt.Errorf("%w: %w", round.ErrMalformed, err))
	}
	asked := m.Spec.ToSpec()
	if err := asked.Validate(); err != nil {
		return nil, refused(fmt.Errorf("%w: %w", round.ErrSpec, err))
	}
	if err := addresses(asked); err != nil {
		return nil, refused(fmt.Errorf("%w: %w", round.ErrSpec, err))
	}
	if err := k.startable(ctx, asked); err != nil {
		return nil, err
	}
	rules, err := k.tariff.Get(ctx)
	if err != nil {
		return nil, err
	}
	tariff := rules.ToSpec()
	if err := tariff.Pays(asked); err != nil {
		return nil, refused(fmt.Errorf("%w: %w", round.ErrSpec, err))
	}
	if err := k.nodes.CheckBond(ctx, asked.Selection.MinStake); err != nil {
		return nil, refused(fmt.Errorf("%w: %w", round.ErrSpec, err))
	}
	last, err := k.next.Peek(ctx)
	if err != nil {
		return nil, err
	}
	now, err := k.now(ctx)
	if err != nil {
		return nil, err
	}
	state := round.New(sdk.UnwrapSDKContext(ctx).ChainID(), last+1, owner.String(), asked, tariff, now) // 0 is no task
	if err := (world{Keeper: k, ctx: ctx}).afford(state.Task); err != nil {
		return nil, refused(err)
	}
	if err := k.bank.SendCoinsFromAccountToModule(ctx, owner, Name, k.coins(asked.Escrow)); err != nil {
		return nil, refused(fmt.Errorf("%w: %w", round.ErrEscrow, err))
	}
	if _, err := k.next.Next(ctx); err != nil {
		return nil, err
	}
	if err := k.save(ctx, round.State{}, state); err != nil {
		return nil, err
	}
	if err := k.enter(ctx, state.Task); err != nil {
		return nil, err
	}
	created := &taskpb.EventCreated{Task: state.Task.ID, Owner: state.Task.Owner, Escrow: asked.Escrow}
	return &taskpb.MsgCreateResponse{Id: state.Task.ID}, emit(ctx, created)
}

// addresses wants the owners that a task admits to be accounts as the chain writes them:
// any other admits nobody.
func addresses(asked spec.TaskSpec) error {
	for _, owner := range asked.Selection.Owners {
		address, err := sdk.AccAddressFromBech32(owner)
		if err == nil && address.String() != owner {
			err = fmt.Errorf("want %s", address)
		}
		if err != nil {
			return &spec.FieldError{Field: "selection.owners", Why: fmt.Sprintf("%s is no account: %s", owner, err)}
		}
	}
	return nil
}

// Cancel implements [taskpb.MsgServer].
func (k Keeper) Cancel(ctx context.Context, m *taskpb.MsgCancel) (*taskpb.MsgCancelResponse, error) {
	owner, err := sdk.AccAddressFromBech32(m.Owner) // an address may also be spelled in capitals
	if err != nil {
		return nil, refused(fmt.Errorf("%w: %w", round.ErrMalformed, err))
	}
	return &taskpb.MsgCancelResponse{}, k.wish(ctx, &taskpb.MsgCancel{Owner: owner.String(), Task: m.Task})
}

// Ready implements [taskpb.MsgServer].
func (k Keeper) Ready(ctx context.Context, m *taskpb.MsgReady) (*taskpb.MsgReadyResponse, error) {
	return &taskpb.MsgReadyResponse{}, k.answer(ctx, m)
}

// Commit implements [taskpb.MsgServer].
func (k Keeper) Commit(ctx context.Context, m *taskpb.MsgCommit) (*taskpb.MsgCommitResponse, error) {
	return &taskpb.MsgCommitResponse{}, k.answer(ctx, m)
}

// Decline implements [taskpb.MsgServer].
func (k Keeper) Decline(ctx context.Context, m *taskpb.MsgDecline) (*taskpb.MsgDeclineResponse, error) {
	return &taskpb.MsgDeclineResponse{}, k.answer(ctx, m)
}

// Prove implements [taskpb.MsgServer].
func (k Keeper) Prove(ctx context.Context, m *taskpb.MsgProve) (*taskpb.MsgProveResponse, error) {
	return &taskpb.MsgProveResponse{}, k.answer(ctx, m)
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

// Accuse implements [taskpb.MsgServer]: anybody may, whether or not it has a node.
func (k Keeper) Accuse(ctx context.Context, m *taskpb.MsgAccuse) (*taskpb.MsgAccuseResponse, error) {
	return &taskpb.MsgAccuseResponse{}, k.wish(ctx, m)
}

// wish gives a task what an account says that need not have a node.
func (k Keeper) wish(ctx context.Context, m taskpb.Message) error {
	in, err := taskpb.InputOf(m, 0)
	if err != nil {
		return refused(err)
	}
	return k.show(ctx, m, in)
}

// show gives a task an input for which no node has to answer.
func (k Keeper) show(ctx context.Context, m taskpb.Message, in round.Input) error {
	h, err := k.hearing(ctx, m, 0, in)
	if err != nil {
		return err
	}
	return k.apply(ctx, h.at, h.state, h.input)
}

// Owed reports whether msg is the one its signer owes a task at this moment:
// the round machine would accept it.
func (k Keeper) Owed(ctx context.Context, msg sdk.Msg) bool {
	_, owed := k.owed(ctx, msg)
	return owed
}

// owed is a message with what was read for it, and whether it is owed.
func (k Keeper) owed(ctx context.Context, msg sdk.Msg) (h heard, owed bool) {
	m, ok := msg.(taskpb.Message)
	if !ok {
		return h, false
	}
	switch msg.(type) {
	case *taskpb.MsgCancel, *taskpb.MsgAccuse, *taskpb.MsgAccuseAnswers: // nobody owes it to cancel or to accuse
		return h, false
	}
	h, err := k.hear(ctx, m)
	if err != nil {
		return h, false
	}
	h.keep(ctx)
	_, _, err = h.state.Step(h.at, h.input)
	return h, err == nil
}

func (k Keeper) answer(ctx context.Context, m taskpb.Message) error {
	h, ok := taken(ctx, m)
	if !ok {
		var err error
		if h, err = k.hear(ctx, m); err != nil {
			return err
		}
	}
	if err := k.forget(ctx, h); err != nil {
		return err
	}
	if err := k.apply(ctx, h.at, h.state, h.input); err != nil {
		return err
	}
	return emit(ctx, said(m.GetTask(), h.input)...)
}

func (k Keeper) coins(uthing uint64) sdk.Coins {
	return sdk.NewCoins(sdk.NewCoin(k.denom, sdkmath.NewIntFromUint64(uthing)))
}
