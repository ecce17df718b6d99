package timelock

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cosmos/gogoproto/proto"

	"cosmossdk.io/collections"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/pb/timelockpb"
)

const (
	// MaxGas is the gas limit for all messages of an entry.
	MaxGas = 20_000_000
	// maxExpired is the largest number of expired entries that are closed per block.
	maxExpired = 10
)

// Schedule appends a message of a passed proposal to its entry, which the first message
// creates. Since is the block time at which the vote started, in milliseconds since 1970; extra
// is added to the delay, in seconds.
func (k Keeper) Schedule(ctx context.Context, proposal uint64, since int64, extra uint64, msg sdk.Msg) error {
	packed, err := codectypes.NewAnyWithValue(msg)
	if err != nil {
		return fmt.Errorf("store a message of proposal %d: %w", proposal, err)
	}
	e, err := k.entry(ctx, proposal)
	switch {
	case errors.Is(err, ErrNotFound):
		if e, err = k.open(ctx, proposal, since, extra); err != nil {
			return err
		}
	case err != nil:
		return err
	case e.State != timelockpb.ENTRY_STATE_QUEUED:
		return ErrClosed.Wrapf("proposal %d %s", proposal, stateText(e))
	}
	e.Messages = append(e.Messages, packed)
	if err := k.entries.Set(ctx, proposal, e); err != nil {
		return err
	}
	return k.modules.Queued(ctx, proposal, msg)
}

// open creates an entry.
func (k Keeper) open(ctx context.Context, proposal uint64, since int64, extra uint64) (e timelockpb.Entry, err error) {
	params, err := k.Settings(ctx)
	if err != nil {
		return e, err
	}
	now, err := k.now(ctx)
	if err != nil {
		return e, err
	}
	queued := 0
	err = k.queue.Walk(ctx, nil, func(queueKey, int64) (bool, error) { queued++; return false, nil })
	if err != nil {
		return e, err
	}
	if queued >= MaxQueued {
		return e, ErrFull.Wrapf("%d proposals wait: want at most %d", queued, MaxQueued)
	}
	ms := func(seconds uint64) int64 { return int64(seconds) * 1000 } //nolint:gosec // parameters are bounded
	e = timelockpb.Entry{
		Proposal: proposal, State: timelockpb.ENTRY_STATE_QUEUED, Since: since,
		Queued: sdk.UnwrapSDKContext(ctx).BlockHeight(),
		Eta:    now + ms(params.DelaySeconds) + ms(extra),
	}
	e.Expires = e.Eta + ms(params.GraceSeconds)
	if err := k.queue.Set(ctx, collections.Join(e.Expires, proposal), e.Since); err != nil {
		return e, err
	}
	return e, emit(ctx, &timelockpb.EventQueued{Proposal: proposal, Eta: e.Eta, Expires: e.Expires})
}

// Execute implements [timelockpb.MsgServer]. If a message fails the transaction fails and
// nothing changes, so the proposal can be tried again: nobody can remove it from the queue by
// executing it at a bad moment or with too little gas.
func (k Keeper) Execute(ctx context.Context, msg *timelockpb.MsgExecute) (*timelockpb.MsgExecuteResponse, error) {
	if _, err := k.addresses.StringToBytes(msg.Sender); err != nil {
		return nil, ErrAccount.Wrap(err.Error())
	}
	e, err := k.entry(ctx, msg.Proposal)
	if errors.Is(err, ErrNotFound) {
		if why := k.modules.NotQueued(ctx, msg.Proposal); why != nil {
			return nil, why
		}
	}
	if err != nil {
		return nil, err
	}
	now, err := k.now(ctx)
	if err != nil {
		return nil, err
	}
	switch {
	case e.State != timelockpb.ENTRY_STATE_QUEUED:
		return nil, ErrClosed.Wrapf("proposal %d %s", e.Proposal, stateText(e))
	case now < e.Eta:
		return nil, ErrEarly.Wrapf("proposal %d can be executed after %s more of network time", e.Proposal, milliseconds(e.Eta-now))
	case now >= e.Expires:
		return nil, ErrClosed.Wrapf("proposal %d has expired", e.Proposal)
	}
	// The entry is closed first, so that its own messages cannot change it.
	if err := k.close(ctx, e, timelockpb.ENTRY_STATE_EXECUTED, msg.Sender); err != nil {
		return nil, err
	}
	outer := sdk.UnwrapSDKContext(ctx)
	gas, err := k.run(outer, e)
	outer.GasMeter().ConsumeGas(gas, "execute a proposal")
	if err != nil {
		return nil, ErrExecution.Wrapf("proposal %d: %s", e.Proposal, err)
	}
	return &timelockpb.MsgExecuteResponse{}, emit(ctx, &timelockpb.EventExecuted{Proposal: e.Proposal, By: msg.Sender})
}

