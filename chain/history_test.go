package chain_test

import (
	"context"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"

	"github.com/althing-network/althing/chain"
	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/pb/timelockpb"
	"github.com/althing-network/althing/spec"
)

// drawn passes failures on to rapid, which then looks for a shorter history that fails.
type drawn struct {
	testing.TB
	*rapid.T
}

func (d drawn) Helper()                      { d.TB.Helper() }
func (d drawn) Error(args ...any)            { d.T.Error(args...) }
func (d drawn) Errorf(f string, args ...any) { d.T.Errorf(f, args...) }
func (d drawn) Fail()                        { d.T.Fail() }
func (d drawn) FailNow()                     { d.T.FailNow() }
func (d drawn) Failed() bool                 { return d.T.Failed() }
func (d drawn) Fatal(args ...any)            { d.T.Fatal(args...) }
func (d drawn) Fatalf(f string, args ...any) { d.T.Fatalf(f, args...) }
func (d drawn) Log(args ...any)              { d.T.Log(args...) }
func (d drawn) Logf(f string, args ...any)   { d.T.Logf(f, args...) }
func (d drawn) Name() string                 { return d.TB.Name() }
func (d drawn) Skip(args ...any)             { d.T.Skip(args...) }
func (d drawn) SkipNow()                     { d.T.SkipNow() }
func (d drawn) Skipf(f string, args ...any)  { d.T.Skipf(f, args...) }
func (d drawn) Context() context.Context     { return d.TB.Context() }
func (d drawn) Output() io.Writer            { return d.TB.Output() }
func (d drawn) Cleanup(f func())             { d.TB.Cleanup(f) }

// history is a chain with random transactions.
type history struct {
	crew
	t      *rapid.T
	said   map[string]int // transactions in this block, by account
	txs    [][]byte
	minted uint64          // uthing, in the genesis and to nodes that a vote lets in
	burned uint64          // uthing, as the events of slashes, removals, exits and vetoes say
	liars  map[uint64]bool // aggregators that publish another model
	hiders map[uint64]bool // nodes that commit and do not reveal
	lives  int             // imports
	exits  bool            // a node may exit in this block; then its granted stake is burned
	acted  int             // proposals that were executed
}

// beginning returns a chain with four aggregators, two evaluators and three trainers, on which votes
// take some blocks only. Ann is the guardian and may cancel what has passed.
func beginning(t *testing.T, r *rapid.T) *history {
	g := brief(t)
	g.Rules.VotingSeconds, g.Rules.DepositSeconds, g.Rules.MinDeposit = 2, 4, chain.Thing
	g.Votes.WarmupSeconds, g.Votes.LateSeconds = 1, 1
	g.Timelock = timelockpb.Params{DelaySeconds: 1, GraceSeconds: 6, Guardian: account("ann").String(), GuardianUntil: g.Time.Add(time.Hour).UnixMilli()}
	h := &history{
		t: r, said: map[string]int{}, liars: map[uint64]bool{}, hiders: map[uint64]bool{}, minted: 3000 * chain.Thing,
		crew: crew{numbers: map[string]uint64{"validator": 0, "ann": 1, "bob": 2}},
	}
	roles := []spec.Role{
		spec.Aggregator, spec.Aggregator, spec.Aggregator, spec.Aggregator,
		spec.Evaluator, spec.Evaluator, spec.Trainer, spec.Trainer, spec.Trainer,
	}
	for i := range roles {
		name := fmt.Sprint("node", i+1)
		h.numbers[name] = uint64(len(g.Accounts))
		g.Accounts = append(g.Accounts, chain.Account{Address: account(name), Amount: 10 * chain.Thing})
		h.minted += 10 * chain.Thing
	}
	h.network = start(drawn{t, r}, g)
	h.gas = client.Gas
	for i, role := range roles {
		name := fmt.Sprint("node", i+1)
		m := register(name, chain.Thing)
		m.Profile.Roles, m.Profile.Slots = uint32(role), 4
		m.Profile.Endpoint = "https://" + name + ".example"
		m.Profile.Holdings = []nodepb.Holding{{Name: "digits", Samples: 100}}
		h.says(name, m)
	}
	h.says("bob", register("bob", 0)) // node 10 applies
	h.next(true)
	return h
}

