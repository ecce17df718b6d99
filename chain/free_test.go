package chain_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/chain"
	"github.com/althing-network/althing/chain/fee"
	"github.com/althing-network/althing/chain/task"
	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/spec"
)

// crew is a chain with nodes, and the number of each account.
type crew struct {
	*network
	numbers map[string]uint64
}

// training returns a chain with a task in the training phase of round 1, with a number of trainers.
func training(t testing.TB, trainers int, guard func(*chain.App)) crew {
	t.Helper()
	return trainingBy(t, genesis(t), trainers, guard, func(*spec.TaskSpec) {})
}

// trainingBy is [training] with another genesis and another task.
func trainingBy(t testing.TB, g chain.Genesis, trainers int, guard func(*chain.App), ask func(*spec.TaskSpec)) crew {
	t.Helper()
	names := []string{"aggregator", "evaluator"}
	for i := range trainers {
		names = append(names, fmt.Sprint("trainer", i))
	}
	c := crew{numbers: map[string]uint64{"validator": 0, "ann": 1, "bob": 2}}
	for _, name := range names {
		c.numbers[name] = uint64(len(g.Accounts))
		g.Accounts = append(g.Accounts, chain.Account{Address: account(name), Amount: 10 * chain.Thing})
	}
	c.network = guarded(t, g, guard)
	c.gas = client.Gas
	var txs [][]byte
	for i, name := range names {
		m := register(name, chain.Thing)
		m.Profile.Roles = uint32([]spec.Role{spec.Aggregator, spec.Evaluator, spec.Trainer}[min(i, 2)])
		m.Profile.Endpoint = "https://" + name + ".example"
		m.Profile.Policy.SoleAggregator = true
		m.Profile.Holdings = []nodepb.Holding{{Name: "digits", Samples: 100}}
		txs = append(txs, c.says(name, 10_000, 0, m))
	}
	c.all(txs...)
	asked := c.task()
	ask(&asked)
	c.all(c.says("ann", 10_000, 0, &taskpb.MsgCreate{Owner: account("ann").String(), Spec: taskpb.TaskSpecFromSpec(asked)}))
	model := spec.DigestOf([]byte("model 0"))
	for _, name := range names[:2] {
		c.all(c.says(name, 0, 0, &taskpb.MsgReady{Owner: account(name).String(), Task: 1, Digest: model[:]}))
	}
	c.block()
	var res taskpb.QueryTaskResponse
	c.ask("/althing.task.v1.Query/Task", &taskpb.QueryTask{Id: 1}, &res)
	if res.Task.Round != 1 {
		t.Fatalf("the task is in round %d, want 1: %v", res.Task.Round, res.Task)
	}
	return c
}

// task returns a task that asks for most of the trainers.
func (c crew) task() spec.TaskSpec {
	asked := spec.DefaultTask()
	asked.Name = "digits"
	asked.Model = spec.Model{Kind: spec.ModelSoftmax, Inputs: 64, Classes: 10}
	asked.Data = spec.Data{Name: "digits"}
	asked.Training.Rate = 100_000
	asked.Selection.Trainers, asked.Selection.MinTrainers = uint32(max(1, (len(c.numbers)-5)*10/13)), 1
	asked.Selection.Aggregators, asked.Selection.Evaluators = 1, 1
	asked.Target = spec.Target{Accuracy: 900_000, Rounds: 2}
	asked.Escrow = 3 * chain.Thing
	return asked
}

// says returns the n-th transaction that an account sends in a block.
func (c crew) says(name string, uthing uint64, n int, msgs ...sdk.Msg) []byte {
	c.Helper()
	return c.signed(name, c.numbers[name], uthing, time.Minute+time.Duration(n)*time.Microsecond, true, msgs...)
}

// all makes a block of transactions, which must all succeed.
func (c crew) all(txs ...[]byte) {
	c.Helper()
	for i, res := range c.block(txs...) {
		if res.Code != 0 {
			c.Fatalf("transaction %d: %s", i, res.Log)
		}
	}
}

// commit returns a trainer's n-th commitment.
func commit(name string, n int) *taskpb.MsgCommit {
	d := spec.DigestOf(fmt.Append(nil, name, n))
	return &taskpb.MsgCommit{Owner: account(name).String(), Task: 1, Round: 1, Commitment: d[:], Samples: 10, Correct: 1}
}

