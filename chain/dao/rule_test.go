package dao_test

import (
	"errors"
	"strings"
	"testing"

	sdk "github.com/cosmos/cosmos-sdk/types"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/althing-network/althing/chain/dao"
	"github.com/althing-network/althing/pb/daopb"
	"github.com/althing-network/althing/spec"
)

// TestFailedProposalChangesNothing: a proposal that is rejected, or that passes but cannot be queued,
// leaves only its status. None of its messages waits, and all other bytes are the same as without
// the proposal.
func TestFailedProposalChangesNothing(t *testing.T) {
	for name, c := range map[string]struct {
		option govv1.VoteOption
		most   int
		want   daopb.Outcome
		status govv1.ProposalStatus
	}{
		"the queue takes one message of two": {govv1.OptionYes, 1, daopb.OUTCOME_FAILED, govv1.StatusFailed},
		"rejected":                           {govv1.OptionNo, 100, daopb.OUTCOME_REJECTED, govv1.StatusRejected},
		"vetoed":                             {govv1.OptionNoWithVeto, 100, daopb.OUTCOME_VETOED, govv1.StatusRejected},
	} {
		w := begin(t, without{}, map[string]uint64{"ann": 60 * spec.Thing})
		rules := w.rules()
		rules.BurnVoteVeto = false
		w.check(w.gov.Params.Set(w.ctx, rules))
		w.queue.most = c.most
		before := w.dump()
		id := w.proposed("ann", remove(1), remove(2))
		w.votes("ann", id, c.option)
		w.decided()
		w.block(second)
		if p := w.poll(id); p.Outcome != c.want || w.status(id) != c.status || p.Reason == "" {
			t.Errorf("%s: %+v", name, p)
		}
		for _, key := range differing(before, w.dump()) {
			store, _, _ := strings.Cut(key, "/")
			switch store {
			case govtypes.StoreKey, dao.Name: // its status
			case stakingtypes.StoreKey: // x/staking's record of each block
			default:
				t.Errorf("%s: %s changed", name, key)
			}
		}
		after := w.dump()
		again := begin(t, without{}, map[string]uint64{"ann": 60 * spec.Thing})
		w.check(again.gov.Params.Set(again.ctx, rules))
		again.decided()
		again.block(second)
		mine := 0
		for _, key := range differing(again.dump(), after) {
			if store, _, _ := strings.Cut(key, "/"); store == dao.Name || store == govtypes.StoreKey {
				mine++
				continue
			}
			t.Errorf("%s: %s differs from the state without the proposal", name, key)
		}
		if mine != 3 { // x/gov's proposal and its next number, and the poll
			t.Errorf("%s: %d entries differ from the state without the proposal", name, mine)
		}
	}
}

func update(change func(*daopb.Params, *daopb.Rules)) *daopb.MsgUpdateParams {
	msg := &daopb.MsgUpdateParams{Authority: authority().String(), Params: dao.DefaultParams(), Rules: dao.DefaultRules()}
	change(&msg.Params, &msg.Rules)
	return msg
}

// TestUpdateParams: a passed proposal changes the parameters of chain/dao and of x/gov, within bounds
// that no vote can change.
func TestUpdateParams(t *testing.T) {
	w := begin(t, without{}, map[string]uint64{"ann": 60 * spec.Thing})
	msg := update(func(p *daopb.Params, r *daopb.Rules) {
		*p = daopb.Params{WarmupSeconds: 60, LateSeconds: 0, MaxOpen: 1, HighThreshold: 900_000}
		*r = daopb.Rules{VotingSeconds: 3600, DepositSeconds: 60, MinDeposit: 7, InitialDeposit: 1_000_000, Quorum: 333_333, Threshold: 600_000, Veto: 400_000}
	})
	id := w.proposed("ann", msg)
	if !w.poll(id).Dangerous {
		t.Error("the message does not count as dangerous")
	}
	w.votes("ann", id, govv1.OptionYes)
	w.check(w.executes(id))
	got, err := w.Params(w.ctx, &daopb.QueryParams{})
	w.check(err)
	if got.Params != msg.Params || got.Rules != msg.Rules {
		t.Errorf("the rules are %+v, want %+v", got, msg)
	}
	for name, m := range map[string]*daopb.MsgUpdateParams{
		"a long warmup":      update(func(p *daopb.Params, _ *daopb.Rules) { p.WarmupSeconds = 7*24*3600 + 1 }),
		"a long extension":   update(func(p *daopb.Params, _ *daopb.Rules) { p.LateSeconds = 1 << 40 }),
		"nothing open":       update(func(p *daopb.Params, _ *daopb.Rules) { p.MaxOpen = 0 }),
		"too much open":      update(func(p *daopb.Params, _ *daopb.Rules) { p.MaxOpen = 101 }),
		"a low threshold":    update(func(p *daopb.Params, _ *daopb.Rules) { p.HighThreshold = 499_999 }),
		"a short vote":       update(func(_ *daopb.Params, r *daopb.Rules) { r.VotingSeconds = 3599 }),
		"a long vote":        update(func(_ *daopb.Params, r *daopb.Rules) { r.VotingSeconds = 1 << 60 }),
		"no time to deposit": update(func(_ *daopb.Params, r *daopb.Rules) { r.DepositSeconds = 0 }),
		"no deposit":         update(func(_ *daopb.Params, r *daopb.Rules) { r.MinDeposit = 0 }),
		"no initial deposit": update(func(_ *daopb.Params, r *daopb.Rules) { r.InitialDeposit = 0 }),
		"no quorum":          update(func(_ *daopb.Params, r *daopb.Rules) { r.Quorum = 99_999 }),
		"all thresholds":     update(func(_ *daopb.Params, r *daopb.Rules) { r.Threshold = 1_000_000 }),
		"no veto":            update(func(_ *daopb.Params, r *daopb.Rules) { r.Veto = 500_001 }),
	} {
		before := w.dump()
		if err := w.tx(func(ctx sdk.Context) error { _, err := w.UpdateParams(ctx, m); return err }); !errors.Is(err, dao.ErrParams) {
			t.Errorf("%s: %v", name, err)
		}
		if d := differing(before, w.dump()); d != nil {
			t.Errorf("%s: %v changed", name, d)
		}
	}
	stranger := update(func(*daopb.Params, *daopb.Rules) {})
	stranger.Authority = account("ann").String()
	if _, err := w.UpdateParams(w.ctx, stranger); !errors.Is(err, dao.ErrAuthority) {
		t.Errorf("a stranger: %v", err)
	}
}