// says adds a transaction that pays its fee to the block.
func (h *history) says(name string, msg sdk.Msg) {
	h.txs = append(h.txs, h.crew.says(name, 10_000, h.said[name], msg))
	h.said[name]++
}

// tell adds a transaction with a higher gas limit.
func (h *history) tell(name string, msg sdk.Msg) {
	h.gas = 1_000_000
	h.txs = append(h.txs, h.crew.says(name, 30_000, h.said[name], msg))
	h.said[name]++
	h.gas = client.Gas
}

// next makes the block, and checks that every coin belongs to an account or was burned.
func (h *history) next(all bool) {
	h.Helper()
	if all {
		h.all(h.txs...)
	} else {
		h.block(h.txs...)
	}
	h.txs, h.said = nil, map[string]int{}
	var told, gone uint64 // burned by the events of modules, and by the balance of the registry's account
	for _, e := range h.told {
		says := func(what string) uint64 {
			for _, a := range e.Attributes {
				if a.Key == what {
					return must(strconv.ParseUint(strings.TrimSuffix(strings.Trim(a.Value, `"`), chain.Denom), 10, 64))
				}
			}
			return 0
		}
		switch e.Type {
		case "althing.node.v1.EventSlashed", "althing.node.v1.EventRemoved":
			told += says("burned")
		case "althing.node.v1.EventGranted":
			h.minted += says("amount")
		case "althing.timelock.v1.EventExecuted":
			h.acted++
		case banktypes.EventTypeCoinBurn:
			h.burned += says("amount")
			if e.Attributes[0].Value == moduleAddress("node").String() {
				gone += says("amount")
			}
		}
	}
	if gone < told || gone > told && !h.exits {
		h.Fatalf("height %d: nodes have lost %d uthing, but events say %d", h.height, gone, told)
	}
	h.exits = false
	if has := h.supply(); has.Total+h.burned != h.minted {
		h.Fatalf("height %d: %d uthing were minted, %d burned, and the supply is %d", h.height, h.minted, h.burned, has.Total)
	}
}

// amount draws an amount that a hostile client might send.
func (h *history) amount() uint64 {
	return rapid.SampledFrom([]uint64{0, 1, 9_999, chain.Thing / 2, chain.Thing, 5 * chain.Thing, chain.Cap, chain.Cap + 1, math.MaxInt64, math.MaxUint64}).Draw(h.t, "amount")
}

// answers sends the messages that nodes owe; some are lost, withheld or wrong.
func (h *history) answers() {
	h.owed(func(node uint64, msg sdk.Msg) {
		if rapid.IntRange(0, 9).Draw(h.t, "lost") == 0 {
			return
		}
		lie := spec.DigestOf([]byte("lie"))
		switch m := msg.(type) {
		case *taskpb.MsgAttest:
			if rapid.IntRange(0, 9).Draw(h.t, "attests nothing") == 0 {
				m.Holds = make([]byte, len(m.Holds))
			}
		case *taskpb.MsgCommitAggregate:
			if h.liars[node] {
				d := spec.AggregateCommitment(h.slot(m.Task, m.Round, node), lie, spec.Salt{1})
				m.Commitment = d[:]
			}
		case *taskpb.MsgRevealAggregate:
			if h.hiders[node] {
				return
			}
			if h.liars[node] {
				m.Digest = lie[:]
			}
		case *taskpb.MsgRevealScore:
			if h.hiders[node] {
				return
			}
		}
		h.says(h.nameOf(node), msg)
	})
}

// slot returns a node's slot in a round of a task.
func (h *history) slot(task, round, node uint64) spec.Slot {
	var res taskpb.QueryTaskResponse
	h.ask("/althing.task.v1.Query/Task", &taskpb.QueryTask{Id: task}, &res)
	return must(res.Task.ToSpec()).Slot(round, node)
}