func (c crew) check(tx []byte) *abci.ResponseCheckTx {
	c.Helper()
	res, err := c.CheckTx(&abci.RequestCheckTx{Tx: tx, Type: abci.CheckTxType_New})
	if err != nil {
		c.Fatal(err)
	}
	return res
}

func TestClientAsksForNoMoreThanIsFree(t *testing.T) {
	if client.Gas > fee.FreeGas {
		t.Errorf("a client asks for %d gas, but only %d are free", client.Gas, fee.FreeGas)
	}
}

// TestTheLongestOwedMessageIsFree: the longest messages that a node may owe are short enough to be
// free: a proof with f+1 receipts of the largest committee, and a score with the largest number of
// counts.
func TestTheLongestOwedMessageIsFree(t *testing.T) {
	c := training(t, 1, nil)
	proof := &taskpb.MsgProve{Owner: account("trainer0").String(), Task: 1<<64 - 1, Round: 1<<64 - 1}
	for range (spec.MaxCommittee-1)/3 + 1 {
		proof.Receipts = append(proof.Receipts, taskpb.Receipt{Aggregator: 1<<64 - 1, Signature: make([]byte, 64)})
	}
	if tx := c.says("trainer0", 0, 0, proof); len(tx) > fee.FreeBytes {
		t.Errorf("the proof has %d bytes, but only %d are free", len(tx), fee.FreeBytes)
	}
	const rows = spec.MaxSamples / spec.MaxCounts // of each class: more are too many in all
	score := &taskpb.MsgRevealScore{Owner: account("trainer0").String(), Task: 1<<64 - 1, Round: 1<<64 - 1, Score: uint32(spec.One), Salt: make([]byte, 32)}
	for range spec.MaxCounts {
		score.Counts = append(score.Counts, taskpb.Count{Rows: rows, Correct: rows})
	}
	if tx := c.says("trainer0", 0, 0, score); len(tx) > fee.FreeBytes {
		t.Errorf("the score has %d bytes, but only %d are free", len(tx), fee.FreeBytes)
	}
}

// TestFreeTransactionHoldsOneMessage: a transaction that repeats an owed message is not free; the
// message stays owed.
func TestFreeTransactionHoldsOneMessage(t *testing.T) {
	c := training(t, 1, nil)
	var msgs []sdk.Msg
	for i := range chain.MaxTxMessages {
		msgs = append(msgs, commit("trainer0", i))
	}
	for _, n := range []int{2, chain.MaxTxMessages} {
		tx := c.says("trainer0", 0, n, msgs[:n]...)
		if res := c.check(tx); !strings.Contains(res.Log, "insufficient fee") {
			t.Errorf("%d messages: got %q, want insufficient fee", n, res.Log)
		}
		if res := c.block(tx)[0]; !strings.Contains(res.Log, "insufficient fee") {
			t.Errorf("%d messages in a block: got %q, want insufficient fee", n, res.Log)
		}
	}
	c.all(c.says("trainer0", 0, 0, msgs[0]))
}

// starved returns a transaction with an owed message and just enough gas to find that it is owed:
// its execution fails, and the message stays owed.
func (c crew) starved(name string, found uint64, n int) []byte {
	defer func(gas uint64) { c.gas = gas }(c.gas)
	c.gas = found + 1000
	return c.says(name, 0, n, commit(name, n))
}

