package dao_test

import (
	"errors"
	"testing"
	"time"

	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"

	"github.com/althing-network/althing/chain/dao"
	"github.com/althing-network/althing/chain/token"
	"github.com/althing-network/althing/pb/daopb"
	"github.com/althing-network/althing/pb/tokenpb"
	"github.com/althing-network/althing/spec"
)

// Each of these attacks happened to another network. It first succeeds in a world without one
// defence, and then fails in a world with it.

// decided waits until a vote has ended.
func (w *world) decided() {
	w.Helper()
	w.block(5 * day)
	w.block(second)
}

// executes waits for the end of a vote and two more days, and executes the proposal.
func (w *world) executes(id uint64) error {
	w.Helper()
	w.decided()
	w.block(2 * day)
	return w.execute(id)
}

// TestIncidentBeanstalk2022FlashLoan: borrowed coins are used to propose and to vote with two thirds of
// the power, and are then returned.
func TestIncidentBeanstalk2022FlashLoan(t *testing.T) {
	for _, off := range []without{{records: true}, {}} {
		w := begin(t, off, map[string]uint64{"ann": 60 * spec.Thing})
		w.fund("eve", 1_000_000*spec.Thing)
		var id uint64
		err := w.tx(func(ctx sdk.Context) (err error) {
			if err = w.bond(ctx, "eve", "val-1", 900*spec.Thing); err != nil {
				return err
			}
			if id, err = w.propose(ctx, "eve", full(), mint(account("eve").String(), 182_000_000)); err != nil {
				return err
			}
			return errors.Join(w.vote(ctx, "eve", id, govv1.OptionYes), w.unbond(ctx, "eve", "val-1", 900*spec.Thing))
		})
		if off.records {
			before := w.balance("eve")
			if err = errors.Join(err, w.executes(id)); err != nil || w.balance("eve") != before+182_000_000+full() {
				t.Errorf("without the defence: %v, eve has %d", err, w.balance("eve"))
			}
			continue
		}
		if !errors.Is(err, dao.ErrPower) {
			t.Errorf("with the defence: %v", err)
		}
	}
	// Even a unanimous proposal is not executed in the block that ends its vote.
	for _, off := range []without{{delay: true}, {}} {
		w := begin(t, off, map[string]uint64{"ann": 60 * spec.Thing})
		id := w.proposed("ann", mint(account("ann").String(), 182_000_000))
		w.votes("ann", id, govv1.OptionYes)
		w.decided()
		if err := w.execute(id); off.delay != (err == nil) || !off.delay && !errors.Is(err, errEarly) {
			t.Errorf("without the delay %v: %v", off.delay, err)
		}
	}
}

// TestIncidentMaker2020FlashVote: in one block, borrowed coins are bonded, vote on the proposal of
// somebody else, and are unbonded.
func TestIncidentMaker2020FlashVote(t *testing.T) {
	for _, off := range []without{{records: true}, {}} {
		w := begin(t, off, map[string]uint64{"ann": 60 * spec.Thing, "bob": 1})
		w.fund("eve", 1_000_000*spec.Thing)
		id := w.proposed("bob", remove(1))
		w.votes("ann", id, govv1.OptionNo)
		w.block(hour)
		err := w.tx(func(ctx sdk.Context) error {
			return errors.Join(w.bond(ctx, "eve", "val-1", 130*spec.Thing), w.vote(ctx, "eve", id, govv1.OptionYes), w.unbond(ctx, "eve", "val-1", 130*spec.Thing))
		})
		w.decided()
		if passed := w.poll(id).Outcome == daopb.OUTCOME_PASSED; passed != off.records || off.records != (err == nil) || !off.records && !errors.Is(err, dao.ErrPower) {
			t.Errorf("without the defence %v: passed %v, %v", off.records, passed, err)
		}
	}
}

