package chain_test

import (
	"strings"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"

	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/althing-network/althing/chain"
	"github.com/althing-network/althing/pb/daopb"
	"github.com/althing-network/althing/pb/feepb"
	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/pb/timelockpb"
	"github.com/althing-network/althing/pb/tokenpb"
)

// assembly is a chain on which votes take 100 s, passed proposals wait for 20 s and may then be
// executed for 60 s. The validator has 100 THING bonded; with ann and bob it has 300.
type assembly struct{ crew }

const (
	voting = 100 * time.Second
	delay  = 20 * time.Second
	grace  = 60 * time.Second
)

func assemble(t testing.TB, edit ...func(*chain.Genesis)) assembly {
	t.Helper()
	return convene(t, nil, edit...)
}

// brief returns a genesis with these short periods.
func brief(t testing.TB) chain.Genesis {
	t.Helper()
	g := genesis(t)
	g.Rules = daopb.Rules{VotingSeconds: 100, DepositSeconds: 50, MinDeposit: 10 * chain.Thing}
	g.Votes = daopb.Params{MaxOpen: 20, HighThreshold: 667_000}
	g.Timelock = timelockpb.Params{DelaySeconds: 20, GraceSeconds: 60}
	g.Nodes.UnbondingSeconds = 1000
	return g
}

// convene starts an assembly with a defence switched off by guard.
func convene(t testing.TB, guard func(*chain.App), edit ...func(*chain.Genesis)) assembly {
	t.Helper()
	g := brief(t)
	for _, e := range edit {
		e(&g)
	}
	a := assembly{crew{network: guarded(t, g, guard), numbers: map[string]uint64{"validator": 0, "ann": 1, "bob": 2}}}
	a.gas = 1_000_000
	a.numbers["cho"] = 3
	return a
}

// authority returns the account in whose name passed proposals act.
func authority() string { return moduleAddress("gov").String() }

// try makes a block with one transaction.
func (a assembly) try(name string, msgs ...sdk.Msg) *abci.ExecTxResult {
	a.Helper()
	return a.block(a.says(name, 30_000, 0, msgs...))[0]
}

// does makes a block with one transaction, which must succeed.
func (a assembly) does(name string, msgs ...sdk.Msg) {
	a.Helper()
	if res := a.try(name, msgs...); res.Code != 0 {
		a.Fatalf("%s: %s", name, res.Log)
	}
}

// refused makes a block with one transaction, which must fail for a reason.
func (a assembly) refused(why, name string, msgs ...sdk.Msg) {
	a.Helper()
	if res := a.try(name, msgs...); res.Code == 0 || !strings.Contains(res.Log, why) {
		a.Fatalf("%s: code %d, %q: want %q", name, res.Code, res.Log, why)
	}
}

func proposal(t testing.TB, who string, deposit uint64, msgs ...sdk.Msg) *govv1.MsgSubmitProposal {
	t.Helper()
	m, err := govv1.NewMsgSubmitProposal(msgs, sdk.NewCoins(uthing(int64(deposit))), account(who).String(), "", "a proposal", "and what it is for", false)
	if err != nil {
		t.Fatal(err)
	}
	if len(msgs) == 0 {
		m.Metadata = "text"
	}
	return m
}

// proposes submits a proposal with its whole deposit and returns its number.
func (a assembly) proposes(who string, msgs ...sdk.Msg) uint64 {
	a.Helper()
	a.does(who, proposal(a, who, 10*chain.Thing, msgs...))
	var res govv1.QueryProposalsResponse
	a.ask("/cosmos.gov.v1.Query/Proposals", &govv1.QueryProposalsRequest{}, &res)
	return res.Proposals[len(res.Proposals)-1].Id
}

func vote(who string, number uint64, option govv1.VoteOption) *govv1.MsgVote {
	return govv1.NewMsgVote(account(who), number, option, "")
}

func execute(who string, number uint64) *timelockpb.MsgExecute {
	return &timelockpb.MsgExecute{Sender: account(who).String(), Proposal: number}
}