// TestGovAcceptsAllBounds: x/gov accepts the parameters at every bound.
func TestGovAcceptsAllBounds(t *testing.T) {
	for _, r := range []daopb.Rules{
		dao.DefaultRules(),
		{VotingSeconds: 1, DepositSeconds: 1, MinDeposit: 1, InitialDeposit: 100_000, Quorum: 100_000, Threshold: 500_000, Veto: 100_000},
		{VotingSeconds: 30 * 86400, DepositSeconds: 30 * 86400, MinDeposit: spec.Cap, InitialDeposit: 1_000_000, Quorum: 500_000, Threshold: 900_000, Veto: 500_000},
	} {
		if err := dao.Ruled(govv1.DefaultParams(), r).ValidateBasic(); err != nil {
			t.Errorf("%+v: %v", r, err)
		}
	}
}

// TestGenesisRefuses: a genesis that contradicts itself or x/gov is refused, and the error names what
// is wrong.
func TestGenesisRefuses(t *testing.T) {
	w := begin(t, without{}, map[string]uint64{"ann": 60 * spec.Thing, "bob": spec.Thing})
	id := w.proposed("ann", remove(1))
	w.votes("ann", id, govv1.OptionYes)
	w.check(w.stake(w.ctx, "ann", 7))
	var sound daopb.Genesis
	raw := dao.Module{Keeper: w.Keeper}.ExportGenesis(w.ctx, w.codec)
	w.codec.MustUnmarshalJSON(raw, &sound)
	if err := dao.Validate(sound); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*daopb.Genesis){
		"rules out of bounds":  func(g *daopb.Genesis) { g.Params.MaxOpen = 0 },
		"a longest vote":       func(g *daopb.Genesis) { g.MinVotingSeconds = 1 << 40 },
		"no proposer":          func(g *daopb.Genesis) { g.Polls[0].Proposer = "" },
		"a short digest":       func(g *daopb.Genesis) { g.Polls[0].Digest = nil },
		"an end without any":   func(g *daopb.Genesis) { g.Polls[0].Outcome = daopb.OUTCOME_PASSED },
		"votes before a start": func(g *daopb.Genesis) { g.Polls[0].Start = 0 },
		"an end before it":     func(g *daopb.Genesis) { g.Polls[0].End = 1 },
		"poll 0":               func(g *daopb.Genesis) { g.Polls[0].Proposal = 0 },
		"one poll twice":       func(g *daopb.Genesis) { g.Polls = append(g.Polls, g.Polls[0]) },
		"two open of one":      func(g *daopb.Genesis) { g.Polls = append(g.Polls, g.Polls[0]); g.Polls[1].Proposal++ },
		"a vote too few":       func(g *daopb.Genesis) { g.Votes = nil },
		"a vote too heavy":     func(g *daopb.Genesis) { g.Votes[0].Power++ },
		"a vote of nothing":    func(g *daopb.Genesis) { g.Votes[0].Power = 0 },
		"a vote twice":         func(g *daopb.Genesis) { g.Votes = append(g.Votes, g.Votes[0]) },
		"a vote in none":       func(g *daopb.Genesis) { g.Votes[0].Proposal = 9 },
		"a record twice":       func(g *daopb.Genesis) { g.Records = append(g.Records, g.Records[0]) },
		"a record of nothing":  func(g *daopb.Genesis) { g.Records[0].Key = nil },
	} {
		var g daopb.Genesis
		w.codec.MustUnmarshalJSON(raw, &g)
		change(&g)
		if err := dao.Validate(g); !errors.Is(err, dao.ErrGenesis) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A poll cannot be open for a proposal that x/gov does not have.
	defer func() {
		if r, ok := recover().(error); !ok || !errors.Is(r, dao.ErrGenesis) {
			t.Errorf("x/gov has no such proposal: %v", r)
		}
	}()
	other := assemble(t, without{})
	dao.Module{Keeper: other.Keeper}.InitGenesis(other.ctx, other.codec, raw)
}

// TestGenesisStakeWeighs: stake in a genesis counts as old, also if the genesis continues a chain at a
// later height.
func TestGenesisStakeWeighs(t *testing.T) {
	w := assemble(t, without{})
	w.ctx = w.ctx.WithBlockHeight(1000)
	w.check(w.stake(w.ctx, "ann", 7))
	params := dao.DefaultParams()
	dao.Module{Keeper: w.Keeper}.InitGenesis(w.ctx, w.codec, w.codec.MustMarshalJSON(&daopb.Genesis{Params: params}))
	w.check(w.BeginBlock(w.ctx))
	if got := w.power("ann", 0); got != 7 {
		t.Errorf("it weighs %d", got)
	}
	w.check(w.stake(w.ctx, "ann", 9))
	if got := w.power("ann", 0); got != 7 {
		t.Errorf("with what the first block brought it weighs %d", got)
	}
}