// TestIncidentSteem2020Exchanges: exchanges bond the coins of their customers shortly before a vote
// starts, and outvote everybody.
func TestIncidentSteem2020Exchanges(t *testing.T) {
	for _, off := range []without{{warmup: true}, {}} {
		w := begin(t, off, map[string]uint64{"ann": 60 * spec.Thing, "bob": 1})
		w.fund("eve", 1_000_000*spec.Thing)
		w.check(w.tx(func(ctx sdk.Context) error { return w.bond(ctx, "eve", "val-1", 500*spec.Thing) }))
		w.block(hour)
		id := w.proposed("bob", remove(1))
		w.votes("ann", id, govv1.OptionNo)
		err := w.tx(func(ctx sdk.Context) error { return w.vote(ctx, "eve", id, govv1.OptionYes) })
		w.decided()
		if passed := w.poll(id).Outcome == daopb.OUTCOME_PASSED; passed != off.warmup || !off.warmup && !errors.Is(err, dao.ErrPower) {
			t.Errorf("without the defence %v: passed %v, %v", off.warmup, passed, err)
		}
	}
}

// TestIncidentBuild2022Takeover: hardly anybody votes, so an attacker with few coins can mint an
// unlimited number of coins.
func TestIncidentBuild2022Takeover(t *testing.T) {
	for _, off := range []without{{quorum: true}, {}} {
		w := begin(t, off, map[string]uint64{"ann": 97 * spec.Thing, "eve": 3 * spec.Thing})
		id := w.proposed("eve", mint(account("eve").String(), 1_100_000))
		w.votes("eve", id, govv1.OptionYes)
		err := w.executes(id)
		if off.quorum && err != nil || !off.quorum && !errors.Is(err, dao.ErrQuorum) {
			t.Errorf("without the quorum %v: %v, %+v", off.quorum, err, w.poll(id))
		}
	}
	for _, off := range []without{{cap: true}, {}} {
		w := begin(t, off, map[string]uint64{"eve": 97 * spec.Thing})
		id := w.proposed("eve", mint(account("eve").String(), spec.Cap))
		w.votes("eve", id, govv1.OptionYes)
		err := w.executes(id)
		if off.cap && err != nil || !off.cap && (!errors.Is(err, token.ErrCap) || w.poll(id).DryRun.Error == "") {
			t.Errorf("without the cap %v: %v, %+v", off.cap, err, w.poll(id).DryRun)
		}
	}
}

// TestIncidentJuno2022Confiscation: a majority confiscates the coins of one account. A proposal cannot
// have the messages of users, but without the list it can have a setting of the bank that locks
// everybody's coins.
func TestIncidentJuno2022Confiscation(t *testing.T) {
	lock := banktypes.NewMsgSetSendEnabled(authority().String(), []*banktypes.SendEnabled{{Denom: spec.Denom, Enabled: false}}, nil)
	for _, off := range []without{{allowList: true}, {}} {
		w := begin(t, off, map[string]uint64{"ann": 60 * spec.Thing})
		var id uint64
		err := w.tx(func(ctx sdk.Context) (err error) {
			id, err = w.propose(ctx, "ann", full(), lock)
			return err
		})
		if err == nil {
			w.votes("ann", id, govv1.OptionYes)
			w.decided()
		}
		locked := !w.bank.IsSendEnabledCoin(w.ctx, coin(1))
		if locked != off.allowList || !off.allowList && !errors.Is(err, govtypes.ErrUnroutableProposalMsg) {
			t.Errorf("without the list %v: locked %v, %v", off.allowList, locked, err)
		}
	}
}

// TestIncidentJuno2022WrongAddress: a proposal sends coins to a mistyped address. Without the dry run
// nobody sees the error before it is too late.
func TestIncidentJuno2022WrongAddress(t *testing.T) {
	wrong := account("treasury").String()
	wrong = wrong[:len(wrong)-1]
	w := begin(t, without{hooks: true}, map[string]uint64{"ann": 60 * spec.Thing})
	id := w.proposed("ann", mint(wrong, 5))
	if _, err := w.Poll(w.ctx, &daopb.QueryPoll{Proposal: id}); err == nil {
		t.Error("without the defence the poll has a dry run")
	}
	w = begin(t, without{}, map[string]uint64{"ann": 60 * spec.Thing})
	id = w.proposed("ann", mint(wrong, 5))
	if says := w.poll(id).DryRun; says.Error == "" {
		t.Errorf("with the defence: %+v", says)
	}
}

