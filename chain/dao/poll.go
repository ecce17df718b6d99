package dao

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"

	"github.com/althing-network/althing/pb/daopb"
)

// checkNoOpenPoll refuses a proposer who has another open poll.
func (k Keeper) checkNoOpenPoll(ctx context.Context, proposer sdk.AccAddress) error {
	id, err := k.open.Get(ctx, proposer)
	if errors.Is(err, collections.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the open proposal of an account: %w", err)
	}
	p, err := k.poll(ctx, id)
	if err != nil {
		return err
	}
	lives, err := k.endIfRemoved(ctx, p)
	if err != nil || !lives {
		return err
	}
	return ErrOpen.Wrapf("proposal %d of %s is open: want at most one per account", id, proposer)
}

// checkRoom refuses a poll if the limit of polls is reached. Polls that wait for their deposit and
// polls with votes have separate limits: it costs nothing to let a proposal wait, so these must
// not take places from proposals that have their deposit.
func (k Keeper) checkRoom(ctx context.Context, incoming daopb.Poll, most uint32) error {
	var open []uint64
	err := k.open.Walk(ctx, nil, func(_ sdk.AccAddress, id uint64) (bool, error) {
		open = append(open, id)
		return false, nil
	})
	if err != nil {
		return fmt.Errorf("list the open proposals: %w", err)
	}
	others := uint32(0)
	for _, id := range open {
		p, err := k.poll(ctx, id)
		if err != nil {
			return err
		}
		if id == incoming.Proposal || (p.Start > 0) != (incoming.Start > 0) {
			continue
		}
		lives, err := k.endIfRemoved(ctx, p)
		if err != nil {
			return err
		}
		if lives {
			others++
		}
	}
	switch {
	case others < most:
		return nil
	case incoming.Start > 0:
		return ErrOpen.Wrapf("open votes: %d, want at most %d", others, most)
	}
	return ErrOpen.Wrapf("proposals that wait for their deposit: %d, want at most %d", others, most)
}

// endIfRemoved ends an open poll if x/gov has removed its proposal without calling a hook, as it does
// when it cannot read the proposal.
func (k Keeper) endIfRemoved(ctx context.Context, p daopb.Poll) (lives bool, err error) {
	lives, err = k.existsInGov(ctx, p)
	if err != nil || lives {
		return lives, err
	}
	return false, k.end(ctx, p, daopb.OUTCOME_FAILED, "its messages could not be read")
}

// existsInGov reports whether x/gov still has the proposal of an open poll.
func (k Keeper) existsInGov(ctx context.Context, p daopb.Poll) (lives bool, err error) {
	if p.Start == 0 {
		lives, err = k.parts.Gov.Proposals.Has(ctx, p.Proposal)
	} else {
		lives, err = k.parts.Gov.VotingPeriodProposals.Has(ctx, p.Proposal)
	}
	if err != nil {
		return false, fmt.Errorf("look for proposal %d: %w", p.Proposal, err)
	}
	return lives, nil
}

// start fixes the mark and the total power of a vote. The total is at least the one at the beginning
// of the block: stake that leaves and returns within the block keeps its weight, and a vote may
// start in between.
func (k Keeper) start(ctx context.Context, p *daopb.Poll, end int64, warmup uint64) error {
	s := spanOf(now(ctx), milliseconds(warmup))
	p.Start, p.Mark, p.End = s.start, s.mark, end
	total, err := k.total(ctx)
	if err != nil {
		return err
	}
	atBegin, err := k.totalAtBegin.Get(ctx)
	if err != nil && !errors.Is(err, collections.ErrNotFound) {
		return fmt.Errorf("read all power at the beginning of the block: %w", err)
	}
	p.Total = max(total, atBegin)
	return nil
}

