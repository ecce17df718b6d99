package dao_test

import (
	"errors"
	"testing"

	sdk "github.com/cosmos/cosmos-sdk/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"

	"github.com/althing-network/althing/chain/dao"
	"github.com/althing-network/althing/pb/daopb"
	"github.com/althing-network/althing/spec"
)

// TestLifeOfProposal: it is submitted, tried, voted on, decided, queued, and executed once
// its time has come.
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
		t.Errorf("60 of 90 are no high threshold: %+v, %s", p, w.status(id))
	}
	if err := w.execute(id); !errors.Is(err, dao.ErrInactive) {
		t.Errorf("executed after it failed: %v", err)
	}

	id = w.proposed("ann", mint(account("eve").String(), 5))
	w.votes("ann", id, govv1.OptionYes)
	w.block(5 * day)
	w.block(second)
	if p = w.poll(id); p.Outcome != daopb.OUTCOME_PASSED || w.status(id) != govv1.StatusPassed {
		t.Errorf("all who voted are for it: %+v, %s", p, w.status(id))
	}
	if err := w.execute(id); !errors.Is(err, errEarly) {
		t.Errorf("executed early: %v", err)
	}
	w.block(2 * day)
	if err := w.execute(id); err != nil || w.balance("eve") != 5 {
		t.Errorf("executed: %v, eve has %d", err, w.balance("eve"))
	}
}

// TestRefusals: each has one error of its own, and changes nothing.
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
