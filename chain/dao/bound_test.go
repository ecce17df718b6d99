package dao_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"cosmossdk.io/collections"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	"github.com/cosmos/cosmos-sdk/x/gov"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"

	"github.com/althing-network/althing/chain/dao"
	"github.com/althing-network/althing/pb/daopb"
	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/spec"
)

// crowd returns a world with a vote in which a number of accounts have voted, and which ends with
// the next block.
func crowd(t testing.TB, voters uint64) (w *world, id uint64) {
	w = begin(t, without{}, map[string]uint64{"ann": 60 * spec.Thing, "bob": spec.Thing})
	id = w.proposed("ann", remove(1))
	p := w.poll(id)
	p.Tally = daopb.Tally{Yes: voters, Voters: voters}
	p.Total = voters
	g := daopb.Genesis{Params: dao.DefaultParams(), Polls: []daopb.Poll{p}}
	for n := range voters {
		voter := account(fmt.Sprint("voter-", n))
		g.Votes = append(g.Votes, daopb.Vote{Proposal: id, Voter: voter.String(), Power: 1})
		vote := govv1.NewVote(id, voter, govv1.NewNonSplitVoteOption(govv1.OptionYes), "")
		w.check(w.gov.Votes.Set(w.ctx, collections.Join(id, voter), vote))
	}
	dao.Module{Keeper: w.Keeper}.InitGenesis(w.ctx, w.codec, w.codec.MustMarshalJSON(&g))
	return w, id
}

// gas returns the gas that a function uses for reads and writes of the store.
func (w *world) gas(do func(ctx sdk.Context) error) uint64 {
	w.Helper()
	meter := storetypes.NewInfiniteGasMeter()
	w.check(do(w.ctx.WithGasMeter(meter)))
	return meter.GasConsumed()
}

// TestBlockDoesNotGrowWithVotes: the block that ends a vote, and each vote, costs the same with 10,000
// votes as with a thousand. Later blocks remove a hundred votes each until none is left.
func TestBlockDoesNotGrowWithVotes(t *testing.T) {
	const many = 10_000
	type work struct{ vote, end, remove uint64 }
	measure := func(voters uint64) (is work) {
		w, id := crowd(t, voters)
		is.vote = w.gas(func(ctx sdk.Context) error {
			ctx, _ = ctx.CacheContext()
			return w.vote(ctx, "bob", id, govv1.OptionYes)
		})
		w.block(5 * day)
		is.end = w.gas(func(ctx sdk.Context) error { return gov.EndBlocker(ctx, w.gov) })
		if w.poll(id).Outcome != daopb.OUTCOME_PASSED || len(w.queue.entries(w.ctx)) != 1 {
			t.Errorf("%+v", w.poll(id))
		}
		is.remove = w.gas(func(ctx sdk.Context) error { return w.EndBlock(ctx) })
		return is
	}
	few, all := measure(1000), measure(many)
	for _, c := range []struct {
		name     string
		few, all uint64
	}{{"a vote", few.vote, all.vote}, {"the block that ends it", few.end, all.end}, {"a block after it", few.remove, all.remove}} {
		if c.all > c.few+c.few/20 {
			t.Errorf("%s uses %d gas with 1,000 votes, %d with %d", c.name, c.few, c.all, many)
		}
	}
	t.Logf("gas of a vote, of the end and of a block after it: %+v", all)
}

// TestBlockDoesNotGrowWithProposals: a block, a proposal and a vote cost the same after 300 proposals
// as after three.
func TestBlockDoesNotGrowWithProposals(t *testing.T) {
	type work struct{ block, propose, vote uint64 }
	w := begin(t, without{}, map[string]uint64{"ann": 60 * spec.Thing, "bob": spec.Thing})
	round := func() (is work) {
		var id uint64
		is.propose = w.gas(func(ctx sdk.Context) (err error) { id, err = w.propose(ctx, "ann", full(), remove(1)); return err })
		is.vote = w.gas(func(ctx sdk.Context) error { return w.vote(ctx, "ann", id, govv1.OptionNo) })
		w.block(5 * day)
		w.block(second)
		is.block = w.gas(func(ctx sdk.Context) error { return errors.Join(gov.EndBlocker(ctx, w.gov), w.EndBlock(ctx)) })
		return is
	}
	var early, late work
	for n := range 300 {
		is := round()
		if n == 2 {
			early = is
		}
		late = is
	}
	for _, c := range []struct {
		name        string
		early, late uint64
	}{{"a block", early.block, late.block}, {"a proposal", early.propose, late.propose}, {"a vote", early.vote, late.vote}} {
		if c.late > c.early+c.early/20 {
			t.Errorf("%s uses %d after three proposals and %d after 300", c.name, c.early, c.late)
		}
	}
	t.Logf("gas of a block, a proposal and a vote: %+v", late)
}