// anything sends a message that an account has no reason to send.
func (h *history) anything() {
	who := rapid.SampledFrom([]string{"ann", "bob", "node1", "node5", "node7"}).Draw(h.t, "who")
	owner := account(who).String()
	switch rapid.IntRange(0, 8).Draw(h.t, "what") {
	case 0:
		h.says(who, &nodepb.MsgBond{Owner: owner, Amount: h.amount()})
	case 1:
		h.says(who, &nodepb.MsgUnbond{Owner: owner, Amount: h.amount()})
	case 2:
		h.says(who, &nodepb.MsgCancelUnbond{Owner: owner, Number: 1})
	case 3:
		h.exits = true
		h.says(who, &nodepb.MsgExit{Owner: owner})
	case 4:
		h.says(who, &nodepb.MsgUnjail{Owner: owner})
	case 5:
		h.says(who, register(who, h.amount()))
	case 6:
		h.says(who, &taskpb.MsgCancel{Owner: owner, Task: rapid.Uint64Range(0, 3).Draw(h.t, "task")})
	case 7:
		asked := h.asked()
		asked.Escrow = h.amount()
		h.says(who, &taskpb.MsgCreate{Owner: owner, Spec: taskpb.TaskSpecFromSpec(asked)})
	default:
		amount := sdk.NewInt64Coin(chain.Denom, int64(min(h.amount(), math.MaxInt64)))
		h.says(who, &banktypes.MsgSend{FromAddress: owner, ToAddress: account("bob").String(), Amount: sdk.Coins{amount}})
	}
}

// governs sends a message about proposals.
func (h *history) governs() {
	var open govv1.QueryProposalsResponse
	h.ask("/cosmos.gov.v1.Query/Proposals", &govv1.QueryProposalsRequest{}, &open)
	id := rapid.Uint64Range(1, uint64(len(open.Proposals))+1).Draw(h.t, "proposal")
	switch rapid.IntRange(0, 7).Draw(h.t, "how") {
	case 0, 1, 2:
		who := rapid.SampledFrom([]string{"validator", "validator", "ann", "bob", "node1", "node7"}).Draw(h.t, "proposes")
		deposit := rapid.SampledFrom([]uint64{chain.Thing, chain.Thing, chain.Thing / 4}).Draw(h.t, "deposit")
		h.tell(who, proposal(h, who, deposit, h.wish(id)))
	case 3:
		h.tell("node1", govv1.NewMsgDeposit(account("node1"), id, sdk.NewCoins(uthing(int64(chain.Thing/2)))))
	case 4:
		h.tell("ann", &timelockpb.MsgCancel{Authority: account("ann").String(), Proposal: id})
	}
	for _, p := range open.Proposals {
		switch p.Status {
		case govv1.StatusVotingPeriod:
			option := rapid.SampledFrom([]govv1.VoteOption{govv1.OptionYes, govv1.OptionYes, govv1.OptionYes, govv1.OptionNo, govv1.OptionNoWithVeto}).Draw(h.t, "option")
			who := rapid.SampledFrom([]string{"validator", "validator", "node7"}).Draw(h.t, "votes")
			h.tell(who, vote(who, p.Id, option))
		case govv1.StatusPassed:
			h.tell("bob", execute("bob", p.Id))
		default: // no message can change it
		}
	}
}

// wish draws a message of a proposal.
func (h *history) wish(proposal uint64) sdk.Msg {
	node := rapid.SampledFrom([]uint64{1, 4, 7, 10, 10, 10, 11}).Draw(h.t, "node")
	base := spec.DigestOf([]byte("model 0"))
	switch rapid.IntRange(0, 7).Draw(h.t, "wish") {
	case 0, 1:
		return &nodepb.MsgAddParticipant{Authority: authority(), Node: node, Grant: rapid.SampledFrom([]uint64{chain.Thing, 2 * chain.Thing, chain.Cap}).Draw(h.t, "grant")}
	case 2, 3:
		return &nodepb.MsgRemoveParticipant{Authority: authority(), Node: node, Reason: "a vote"}
	case 4:
		settings := []taskpb.Setting{{Name: "training.rate", Value: rapid.Uint64Range(0, 200_000).Draw(h.t, "rate")}}
		return &taskpb.MsgUpdateModel{Authority: authority(), Task: rapid.Uint64Range(0, 3).Draw(h.t, "task"), Base: base[:], Settings: settings}
	case 5:
		other := spec.DigestOf([]byte("another model"))
		return &taskpb.MsgUpdateModel{Authority: authority(), Task: 1, Base: base[:], Model: other[:]}
	case 6:
		return dearer(rapid.Uint64Range(0, 27).Draw(h.t, "price"))
	default:
		return &timelockpb.MsgCancel{Authority: authority(), Proposal: proposal}
	}
}