// run executes the messages of an entry, all or none, and returns the gas that they used. They
// have a gas meter of their own with a limit of [MaxGas], or of the gas left in the transaction
// where that is less.
func (k Keeper) run(ctx sdk.Context, e timelockpb.Entry) (gas uint64, err error) {
	meter := storetypes.NewGasMeter(min(MaxGas, ctx.GasMeter().GasRemaining()))
	defer func() {
		gas = min(meter.GasConsumed(), MaxGas)
		switch r := recover().(type) {
		case nil:
		case storetypes.ErrorOutOfGas:
			err = fmt.Errorf("its messages take more than %d gas", meter.Limit())
		default:
			panic(r) // a bug or a failing store
		}
	}()
	msgs, err := e.Msgs()
	if err != nil {
		return 0, err
	}
	cached, write := k.modules.WithProposal(ctx, e.Proposal).WithGasMeter(meter).CacheContext()
	for i, msg := range msgs {
		handler := k.router.Handler(msg)
		if handler == nil {
			return 0, fmt.Errorf("message %d: %s is unknown on this chain", i+1, sdk.MsgTypeURL(msg))
		}
		result, err := handler(cached, msg)
		if err != nil {
			return 0, fmt.Errorf("message %d: %w", i+1, err)
		}
		cached.EventManager().EmitEvents(result.GetEvents())
	}
	write()
	return 0, nil
}

// Cancel implements [timelockpb.MsgServer].
func (k Keeper) Cancel(ctx context.Context, msg *timelockpb.MsgCancel) (*timelockpb.MsgCancelResponse, error) {
	params, err := k.Settings(ctx)
	if err != nil {
		return nil, err
	}
	switch at := sdk.UnwrapSDKContext(ctx).BlockTime().UnixMilli(); {
	case msg.Authority == k.authority:
	case params.Guardian == "" || msg.Authority != params.Guardian:
		return nil, ErrAuthority.Wrapf("sender %s: want the guardian or a passed proposal", msg.Authority)
	case at >= params.GuardianUntil:
		return nil, ErrAuthority.Wrapf("%s was the guardian until %s", msg.Authority, time.UnixMilli(params.GuardianUntil).UTC().Format(time.RFC3339))
	}
	e, err := k.entry(ctx, msg.Proposal)
	if err != nil {
		return nil, err
	}
	if e.State != timelockpb.ENTRY_STATE_QUEUED {
		return nil, ErrClosed.Wrapf("proposal %d %s", e.Proposal, stateText(e))
	}
	if err := k.closeUnexecuted(ctx, e, timelockpb.ENTRY_STATE_CANCELLED, msg.Authority); err != nil {
		return nil, err
	}
	return &timelockpb.MsgCancelResponse{}, emit(ctx, &timelockpb.EventCancelled{Proposal: e.Proposal, By: msg.Authority})
}

// EndBlock closes expired entries, also those with messages that this version of the program
// does not know.
func (k Keeper) EndBlock(ctx context.Context) error {
	now, err := k.now(ctx)
	if err != nil {
		return err
	}
	var expired []queueKey
	err = k.queue.Walk(ctx, nil, func(at queueKey, _ int64) (bool, error) {
		if now >= at.K1() {
			expired = append(expired, at)
		}
		return now < at.K1() || len(expired) == maxExpired, nil
	})
	if err != nil {
		return err
	}
	for _, at := range expired {
		e, err := k.entry(ctx, at.K2())
		if errors.Is(err, collections.ErrEncoding) {
			e.Proposal, e.Expires, e.Messages, err = at.K2(), at.K1(), nil, nil
		}
		if err != nil {
			return err
		}
		if err := k.closeUnexecuted(ctx, e, timelockpb.ENTRY_STATE_EXPIRED, ""); err != nil {
			return err
		}
		if err := emit(ctx, &timelockpb.EventExpired{Proposal: e.Proposal}); err != nil {
			return err
		}
	}
	return nil
}

// closeUnexecuted closes an entry that will never be executed, and tells the other modules. If one of them
// fails, the entry is closed all the same.
func (k Keeper) closeUnexecuted(ctx context.Context, e timelockpb.Entry, state timelockpb.EntryState, by string) error {
	msgs, err := e.Msgs()
	if err != nil {
		return err
	}
	for _, msg := range msgs {
		cached, write := sdk.UnwrapSDKContext(ctx).CacheContext()
		if err := k.modules.Dropped(cached, e.Proposal, msg); err != nil {
			cached.Logger().Error("a module failed to drop a message", "proposal", e.Proposal, "err", err)
			continue
		}
		write()
	}
	return k.close(ctx, e, state, by)
}

// close closes an entry and removes its messages from it; x/gov's proposal keeps them.
func (k Keeper) close(ctx context.Context, e timelockpb.Entry, state timelockpb.EntryState, by string) error {
	if err := k.queue.Remove(ctx, collections.Join(e.Expires, e.Proposal)); err != nil {
		return err
	}
	e.State, e.By, e.Messages, e.Closed = state, by, nil, sdk.UnwrapSDKContext(ctx).BlockHeight()
	return k.entries.Set(ctx, e.Proposal, e)
}

// stateText describes the state of an entry.
func stateText(e timelockpb.Entry) string {
	switch e.State {
	case timelockpb.ENTRY_STATE_EXECUTED:
		return fmt.Sprintf("was executed at height %d", e.Closed)
	case timelockpb.ENTRY_STATE_CANCELLED:
		return fmt.Sprintf("was cancelled at height %d by %s", e.Closed, e.By)
	case timelockpb.ENTRY_STATE_EXPIRED:
		return fmt.Sprintf("expired at height %d", e.Closed)
	default:
		return "waits"
	}
}

func milliseconds(n int64) time.Duration { return time.Duration(n) * time.Millisecond }

// emit adds a typed event to the block.
func emit(ctx context.Context, event proto.Message) error {
	if err := sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(event); err != nil {
		return fmt.Errorf("emit an event: %w", err)
	}
	return nil
}
