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

// Tally is to be given to x/gov, which decides by what it returns: sums that were kept as
// votes came in. It has no error, for the chain would stop at one; where the poll cannot be
// read nobody has voted. It notes which proposal x/gov is about to carry out.
func (k Keeper) Tally(ctx context.Context, _ govkeeper.Keeper, proposal govv1.Proposal) (voted math.LegacyDec, total math.Int, results map[govv1.VoteOption]math.LegacyDec, err error) {
	p, err := k.poll(ctx, proposal.Id)
	if err == nil {
		err = k.tally(ctx, p, proposal)
	}
	if err != nil {
		sdk.UnwrapSDKContext(ctx).Logger().Error("a proposal is tallied without its poll", "proposal", proposal.Id, "error", err)
		p = daopb.Poll{}
	}
	return decimal(cast(p.Tally)), math.NewIntFromUint64(totalOf(p)), map[govv1.VoteOption]math.LegacyDec{
		govv1.OptionYes: decimal(p.Tally.Yes), govv1.OptionAbstain: decimal(p.Tally.Abstain),
		govv1.OptionNo: decimal(p.Tally.No), govv1.OptionNoWithVeto: decimal(p.Tally.Veto),
	}, nil
}

// tally notes the proposal that is tallied, if its messages still are those that were
// submitted.
func (k Keeper) tally(ctx context.Context, p daopb.Poll, proposal govv1.Proposal) error {
	if err := k.tallied.Remove(ctx); err != nil {
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
	return k.tallied.Set(ctx, p.Proposal)
}

// cast is the power of all who have voted.
func cast(t daopb.Tally) uint64 { return t.Yes + t.No + t.Abstain + t.Veto }

// totalOf is the power of all together, and never less than what was cast: stake that left
// in the block in which voting started, before it did, and came back is in no total.
func totalOf(p daopb.Poll) uint64 { return max(p.Total, cast(p.Tally)) }

// partOf is a part of the whole as texts have it.
func partOf(d math.LegacyDec) spec.PPM {
	return spec.PPM(d.MulInt64(int64(spec.One)).TruncateInt64()) //nolint:gosec // x/gov's parts are at most one
}

func decimal(n uint64) math.LegacyDec { return math.LegacyNewDecFromInt(math.NewIntFromUint64(n)) }

// comesTo is the outcome of a vote by the rules that hold now.
func (k Keeper) comesTo(ctx context.Context, p daopb.Poll) (daopb.Outcome, string, error) {
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

// outcome is how a vote ends with the sums it has now, and why: what x/gov's arithmetic
// comes to, to the last digit, and then the high threshold.
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
		return daopb.OUTCOME_REJECTED, "all who have voted abstain"
	case decimal(t.Veto).Quo(decimal(all)).GT(veto):
		return daopb.OUTCOME_VETOED, spec.Vetoed(t.Veto, all, partOf(veto))
	case !decimal(t.Yes).Quo(decimal(decided)).GT(half):
		return daopb.OUTCOME_REJECTED, spec.TooFewYes(t.Yes, decided, partOf(half))
	case p.Dangerous && !high(t, threshold):
		return daopb.OUTCOME_FAILED, spec.TooFewYes(t.Yes, decided, spec.PPM(threshold))
	}
	return daopb.OUTCOME_PASSED, ""
}
