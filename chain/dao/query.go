package dao

import (
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/althing-network/althing/pb/daopb"
	"github.com/althing-network/althing/pb/page"
)

// Poll implements [daopb.QueryServer].
func (k Keeper) Poll(ctx context.Context, req *daopb.QueryPoll) (*daopb.QueryPollResponse, error) {
	p, err := k.poll(ctx, req.Proposal)
	if err != nil {
		return nil, err
	}
	if p.Ended > 0 {
		return &daopb.QueryPollResponse{Poll: p, Outcome: p.Outcome, Reason: p.Reason}, nil
	}
	came, why, err := k.currentOutcome(ctx, p)
	if err != nil {
		return nil, err
	}
	return &daopb.QueryPollResponse{Poll: p, Outcome: came, Reason: why}, nil
}

// Polls implements [daopb.QueryServer].
func (k Keeper) Polls(ctx context.Context, req *daopb.QueryPolls) (*daopb.QueryPollsResponse, error) {
	polls, next, err := query.CollectionPaginate(ctx, k.polls, page.Bounded(req.Pagination, page.Most),
		func(_ uint64, p daopb.Poll) (daopb.Poll, error) { return p, nil })
	if err != nil {
		return nil, fmt.Errorf("list polls: %w", err)
	}
	return &daopb.QueryPollsResponse{Polls: polls, Pagination: next}, nil
}

// Power implements [daopb.QueryServer]. The power of an account that has voted is the power of its
// vote.
func (k Keeper) Power(ctx context.Context, req *daopb.QueryPower) (*daopb.QueryPowerResponse, error) {
	address, err := k.addresses.StringToBytes(req.Account)
	if err != nil {
		return nil, ErrAccount.Wrap(err.Error())
	}
	account := sdk.AccAddress(address)
	params, err := k.rules(ctx)
	if err != nil {
		return nil, err
	}
	s := spanOf(now(ctx), milliseconds(params.WarmupSeconds))
	if req.Proposal > 0 {
		p, err := k.poll(ctx, req.Proposal)
		if err != nil {
			return nil, err
		}
		voted, err := k.votes.Get(ctx, collections.Join(req.Proposal, account))
		if err != nil && !errors.Is(err, collections.ErrNotFound) {
			return nil, fmt.Errorf("read a vote: %w", err)
		}
		if err == nil {
			return k.answer(ctx, account, voted, true)
		}
		if p.Start > 0 {
			s = span{p.Mark, p.Start}
		}
	}
	weighs, err := k.weigh(ctx, account, s)
	if err != nil {
		return nil, err
	}
	return k.answer(ctx, account, weighs.sum(), false)
}

// answer returns a power, together with the present stake of the account.
func (k Keeper) answer(ctx context.Context, account sdk.AccAddress, power uint64, voted bool) (*daopb.QueryPowerResponse, error) {
	has, err := k.weigh(ctx, account, presentStake(ctx))
	if err != nil {
		return nil, err
	}
	return &daopb.QueryPowerResponse{Power: power, Bonded: has.bonded, Staked: has.staked, Voted: voted}, nil
}

// DryRun implements [daopb.QueryServer].
func (k Keeper) DryRun(ctx context.Context, req *daopb.QueryDryRun) (*daopb.QueryDryRunResponse, error) {
	if err := checkSize(req.Messages); err != nil {
		return nil, err
	}
	resp := new(daopb.QueryDryRunResponse)
	messages := make([]sdk.Msg, len(req.Messages))
	for i, packed := range req.Messages {
		if err := k.codec.UnpackAny(packed, &messages[i]); err != nil {
			return nil, ErrProposal.Wrap(err.Error())
		}
		class := classOf(messages[i])
		if class == forbidden {
			return nil, ErrProposal.Wrapf("message %s is not allowed in a proposal", packed.TypeUrl)
		}
		resp.Dangerous = resp.Dangerous || class == dangerous
	}
	resp.DryRun = k.dryRun(sdk.UnwrapSDKContext(ctx), messages)
	return resp, nil
}

// Params implements [daopb.QueryServer].
func (k Keeper) Params(ctx context.Context, _ *daopb.QueryParams) (*daopb.QueryParamsResponse, error) {
	params, err := k.rules(ctx)
	if err != nil {
		return nil, err
	}
	gov, err := k.parts.Gov.Params.Get(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the rules of proposals: %w", err)
	}
	rules, err := rulesOf(gov)
	if err != nil {
		return nil, err
	}
	return &daopb.QueryParamsResponse{Params: params, Rules: rules}, nil
}