func TestFailedFreeMessagesAreCounted(t *testing.T) {
	const blocks = 8
	failed := func(c crew) (free, refused int) {
		found := uint64(c.check(c.says("trainer0", 0, blocks, commit("trainer0", blocks))).GasUsed)
		c.block()
		for n := range blocks {
			tx := c.starved("trainer0", found, n)
			checked, res := c.check(tx), c.block(tx)[0]
			switch {
			case checked.Code == 0 && strings.Contains(res.Log, "out of gas"):
				free++
			case strings.Contains(checked.Log, "insufficient fee") && strings.Contains(res.Log, "insufficient fee"):
				refused++
			default:
				t.Fatalf("message %d: checked %q, in a block %q", n, checked.Log, res.Log)
			}
		}
		return free, refused
	}
	if free, _ := failed(training(t, 1, chain.Uncounted)); free != blocks {
		t.Errorf("without the count %d of %d messages were free; the attack needs all of them", free, blocks)
	}
	c := training(t, 2, nil)
	if free, refused := failed(c); free != task.FreeMessages || refused != blocks-task.FreeMessages {
		t.Errorf("%d messages were free and %d refused, want %d free", free, refused, task.FreeMessages)
	}
	c.open() // the count is part of the state
	if res := c.block(c.says("trainer0", 0, 0, commit("trainer0", 0)))[0]; !strings.Contains(res.Log, "insufficient fee") {
		t.Errorf("after opening the chain again: got %q, want insufficient fee", res.Log)
	}
	c.all(c.says("trainer1", 0, 0, commit("trainer1", 0))) // the limit of one node does not concern others
	c.all(c.says("trainer0", 10_000, 1, commit("trainer0", 0)))
}

// TestMempoolCountsFreeMessages: the mempool accepts no more copies of a node's message than the
// node has free messages.
func TestMempoolCountsFreeMessages(t *testing.T) {
	const copies = 10
	entered := func(guard func(*chain.App)) (n int) {
		c := training(t, 1, guard)
		for i := range copies {
			if c.check(c.says("trainer0", 0, i, commit("trainer0", i))).Code == 0 {
				n++
			}
		}
		return n
	}
	if n := entered(chain.Uncounted); n != copies {
		t.Errorf("without the count %d of %d copies entered; the attack needs all of them", n, copies)
	}
	if n := entered(nil); n != task.FreeMessages {
		t.Errorf("%d copies entered, want %d", n, task.FreeMessages)
	}
}

// propose asks for a block of transactions, and checks that a validator accepts it.
func (c crew) propose(maxBytes int64, txs ...[]byte) [][]byte {
	c.Helper()
	res, err := c.PrepareProposal(&abci.RequestPrepareProposal{MaxTxBytes: maxBytes, Txs: txs, Height: c.height + 1, Time: c.now.Add(time.Second)})
	if err != nil {
		c.Fatal(err)
	}
	if !c.accepts(res.Txs) {
		c.Error("a validator refuses the proposal of another one")
	}
	return res.Txs
}

func (c crew) accepts(txs [][]byte) bool {
	c.Helper()
	res, err := c.ProcessProposal(&abci.RequestProcessProposal{Txs: txs, Height: c.height + 1, Time: c.now.Add(time.Second), Hash: []byte("block")})
	if err != nil {
		c.Fatal(err)
	}
	return res.Status == abci.ResponseProcessProposal_ACCEPT
}

// TestFreeMessagesLeaveRoom: free transactions that arrived first leave half of a block to those
// that pay.
func TestFreeMessagesLeaveRoom(t *testing.T) {
	const blockful = int(chain.DefaultMaxGas) / int(client.Gas)
	for name, c := range map[string]struct {
		setChecks func(*chain.App)
		free      int
		paid      bool
	}{
		"unshared": {chain.Unshared, blockful, false},
		"shared":   {nil, blockful / 2, true},
	} {
		n := training(t, 1, c.setChecks)
		var txs [][]byte
		for i := range 2 * blockful {
			txs = append(txs, n.says("trainer0", 0, i, commit("trainer0", i)))
		}
		paying := n.says("ann", 10_000, 0, send(7))
		block := n.propose(1<<20, append(txs, paying)...)
		paid := len(block) > 0 && bytes.Equal(block[len(block)-1], paying)
		free := len(block)
		if paid {
			free--
		}
		if paid != c.paid || free != c.free {
			t.Errorf("%s: %d free transactions, a paying one in %v; want %d, %v", name, free, paid, c.free, c.paid)
		}
		if over := append(txs[:blockful/2:blockful/2], txs[blockful]); n.accepts(over) == c.paid {
			t.Errorf("%s: a block with one free transaction too many is accepted: %v", name, !c.paid)
		}
	}
}