// TestVotesAreRemoved: a hundred votes per block are removed, here and in x/gov; the sums stay.
func TestVotesAreRemoved(t *testing.T) {
	w, id := crowd(t, 250)
	left := func() (n int) {
		w.check(w.gov.Votes.Walk(w.ctx, nil, func(collections.Pair[uint64, sdk.AccAddress], govv1.Vote) (bool, error) {
			n++
			return false, nil
		}))
		raw := dao.Module{Keeper: w.Keeper}.ExportGenesis(w.ctx, w.codec)
		var g daopb.Genesis
		w.codec.MustUnmarshalJSON(raw, &g)
		if len(g.Votes) != n {
			t.Errorf("%d votes here, %d in x/gov", len(g.Votes), n)
		}
		return n
	}
	w.block(5 * day)
	for i, want := range []int{150, 50, 0, 0} {
		w.block(second)
		if got := left(); got != want {
			t.Errorf("%d votes after %d blocks, want %d", got, i+1, want)
		}
	}
	if got := w.poll(id).Tally; got.Voters != 250 || got.Yes != 250 {
		t.Errorf("sums %+v", got)
	}
}

// TestRecordsAreRemoved: a hundred records per block are removed, of those that no vote needs. The
// power of all accounts stays the same.
func TestRecordsAreRemoved(t *testing.T) {
	w := begin(t, without{}, map[string]uint64{"ann": 60 * spec.Thing})
	records := func() int {
		var g daopb.Genesis
		w.codec.MustUnmarshalJSON(dao.Module{Keeper: w.Keeper}.ExportGenesis(w.ctx, w.codec), &g)
		return len(g.Records)
	}
	before := records()
	for n := range 250 {
		w.check(w.stake(w.ctx, fmt.Sprint("node-", n), 7))
	}
	if got := records() - before; got != 250 {
		t.Fatalf("%d records of 250 changes", got)
	}
	w.block(13 * day)
	id := w.proposed("ann")
	w.block(2 * day) // 15 days later no vote that starts needs them
	for i, want := range []int{150, 50, 0} {
		w.block(second)
		if got := records() - before; got > want+before {
			t.Errorf("%d records after %d blocks, want %d", got, i+1, want)
		}
	}
	if got := w.power("node-3", id); got != 7 {
		t.Errorf("an old stake weighs %d", got)
	}

	// Records that a running vote needs stay, however long it takes.
	w = begin(t, without{}, map[string]uint64{"ann": 60 * spec.Thing})
	rules := w.rules()
	long := 30 * day
	rules.VotingPeriod = &long
	w.check(w.gov.Params.Set(w.ctx, rules))
	w.check(w.stake(w.ctx, "bob", 7))
	w.block(second)
	id = w.proposed("ann")
	for range 25 {
		w.block(day)
	}
	if got := w.power("bob", id); got != 0 {
		t.Errorf("stake from right before the vote weighs %d late in the vote", got)
	}
}

// TestOpenProposals: the number of proposals that wait for a deposit, and of those that are voted on,
// is limited; each that ends makes room. A proposal that has its deposit does not wait for others.
func TestOpenProposals(t *testing.T) {
	bonded := map[string]uint64{}
	for n := range 43 {
		bonded[fmt.Sprint("p", n)] = spec.Thing
	}
	w := begin(t, without{}, bonded)
	offer := func(n int) (id uint64, err error) {
		err = w.tx(func(ctx sdk.Context) (err error) {
			id, err = w.propose(ctx, fmt.Sprint("p", n), full()/2)
			return err
		})
		return id, err
	}
	var first uint64
	for n := range 20 {
		id, err := offer(n)
		w.check(err)
		if n == 0 {
			first = id
		}
	}
	if _, err := offer(20); !errors.Is(err, dao.ErrOpen) {
		t.Errorf("the 21st: %v", err)
	}
	for n := range 20 {
		w.proposed(fmt.Sprint("p", 22+n), remove(1))
	}
	if err := w.tx(func(ctx sdk.Context) error { _, err := w.propose(ctx, "p42", full()); return err }); !errors.Is(err, dao.ErrOpen) {
		t.Errorf("the 21st that is voted on: %v", err)
	}
	w.check(w.tx(func(ctx sdk.Context) error {
		_, err := w.proposals.CancelProposal(ctx, govv1.NewMsgCancelProposal(first, account("p0").String()))
		return err
	}))
	if p := w.poll(first); p.Outcome != daopb.OUTCOME_CANCELLED || p.Ended == 0 {
		t.Errorf("cancelled: %+v", p)
	}
	if err := w.NotQueued(w.ctx, first); !errors.Is(err, dao.ErrInactive) {
		t.Errorf("cancelled: %v", err)
	}
	_, err := offer(20)
	w.check(err)
	w.block(3 * day)
	w.block(second)
	if p := w.poll(first + 1); p.Outcome != daopb.OUTCOME_NO_DEPOSIT {
		t.Errorf("without a deposit: %+v", p)
	}
	_, err = offer(21)
	w.check(err)
	// x/gov drops proposals that it cannot read any more, without calling a hook.
	id, err := offer(1)
	w.check(err)
	w.check(w.gov.DeleteProposal(w.ctx, id))
	w.check(w.tx(func(ctx sdk.Context) error { _, err := w.propose(ctx, "p1", full()/2); return err }))
	if p := w.poll(id); p.Outcome != daopb.OUTCOME_FAILED {
		t.Errorf("dropped: %+v", p)
	}
}