// TestIncidentTornado2023SwappedCode: what is executed differs from what people have voted on. The test
// changes x/gov's own store, which no transaction can do.
func TestIncidentTornado2023SwappedCode(t *testing.T) {
	for _, off := range []without{{allowList: true}, {}} {
		w := begin(t, off, map[string]uint64{"ann": 60 * spec.Thing})
		id := w.proposed("ann", mint(account("bob").String(), 5))
		w.votes("ann", id, govv1.OptionYes)
		p, err := w.gov.Proposals.Get(w.ctx, id)
		w.check(err)
		swapped, err := govv1.NewProposal([]sdk.Msg{mint(account("eve").String(), 12_000_000)}, id, *p.SubmitTime, *p.DepositEndTime, "", p.Title, p.Summary, account("ann"), false)
		w.check(err)
		p.Messages = swapped.Messages
		w.check(w.gov.SetProposal(w.ctx, p))
		w.decided()
		w.block(2 * day)
		if err := w.execute(id); !off.allowList && !errors.Is(err, dao.ErrInactive) {
			t.Errorf("with the defence: %v", err)
		}
		if got := w.balance("eve"); (got == 12_000_000) != off.allowList {
			t.Errorf("without the defence %v: eve has %d, %+v", off.allowList, got, w.poll(id))
		}
	}
}

// TestIncidentSynthetify2023LookAlikes: an account submits ten proposals that look alike, but the last
// one steals.
func TestIncidentSynthetify2023LookAlikes(t *testing.T) {
	for _, off := range []without{{hooks: true, allowList: true}, {}} {
		w := begin(t, off, map[string]uint64{"ann": 60 * spec.Thing, "eve": 40 * spec.Thing})
		took := 0
		for n := range uint64(10) {
			err := w.tx(func(ctx sdk.Context) error {
				messages := []sdk.Msg{}
				if n == 9 {
					messages = append(messages, mint(account("eve").String(), 230_000))
				}
				id, err := w.propose(ctx, "eve", full(), messages...)
				if err != nil {
					return err
				}
				return w.vote(ctx, "eve", id, govv1.OptionYes)
			})
			if err == nil {
				took++
			} else if !errors.Is(err, dao.ErrOpen) {
				t.Errorf("refused: %v", err)
			}
		}
		before := w.balance("eve")
		w.decided()
		got := w.balance("eve") - before - uint64(took)*full()
		if off.hooks != (took == 10) || off.hooks != (got == 230_000) || !off.hooks && took != 1 {
			t.Errorf("without the defence %v: %d were taken, eve got %d", off.hooks, took, got)
		}
	}
}

// TestIncidentCompound289LateVotes: a proposal seems to fail until the attacker votes in the last
// minutes. A proposal whose outcome changed so late waits longer.
func TestIncidentCompound289LateVotes(t *testing.T) {
	for _, off := range []without{{late: true}, {}} {
		w := begin(t, off, map[string]uint64{"ann": 633_636 * spec.Thing, "eve": 682_191 * spec.Thing, "bob": 1})
		id := w.proposed("bob", remove(1))
		w.block(hour)
		w.votes("ann", id, govv1.OptionNo)
		w.block(5*day - 2*hour)
		w.votes("eve", id, govv1.OptionYes)
		w.block(2 * hour)
		w.block(second)
		w.block(2 * day)
		err := w.execute(id)
		if off.late && err != nil || !off.late && !errors.Is(err, errEarly) {
			t.Errorf("without the defence %v: %v", off.late, err)
		}
		w.block(day)
		if !off.late {
			w.check(w.execute(id))
		}
	}
	w := begin(t, without{}, map[string]uint64{"ann": 633_636 * spec.Thing, "eve": 682_191 * spec.Thing})
	id := w.proposed("eve", remove(1))
	w.votes("eve", id, govv1.OptionYes)
	w.block(5*day - hour)
	w.votes("ann", id, govv1.OptionNo)
	w.block(2 * hour)
	w.block(2 * day)
	if err := w.execute(id); err != nil {
		t.Errorf("late votes that changed nothing: %v", err)
	}
}

