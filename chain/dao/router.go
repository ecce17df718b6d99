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

// class says how a message of a passed proposal is handled.
type class int

const (
	forbidden class = iota
	immediate       // executed when the vote ends
	queued          // put into the timelock
	dangerous       // put into the timelock if the vote reaches the high threshold
)

// classOf lists all messages that a proposal may have. None of them moves coins of an account,
// and none spends the deposits in x/gov's account: if x/gov cannot give a deposit back, the
// chain halts.
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

// Router is the router of messages for x/gov. It puts a message of a passed proposal into the
// timelock, and has no handler for messages that no proposal may have.
type Router struct{ Keeper }

var _ baseapp.MessageRouter = Router{}

// Router returns the router for x/gov.
func (k Keeper) Router() Router { return Router{k} }

// Handler implements [baseapp.MessageRouter].
func (r Router) Handler(msg sdk.Msg) baseapp.MsgServiceHandler {
	switch classOf(msg) {
	case queued, dangerous:
		return withPortableErrors(r.schedule)
	case immediate:
		return withPortableErrors(r.router.Handler(msg))
	default:
		return nil
	}
}

// HandlerByTypeURL implements [baseapp.MessageRouter]; x/gov does not use it.
func (r Router) HandlerByTypeURL(string) baseapp.MsgServiceHandler { return nil }

// withPortableErrors returns a handler whose error texts are the same on every machine, since x/gov
// stores them with the proposal.
func withPortableErrors(handler baseapp.MsgServiceHandler) baseapp.MsgServiceHandler {
	return func(ctx sdk.Context, msg sdk.Msg) (*sdk.Result, error) {
		result, err := handler(ctx, msg)
		if err != nil {
			return nil, errors.New(portableText(err.Error()))
		}
		return result, nil
	}
}

// schedule puts a message of the proposal that x/gov executes into the timelock.
func (r Router) schedule(ctx sdk.Context, msg sdk.Msg) (*sdk.Result, error) {
	id, err := r.executing.Get(ctx)
	if errors.Is(err, collections.ErrNotFound) {
		return nil, ErrProposal.Wrap("its messages differ from those that were submitted")
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
	if p.Dangerous && !reachesHigh(p.Tally, params.HighThreshold) {
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

// reachesHigh reports whether the part of Yes among Yes, No and NoWithVeto exceeds a threshold in
// parts per million.
func reachesHigh(t daopb.Tally, threshold uint32) bool {
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
