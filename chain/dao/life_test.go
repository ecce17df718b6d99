package dao_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	sdk "github.com/cosmos/cosmos-sdk/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"

	"github.com/althing-network/althing/chain/dao"
	"github.com/althing-network/althing/pb/daopb"
	"github.com/althing-network/althing/spec"
)

// TestLifeOfProposal: a proposal is submitted, dry-run, voted on, decided, queued and executed after
// its delay.
func TestLifeOfProposal(t *testing.T) {
	w := begin(t, without{}, map[string]uint64{"ann": 60 * spec.Thing, "bob": 30 * spec.Thing})
	before := w.balance("ann")
	id := w.proposed("ann", mint(account("eve").String(), 5))
	p := w.poll(id)
	if p.Proposer != account("ann").String() || !p.Dangerous || p.DryRun.Error != "" || p.DryRun.Gas == 0 || p.Total != 92*spec.Thing {
		t.Errorf("submitted: %+v", p)
	}
	if err := w.execute(id); !errors.Is(err, dao.ErrVoting) {
		t.Errorf("executed while it is voted on: %v", err)
	}
	w.block(second)
	w.votes("ann", id, govv1.OptionYes)
	w.votes("bob", id, govv1.OptionNo)
	if got := w.poll(id).Tally; got != (daopb.Tally{Yes: 60 * spec.Thing, No: 30 * spec.Thing, Voters: 2}) {
		t.Errorf("tally %+v", got)
	}
	w.block(5 * day)
	w.block(second)
	if p = w.poll(id); p.Outcome != daopb.OUTCOME_FAILED || w.status(id) != govv1.StatusFailed || w.balance("ann") != before {
		t.Errorf("60 of 90 do not exceed the high threshold: %+v, %s", p, w.status(id))
	}
	if err := w.execute(id); !errors.Is(err, dao.ErrInactive) {
		t.Errorf("executed after it failed: %v", err)
	}

	id = w.proposed("ann", mint(account("eve").String(), 5))
	w.votes("ann", id, govv1.OptionYes)
	w.block(5 * day)
	w.block(second)
	if p = w.poll(id); p.Outcome != daopb.OUTCOME_PASSED || w.status(id) != govv1.StatusPassed {
		t.Errorf("all votes are Yes: %+v, %s", p, w.status(id))
	}
	if err := w.execute(id); !errors.Is(err, errEarly) {
		t.Errorf("executed early: %v", err)
	}
	w.block(2 * day)
	if err := w.execute(id); err != nil || w.balance("eve") != 5 {
		t.Errorf("executed: %v, eve has %d", err, w.balance("eve"))
	}
}

// TestRefusals: each refused message has its own error and changes nothing.
func TestRefusals(t *testing.T) {
	w := begin(t, without{}, map[string]uint64{"ann": 60 * spec.Thing, "bob": 30 * spec.Thing})
	w.fund("eve", 10_000*spec.Thing)
	id := w.proposed("ann")
	var waiting uint64
	w.check(w.tx(func(ctx sdk.Context) (err error) { waiting, err = w.propose(ctx, "bob", full()/2); return err }))
	w.votes("ann", id, govv1.OptionYes)
	for name, c := range map[string]struct {
		do   func(ctx sdk.Context) error
		want error
	}{
		"a vote in none":       {func(ctx sdk.Context) error { return w.vote(ctx, "bob", 99, govv1.OptionYes) }, dao.ErrNotFound},
		"an early vote":        {func(ctx sdk.Context) error { return w.vote(ctx, "ann", waiting, govv1.OptionYes) }, dao.ErrInactive},
		"a vote without power": {func(ctx sdk.Context) error { return w.vote(ctx, "eve", id, govv1.OptionYes) }, dao.ErrPower},
		"a second vote":        {func(ctx sdk.Context) error { return w.vote(ctx, "ann", id, govv1.OptionNo) }, dao.ErrVoted},
		"a proposer without power": {func(ctx sdk.Context) error {
			_, err := w.propose(ctx, "eve", full())
			return err
		}, dao.ErrPower},
		"a second open one": {func(ctx sdk.Context) error {
			_, err := w.propose(ctx, "ann", full())
			return err
		}, dao.ErrOpen},
		"a late deposit": {func(ctx sdk.Context) error {
			_, err := w.proposals.Deposit(ctx, govv1.NewMsgDeposit(account("eve"), id, coins(full())))
			return err
		}, dao.ErrInactive},
		"a deposit for none": {func(ctx sdk.Context) error {
			_, err := w.proposals.Deposit(ctx, govv1.NewMsgDeposit(account("eve"), 99, coins(full())))
			return err
		}, dao.ErrNotFound},
		"cancelling none": {func(ctx sdk.Context) error {
			_, err := w.proposals.CancelProposal(ctx, govv1.NewMsgCancelProposal(99, account("eve").String()))
			return err
		}, dao.ErrNotFound},
	} {
		before := w.dump()
		if err := w.tx(c.do); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
		if d := differing(before, w.dump()); d != nil {
			t.Errorf("%s: %v changed", name, d)
		}
	}
}

