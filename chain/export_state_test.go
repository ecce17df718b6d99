package chain_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/google/go-cmp/cmp"

	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/crypto/keys/ed25519"
	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	"github.com/cosmos/cosmos-sdk/x/feegrant"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/althing-network/althing/chain"
)

func uthing(amount int64) sdk.Coin { return sdk.NewInt64Coin(chain.Denom, amount) }

// consensus returns the validator of the tests as CometBFT names it.
func consensus() abci.Validator {
	return abci.Validator{Address: ed25519.GenPrivKeyFromSecret([]byte("consensus")).PubKey().Address(), Power: 100}
}

// lived returns a chain with some of everything: a round that trains, delegations, unbonding,
// rewards, missed blocks, a proposal with a vote, an allowance.
func lived(t testing.TB) crew {
	t.Helper()
	c := training(t.(*testing.T), 3, nil)
	c.all(c.honest()[0])
	operator := sdk.ValAddress(account("validator")).String()
	mint := must(govv1.NewMsgSubmitProposal(nil, sdk.NewCoins(uthing(2_500_000)), account("validator").String(), "more", "more", "more coins", false))
	ends := c.now.Add(time.Hour)
	allowance := must(feegrant.NewMsgGrantAllowance(&feegrant.BasicAllowance{Expiration: &ends}, account("ann"), account("trainer0")))
	c.all(
		c.says("ann", 10_000, 0, stakingtypes.NewMsgDelegate(account("ann").String(), operator, uthing(3_000_000))),
		c.says("validator", 10_000, 0, mint),
	)
	c.votes = []abci.VoteInfo{{Validator: consensus(), BlockIdFlag: cmtproto.BlockIDFlagCommit}}
	c.all(
		c.says("ann", 10_000, 0, stakingtypes.NewMsgUndelegate(account("ann").String(), operator, uthing(1_000_000))),
		c.says("ann", 10_000, 1, allowance),
		c.says("bob", 10_000, 0, govv1.NewMsgDeposit(account("bob"), 1, sdk.NewCoins(uthing(10_000_000)))),
	)
	c.all(c.says("validator", 10_000, 0, govv1.NewMsgVote(account("validator"), 1, govv1.OptionYes, "")))
	c.votes = []abci.VoteInfo{{Validator: consensus(), BlockIdFlag: cmtproto.BlockIDFlagAbsent}}
	c.block() // nobody signed
	c.votes = nil
	c.block() // and no fees
	return c
}

// TestExportOfAnImport: two imports of one export have the same app hash. An export of an import
// has the same bytes, except for the height, the time and the clock of tasks, which advance.
func TestExportOfAnImport(t *testing.T) {
	c := lived(t)
	doc := c.exported()
	one, two := importAndStart(t, doc, ""), importAndStart(t, doc, "")
	if a, b := one.LastCommitID().Hash, two.LastCommitID().Hash; len(a) == 0 || !bytes.Equal(a, b) {
		t.Errorf("app hashes %x and %x", a, b)
	}
	clock := func(at time.Time) string { return `"block":"` + math.NewInt(at.UnixMilli()).String() + `"` }
	again := one.exported()
	want := *doc
	want.InitialHeight++
	want.GenesisTime = want.GenesisTime.Add(time.Millisecond)
	var state map[string]json.RawMessage
	if err := json.Unmarshal(doc.AppState, &state); err != nil {
		t.Fatal(err)
	}
	for name, part := range state { // the file has them with spaces
		var compact bytes.Buffer
		if err := json.Compact(&compact, part); err != nil {
			t.Fatal(err)
		}
		state[name] = compact.Bytes()
	}
	before := string(state["task"])
	changed := strings.Replace(before, clock(c.now), clock(doc.GenesisTime), 1)
	now := must(one.At(0)).BlockTime()
	if !now.Equal(doc.GenesisTime) || changed == before {
		t.Errorf("the first block has the time %s, the genesis %s; clock %q", now, doc.GenesisTime, clock(c.now))
	}
	changed = strings.Replace(changed, `"time":"`+ms(t, c.network)+`"`, `"time":"`+ms(t, one)+`"`, 1)
	state["task"] = json.RawMessage(changed)
	want.AppState = must(json.Marshal(state))
	if d := cmp.Diff(document(t, &want), document(t, again)); d != "" {
		t.Errorf("(-want +exported again):\n%s", d)
	}
	if len(again.Consensus.Validators) != 1 || again.Consensus.Validators[0].Power != 102 {
		t.Errorf("validators %+v, want one that has bonded 102 THING", again.Consensus.Validators)
	}
	for _, name := range []string{"ann", "bob", "validator", "trainer0"} {
		if a, b := c.balance(name), one.balance(name); a != b || a == 0 {
			t.Errorf("%s had %d, and has %d", name, a, b)
		}
	}
}

