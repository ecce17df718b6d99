package dao

import (
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/collections"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"

	"github.com/althing-network/althing/pb/daopb"
)

const (
	// maxMessages is the largest number of messages of a proposal.
	maxMessages = 16
	// maxBytes is the largest size of all messages of a proposal.
	maxBytes = 64 << 10
)

// hooks update the polls when x/gov changes its proposals. An error fails the transaction.
type hooks struct{ Keeper }

// Hooks returns the hooks for x/gov.
func (k Keeper) Hooks() govtypes.GovHooks { return hooks{k} }

// proposal reads a proposal of x/gov.
func (k Keeper) proposal(ctx context.Context, id uint64) (govv1.Proposal, error) {
	p, err := k.parts.Gov.Proposals.Get(ctx, id)
	if errors.Is(err, collections.ErrNotFound) {
		return p, ErrNotFound.Wrapf("proposal %d", id)
	}
	if err != nil {
		return p, fmt.Errorf("read proposal %d: %w", id, err)
	}
	return p, nil
}

// AfterProposalSubmission implements [govtypes.GovHooks]: it checks the size of the proposal
// and the power of the proposer, and runs the messages in a dry run.
func (h hooks) AfterProposalSubmission(ctx context.Context, id uint64, proposer sdk.AccAddress) error {
	proposal, err := h.proposal(ctx, id)
	if err != nil {
		return err
	}
	if err := checkShape(proposal); err != nil {
		return err
	}
	params, err := h.rules(ctx)
	if err != nil {
		return err
	}
	weighs, err := h.weigh(ctx, proposer, spanOf(now(ctx), milliseconds(params.WarmupSeconds)))
	if err != nil {
		return err
	}
	if weighs.sum() == 0 {
		return ErrPower.Wrapf("%s has no stake that is old enough to propose", proposer)
	}
	if err := h.checkNoOpenPoll(ctx, proposer); err != nil {
		return err
	}
	messages, err := proposal.GetMsgs()
	if err != nil {
		return ErrProposal.Wrap(err.Error())
	}
	p := daopb.Poll{Proposal: id, Submitted: sdk.UnwrapSDKContext(ctx).BlockHeight()}
	if p.Digest, err = daopb.DigestOf(messages); err != nil {
		return ErrProposal.Wrap(err.Error())
	}
	if p.Proposer, err = h.addresses.BytesToString(proposer); err != nil {
		return ErrAccount.Wrap(err.Error())
	}
	for _, m := range messages {
		p.Dangerous = p.Dangerous || classOf(m) == dangerous
	}
	p.DryRun = h.dryRun(sdk.UnwrapSDKContext(ctx), messages)
	return errors.Join(h.open.Set(ctx, proposer, id), h.polls.Set(ctx, id, p))
}

// checkShape refuses proposals that are too large, and expedited ones: x/gov would remove
// their votes.
func checkShape(p govv1.Proposal) error {
	if p.Expedited {
		return ErrProposal.Wrap("expedited: want a proposal with the full voting period")
	}
	return checkSize(p.Messages)
}

func checkSize(messages []*codectypes.Any) error {
	if len(messages) > maxMessages {
		return ErrProposal.Wrapf("%d messages: want at most %d", len(messages), maxMessages)
	}
	size := 0
	for _, m := range messages {
		size += m.Size()
	}
	if size > maxBytes {
		return ErrProposal.Wrapf("messages of %d bytes: want at most %d", size, maxBytes)
	}
	return nil
}

// AfterProposalDeposit implements [govtypes.GovHooks]. When the deposit is complete, voting
// starts if there is room. Later deposits are refused, since x/gov gives all deposits of a
// proposal back in one block.
func (h hooks) AfterProposalDeposit(ctx context.Context, id uint64, _ sdk.AccAddress) error {
	p, err := h.poll(ctx, id)
	if err != nil {
		return err
	}
	if p.Start > 0 {
		return ErrInactive.Wrapf("proposal %d has its whole deposit: voting has started", id)
	}
	proposal, err := h.proposal(ctx, id)
	if err != nil {
		return err
	}
	params, err := h.rules(ctx)
	if err != nil {
		return err
	}
	if proposal.Status == govv1.StatusVotingPeriod {
		if err := h.start(ctx, &p, proposal.VotingEndTime.UnixMilli(), params.WarmupSeconds); err != nil {
			return err
		}
	}
	return errors.Join(h.checkRoom(ctx, p, params.MaxOpen), h.polls.Set(ctx, id, p))
}

// AfterProposalVote implements [govtypes.GovHooks]: it counts the vote of an account that has
// power and has not voted before.
func (h hooks) AfterProposalVote(ctx context.Context, id uint64, voter sdk.AccAddress) error {
	p, err := h.poll(ctx, id)
	if err != nil {
		return err
	}
	if err := checkVoting(ctx, p); err != nil {
		return err
	}
	vote, err := h.parts.Gov.Votes.Get(ctx, collections.Join(id, voter))
	if err != nil {
		return fmt.Errorf("read a vote in proposal %d: %w", id, err)
	}
	return h.count(ctx, p, voter, vote.Options)
}

// checkVoting refuses a vote before voting starts and after it ends. In the block in which voting
// ends x/gov would still accept votes.
func checkVoting(ctx context.Context, p daopb.Poll) error {
	switch {
	case p.Ended > 0:
		return ErrInactive.Wrapf("proposal %d has ended at height %d", p.Proposal, p.Ended)
	case p.Start == 0:
		return ErrInactive.Wrapf("proposal %d waits for its deposit: voting has not started", p.Proposal)
	case now(ctx) >= p.End:
		return ErrInactive.Wrapf("proposal %d: voting has ended", p.Proposal)
	}
	return nil
}

// AfterProposalFailedMinDeposit implements [govtypes.GovHooks].
func (h hooks) AfterProposalFailedMinDeposit(ctx context.Context, id uint64) error {
	p, err := h.poll(ctx, id)
	if err != nil {
		return err
	}
	return h.end(ctx, p, daopb.OUTCOME_NO_DEPOSIT, "")
}

// AfterProposalVotingPeriodEnded implements [govtypes.GovHooks]. At this point x/gov has decided
// and, if the proposal passed, has queued its messages through [Router].
func (h hooks) AfterProposalVotingPeriodEnded(ctx context.Context, id uint64) error {
	p, err := h.poll(ctx, id)
	if err != nil {
		return err
	}
	proposal, err := h.proposal(ctx, id)
	if err != nil {
		return err
	}
	if err := h.executing.Remove(ctx); err != nil {
		return err
	}
	switch proposal.Status {
	case govv1.StatusPassed:
		return h.end(ctx, p, daopb.OUTCOME_PASSED, "")
	case govv1.StatusFailed:
		return h.end(ctx, p, daopb.OUTCOME_FAILED, proposal.FailedReason)
	default:
		came, why, err := h.currentOutcome(ctx, p)
		if err != nil {
			return err
		}
		return h.end(ctx, p, came, why)
	}
}