// TestFreePartIsShared: an account that floods the chain gets no more of the free half of a block
// than an account with one message.
func TestFreePartIsShared(t *testing.T) {
	for name, guard := range map[string]func(*chain.App){"unshared": chain.Unshared, "shared": nil} {
		c := training(t, 1, guard)
		var txs [][]byte
		for i := range 300 {
			txs = append(txs, c.says("trainer0", 0, i, commit("trainer0", i)))
		}
		modest := c.says("bob", 0, 0, commit("bob", 0))
		size := int64(len(slices.MaxFunc(txs, func(a, b []byte) int { return len(a) - len(b) })) + 3) // as a field of the block
		for _, room := range []int64{1 << 20, 10 * size} {
			block := c.propose(room, append(txs, modest)...)
			heard := bytes.Equal(block[len(block)-1], modest)
			if len(block) < 10 || heard != (guard == nil) {
				t.Errorf("%s: %d transactions in %d bytes, another account's among them: %v", name, len(block), room, heard)
			}
		}
	}
}

// TestMempoolCountsNoGas: the chain tells CometBFT that a free transaction needs no gas. Otherwise a
// mempool with a block's gas of free transactions would hide all others from the proposer of a
// block.
func TestMempoolCountsNoGas(t *testing.T) {
	c := training(t, 1, nil)
	for _, tx := range [][]byte{c.says("trainer0", 0, 0, commit("trainer0", 0)), c.says("ann", 10_000, 0, send(7))} {
		if res := c.check(tx); res.Code != 0 || res.GasWanted != 0 {
			t.Errorf("got %d gas, %q; want 0", res.GasWanted, res.Log)
		}
	}
	c.gas = uint64(chain.DefaultMaxGas) + 1
	if res := c.check(c.says("ann", 10_000_000, 1, send(7))); !strings.Contains(res.Log, "exceeds block max gas") {
		t.Errorf("more gas than a block has: got %q, want a refusal", res.Log)
	}
}

// TestUnsignedMessagesCostNoReads: the chain looks up whether a message is owed only after it has
// verified the signature. Before that a message costs no reads of the state.
func TestUnsignedMessagesCostNoReads(t *testing.T) {
	const perByte = 10
	used := func(c crew, good bool, msg sdk.Msg) int64 {
		tx := c.signed("trainer0", c.numbers["trainer0"], 0, time.Minute, good, msg)
		res := c.check(tx)
		if !good && res.Code == 0 {
			t.Fatal("a wrong signature is accepted")
		}
		return res.GasUsed - perByte*int64(len(tx))
	}
	owed, other := commit("trainer0", 0), &nodepb.MsgExit{Owner: account("trainer0").String()}
	c := training(t, 1, chain.FeesFirst)
	if a, b := used(c, false, owed), used(c, false, other); a <= b {
		t.Errorf("with fees first: %d gas for an owed message with a wrong signature, %d for any other; the attack needs more", a, b)
	}
	c = training(t, 1, nil)
	if a, b := used(c, false, owed), used(c, false, other); a != b {
		t.Errorf("%d gas for an owed message with a wrong signature, %d for any other; want the same", a, b)
	}
	if a, b := used(c, true, owed), used(c, false, owed); a <= b {
		t.Errorf("%d gas for an owed message, %d with a wrong signature; want less", a, b)
	}
}

func TestTransactionsAreBounded(t *testing.T) {
	n := start(t, genesis(t))
	n.gas = 10_000_000
	var msgs []sdk.Msg
	for range chain.MaxTxMessages {
		msgs = append(msgs, send(1))
	}
	if res := n.block(n.sign("ann", 1, 250_000, msgs...))[0]; res.Code != 0 {
		t.Errorf("%d messages: %s", len(msgs), res.Log)
	}
	long := register("ann", chain.Thing)
	long.Profile.Endpoint = strings.Repeat("x", chain.MaxTxBytes)
	for want, tx := range map[string][]byte{
		"transaction of 17 messages: want at most 16": n.sign("ann", 1, 250_000, append(msgs, send(1))...),
		"bytes: want at most 65536":                   n.sign("ann", 1, 250_000, long),
	} {
		if res, err := n.CheckTx(&abci.RequestCheckTx{Tx: tx, Type: abci.CheckTxType_New}); err == nil && !strings.Contains(res.Log, want) {
			t.Errorf("check: got %q, %v; want %q", res.Log, err, want)
		}
		if res := n.block(tx)[0]; res.Code == 0 {
			t.Errorf("the transaction succeeds in a block; want %q", want)
		}
	}
}
