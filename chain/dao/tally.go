package dao

import (
	"bytes"
	"context"
	"fmt"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	govkeeper "github.com/cosmos/cosmos-sdk/x/gov/keeper"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"

	"github.com/althing-network/althing/pb/daopb"
	"github.com/althing-network/althing/spec"
)

// Tally is the tally function for x/gov. It returns the sums that were updated with each vote.
// It never returns an error, which would halt the chain: if the poll cannot be read, it returns
// a tally without votes. It also stores which proposal x/gov is about to execute.
func (k Keeper) Tally(ctx context.Context, _ govkeeper.Keeper, proposal govv1.Proposal) (voted math.LegacyDec, total math.Int, results map[govv1.VoteOption]math.LegacyDec, err error) {
	p, err := k.poll(ctx, proposal.Id)
	if err == nil {
		err = k.tally(ctx, p, proposal)
	}
	if err != nil {
		sdk.UnwrapSDKContext(ctx).Logger().Error("poll of a proposal cannot be read: tallied without votes", "proposal", proposal.Id, "error", err)
		p = daopb.Poll{}
	}
	return decimal(cast(p.Tally)), math.NewIntFromUint64(totalOf(p)), map[govv1.VoteOption]math.LegacyDec{
		govv1.OptionYes: decimal(p.Tally.Yes), govv1.OptionAbstain: decimal(p.Tally.Abstain),
		govv1.OptionNo: decimal(p.Tally.No), govv1.OptionNoWithVeto: decimal(p.Tally.Veto),
	}, nil
}

// tally stores the proposal that is tallied, if its messages are those that were submitted.
func (k Keeper) tally(ctx context.Context, p daopb.Poll, proposal govv1.Proposal) error {
	if err := k.executing.Remove(ctx); err != nil {
		return err
	}
	messages, err := proposal.GetMsgs()
	if err != nil {
		return fmt.Errorf("read its messages: %w", err)
	}
	digest, err := daopb.DigestOf(messages)
	if err != nil || !bytes.Equal(digest, p.Digest) {
		return err
	}
	return k.executing.Set(ctx, p.Proposal)
}

// cast returns the power of all votes.
func cast(t daopb.Tally) uint64 { return t.Yes + t.No + t.Abstain + t.Veto }

// totalOf returns the power of all accounts, and at least the power of all votes: stake that
// left before voting started and came back in the same block is missing in the total.
func totalOf(p daopb.Poll) uint64 { return max(p.Total, cast(p.Tally)) }

// partOf converts a part of 1 to parts per million.
func partOf(d math.LegacyDec) spec.PPM {
	return spec.PPM(d.MulInt64(int64(spec.One)).TruncateInt64()) //nolint:gosec // x/gov's parts are at most one
}

func decimal(n uint64) math.LegacyDec { return math.LegacyNewDecFromInt(math.NewIntFromUint64(n)) }

// currentOutcome returns the outcome of a vote by the present rules.
func (k Keeper) currentOutcome(ctx context.Context, p daopb.Poll) (daopb.Outcome, string, error) {
	params, err := k.rules(ctx)
	if err != nil {
		return 0, "", err
	}
	gov, err := k.parts.Gov.Params.Get(ctx)
	if err != nil {
		return 0, "", fmt.Errorf("read the rules of proposals: %w", err)
	}
	came, why := outcome(p, gov, params.HighThreshold)
	return came, why, nil
}

// outcome returns how a vote ends with its present sums, and why. It computes as x/gov does, to
// the last digit, and then applies the high threshold.
func outcome(p daopb.Poll, gov govv1.Params, threshold uint32) (daopb.Outcome, string) {
	quorum, err := math.LegacyNewDecFromStr(gov.Quorum)
	half, errHalf := math.LegacyNewDecFromStr(gov.Threshold)
	veto, errVeto := math.LegacyNewDecFromStr(gov.VetoThreshold)
	if err != nil || errHalf != nil || errVeto != nil {
		return daopb.OUTCOME_REJECTED, "the rules of votes cannot be read"
	}
	t, total := p.Tally, totalOf(p)
	all := cast(t)
	if total == 0 || decimal(all).Quo(decimal(total)).LT(quorum) {
		return daopb.OUTCOME_QUORUM, spec.TooFewVotes(all, total, partOf(quorum))
	}
	decided := all - t.Abstain
	switch {
	case decided == 0:
		return daopb.OUTCOME_REJECTED, "all votes abstain"
	case decimal(t.Veto).Quo(decimal(all)).GT(veto):
		return daopb.OUTCOME_VETOED, spec.Vetoed(t.Veto, all, partOf(veto))
	case !decimal(t.Yes).Quo(decimal(decided)).GT(half):
		return daopb.OUTCOME_REJECTED, spec.TooFewYes(t.Yes, decided, partOf(half))
	case p.Dangerous && !reachesHigh(t, threshold):
		return daopb.OUTCOME_FAILED, spec.TooFewYes(t.Yes, decided, spec.PPM(threshold))
	}
	return daopb.OUTCOME_PASSED, ""
}
