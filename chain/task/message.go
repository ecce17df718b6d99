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
		return nil, withCode(fmt.Errorf("%w: %w", round.ErrMalformed, err))
	}
	asked := m.Spec.ToSpec()
	if err := asked.Validate(); err != nil {
		return nil, withCode(fmt.Errorf("%w: %w", round.ErrSpec, err))
	}
	if err := addresses(asked); err != nil {
		return nil, withCode(fmt.Errorf("%w: %w", round.ErrSpec, err))
	}
	if err := k.checkInit(ctx, asked); err != nil {
		return nil, err
	}
	rules, err := k.tariff.Get(ctx)
	if err != nil {
		return nil, err
	}
	tariff := rules.ToSpec()
	if err := tariff.Pays(asked); err != nil {
		return nil, withCode(fmt.Errorf("%w: %w", round.ErrSpec, err))
	}
	if err := k.nodes.CheckBond(ctx, asked.Selection.MinStake); err != nil {
		return nil, withCode(fmt.Errorf("%w: %w", round.ErrSpec, err))
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
	if err := (world{Keeper: k, ctx: ctx}).checkBudgets(state.Task); err != nil {
		return nil, withCode(err)
	}
	if err := k.bank.SendCoinsFromAccountToModule(ctx, owner, Name, k.coins(asked.Escrow)); err != nil {
		return nil, withCode(fmt.Errorf("%w: %w", round.ErrEscrow, err))
	}
	if _, err := k.next.Next(ctx); err != nil {
		return nil, err
	}
	if err := k.save(ctx, round.State{}, state); err != nil {
		return nil, err
	}
	if err := k.enterLine(ctx, state.Task); err != nil {
		return nil, err
	}
	created := &taskpb.EventCreated{Task: state.Task.ID, Owner: state.Task.Owner, Escrow: asked.Escrow}
	return &taskpb.MsgCreateResponse{Id: state.Task.ID}, emit(ctx, created)
}

// addresses checks that the owners that a task admits are addresses in the spelling of the
// chain; any other spelling would admit nobody.
func addresses(asked spec.TaskSpec) error {
	for _, owner := range asked.Selection.Owners {
		address, err := sdk.AccAddressFromBech32(owner)
		if err == nil && address.String() != owner {
			err = fmt.Errorf("want the spelling %s", address)
		}
		if err != nil {
			return &spec.FieldError{Field: "selection.owners", Why: fmt.Sprintf("%s is not an address: %s", owner, err)}
		}
	}
	return nil
}

// Cancel implements [taskpb.MsgServer].
func (k Keeper) Cancel(ctx context.Context, m *taskpb.MsgCancel) (*taskpb.MsgCancelResponse, error) {
	owner, err := sdk.AccAddressFromBech32(m.Owner) // an address may be written in upper case
	if err != nil {
		return nil, withCode(fmt.Errorf("%w: %w", round.ErrMalformed, err))
	}
	return &taskpb.MsgCancelResponse{}, k.applyOfAccount(ctx, &taskpb.MsgCancel{Owner: owner.String(), Task: m.Task})
}

// Ready implements [taskpb.MsgServer].
func (k Keeper) Ready(ctx context.Context, m *taskpb.MsgReady) (*taskpb.MsgReadyResponse, error) {
	return &taskpb.MsgReadyResponse{}, k.applyOfNode(ctx, m)
}

// Commit implements [taskpb.MsgServer].
func (k Keeper) Commit(ctx context.Context, m *taskpb.MsgCommit) (*taskpb.MsgCommitResponse, error) {
	return &taskpb.MsgCommitResponse{}, k.applyOfNode(ctx, m)
}

// Decline implements [taskpb.MsgServer].
func (k Keeper) Decline(ctx context.Context, m *taskpb.MsgDecline) (*taskpb.MsgDeclineResponse, error) {
	return &taskpb.MsgDeclineResponse{}, k.applyOfNode(ctx, m)
}

// Prove implements [taskpb.MsgServer].
func (k Keeper) Prove(ctx context.Context, m *taskpb.MsgProve) (*taskpb.MsgProveResponse, error) {
	return &taskpb.MsgProveResponse{}, k.applyOfNode(ctx, m)
}

