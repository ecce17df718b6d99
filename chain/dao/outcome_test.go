package dao_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"

	"github.com/althing-network/althing/chain/dao"
	"github.com/althing-network/althing/pb/daopb"
	"github.com/althing-network/althing/spec"
)

// TestOutcomeIsThatOfProposals: for random sums and random rules, x/gov and the poll have the same
// outcome, also very close to a bound. Deposits are burned only without a quorum or at a veto. The
// results of the tally add up and never exceed the total power.
func TestOutcomeIsThatOfProposals(t *testing.T) {
	w := begin(t, without{}, map[string]uint64{"ann": spec.Thing})
	id := w.proposed("ann", mint(account("ann").String(), 1))
	start := w.poll(id)
	names := []string{"ann", "bob", "eve", "dan"}
	rapid.Check(t, func(rt *rapid.T) {
		ctx, _ := w.ctx.CacheContext()
		amount := rapid.OneOf(rapid.Uint64Range(0, 10), rapid.Uint64Range(0, spec.Cap/4))
		p := start
		p.Dangerous = rapid.Bool().Draw(rt, "dangerous")
		p.Tally = daopb.Tally{Yes: amount.Draw(rt, "yes"), No: amount.Draw(rt, "no"), Abstain: amount.Draw(rt, "abstain"), Veto: amount.Draw(rt, "veto")}
		sum := p.Tally.Yes + p.Tally.No + p.Tally.Abstain + p.Tally.Veto
		p.Total = rapid.OneOf(rapid.Uint64Range(0, sum*8), rapid.Just(sum*4), rapid.Just(sum*4+1), rapid.Just(sum*2)).Draw(rt, "total")
		g := daopb.Genesis{Params: dao.DefaultParams(), Polls: []daopb.Poll{p}}
		for i, power := range []uint64{p.Tally.Yes, p.Tally.No, p.Tally.Abstain, p.Tally.Veto} {
			if power > 0 {
				g.Votes = append(g.Votes, daopb.Vote{Proposal: id, Voter: account(names[i]).String(), Power: power})
				g.Polls[0].Tally.Voters++
			}
		}
		part := func(name string) string {
			return math.LegacyNewDecWithPrec(rapid.SampledFrom([]int64{0, 100_000, 250_000, 333_333, 500_000, 667_000, 900_000}).Draw(rt, name), 6).String()
		}
		rules := w.rules()
		rules.Quorum, rules.Threshold, rules.VetoThreshold = part("quorum"), part("threshold"), part("veto")
		rules.BurnVoteQuorum, rules.BurnVoteVeto = true, true
		if err := w.gov.Params.Set(ctx, rules); err != nil {
			rt.Fatal(err)
		}
		dao.Module{Keeper: w.Keeper}.InitGenesis(ctx, w.codec, w.codec.MustMarshalJSON(&g))
		proposal, err := w.gov.Proposals.Get(ctx, id)
		if err != nil {
			rt.Fatal(err)
		}
		passes, burns, _, err := w.gov.Tally(ctx, proposal)
		if err != nil {
			rt.Fatal(err)
		}
		says, err := w.Poll(ctx, &daopb.QueryPoll{Proposal: id})
		if err != nil {
			rt.Fatal(err)
		}
		o := says.Outcome
		if passes != (o == daopb.OUTCOME_PASSED || o == daopb.OUTCOME_FAILED) {
			rt.Fatalf("x/gov says %v, the poll %s: %s", passes, o, says.Reason)
		}
		if sum > 0 && p.Total > 0 && burns != (o == daopb.OUTCOME_QUORUM || o == daopb.OUTCOME_VETOED) {
			rt.Fatalf("x/gov burns the deposits: %v, the poll says %s: %s", burns, o, says.Reason)
		}
		voted, total, results, err := w.Tally(ctx, *w.gov, proposal)
		if err != nil || len(results) != 4 {
			rt.Fatalf("%v, %v", results, err)
		}
		added := math.LegacyZeroDec()
		for _, r := range results {
			added = added.Add(r)
		}
		if !added.Equal(voted) || voted.GT(math.LegacyNewDecFromInt(total)) {
			rt.Fatalf("results sum up to %s, %s have voted, of %s", added, voted, total)
		}
	})
}

// TestTallyWithoutPoll: a proposal that x/gov has but chain/dao does not know counts as one without
// votes; the chain does not halt.
func TestTallyWithoutPoll(t *testing.T) {
	w := begin(t, without{}, map[string]uint64{"ann": spec.Thing})
	now := w.ctx.BlockTime()
	end := now.Add(time.Second)
	w.check(w.gov.SetProposal(w.ctx, govv1.Proposal{Id: 77, Status: govv1.StatusVotingPeriod, VotingStartTime: &now, VotingEndTime: &end, SubmitTime: &now, DepositEndTime: &end}))
	w.check(w.gov.ActiveProposalsQueue.Set(w.ctx, collections.Join(end, uint64(77)), 77))
	found, err := w.Inconsistencies(w.ctx)
	if err != nil || len(found) != 1 {
		t.Errorf("contradictions %v, %v", found, err)
	}
	w.block(2 * second)
	w.block(second)
	if got := w.status(77); got != govv1.StatusRejected {
		t.Errorf("status %s", got)
	}
}