// TestShapeOfProposals: proposals with too many or too large messages, and expedited ones, are
// refused.
func TestShapeOfProposals(t *testing.T) {
	w := begin(t, without{}, map[string]uint64{"ann": spec.Thing})
	many := make([]sdk.Msg, 17)
	for i := range many {
		many[i] = remove(1)
	}
	large := &nodepb.MsgRemoveParticipant{Authority: authority().String(), Node: 1, Reason: strings.Repeat("x", 64<<10)}
	for _, messages := range [][]sdk.Msg{many, {large}} {
		if err := w.tx(func(ctx sdk.Context) error { _, err := w.propose(ctx, "ann", full(), messages...); return err }); !errors.Is(err, dao.ErrProposal) {
			t.Errorf("%d messages: %v", len(messages), err)
		}
	}
	msg, err := govv1.NewMsgSubmitProposal(nil, coins(full()*2), account("ann").String(), "ipfs://", "t", "s", true)
	w.check(err)
	if err := w.tx(func(ctx sdk.Context) error { _, err := w.proposals.SubmitProposal(ctx, msg); return err }); !errors.Is(err, dao.ErrProposal) {
		t.Errorf("expedited: %v", err)
	}
}

// TestDryRun: the result of executing the messages is stored, whatever they do, and the submitter pays
// for the gas. Their effects are discarded.
func TestDryRun(t *testing.T) {
	for name, c := range map[string]struct {
		messages []sdk.Msg
		says     string
	}{
		"fine":                     {[]sdk.Msg{remove(1)}, ""},
		"an error":                 {[]sdk.Msg{remove(1), remove(0)}, "node not found"},
		"a panic":                  {[]sdk.Msg{remove(10)}, "a message panics"},
		"the second is impossible": {[]sdk.Msg{mint(account("eve").String(), 1), mint(account("eve").String(), spec.Cap)}, "exceeds total supply"},
	} {
		w := begin(t, without{}, map[string]uint64{"ann": spec.Thing})
		id := w.proposed("ann", c.messages...)
		if p := w.poll(id).DryRun; !strings.Contains(p.Error, c.says) || (c.says == "") != (p.Error == "") || p.Height != w.ctx.BlockHeight() {
			t.Errorf("%s: %+v", name, p)
		}
		if w.balance("eve") != 0 {
			t.Errorf("%s: eve has %d", name, w.balance("eve"))
		}
	}
	w := begin(t, without{}, map[string]uint64{"ann": spec.Thing})
	ask := func(messages ...sdk.Msg) (*daopb.QueryDryRunResponse, error) {
		msg, err := govv1.NewMsgSubmitProposal(messages, nil, "", "", "", "", false)
		w.check(err)
		return w.DryRun(w.ctx, &daopb.QueryDryRun{Messages: msg.Messages})
	}
	before := w.dump()
	if says, err := ask(remove(1), mint(account("eve").String(), spec.Cap)); err != nil || !says.Dangerous || !strings.Contains(says.DryRun.Error, "exceeds total supply") {
		t.Errorf("a query before the submission: %+v, %v", says, err)
	}
	if _, err := ask(banktypes.NewMsgSend(authority(), account("eve"), coins(1))); !errors.Is(err, dao.ErrProposal) {
		t.Errorf("a message that no proposal may have: %v", err)
	}
	if d := differing(before, w.dump()); d != nil {
		t.Errorf("a query changed %v", d)
	}
	// With too little gas for the dry run the transaction fails, and nothing is stored.
	all := w.gas(func(ctx sdk.Context) error {
		ctx, _ = ctx.CacheContext()
		_, err := w.propose(ctx, "ann", full(), mint(account("eve").String(), 1))
		return err
	})
	for less := uint64(1000); less < all; less += 5000 {
		func() {
			defer func() {
				if _, out := recover().(storetypes.ErrorOutOfGas); !out {
					t.Errorf("a transaction with %d of %d gas does not run out of it", all-less, all)
				}
			}()
			ctx, _ := w.ctx.CacheContext()
			w.check(func() error {
				_, err := w.propose(ctx.WithGasMeter(storetypes.NewGasMeter(all-less)), "ann", full(), mint(account("eve").String(), 1))
				return err
			}())
		}()
	}
}