// TestIncidentMango2022StolenVotes: an attacker steals coins and votes with them on whether to keep
// them.
func TestIncidentMango2022StolenVotes(t *testing.T) {
	for _, off := range []without{{records: true}, {}} {
		w := begin(t, off, map[string]uint64{"ann": 60 * spec.Thing, "bob": 1})
		id := w.proposed("bob", remove(1))
		w.votes("ann", id, govv1.OptionNo)
		w.block(hour)
		w.fund("eve", 33_000_000*spec.Thing) // stolen
		err := w.tx(func(ctx sdk.Context) error { return w.stake(ctx, "eve", 33_000_000*spec.Thing) })
		w.check(err)
		w.block(day)
		err = w.tx(func(ctx sdk.Context) error { return w.vote(ctx, "eve", id, govv1.OptionYes) })
		w.decided()
		if passed := w.poll(id).Outcome == daopb.OUTCOME_PASSED; passed != off.records || !off.records && !errors.Is(err, dao.ErrPower) {
			t.Errorf("without the defence %v: passed %v, %v", off.records, passed, err)
		}
	}
}

// TestIncidentCosmosHub2023Spam: two accounts submit 106 proposals in a week at no cost.
func TestIncidentCosmosHub2023Spam(t *testing.T) {
	spam := func(off without, deposit uint64) (took int, last error) {
		w := begin(t, off, map[string]uint64{"eve": spec.Thing, "bob": spec.Thing})
		for n := range 106 {
			err := w.tx(func(ctx sdk.Context) error {
				_, err := w.propose(ctx, []string{"eve", "bob"}[n%2], deposit)
				return err
			})
			if err == nil {
				took++
			} else {
				last = err
			}
			w.block(time.Hour)
		}
		return took, last
	}
	ratio := full() / 4
	least := full() / 100 // x/gov takes no deposit that is less
	if took, err := spam(without{deposit: true, hooks: true}, least); took != 106 {
		t.Errorf("without a defence %d proposals are accepted: %v", took, err)
	}
	if took, err := spam(without{hooks: true}, least); took != 0 || !errors.Is(err, govtypes.ErrMinDepositTooSmall) {
		t.Errorf("with the initial deposit %d proposals are accepted: %v", took, err)
	}
	// A proposal without its deposit is dropped after three days, and its proposer may try again.
	if took, err := spam(without{}, ratio); took > 2*2 || !errors.Is(err, dao.ErrOpen) {
		t.Errorf("with one open proposal per account %d proposals are accepted: %v", took, err)
	}
}

// TestIncidentDepositHalt: a proposal spends the coins of x/gov's account, which holds all deposits. The
// next refund of a deposit halts the chain.
func TestIncidentDepositHalt(t *testing.T) {
	steal := banktypes.NewMsgSend(authority(), account("eve"), coins(full()))
	for _, off := range []without{{allowList: true}, {}} {
		w := begin(t, off, map[string]uint64{"ann": 60 * spec.Thing, "bob": spec.Thing})
		var id uint64
		err := w.tx(func(ctx sdk.Context) (err error) {
			id, err = w.propose(ctx, "ann", full(), steal)
			return err
		})
		if !off.allowList {
			if !errors.Is(err, govtypes.ErrUnroutableProposalMsg) {
				t.Errorf("with the defence: %v", err)
			}
			continue
		}
		w.check(err)
		w.votes("ann", id, govv1.OptionYes)
		w.block(hour)
		w.proposed("bob")
		w.block(5*day - hour)
		w.block(hour)
		if got := w.balance("eve"); got != full() {
			t.Errorf("without the defence eve has %d", got)
		}
		if err := w.end(); err == nil {
			t.Error("without the defence the chain does not halt")
		}
	}
}

// TestMessagesOfProposals has the whole list of the messages that a proposal may have.
func TestMessagesOfProposals(t *testing.T) {
	w := begin(t, without{}, map[string]uint64{"ann": spec.Thing})
	for _, m := range []sdk.Msg{
		banktypes.NewMsgSend(authority(), account("eve"), coins(1)),
		&banktypes.MsgUpdateParams{Authority: authority().String()},
		&govv1.MsgUpdateParams{Authority: authority().String(), Params: w.rules()},
		&govv1.MsgExecLegacyContent{Authority: authority().String()},
		&tokenpb.MsgMint{},
	} {
		_, isMint := m.(*tokenpb.MsgMint)
		if routed := w.Router().Handler(m) != nil; routed != isMint {
			t.Errorf("%T is routed: %v", m, routed)
		}
	}
	if w.Router().HandlerByTypeURL(sdk.MsgTypeURL(&tokenpb.MsgMint{})) != nil {
		t.Error("a message is routed by its name alone")
	}
}