// Attest implements [taskpb.MsgServer].
func (k Keeper) Attest(ctx context.Context, m *taskpb.MsgAttest) (*taskpb.MsgAttestResponse, error) {
	return &taskpb.MsgAttestResponse{}, k.applyOfNode(ctx, m)
}

// CommitAggregate implements [taskpb.MsgServer].
func (k Keeper) CommitAggregate(ctx context.Context, m *taskpb.MsgCommitAggregate) (*taskpb.MsgCommitAggregateResponse, error) {
	return &taskpb.MsgCommitAggregateResponse{}, k.applyOfNode(ctx, m)
}

// RevealAggregate implements [taskpb.MsgServer].
func (k Keeper) RevealAggregate(ctx context.Context, m *taskpb.MsgRevealAggregate) (*taskpb.MsgRevealAggregateResponse, error) {
	return &taskpb.MsgRevealAggregateResponse{}, k.applyOfNode(ctx, m)
}

// CommitScore implements [taskpb.MsgServer].
func (k Keeper) CommitScore(ctx context.Context, m *taskpb.MsgCommitScore) (*taskpb.MsgCommitScoreResponse, error) {
	return &taskpb.MsgCommitScoreResponse{}, k.applyOfNode(ctx, m)
}

// RevealScore implements [taskpb.MsgServer].
func (k Keeper) RevealScore(ctx context.Context, m *taskpb.MsgRevealScore) (*taskpb.MsgRevealScoreResponse, error) {
	return &taskpb.MsgRevealScoreResponse{}, k.applyOfNode(ctx, m)
}

// Accuse implements [taskpb.MsgServer]. Any account may send it.
func (k Keeper) Accuse(ctx context.Context, m *taskpb.MsgAccuse) (*taskpb.MsgAccuseResponse, error) {
	return &taskpb.MsgAccuseResponse{}, k.applyOfAccount(ctx, m)
}

// applyOfAccount applies the message of an account that needs no node.
func (k Keeper) applyOfAccount(ctx context.Context, m taskpb.Message) error {
	in, err := taskpb.InputOf(m, 0)
	if err != nil {
		return withCode(err)
	}
	return k.applyInput(ctx, m, in)
}

// applyInput applies an input that comes from no node.
func (k Keeper) applyInput(ctx context.Context, m taskpb.Message, in round.Input) error {
	h, err := k.prefetchInput(ctx, m, 0, in)
	if err != nil {
		return err
	}
	return k.apply(ctx, h.at, h.state, h.input)
}

// Owed reports whether the signer of msg owes it to a task at this moment: package round would
// accept it.
func (k Keeper) Owed(ctx context.Context, msg sdk.Msg) bool {
	_, owed := k.owed(ctx, msg)
	return owed
}

// owed also returns what was read to decide this.
func (k Keeper) owed(ctx context.Context, msg sdk.Msg) (h prefetched, owed bool) {
	m, ok := msg.(taskpb.Message)
	if !ok {
		return h, false
	}
	switch msg.(type) {
	case *taskpb.MsgCancel, *taskpb.MsgAccuse, *taskpb.MsgAccuseAnswers: // nobody owes these
		return h, false
	}
	h, err := k.prefetch(ctx, m)
	if err != nil {
		return h, false
	}
	h.keep(ctx)
	_, _, err = h.state.Step(h.at, h.input)
	return h, err == nil
}

func (k Keeper) applyOfNode(ctx context.Context, m taskpb.Message) error {
	h, ok := takePrefetched(ctx, m)
	if !ok {
		var err error
		if h, err = k.prefetch(ctx, m); err != nil {
			return err
		}
	}
	if err := k.removeCount(ctx, h); err != nil {
		return err
	}
	if err := k.apply(ctx, h.at, h.state, h.input); err != nil {
		return err
	}
	return emit(ctx, inputEvents(m.GetTask(), h.input)...)
}

func (k Keeper) coins(uthing uint64) sdk.Coins {
	return sdk.NewCoins(sdk.NewCoin(k.denom, sdkmath.NewIntFromUint64(uthing)))
}