// TestNotQueued: the attempt to execute a proposal that is not in the timelock gives the reason.
func TestNotQueued(t *testing.T) {
	w := begin(t, without{}, map[string]uint64{"ann": 60 * spec.Thing, "bob": 30 * spec.Thing, "dan": spec.Thing})
	says := func(id uint64, want error, words string) {
		t.Helper()
		if err := w.NotQueued(w.ctx, id); !errors.Is(err, want) || !strings.Contains(err.Error(), words) {
			t.Errorf("proposal %d: got %v, want %v that says %q", id, err, want, words)
		}
	}
	says(99, dao.ErrNotFound, "99")
	var waiting uint64
	w.check(w.tx(func(ctx sdk.Context) (err error) { waiting, err = w.propose(ctx, "dan", full()/2); return err }))
	says(waiting, dao.ErrInactive, "waits for its deposit")
	text, vetoed := w.proposed("ann"), w.proposed("bob", remove(1))
	says(text, dao.ErrVoting, "its vote ends at")
	w.votes("ann", text, govv1.OptionYes)
	w.votes("ann", vetoed, govv1.OptionNoWithVeto)
	w.decided()
	says(waiting, dao.ErrInactive, "its deposit in time")
	says(text, dao.ErrInactive, "has no messages to execute")
	says(vetoed, dao.ErrInactive, "was vetoed: 100% is veto")
	few, rejected := w.proposed("dan", remove(1)), w.proposed("ann", remove(1))
	w.votes("dan", few, govv1.OptionYes)
	w.votes("ann", rejected, govv1.OptionNo)
	w.decided()
	says(few, dao.ErrQuorum, "1.0752% voted, want 25%")
	says(rejected, dao.ErrInactive, "was rejected: 0% is Yes")
	for name, do := range map[string]func(sdk.Context) error{
		"a late vote": func(ctx sdk.Context) error { return w.vote(ctx, "bob", rejected, govv1.OptionYes) },
		"a late deposit": func(ctx sdk.Context) error {
			_, err := w.proposals.Deposit(ctx, govv1.NewMsgDeposit(account("bob"), rejected, coins(1)))
			return err
		},
		"a late withdrawal": func(ctx sdk.Context) error {
			_, err := w.proposals.CancelProposal(ctx, govv1.NewMsgCancelProposal(rejected, account("ann").String()))
			return err
		},
	} {
		if err := w.tx(do); !errors.Is(err, dao.ErrInactive) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestPeriods: a change of parameters fails if the periods of all modules do not fit together.
func TestPeriods(t *testing.T) {
	w := begin(t, without{}, map[string]uint64{"ann": spec.Thing})
	wrong := errors.New("unbonding is shorter than a vote")
	w.Attach(dao.Parts{Gov: w.gov, Nodes: w.nodes, Timelock: w.queue, Periods: func(context.Context) error { return wrong }, Trying: func(ctx sdk.Context) sdk.Context { return ctx }})
	id := w.proposed("ann", update(func(_ *daopb.Params, r *daopb.Rules) { r.VotingSeconds = 30 * 24 * 3600 }))
	if got := w.poll(id).DryRun.Error; got != wrong.Error() {
		t.Errorf("tried: %q", got)
	}
	w.decided()
	wrong = fmt.Errorf("of two [or more]: %w", dao.ErrAccount.Wrap("ann"))
	if !strings.Contains(wrong.Error(), ".go:") {
		t.Errorf("the SDK's error %q names no place in the code: the test shows nothing", wrong)
	}
	again := w.proposed("ann", update(func(_ *daopb.Params, r *daopb.Rules) { r.VotingSeconds = 30 * 24 * 3600 }))
	if got := w.poll(again).DryRun.Error; strings.Contains(got, ".go:") || !strings.Contains(got, "of two [or more]: ann") {
		t.Errorf("tried: %q", got)
	}
}

// TestFailureIsTheSameEverywhere: x/gov stores why a passed proposal could not be queued. The text must
// not name a place in a source file, which may differ from machine to machine.
func TestFailureIsTheSameEverywhere(t *testing.T) {
	w := begin(t, without{}, map[string]uint64{"ann": spec.Thing})
	broken := fmt.Errorf("queue: %w", dao.ErrAccount.Wrap("ann"))
	w.Attach(dao.Parts{Gov: w.gov, Nodes: w.nodes, Timelock: failing{broken}, Periods: func(context.Context) error { return nil }, Trying: func(ctx sdk.Context) sdk.Context { return ctx }})
	id := w.proposed("ann", remove(1))
	w.votes("ann", id, govv1.OptionYes)
	w.decided()
	kept, err := w.gov.Proposals.Get(w.ctx, id)
	if err != nil || kept.Status != govv1.StatusFailed || !strings.HasPrefix(kept.FailedReason, "queue: ann") || strings.Contains(kept.FailedReason, ".go:") {
		t.Errorf("of %q x/gov keeps %s, %q, %v", broken, kept.Status, kept.FailedReason, err)
	}
}

// failing is a timelock that accepts nothing.
type failing struct{ err error }

func (f failing) Schedule(context.Context, uint64, int64, uint64, sdk.Msg) error { return f.err }

// TestLastBlock: in the block in which voting ends x/gov still accepts votes; chain/dao does not.
func TestLastBlock(t *testing.T) {
	w := begin(t, without{}, map[string]uint64{"ann": spec.Thing})
	id := w.proposed("ann", remove(1))
	w.block(5*day - second)
	w.block(second)
	err := w.tx(func(ctx sdk.Context) error { return w.vote(ctx, "ann", id, govv1.OptionYes) })
	if !errors.Is(err, dao.ErrInactive) {
		t.Errorf("a vote at the end: %v", err)
	}
}