// passes submits a proposal of the validator, which votes for it, and waits until the vote has
// ended.
func (a assembly) passes(msgs ...sdk.Msg) uint64 {
	a.Helper()
	id := a.proposes("validator", msgs...)
	a.does("validator", vote("validator", id, govv1.OptionYes))
	a.ends()
	return id
}

// ends makes the vote end with one block, so that network time hardly advances.
func (a assembly) ends() {
	a.Helper()
	a.now = a.now.Add(voting)
	a.block()
}

// carriesOut is [assembly.passes] for a proposal that is then executed.
func (a assembly) carriesOut(msgs ...sdk.Msg) uint64 {
	a.Helper()
	id := a.passes(msgs...)
	a.wait(delay)
	a.does("bob", execute("bob", id))
	return id
}

// wait makes blocks, 4 s apart.
func (a assembly) wait(d time.Duration) {
	a.Helper()
	for until := a.now.Add(d); a.now.Before(until); {
		a.now = a.now.Add(3 * time.Second)
		a.block()
	}
}

func (a assembly) poll(id uint64) daopb.Poll {
	a.Helper()
	var res daopb.QueryPollResponse
	if r := a.ask("/althing.dao.v1.Query/Poll", &daopb.QueryPoll{Proposal: id}, &res); r.Code != 0 {
		a.Fatal(r.Log)
	}
	return res.Poll
}

func (a assembly) entry(id uint64) timelockpb.Entry {
	a.Helper()
	var res timelockpb.QueryEntryResponse
	if r := a.ask("/althing.timelock.v1.Query/Entry", &timelockpb.QueryEntry{Proposal: id}, &res); r.Code != 0 {
		a.Fatal(r.Log)
	}
	return res.Entry
}

func (a assembly) price() uint64 {
	a.Helper()
	var res feepb.QueryParamsResponse
	a.ask("/althing.fee.v1.Query/Params", &feepb.QueryParams{}, &res)
	return res.Params.MinGasPrice
}

func dearer(price uint64) *feepb.MsgUpdateParams {
	return &feepb.MsgUpdateParams{Authority: authority(), Params: feepb.Params{MinGasPrice: price}}
}

// TestProposalTravels: a proposal takes effect only when it has passed, has waited in the timelock,
// and somebody executes it.
func TestProposalTravels(t *testing.T) {
	a := assemble(t)
	id := a.proposes("validator", dearer(26))
	if p := a.poll(id); p.DryRun.Error != "" || p.DryRun.Height == 0 || p.Total != 100*chain.Thing {
		t.Fatalf("the poll is %+v: want a dry run that succeeds, of 100 THING", p)
	}
	a.refused("voting period not ended", "bob", execute("bob", id))
	a.refused("insufficient voting power", "bob", vote("bob", id, govv1.OptionNo))
	a.does("validator", vote("validator", id, govv1.OptionYes))
	a.refused("already voted", "validator", vote("validator", id, govv1.OptionNo))
	a.wait(voting)
	if e := a.entry(id); e.State != timelockpb.ENTRY_STATE_QUEUED || len(e.Messages) != 1 || a.price() != 25 {
		t.Fatalf("after the vote: %v, the price is %d", e, a.price())
	}
	a.refused("proposal not active", "validator", vote("validator", id, govv1.OptionNo))
	a.refused("timelock not over", "bob", execute("bob", id))
	a.wait(delay)
	a.does("bob", execute("bob", id))
	if e := a.entry(id); e.State != timelockpb.ENTRY_STATE_EXECUTED || e.By != account("bob").String() || a.price() != 26 {
		t.Fatalf("after the execution: %v, the price is %d", e, a.price())
	}
	a.refused("proposal not active", "bob", execute("bob", id))
	a.refused("proposal not found", "bob", execute("bob", id+1))
	a.refused("proposal not found", "validator", vote("validator", id+1, govv1.OptionYes))
}

