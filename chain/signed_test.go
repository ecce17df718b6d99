package chain_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"
	authsigning "github.com/cosmos/cosmos-sdk/x/auth/signing"

	"github.com/althing-network/althing/chain"
	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// attesting returns a chain on which an aggregator has to attest the updates of three trainers.
func attesting(t testing.TB, guard func(*chain.App)) crew {
	t.Helper()
	c := training(t, 3, guard)
	c.all(c.honest()...)
	if !strings.Contains(c.where(), string(spec.PhaseAttest)) {
		t.Fatalf("the round is not in the phase attest: %s", c.where())
	}
	return c
}

// holds returns the aggregator's attestation of round 1.
func holds(bitmap byte) *taskpb.MsgAttest {
	return &taskpb.MsgAttest{Owner: account("aggregator").String(), Task: 1, Round: 1, Holds: []byte{bitmap}}
}

// accuse returns a transaction in which bob shows two transactions of the aggregator.
func (c crew) accuse(n int, first, second []byte) []byte {
	return c.says("bob", 100_000, n, &taskpb.MsgAccuseAnswers{Owner: account("bob").String(), Task: 1, First: first, Second: second})
}

// aggregator returns the record of the accused node.
func (c crew) aggregator() spec.Node {
	c.Helper()
	var res nodepb.QueryNodeResponse
	c.ask("/althing.node.v1.Query/NodeByOwner", &nodepb.QueryNodeByOwner{Owner: account("aggregator").String()}, &res)
	n, err := res.Node.ToSpec()
	if err != nil {
		c.Fatal(err)
	}
	return n
}

// TestAttack13TwoAttestations: an aggregator attests some updates to one half of the network, and
// others to the other half. Every node would believe what it received.
func TestAttack13TwoAttestations(t *testing.T) {
	c := attesting(t, nil)
	var found []chain.Contradiction
	c.Witness(func(of chain.Contradiction) { found = append(found, of) })
	first, second := c.says("aggregator", 0, 0, holds(0b001)), c.says("aggregator", 0, 1, holds(0b110))
	for _, told := range [][]byte{first, second} {
		if res := c.check(told); res.Code != 0 {
			t.Fatalf("the attack does not work: %s", res.Log)
		}
	}
	c.all(first)
	if res := c.block(second)[0]; res.Code == 0 {
		t.Fatal("the chain accepts both attestations")
	}
	if len(found) != 1 || found[0].Owner != account("aggregator").String() {
		t.Fatalf("a node that receives both notes %v", found)
	}
	first, second = found[0].First, found[0].Second
	before := c.aggregator()
	if before.State != spec.NodeActive {
		t.Fatalf("the aggregator is %v before anybody has shown the transactions", before.State)
	}
	c.all(c.accuse(0, first, second))
	after := c.aggregator()
	if after.State != spec.NodeJailed || after.Stake >= before.Stake {
		t.Errorf("after the accusation the aggregator is %v and has %d of %d uthing", after.State, after.Stake, before.Stake)
	}
	if res := c.block(c.accuse(1, second, first))[0]; res.Code != round.ErrKnown.Code {
		t.Errorf("the same accusation again: code %d, %s", res.Code, res.Log)
	}
}

// TestInvalidAccusations: transactions that the aggregator has not signed, or not for this chain, or
// that do not contradict each other, change nothing.
func TestInvalidAccusations(t *testing.T) {
	c := attesting(t, nil)
	one, other := c.says("aggregator", 0, 0, holds(0b001)), c.says("aggregator", 0, 1, holds(0b110))
	forged := func(good bool, by string) []byte {
		return c.signed(by, c.numbers["aggregator"], 0, time.Minute, good, holds(0b110))
	}
	c.id = "althing-test-2"
	elsewhere := c.says("aggregator", 0, 1, holds(0b110))
	c.id = ""
	stake := c.aggregator().Stake
	n := 0
	for name, second := range map[string][]byte{
		"the same":                one,
		"the same, signed again":  c.says("aggregator", 0, 2, holds(0b001)),
		"a bitmap with more bits": c.says("aggregator", 0, 2, holds(0b011)),
		"a wrong signature":       forged(false, "aggregator"),
		"signed by somebody else": forged(true, "bob"),
		"another account number":  c.signed("aggregator", 1, 0, time.Minute, true, holds(0b110)),
		"of another chain":        elsewhere,
		"two messages":            c.says("aggregator", 0, 2, holds(0b110), holds(0b110)),
		"of another node":         c.says("trainer0", 0, 2, &taskpb.MsgAttest{Owner: account("trainer0").String(), Task: 1, Round: 1, Holds: []byte{0b110}}),
		"garbage":                 []byte("garbage"),
		"cut off":                 other[:len(other)-1],
	} {
		n++
		if res := c.block(c.accuse(n, one, second))[0]; res.Code != round.ErrContradiction.Code || res.Codespace != "task" {
			t.Errorf("%s: answered with %s/%d: %s", name, res.Codespace, res.Code, res.Log)
		}
	}
	if now := c.aggregator(); now.Stake != stake || now.State != spec.NodeActive {
		t.Errorf("the aggregator is %v and has %d of %d uthing", now.State, now.Stake, stake)
	}
	c.all(c.accuse(n+1, one, other))
}

