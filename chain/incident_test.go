package chain_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"

	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"

	"github.com/althing-network/althing/chain"
	"github.com/althing-network/althing/pb/daopb"
	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/pb/timelockpb"
	"github.com/althing-network/althing/pb/tokenpb"
	"github.com/althing-network/althing/spec"
)

// Attacks on votes of other networks, repeated on the whole chain: those that involve the registry,
// the timelock or tasks. chain/dao has the others. Each attack first succeeds without one defence,
// and then fails with it.

// wealthy lets a node have as much stake as the attackers of these votes had.
func wealthy(g *chain.Genesis) {
	g.Nodes.Stakes.Trainer.Max = 900 * chain.Thing
	g.Nodes.MaxBond = 900 * chain.Thing
}

func mint(to string, amount uint64) *tokenpb.MsgMint {
	return &tokenpb.MsgMint{Authority: authority(), To: account(to).String(), Amount: amount}
}

func passed(p daopb.Poll) bool { return p.Outcome == daopb.OUTCOME_PASSED }

// asks makes a block with one transaction and returns its error; empty: it succeeded.
func (a assembly) asks(name string, msgs ...sdk.Msg) string {
	a.Helper()
	if res := a.try(name, msgs...); res.Code != 0 {
		return res.Log
	}
	return ""
}

// TestIncidentBeanstalk2022FlashStake: borrowed coins are staked, used to propose and to vote, and
// withdrawn, all in one transaction.
func TestIncidentBeanstalk2022FlashStake(t *testing.T) {
	for _, off := range []func(*chain.App){chain.Unrecorded, nil} {
		a := convene(t, off, wealthy)
		says := a.asks("bob", register("bob", 500*chain.Thing), proposal(t, "bob", 10*chain.Thing, mint("bob", 182_000_000)), vote("bob", 1, govv1.OptionYes),
			&nodepb.MsgExit{Owner: account("bob").String()})
		if off == nil {
			if !strings.Contains(says, "insufficient voting power") {
				t.Errorf("with the defence: %q", says)
			}
			continue
		}
		a.ends()
		a.wait(delay)
		if before := a.balance("bob"); says != "" || a.asks("ann", execute("ann", 1)) != "" || a.balance("bob") != before+182_000_000 {
			t.Errorf("without the defence: %q, bob has %d", says, a.balance("bob"))
		}
	}
}

// TestIncidentBeanstalk2022AtOnce: a passed proposal takes effect before anybody can react.
func TestIncidentBeanstalk2022AtOnce(t *testing.T) {
	for _, off := range []func(*chain.App){chain.AtOnce, nil} {
		a := convene(t, off)
		before := a.balance("bob")
		id := a.passes(mint("bob", 182_000_000))
		if took := a.balance("bob") > before; took != (off != nil) {
			t.Errorf("without the timelock %v: bob has gained %d uthing when the vote ends", off != nil, a.balance("bob")-before)
		}
		if off == nil {
			a.refused("timelock not over", "bob", execute("bob", id))
		}
	}
}

// TestIncidentMaker2020FlashVote: in one transaction, borrowed coins are staked, vote on the proposal
// of somebody else, and begin to unbond.
func TestIncidentMaker2020FlashVote(t *testing.T) {
	for _, off := range []func(*chain.App){chain.Unrecorded, nil} {
		a := convene(t, off, wealthy)
		id := a.proposes("validator", dearer(26))
		a.does("validator", vote("validator", id, govv1.OptionNo))
		says := a.asks("bob", register("bob", 500*chain.Thing), vote("bob", id, govv1.OptionYes), &nodepb.MsgExit{Owner: account("bob").String()})
		a.ends()
		if off != nil && (says != "" || !passed(a.poll(id))) || off == nil && (!strings.Contains(says, "insufficient voting power") || passed(a.poll(id))) {
			t.Errorf("without the records %v: %q, %+v", off != nil, says, a.poll(id))
		}
	}
}

// TestIncidentSteem2020Exchanges: an exchange stakes the coins of its customers shortly before a
// vote starts.
func TestIncidentSteem2020Exchanges(t *testing.T) {
	for _, warmup := range []uint64{0, 60} {
		a := convene(t, nil, wealthy, func(g *chain.Genesis) { g.Votes.WarmupSeconds = warmup })
		a.wait(2 * time.Minute) // until the stakes of the genesis count
		a.does("bob", register("bob", 500*chain.Thing))
		a.wait(30 * time.Second)
		id := a.proposes("validator", dearer(26))
		a.does("validator", vote("validator", id, govv1.OptionNo))
		says := a.asks("bob", vote("bob", id, govv1.OptionYes))
		a.ends()
		if passed(a.poll(id)) != (warmup == 0) || warmup > 0 && !strings.Contains(says, "insufficient voting power") {
			t.Errorf("with a warmup of %d s: %q, %+v", warmup, says, a.poll(id))
		}
	}
}