// TestQuorumNotReached: a proposal with too few votes has no effect. Whoever tries to execute it
// gets that reason.
func TestQuorumNotReached(t *testing.T) {
	a := assemble(t)
	a.does("ann", stakingtypes.NewMsgDelegate(account("ann").String(), sdk.ValAddress(account("validator")).String(), uthing(10_000_000)))
	id := a.proposes("ann", dearer(26))
	a.does("ann", vote("ann", id, govv1.OptionYes))
	a.wait(voting)
	a.refused("quorum not reached", "bob", execute("bob", id))
	if p := a.poll(id); p.Outcome != daopb.OUTCOME_QUORUM || p.Tally.Yes != 10*chain.Thing || p.Total != 110*chain.Thing {
		t.Fatalf("the poll is %+v", p)
	}
}

// TestProposalsMayDoLittle: a proposal with a message that is on no list is refused when it is
// submitted.
func TestProposalsMayDoLittle(t *testing.T) {
	a := assemble(t)
	for name, msg := range map[string]sdk.Msg{
		"deposits":    banktypes.NewMsgSend(moduleAddress("gov"), account("ann"), sdk.NewCoins(uthing(1))),
		"x/gov":       &govv1.MsgUpdateParams{Authority: authority(), Params: govv1.DefaultParams()},
		"x/staking":   &stakingtypes.MsgUpdateParams{Authority: authority(), Params: stakingtypes.DefaultParams()},
		"old content": govv1.NewMsgExecLegacyContent(nil, authority()),
	} {
		t.Run(name, func(t *testing.T) {
			a.refused("", "validator", proposal(t, "validator", 10*chain.Thing, msg))
		})
	}
	if res := a.try("validator", dearer(26)); res.Code == 0 {
		t.Fatal("an account changed the price")
	}
}

// TestGenesisThatHaltsAtAVote: a genesis whose quorum is no number is refused, since the chain would
// halt at the end of the first vote.
func TestGenesisThatHaltsAtAVote(t *testing.T) {
	doc, err := genesis(t).Document()
	if err != nil {
		t.Fatal(err)
	}
	if err := chain.CheckGenesis(doc); err != nil {
		t.Fatal(err)
	}
	const quorum = `"quorum":"0.250000000000000000"`
	if !strings.Contains(string(doc.AppState), quorum) {
		t.Fatal("the genesis says no quorum")
	}
	doc.AppState = []byte(strings.Replace(string(doc.AppState), quorum, `"quorum":"much"`, 1))
	if err := chain.CheckGenesis(doc); err == nil || !strings.Contains(err.Error(), "quorum") {
		t.Errorf("a quorum that is no number: %v", err)
	}
}

// TestDangerousNeedsMore: a proposal to mint coins needs two thirds of the votes.
func TestDangerousNeedsMore(t *testing.T) {
	a := assemble(t)
	a.does("ann", stakingtypes.NewMsgDelegate(account("ann").String(), sdk.ValAddress(account("validator")).String(), uthing(60_000_000)))
	mint := &tokenpb.MsgMint{Authority: authority(), To: account("bob").String(), Amount: 7}
	id := a.proposes("validator", mint)
	a.does("validator", vote("validator", id, govv1.OptionYes))
	a.does("ann", vote("ann", id, govv1.OptionNo))
	a.wait(voting)
	if p := a.poll(id); p.Outcome != daopb.OUTCOME_FAILED || !strings.Contains(p.Reason, "high threshold not reached") {
		t.Fatalf("100 of 160 THING made coins: %+v", p)
	}
	a.refused("proposal not active", "bob", execute("bob", id))
	before := a.supply()
	a.carriesOut(mint)
	if after := a.supply(); after.Total != before.Total+7 {
		t.Fatalf("there were %d, and are %d", before.Total, after.Total)
	}
}