// TestAccusationInEverySignMode: a transaction counts as evidence in every signing mode that the
// chain accepts, with any fee, and after it has expired.
func TestAccusationInEverySignMode(t *testing.T) {
	c := attesting(t, nil)
	amino := c.mode(signing.SignMode_SIGN_MODE_LEGACY_AMINO_JSON, holds(0b001))
	if res := c.check(amino); res.Code != 0 {
		t.Fatalf("the chain accepts no transaction in this mode: %s", res.Log)
	}
	paid := c.says("aggregator", 100_000, 1, holds(0b110))
	c.now = c.now.Add(24 * time.Hour)
	c.block()
	c.all(c.accuse(0, amino, paid))
}

// mode returns an ordered transaction of the aggregator that is signed in a mode.
func (c crew) mode(mode signing.SignMode, msg sdk.Msg) []byte {
	c.Helper()
	ctx, err := c.At(0)
	if err != nil {
		c.Fatal(err)
	}
	sequence := c.Sequence(ctx, account("aggregator"))
	b := c.Tx.NewTxBuilder()
	if err := b.SetMsgs(msg); err != nil {
		c.Fatal(err)
	}
	b.SetGasLimit(client.Gas)
	sig := signing.SignatureV2{PubKey: key("aggregator").PubKey(), Data: &signing.SingleSignatureData{SignMode: mode}, Sequence: sequence}
	if err := b.SetSignatures(sig); err != nil {
		c.Fatal(err)
	}
	raw, err := authsigning.GetSignBytesAdapter(context.Background(), c.Tx.SignModeHandler(), mode, authsigning.SignerData{
		Address: account("aggregator").String(), ChainID: chainID, AccountNumber: c.numbers["aggregator"], Sequence: sequence, PubKey: sig.PubKey,
	}, b.GetTx())
	if err != nil {
		c.Fatal(err)
	}
	signature, err := key("aggregator").Sign(raw)
	if err != nil {
		c.Fatal(err)
	}
	sig.Data = &signing.SingleSignatureData{SignMode: mode, Signature: signature}
	if err := b.SetSignatures(sig); err != nil {
		c.Fatal(err)
	}
	tx, err := c.Tx.TxEncoder()(b.GetTx())
	if err != nil {
		c.Fatal(err)
	}
	return tx
}

// TestAttackUnshowable: a liar pays a fee for its messages and puts each into a transaction with
// others, or a long one, so that two of them do not fit into an accusation.
func TestAttackUnshowable(t *testing.T) {
	long := make([]sdk.Msg, 15)
	for i := range long {
		long[i] = &taskpb.MsgAccuseAnswers{Owner: account("aggregator").String(), Task: 1, First: make([]byte, 3000)}
	}
	for name, filled := range map[string]func(c crew) []byte{
		"among others": func(c crew) []byte {
			c.gas = 5_000_000
			return c.says("aggregator", 1_000_000, 0, slices.Concat([]sdk.Msg{holds(0b001)}, long)...)
		},
		"too long": func(c crew) []byte {
			c.gas = 5_000_000
			wide := holds(0b001)
			wide.Holds = append(wide.Holds, make([]byte, 40_000)...)
			return c.says("aggregator", 1_000_000, 0, wide)
		},
	} {
		t.Run(name, func(t *testing.T) {
			off := attesting(t, chain.Unshowable)
			if res := off.check(filled(off)); res.Code != 0 {
				t.Fatalf("the attack does not work: %s", res.Log)
			}
			on := attesting(t, nil)
			if res := on.check(filled(on)); res.Code == 0 || !strings.Contains(res.Log, "an attestation or an opening") {
				t.Errorf("code %d: %s", res.Code, res.Log)
			}
		})
	}
}

// FuzzShown takes any bytes as a transaction in an accusation: nothing panics, and nobody is slashed
// for bytes that its account has not signed.
func FuzzShown(f *testing.F) {
	c := attesting(f, nil)
	one := c.says("aggregator", 0, 0, holds(0b001))
	f.Add(one)
	f.Add(c.mode(signing.SignMode_SIGN_MODE_LEGACY_AMINO_JSON, holds(0b001)))
	f.Add([]byte{})
	f.Add(one[:len(one)-1])
	f.Fuzz(func(t *testing.T, raw []byte) {
		ctx, err := c.At(0)
		if err != nil {
			t.Fatal(err)
		}
		if c.Accuse(ctx, &taskpb.MsgAccuseAnswers{Owner: account("bob").String(), Task: 1, First: one, Second: raw}) == nil {
			t.Errorf("%x counts as a transaction that the aggregator signed", raw)
		}
	})
}

// TestAccusationAfterAnImport: transactions from before an import still count as evidence under the
// same chain id, and not under another one.
func TestAccusationAfterAnImport(t *testing.T) {
	c := attesting(t, nil)
	first, second := c.says("aggregator", 0, 0, holds(0b001)), c.says("aggregator", 0, 1, holds(0b110))
	doc := c.exported()
	same := c.at(importAndStart(t, doc, ""))
	same.all(same.accuse(0, first, second))
	renamed := c.at(importAndStart(t, doc, "althing-test-2"))
	if res := renamed.block(renamed.accuse(0, first, second))[0]; res.Code != round.ErrContradiction.Code {
		t.Errorf("a signature for another chain id: code %d, %s", res.Code, res.Log)
	}
}