// asked returns a task for the nodes of [beginning], with deadlines of some blocks.
func (h *history) asked() spec.TaskSpec {
	asked := h.task()
	asked.Selection.Trainers, asked.Selection.Aggregators, asked.Selection.Evaluators = 2, 4, 2
	asked.Selection.MinStake = chain.Thing / 2
	asked.Escrow, asked.Retries = 3*chain.Thing, 1
	asked.Governed = rapid.Bool().Draw(h.t, "governed")
	asked.Deadlines = spec.Deadlines{
		Select: 20 * spec.Second, Train: 4 * spec.Second,
		Attest: 4 * spec.Second, Aggregate: 4 * spec.Second, Evaluate: 4 * spec.Second,
	}
	return asked
}

// carriedOn exports the chain and continues the history on the imported one.
func (h *history) carriedOn() {
	id := rapid.SampledFrom([]string{"", "renamed-1"}).Draw(h.t, "chain id")
	m, err := imported(h.TB, h.exported(), id)
	if err != nil {
		h.Fatal(err)
	}
	h.crew = h.at(m)
	h.lives++
	h.next(true)
}

// TestRandomHistories: honest and dishonest nodes and accounts send random messages with random
// amounts, votes admit and remove nodes and change tasks and rules, and the chain is exported and
// imported at random heights. All invariants hold after every block, and every minted coin belongs
// to an account, is locked or was burned.
func TestRandomHistories(t *testing.T) {
	var burned, lives uint64
	acted := 0
	rapid.Check(t, func(r *rapid.T) {
		h := beginning(t, r)
		for id := uint64(1); id <= 6; id++ {
			h.liars[id] = rapid.IntRange(0, 3).Draw(r, "lies") == 0
			h.hiders[id] = rapid.IntRange(0, 3).Draw(r, "hides") == 0
		}
		h.gas = client.Gas
		h.says("ann", &taskpb.MsgCreate{Owner: account("ann").String(), Spec: taskpb.TaskSpecFromSpec(h.asked())})
		h.tell("validator", proposal(h, "validator", chain.Thing, h.wish(1)))
		h.next(true)
		for range rapid.IntRange(5, 18).Draw(r, "blocks") {
			h.answers()
			for range rapid.IntRange(0, 2).Draw(r, "others") {
				h.anything()
			}
			if rapid.IntRange(0, 3).Draw(r, "votes") > 0 {
				h.governs()
			}
			if rapid.IntRange(0, 7).Draw(r, "a pause") == 0 {
				h.now = h.now.Add(rapid.SampledFrom([]time.Duration{5 * time.Second, time.Hour, 22 * 24 * time.Hour}).Draw(r, "how long"))
				h.txs, h.said = nil, map[string]int{} // they would have expired
			}
			h.next(false)
			if rapid.IntRange(0, 11).Draw(r, "an export") == 0 {
				h.carriedOn()
			}
		}
		burned, lives, acted = burned+h.burned, lives+uint64(h.lives), acted+h.acted
	})
	if burned == 0 || lives == 0 || acted == 0 {
		t.Errorf("%d uthing were burned, %d chains imported, %d proposals executed: the histories are not diverse enough", burned, lives, acted)
	}
	t.Logf("%d uthing were burned, %d chains imported, %d proposals executed", burned, lives, acted)
}
