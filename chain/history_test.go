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

	"github.com/althing-network/althing/chain"
	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/spec"
)

// drawn fails a random history, so that rapid looks for a shorter one.
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

// history is a chain on which anything happens.
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
}

// beginning is a chain with four aggregators, two evaluators and three trainers.
func beginning(t *testing.T, r *rapid.T) *history {
	g := genesis(t)
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
	h.next(true)
	return h
}

// says adds a transaction to the block, which pays for itself.
func (h *history) says(name string, msg sdk.Msg) {
	h.txs = append(h.txs, h.crew.says(name, 10_000, h.said[name], msg))
	h.said[name]++
}

// next makes the block, and wants every coin to be somewhere: with somebody, or burned.
func (h *history) next(all bool) {
	h.Helper()
	if all {
		h.all(h.txs...)
	} else {
		h.block(h.txs...)
	}
	h.txs, h.said = nil, map[string]int{}
	for _, e := range h.told {
		if !strings.HasSuffix(e.Type, ".EventSlashed") {
			continue
		}
		for _, a := range e.Attributes {
			if a.Key == "burned" {
				h.burned += must(strconv.ParseUint(strings.Trim(a.Value, `"`), 10, 64))
			}
		}
	}
	if has := h.supply(); has.Total+h.burned != h.minted {
		h.Fatalf("height %d: %d uthing were made, %d burned, and there are %d", h.height, h.minted, h.burned, has.Total)
	}
}

// amount is one that a hostile client might send.
func (h *history) amount() uint64 {
	return rapid.SampledFrom([]uint64{0, 1, 9_999, chain.Thing / 2, chain.Thing, 5 * chain.Thing, chain.Cap, chain.Cap + 1, math.MaxInt64, math.MaxUint64}).Draw(h.t, "amount")
}

// answers has nodes say what they owe, but for what is lost, hidden or a lie.
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

// slot is where a node says something of a task.
func (h *history) slot(task, round, node uint64) spec.Slot {
	var res taskpb.QueryTaskResponse
	h.ask("/althing.task.v1.Query/Task", &taskpb.QueryTask{Id: task}, &res)
	return must(res.Task.ToSpec()).Slot(round, node)
}

// anything is what an account says for no reason.
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

// asked is a task for the nodes of the beginning, with deadlines of some blocks.
func (h *history) asked() spec.TaskSpec {
	asked := h.task()
	asked.Selection.Trainers, asked.Selection.Aggregators, asked.Selection.Evaluators = 2, 4, 2
	asked.Selection.MinStake = chain.Thing / 2
	asked.Escrow, asked.Retries = 3*chain.Thing, 1
	asked.Deadlines = spec.Deadlines{
		Select: 20 * spec.Second, Train: 4 * spec.Second,
		Attest: 4 * spec.Second, Aggregate: 4 * spec.Second, Evaluate: 4 * spec.Second,
	}
	return asked
}

// carriedOn is the history on a chain that was made of an export.
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

// TestRandomHistories: whatever honest and dishonest nodes and accounts say, with whatever
// amounts, and wherever the chain is exported and carried on from: all invariants hold
// after every block, and every coin that was made is somebody's, locked or burned.
func TestRandomHistories(t *testing.T) {
	var burned, lives uint64
	rapid.Check(t, func(r *rapid.T) {
		h := beginning(t, r)
		for id := uint64(1); id <= 6; id++ {
			h.liars[id] = rapid.IntRange(0, 3).Draw(r, "lies") == 0
			h.hiders[id] = rapid.IntRange(0, 3).Draw(r, "hides") == 0
		}
		h.gas = client.Gas
		h.says("ann", &taskpb.MsgCreate{Owner: account("ann").String(), Spec: taskpb.TaskSpecFromSpec(h.asked())})
		h.next(true)
		for range rapid.IntRange(5, 18).Draw(r, "blocks") {
			h.answers()
			for range rapid.IntRange(0, 2).Draw(r, "others") {
				h.anything()
			}
			if rapid.IntRange(0, 7).Draw(r, "a pause") == 0 {
				h.now = h.now.Add(rapid.SampledFrom([]time.Duration{5 * time.Second, time.Hour, 22 * 24 * time.Hour}).Draw(r, "how long"))
				h.txs, h.said = nil, map[string]int{} // they are too old by then
			}
			h.next(false)
			if rapid.IntRange(0, 11).Draw(r, "an export") == 0 {
				h.carriedOn()
			}
		}
		burned, lives = burned+h.burned, lives+uint64(h.lives)
	})
	if burned == 0 || lives == 0 {
		t.Errorf("%d uthing were burned, %d chains carried on: the draw is too tame", burned, lives)
	}
	t.Logf("%d uthing were burned, %d chains carried on", burned, lives)
}
