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
	// maxMessages is how many messages a proposal has at most.
	maxMessages = 16
	// maxBytes is how many bytes they have together at most.
	maxBytes = 64 << 10
)

// hooks keep the polls beside x/gov's proposals. What they refuse undoes the transaction.
type hooks struct{ Keeper }

// Hooks are to be set in x/gov.
func (k Keeper) Hooks() govtypes.GovHooks { return hooks{k} }

// proposal reads one of x/gov's.
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

// AfterProposalSubmission implements [govtypes.GovHooks]: a proposer has power, a proposal
// is of a bounded size, and its messages are tried.
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
		return ErrPower.Wrapf("%s has nothing bonded or staked that has been there for long enough to propose", proposer)
	}
	if err := h.alone(ctx, proposer); err != nil {
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

// checkShape refuses a proposal that is too large, and one in a hurry: x/gov would forget
// its votes.
func checkShape(p govv1.Proposal) error {
	if p.Expedited {
		return ErrProposal.Wrap("it is expedited: every vote takes its time")
	}
	return checkSize(p.Messages)
}

func checkSize(messages []*codectypes.Any) error {
	if len(messages) > maxMessages {
		return ErrProposal.Wrapf("it has %d messages, want at most %d", len(messages), maxMessages)
	}
	size := 0
	for _, m := range messages {
		size += m.Size()
	}
	if size > maxBytes {
		return ErrProposal.Wrapf("its messages have %d bytes, want at most %d", size, maxBytes)
	}
	return nil
}

// AfterProposalDeposit implements [govtypes.GovHooks]. With the deposit that completes it
// voting starts, if there is room; nobody deposits later, or there would be no end of what x/gov gives back
// in one block.
func (h hooks) AfterProposalDeposit(ctx context.Context, id uint64, _ sdk.AccAddress) error {
	p, err := h.poll(ctx, id)
	if err != nil {
		return err
	}
	if p.Start > 0 {
		return ErrInactive.Wrapf("proposal %d has its deposit: it is voted on", id)
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
	return errors.Join(h.room(ctx, p, params.MaxOpen), h.polls.Set(ctx, id, p))
}

// AfterProposalVote implements [govtypes.GovHooks]: whoever has power votes once.
func (h hooks) AfterProposalVote(ctx context.Context, id uint64, voter sdk.AccAddress) error {
	p, err := h.poll(ctx, id)
	if err != nil {
		return err
	}
	if err := voting(ctx, p); err != nil {
		return err
	}
	vote, err := h.parts.Gov.Votes.Get(ctx, collections.Join(id, voter))
	if err != nil {
		return fmt.Errorf("read a vote in proposal %d: %w", id, err)
	}
	return h.count(ctx, p, voter, vote.Options)
}

// voting refuses a vote that comes too early or too late. In the block in which voting ends
// x/gov still takes votes, and this does not.
func voting(ctx context.Context, p daopb.Poll) error {
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

// AfterProposalVotingPeriodEnded implements [govtypes.GovHooks]: x/gov has decided and, if
// it passed, has run what it takes for its messages.
func (h hooks) AfterProposalVotingPeriodEnded(ctx context.Context, id uint64) error {
	p, err := h.poll(ctx, id)
	if err != nil {
		return err
	}
	proposal, err := h.proposal(ctx, id)
	if err != nil {
		return err
	}
	if err := h.tallied.Remove(ctx); err != nil {
		return err
	}
	switch proposal.Status {
	case govv1.StatusPassed:
		return h.end(ctx, p, daopb.OUTCOME_PASSED, "")
	case govv1.StatusFailed:
		return h.end(ctx, p, daopb.OUTCOME_FAILED, proposal.FailedReason)
	default:
		came, why, err := h.comesTo(ctx, p)
		if err != nil {
			return err
		}
		return h.end(ctx, p, came, why)
	}
}