// TestIncidentJuno2022Expulsion: a majority confiscates the coins of one account. Here it can only
// remove the account's node, which gets its own stake back. Without the list of allowed messages it
// could lock everybody's coins.
func TestIncidentJuno2022Expulsion(t *testing.T) {
	a := convene(t, chain.AtOnce)
	lock := banktypes.NewMsgSetSendEnabled(authority(), []*banktypes.SendEnabled{{Denom: chain.Denom, Enabled: false}}, nil)
	a.passes(lock)
	if says := a.asks("bob", banktypes.NewMsgSend(account("bob"), account("ann"), sdk.NewCoins(uthing(1)))); !strings.Contains(says, "disabled") {
		t.Errorf("without the list coins move: %q", says)
	}
	a = assemble(t)
	a.refused("by router", "validator", proposal(t, "validator", 10*chain.Thing, lock))
	before := a.balance("ann")
	a.does("ann", register("ann", 50*chain.Thing))
	a.carriesOut(&nodepb.MsgRemoveParticipant{Authority: authority(), Node: 1, Reason: "a majority says so"})
	a.now = a.now.Add(1000 * time.Second)
	a.wait(10 * time.Second)
	if got := a.balance("ann"); got != before-30_000 {
		t.Errorf("ann had %d and has %d: want all but the fee", before, got)
	}
}

// TestIncidentJuno2022WrongAddress: a proposal sends coins to an address that nobody owns. The dry
// run shows the error to the proposer and to the voters, and no coins are minted.
func TestIncidentJuno2022WrongAddress(t *testing.T) {
	a := assemble(t)
	a.does("ann", register("ann", 0)) // node 1 applies
	before := a.supply()
	for what, msg := range map[string]sdk.Msg{
		"a node that is not there": &nodepb.MsgAddParticipant{Authority: authority(), Node: 2, Grant: 5 * chain.Thing},
		"a slip":                   &tokenpb.MsgMint{Authority: authority(), To: strings.Replace(account("bob").String(), "1", "1q", 1), Amount: 5},
		"a module's account":       &tokenpb.MsgMint{Authority: authority(), To: moduleAddress("node").String(), Amount: 5},
	} {
		id := a.passes(msg)
		if a.poll(id).DryRun.Error == "" {
			t.Errorf("%s: the dry run succeeds", what)
		}
		a.wait(delay)
		a.refused("", "bob", execute("bob", id))
	}
	if after := a.supply(); after.Total != before.Total {
		t.Errorf("there were %d, and are %d", before.Total, after.Total)
	}
	id := a.carriesOut(&nodepb.MsgAddParticipant{Authority: authority(), Node: 1, Grant: 5 * chain.Thing})
	if p := a.poll(id); p.DryRun.Error != "" {
		t.Errorf("the right address: %+v", p.DryRun)
	}
}

// governed returns an assembly with a task that votes may change.
func governed(t testing.TB, trainers int) assembly {
	t.Helper()
	a := assembly{trainingBy(t, brief(t), trainers, nil, func(s *spec.TaskSpec) { s.Governed = true })}
	a.gas = 1_000_000
	return a
}

func adopt(model spec.Digest) *taskpb.MsgUpdateModel {
	base := spec.DigestOf([]byte("model 0"))
	return &taskpb.MsgUpdateModel{Authority: authority(), Task: 1, Base: base[:], Model: model[:]}
}

func (a assembly) attests(model spec.Digest) *abci.ExecTxResult {
	a.Helper()
	return a.try("aggregator", &taskpb.MsgAttestModel{Owner: account("aggregator").String(), Task: 1, Model: model[:]})
}

// TestIncidentTornado2023SwappedModel: what people have voted on is replaced before it takes effect.
// Here a vote names the digest of a model. The task continues with the model only after its
// aggregators have downloaded it, compared its digest and attested it.
func TestIncidentTornado2023SwappedModel(t *testing.T) {
	read, swapped := spec.DigestOf([]byte("what was read")), spec.DigestOf([]byte("what is served"))
	for _, attested := range []bool{true, false} {
		a := governed(t, 3)
		id := a.passes(adopt(read))
		if res := a.attests(swapped); res.Code == 0 {
			t.Fatal("an aggregator can attest a model that nobody has voted on")
		}
		if attested { // whatever model it has downloaded
			if res := a.attests(read); res.Code != 0 {
				t.Fatal(res.Log)
			}
		}
		a.wait(delay)
		says := a.asks("bob", execute("bob", id))
		if attested != (says == "") || !attested && !strings.Contains(says, "too few aggregators") {
			t.Errorf("attested %v: %q", attested, says)
		}
		a.wait(grace)
		var res taskpb.QueryTaskResponse
		a.ask("/althing.task.v1.Query/Task", &taskpb.QueryTask{Id: 1}, &res)
		got := must(res.Task.ToSpec())
		if !got.Nominee.IsZero() || (got.Adopted.Model == read) != attested || got.Updates > 0 != attested {
			t.Errorf("attested %v: adopted %+v, nominee %+v", attested, got.Adopted, got.Nominee)
		}
	}
}

