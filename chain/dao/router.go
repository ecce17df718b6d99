package dao

import (
	"context"
	"errors"
	"fmt"
	"math/bits"

	"cosmossdk.io/collections"

	"github.com/cosmos/cosmos-sdk/baseapp"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/pb/daopb"
	"github.com/althing-network/althing/pb/feepb"
	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/pb/timelockpb"
	"github.com/althing-network/althing/pb/tokenpb"
	"github.com/althing-network/althing/spec"
)

// class is what a proposal may do with a message.
type class int

const (
	forbidden class = iota
	immediate       // carried out when the vote ends
	queued          // put into the timelock
	dangerous       // likewise, and the vote needs the high threshold
)

// classOf is the list of all messages that a proposal may have. None of them moves coins of
// an account, and none spends what lies in x/gov's account: those are the deposits, and a
// block in which x/gov cannot give one back is the last one.
func classOf(msg sdk.Msg) class {
	switch msg.(type) {
	case *taskpb.MsgUpdateModel, *nodepb.MsgAddParticipant, *nodepb.MsgRemoveParticipant,
		*feepb.MsgUpdateParams, *taskpb.MsgUpdateParams:
		return queued
	case *tokenpb.MsgMint, *daopb.MsgUpdateParams, *timelockpb.MsgUpdateParams, *nodepb.MsgUpdateParams:
		return dangerous
	case *timelockpb.MsgCancel:
		return immediate
	}
	return forbidden
}

// Router is what x/gov takes for the router of messages: a message that it runs goes into
// the timelock, and one that no proposal may have cannot be routed.
type Router struct{ Keeper }

var _ baseapp.MessageRouter = Router{}

// Router is to be given to x/gov.
func (k Keeper) Router() Router { return Router{k} }

// Handler implements [baseapp.MessageRouter].
func (r Router) Handler(msg sdk.Msg) baseapp.MsgServiceHandler {
	switch classOf(msg) {
	case queued, dangerous:
		return portable(r.schedule)
	case immediate:
		return portable(r.router.Handler(msg))
	default:
		return nil
	}
}

// HandlerByTypeURL implements [baseapp.MessageRouter]: x/gov asks by message only.
func (r Router) HandlerByTypeURL(string) baseapp.MsgServiceHandler { return nil }

// portable is a handler whose errors are the same texts on every machine: x/gov keeps them
// with the proposal.
func portable(handler baseapp.MsgServiceHandler) baseapp.MsgServiceHandler {
	return func(ctx sdk.Context, msg sdk.Msg) (*sdk.Result, error) {
		result, err := handler(ctx, msg)
		if err != nil {
			return nil, errors.New(bounded(err.Error()))
		}
		return result, nil
	}
}

// schedule puts a message of the proposal that x/gov carries out into the timelock.
func (r Router) schedule(ctx sdk.Context, msg sdk.Msg) (*sdk.Result, error) {
	id, err := r.tallied.Get(ctx)
	if errors.Is(err, collections.ErrNotFound) {
		return nil, ErrProposal.Wrap("its messages are not those that were submitted")
	}
	if err != nil {
		return nil, fmt.Errorf("read which proposal has passed: %w", err)
	}
	p, err := r.poll(ctx, id)
	if err != nil {
		return nil, err
	}
	params, err := r.rules(ctx)
	if err != nil {
		return nil, err
	}
	if p.Dangerous && !high(p.Tally, params.HighThreshold) {
		return nil, ErrThreshold.Wrap(spec.TooFewYes(p.Tally.Yes, p.Tally.Yes+p.Tally.No+p.Tally.Veto, spec.PPM(params.HighThreshold)))
	}
	var extra uint64
	if p.Changed > 0 && p.Changed >= p.End-milliseconds(params.LateSeconds) {
		extra = params.LateSeconds
	}
	if err := r.parts.Timelock.Schedule(ctx, id, p.Start, extra, msg); err != nil {
		return nil, err
	}
	return &sdk.Result{}, nil
}

// high reports whether more than a part per million of Yes and No together are Yes.
func high(t daopb.Tally, threshold uint32) bool {
	yes, yesLow := bits.Mul64(t.Yes, uint64(spec.One))
	want, wantLow := bits.Mul64(t.Yes+t.No+t.Veto, uint64(threshold))
	return yes > want || yes == want && yesLow > wantLow
}

// rules reads the parameters.
func (k Keeper) rules(ctx context.Context) (daopb.Params, error) {
	p, err := k.params.Get(ctx)
	if err != nil {
		return p, fmt.Errorf("read the rules of votes: %w", err)
	}
	return p, nil
}