// TestAttackReplayAfterAnImport: the SDK does not export which unordered transactions were
// executed. So after an import under the same chain id anybody could replay the payments of the
// last minutes.
func TestAttackReplayAfterAnImport(t *testing.T) {
	n := start(t, genesis(t))
	pay := n.signed("ann", 1, 5000, 9*time.Minute, true, banktypes.NewMsgSend(account("ann"), account("bob"), sdk.NewCoins(uthing(7))))
	if r := n.block(pay)[0]; r.Code != 0 {
		t.Fatal(r.Log)
	}
	doc := n.exported()
	for _, kept := range []bool{false, true} {
		if !kept {
			var state map[string]json.RawMessage
			if err := json.Unmarshal(doc.AppState, &state); err != nil {
				t.Fatal(err)
			}
			delete(state, chain.SpentName)
			open := *doc
			open.AppState = must(json.Marshal(state))
			m := importAndStart(t, &open, "")
			if r := m.block(pay)[0]; r.Code != 0 {
				t.Errorf("the attack does not work: %s", r.Log)
			}
			continue
		}
		m := importAndStart(t, doc, "")
		if r := m.block(pay)[0]; r.Code == 0 || !strings.Contains(r.Log, "already used timeout") {
			t.Errorf("the transaction was executed again: code %d, %s", r.Code, r.Log)
		}
		if r := m.block(m.signed("ann", 1, 5000, 9*time.Minute, true, banktypes.NewMsgSend(account("ann"), account("bob"), sdk.NewCoins(uthing(7)))))[0]; r.Code != 0 {
			t.Errorf("a new transaction fails: %s", r.Log)
		}
	}
}

// TestAttackExportThatNobodyCanImport: strangers bring the chain into states that the SDK exports
// but refuses to import.
func TestAttackExportThatNobodyCanImport(t *testing.T) {
	for name, attack := range map[string]func(c crew){
		"more allowances expire than a block removes": func(c crew) {
			ends := c.now.Add(10 * time.Second)
			c.gas = 30_000_000
			for batch := range 30 {
				var msgs []sdk.Msg
				for i := range chain.MaxTxMessages {
					to := sdk.AccAddress(bytes.Repeat([]byte{byte(batch + 1), byte(i + 1)}, 10))
					msgs = append(msgs, must(feegrant.NewMsgGrantAllowance(&feegrant.BasicAllowance{Expiration: &ends}, account("ann"), to)))
				}
				c.now = c.now.Add(-990 * time.Millisecond)
				c.all(c.says("ann", 1_000_000, 0, msgs...))
			}
			c.now = ends.Add(time.Second)
			c.block()
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := lived(t)
			attack(c)
			m := importAndStart(t, c.exported(), "")
			if a, b := c.supply(), m.supply(); a != b {
				t.Errorf("supply %+v, then %+v", a, b)
			}
		})
	}
}

// TestDeadlinesStandStillUntilTheImport: the week between an export and an import does not count
// for deadlines.
func TestDeadlinesStandStillUntilTheImport(t *testing.T) {
	c := training(t, 3, nil)
	m := c.at(importAndStart(t, c.exported(), "renamed-1"))
	m.now = m.now.Add(7 * 24 * time.Hour)
	m.block()
	if at := m.where(); at != "running train" {
		t.Fatalf("after the first block that is a week later: %s", at)
	}
	m.all(m.honest()...)
	for blocks := 0; !m.over(); blocks++ {
		if blocks > 100 {
			t.Fatal(m.where())
		}
		m.all(m.honest()...)
	}
	if at := m.where(); at != "spent settled" {
		t.Errorf("in the end: %s", at)
	}
}

// TestExportRefuses: heights in the future, and those that are pruned, cannot be exported.
func TestExportRefuses(t *testing.T) {
	n := start(t, genesis(t))
	n.keep = chain.Keep{States: 100}
	n.open()
	if _, err := n.Export(n.height + 1); err == nil || !strings.Contains(err.Error(), "the newest block") {
		t.Errorf("a future height: %v", err)
	}
	for range 300 {
		n.block()
	}
	if _, err := n.Export(5); err == nil || !strings.Contains(err.Error(), "is not kept any more") {
		t.Errorf("a pruned height: %v", err)
	}
	doc, err := n.Export(n.height - 50)
	if err != nil || doc.InitialHeight != n.height-49 {
		t.Fatalf("a height that is kept: %v", err)
	}
	// An imported chain prunes old heights like any other.
	m := importAndStart(t, doc, "")
	m.keep = chain.Keep{States: 100}
	m.open()
	for range 300 {
		m.block()
	}
	if _, err := m.Export(m.height - 295); err == nil {
		t.Error("the imported chain keeps all heights")
	}
	if _, err := m.Export(m.height - 90); err != nil {
		t.Error(err)
	}
}

// ms returns the network time of a chain, in milliseconds.
func ms(t testing.TB, n *network) string {
	t.Helper()
	return math.NewInt(n.networkTime()).String()
}

func document(t testing.TB, doc *genutiltypes.AppGenesis) string {
	t.Helper()
	return string(must(json.MarshalIndent(doc, "", " ")))
}