// TestIncidentSynthetify2023Inactive: an attacker submits ten similar proposals, one of which steals,
// while hardly anybody votes. Here an account may have one open proposal, and no proposal passes
// without the smallest possible quorum.
func TestIncidentSynthetify2023Inactive(t *testing.T) {
	few := func(g *chain.Genesis) {
		g.Rules.Quorum = 100_000 // the smallest possible quorum
	}
	for _, stake := range []uint64{20, 5} { // THING of the attacker, beside 100 THING of others
		a := convene(t, nil, few)
		a.does("bob", register("bob", stake*chain.Thing))
		id := a.proposes("bob", mint("bob", 230_000))
		a.refused("is open: want at most one", "bob", proposal(t, "bob", 10*chain.Thing))
		a.does("bob", vote("bob", id, govv1.OptionYes))
		a.ends()
		a.wait(delay)
		says := a.asks("bob", execute("bob", id))
		if stake == 20 && says != "" || stake == 5 && !strings.Contains(says, "quorum not reached") {
			t.Errorf("with %d THING: %q", stake, says)
		}
	}
}

// TestIncidentCompound289LateVotes: a proposal seems to fail until the attacker votes in the last
// minute. A proposal whose outcome changed so late waits longer, so that a guardian has time to
// cancel it.
func TestIncidentCompound289LateVotes(t *testing.T) {
	for _, c := range []struct {
		late     uint64
		guardian bool
	}{{}, {late: 50}, {late: 50, guardian: true}} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			a := convene(t, nil, wealthy, func(g *chain.Genesis) {
				g.Votes.LateSeconds = c.late
				if c.guardian {
					g.Timelock.Guardian, g.Timelock.GuardianUntil = account("bob").String(), g.Time.Add(time.Hour).UnixMilli()
				}
			})
			a.does("ann", register("ann", 110*chain.Thing))
			id := a.proposes("ann", dearer(26))
			a.does("validator", vote("validator", id, govv1.OptionNo))
			a.wait(voting - 20*time.Second)
			a.does("ann", vote("ann", id, govv1.OptionYes))
			a.wait(20*time.Second + delay)
			if c.late == 0 {
				a.does("ann", execute("ann", id))
				return
			}
			a.refused("timelock not over", "ann", execute("ann", id))
			if c.guardian {
				a.refused("", "ann", &timelockpb.MsgCancel{Authority: account("ann").String(), Proposal: id})
				a.does("bob", &timelockpb.MsgCancel{Authority: account("bob").String(), Proposal: id})
			}
			a.wait(time.Duration(c.late) * time.Second)
			says := a.asks("ann", execute("ann", id))
			if c.guardian != strings.Contains(says, "proposal not active") || c.guardian == (a.price() == 26) {
				t.Errorf("executed after the longer wait: %q, the price is %d", says, a.price())
			}
		})
	}
}

// TestIncidentMango2022PartyVotes: the attacker whom a proposal concerns takes coins while the vote
// runs, and votes with them.
func TestIncidentMango2022PartyVotes(t *testing.T) {
	for _, off := range []func(*chain.App){chain.Unrecorded, nil} {
		a := convene(t, off, wealthy)
		a.does("bob", register("bob", 5*chain.Thing))
		id := a.proposes("validator", &nodepb.MsgRemoveParticipant{Authority: authority(), Node: 1, Reason: "it took what is not its own"})
		a.does("validator", vote("validator", id, govv1.OptionYes))
		a.does("bob", &nodepb.MsgBond{Owner: account("bob").String(), Amount: 500 * chain.Thing})
		a.does("bob", vote("bob", id, govv1.OptionNo))
		a.ends()
		if p := a.poll(id); passed(p) != (off == nil) || off == nil && p.Tally.No != 5*chain.Thing {
			t.Errorf("without the records %v: %+v", off != nil, p)
		}
	}
}

// TestIncidentDepositHalt: a proposal spends the coins of the account that holds deposits; the next
// refund of a deposit then halts the chain. With the list of allowed messages nobody can submit
// the proposal, and nobody can send coins to that account.
func TestIncidentDepositHalt(t *testing.T) {
	a := convene(t, chain.AtOnce)
	steal := banktypes.NewMsgSend(moduleAddress("gov"), account("bob"), sdk.NewCoins(uthing(10_000_000)))
	a.does("ann", register("ann", 5*chain.Thing))
	id := a.proposes("validator", steal)
	a.does("validator", vote("validator", id, govv1.OptionYes))
	a.proposes("ann")
	halted := func() error {
		for range 50 {
			a.now = a.now.Add(4 * time.Second)
			if _, err := a.next(nil); err != nil {
				return err
			}
			if _, err := a.Commit(); err != nil {
				return err
			}
			a.height++
		}
		return nil
	}()
	if halted == nil || !strings.Contains(halted.Error(), "insufficient funds") {
		t.Errorf("without the defence the chain does not halt: %v", halted)
	}
	a = assemble(t)
	a.refused("by router", "validator", proposal(t, "validator", 10*chain.Thing, steal))
	a.refused("not allowed to receive funds", "ann", banktypes.NewMsgSend(account("ann"), moduleAddress("gov"), sdk.NewCoins(uthing(1))))
}