// count adds a vote to the sums.
func (k Keeper) count(ctx context.Context, p daopb.Poll, voter sdk.AccAddress, options []*govv1.WeightedVoteOption) error {
	voted, err := k.votes.Has(ctx, collections.Join(p.Proposal, voter))
	if err != nil {
		return fmt.Errorf("look for a vote: %w", err)
	}
	if voted {
		return ErrVoted.Wrapf("account %s, proposal %d", voter, p.Proposal)
	}
	weighs, err := k.weigh(ctx, voter, span{p.Mark, p.Start})
	if err != nil {
		return err
	}
	if weighs.sum() == 0 {
		return ErrPower.Wrapf("%s has no stake that is old enough to vote on proposal %d", voter, p.Proposal)
	}
	before, _, err := k.currentOutcome(ctx, p)
	if err != nil {
		return err
	}
	if err := split(&p.Tally, weighs.sum(), options); err != nil {
		return err
	}
	p.Tally.Voters++
	after, _, err := k.currentOutcome(ctx, p)
	if err != nil {
		return err
	}
	if (before == daopb.OUTCOME_PASSED) != (after == daopb.OUTCOME_PASSED) {
		p.Changed = now(ctx)
	}
	return errors.Join(
		k.votes.Set(ctx, collections.Join(p.Proposal, voter), weighs.sum()),
		k.polls.Set(ctx, p.Proposal, p),
	)
}

// split divides power among the options by their weights, rounded down. The first option gets
// the remainder.
func split(t *daopb.Tally, power uint64, options []*govv1.WeightedVoteOption) error {
	rest := power
	for i, o := range slices.Backward(options) {
		weight, err := math.LegacyNewDecFromStr(o.Weight)
		if err != nil {
			return fmt.Errorf("read the weight of an option: %w", err)
		}
		part := min(weight.MulInt(math.NewIntFromUint64(power)).TruncateInt().Uint64(), rest)
		if i == 0 {
			part = rest
		}
		rest -= part
		switch o.Option {
		case govv1.OptionYes:
			t.Yes += part
		case govv1.OptionNo:
			t.No += part
		case govv1.OptionAbstain:
			t.Abstain += part
		case govv1.OptionNoWithVeto:
			t.Veto += part
		default:
			return ErrProposal.Wrapf("vote option %s: want yes, no, abstain or no with veto", o.Option)
		}
	}
	return nil
}

// end ends a poll. Later blocks remove its votes.
func (k Keeper) end(ctx context.Context, p daopb.Poll, outcome daopb.Outcome, reason string) error {
	proposer, err := k.addresses.StringToBytes(p.Proposer)
	if err != nil {
		return ErrAccount.Wrap(err.Error())
	}
	p.Outcome, p.Reason, p.Ended = outcome, portableText(reason), sdk.UnwrapSDKContext(ctx).BlockHeight()
	if p.Tally.Voters > 0 {
		if err := k.endedWithVotes.Set(ctx, p.Proposal); err != nil {
			return err
		}
	}
	return errors.Join(k.open.Remove(ctx, proposer), k.polls.Set(ctx, p.Proposal, p))
}

// NotQueued returns the reason why a proposal that is not in the timelock cannot be executed:
// it does not exist, its vote has not ended, or it did not pass.
func (k Keeper) NotQueued(ctx context.Context, proposal uint64) error {
	p, err := k.poll(ctx, proposal)
	if err != nil {
		return err
	}
	switch {
	case p.Ended == 0 && p.Start == 0:
		return ErrInactive.Wrapf("proposal %d waits for its deposit", proposal)
	case p.Ended == 0:
		return ErrVoting.Wrapf("proposal %d: its vote ends at %s", proposal, time.UnixMilli(p.End).UTC().Format(time.RFC3339))
	}
	switch p.Outcome {
	case daopb.OUTCOME_QUORUM:
		return ErrQuorum.Wrapf("proposal %d: %s", proposal, p.Reason)
	case daopb.OUTCOME_PASSED:
		return ErrInactive.Wrapf("proposal %d has passed and has no messages to execute", proposal)
	case daopb.OUTCOME_REJECTED:
		return ErrInactive.Wrapf("proposal %d was rejected: %s", proposal, p.Reason)
	case daopb.OUTCOME_VETOED:
		return ErrInactive.Wrapf("proposal %d was vetoed: %s", proposal, p.Reason)
	case daopb.OUTCOME_NO_DEPOSIT:
		return ErrInactive.Wrapf("proposal %d did not get its deposit in time", proposal)
	case daopb.OUTCOME_CANCELLED:
		return ErrInactive.Wrapf("proposal %d was cancelled by its proposer", proposal)
	default:
		return ErrInactive.Wrapf("proposal %d passed but could not be queued: %s", proposal, p.Reason)
	}
}