// TestMintAboveTheCapFailsWhenExecuted: no vote can mint coins above the cap.
func TestMintAboveTheCapFailsWhenExecuted(t *testing.T) {
	a := assemble(t)
	id := a.passes(&tokenpb.MsgMint{Authority: authority(), To: account("bob").String(), Amount: chain.Cap})
	if p := a.poll(id); !strings.Contains(p.DryRun.Error, "exceeds total supply") {
		t.Fatalf("the dry run says %q", p.DryRun.Error)
	}
	a.wait(delay)
	a.refused("exceeds total supply", "bob", execute("bob", id))
	a.wait(grace)
	if e := a.entry(id); e.State != timelockpb.ENTRY_STATE_EXPIRED {
		t.Fatalf("the entry is %s", e.State)
	}
}

// TestStakeStaysWhileAVoteWaits: the chain halts for longer than an unbonding takes, while a passed
// proposal waits. Stake that began to leave after the vote had started stays until the proposal is
// executed. Without the defence it would have left.
func TestStakeStaysWhileAVoteWaits(t *testing.T) {
	for name, c := range map[string]struct {
		first, executed bool // first: the stake begins to leave before the vote; executed: the proposal is executed
		stays           bool // after the halt
		off             func(*chain.App)
	}{
		"left after it, and nothing holds it": {off: chain.Unheld},
		"left after the vote started":         {stays: true},
		"left before":                         {first: true},
		"executed":                            {executed: true},
	} {
		t.Run(name, func(t *testing.T) {
			a := convene(t, c.off)
			a.does("ann", register("ann", 5*chain.Thing))
			leave := &nodepb.MsgExit{Owner: account("ann").String()}
			if c.first {
				a.does("ann", leave)
			}
			id := a.proposes("validator", dearer(26))
			a.does("validator", vote("validator", id, govv1.OptionYes))
			if !c.first {
				a.does("ann", leave)
			}
			a.wait(voting)
			if c.executed {
				a.wait(delay)
				a.does("bob", execute("bob", id))
			}
			a.now = a.now.Add(2000 * time.Second) // the chain halts
			a.block()
			var held nodepb.QueryNodeResponse
			a.ask("/althing.node.v1.Query/Node", &nodepb.QueryNode{Id: 1}, &held)
			if stays := len(held.Node.Deposit.Unbonding) > 0; stays != c.stays {
				t.Fatalf("the stake is there: %v, want %v", stays, c.stays)
			}
			if !c.stays {
				return
			}
			a.wait(delay)
			a.does("bob", execute("bob", id))
			a.wait(time.Minute) // until held stake is checked again
			if got := a.balance("ann"); got < 999*chain.Thing {
				t.Fatalf("ann has %d uthing: the stake has not returned after the execution", got)
			}
		})
	}
}

// TestExportWhileVotesGoOn: a chain that is exported and imported, in each state of a proposal, ends
// with the same result.
func TestExportWhileVotesGoOn(t *testing.T) {
	for name, until := range map[string]func(assembly, uint64){
		"voting": func(assembly, uint64) {},
		"voted":  func(a assembly, id uint64) { a.does("validator", vote("validator", id, govv1.OptionYes)) },
		"queued": func(a assembly, id uint64) {
			a.does("validator", vote("validator", id, govv1.OptionYes))
			a.wait(voting)
		},
		"executed": func(a assembly, id uint64) {
			a.does("validator", vote("validator", id, govv1.OptionYes))
			a.wait(voting + delay)
			a.does("bob", execute("bob", id))
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := assemble(t)
			id := a.proposes("validator", dearer(26))
			until(a, id)
			b := assembly{crew{network: importAndStart(t, must(a.Export(0)), ""), numbers: a.numbers}}
			b.gas = a.gas
			if name == "voting" {
				b.does("validator", vote("validator", id, govv1.OptionYes))
			} else {
				res := b.try("validator", vote("validator", id, govv1.OptionNo))
				if res.Code == 0 {
					t.Fatal("the import has forgotten a vote")
				}
			}
			if name == "voting" || name == "voted" {
				b.wait(voting)
			}
			b.wait(delay)
			if name != "executed" {
				b.does("bob", execute("bob", id))
			}
			if b.price() != 26 {
				t.Fatalf("the price is %d", b.price())
			}
		})
	}
}
