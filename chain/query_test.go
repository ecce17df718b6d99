package chain_test

import (
	"context"
	"strings"
	"testing"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/crypto/merkle"
	"github.com/google/go-cmp/cmp"

	"github.com/cosmos/cosmos-sdk/store/v2/rootmulti"

	"github.com/althing-network/althing/chain"
)

// Without a signature or a fee, a stranger has transactions simulated and whole
// stores read by the SDK's own queries.
func TestStrangersSimulateNothing(t *testing.T) {
	n := start(t, genesis(t))
	n.block(n.sign("ann", 1, 5000, register("ann", 2*chain.Thing)))
	unsigned := n.sign("bob", 2, 0, register("bob", 2*chain.Thing))
	for _, ask := range []abci.RequestQuery{
		{Path: "/app/simulate", Data: unsigned},
		{Path: "app/simulate", Data: unsigned},
		{Path: "/app/version"},
		{Path: "/p2p/filter/id/ab"},
		{Path: "/p2p/filter/addr/127.0.0.1:1"},
		{Path: "/store/bank/subspace", Data: []byte{2}},
	} {
		answer, err := n.BaseApp.Query(context.Background(), &ask)
		if err != nil || answer.Code != 0 {
			t.Errorf("%s: the attack fails without the defence: %v, %v", ask.Path, answer, err)
		}
		answer, err = n.Query(context.Background(), &ask)
		if err != nil || answer.Code == 0 || !strings.Contains(answer.Log, "this validator answers") || len(answer.Value) > 0 {
			t.Errorf("%s: got %v, %v; want one clear refusal", ask.Path, answer, err)
		}
	}
	for _, path := range []string{"", "/", "/store", "/store/bank", "/store/bank/key/subspace", strings.Repeat("/a", 1<<16)} {
		answer, err := n.Query(context.Background(), &abci.RequestQuery{Path: path})
		if err != nil || answer.Code == 0 || len(answer.Log) > 300 {
			t.Errorf("%.80s: got code %d and %d bytes, %v; want a short refusal", path, answer.Code, len(answer.Log), err)
		}
	}
}

// Anybody can still read a key with its proof, and ask the modules.
func TestKeysAreReadWithProofs(t *testing.T) {
	n := start(t, genesis(t))
	n.block(n.sign("ann", 1, 5000, register("ann", 2*chain.Thing)))
	key := append([]byte{2, byte(len(account("ann")))}, append(account("ann"), chain.Denom...)...)
	answer, err := n.Query(context.Background(), &abci.RequestQuery{Path: "/store/bank/key", Data: key, Prove: true})
	if err != nil || answer.Code != 0 || len(answer.Value) == 0 || answer.ProofOps == nil {
		t.Errorf("got %v, %v; want a balance with its proof", answer, err)
	}
	sdks, err := n.BaseApp.Query(context.Background(), &abci.RequestQuery{Path: "/store/bank/key", Data: key, Prove: true})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(sdks, answer); d != "" {
		t.Errorf("the SDK's own answer is another one (-want +got):\n%s", d)
	}
	proof := rootmulti.DefaultProofRuntime()
	where := merkle.KeyPath(nil).AppendKey([]byte("bank"), merkle.KeyEncodingURL).AppendKey(key, merkle.KeyEncodingHex).String()
	if err := proof.VerifyValue(answer.ProofOps, n.LastCommitID().Hash, where, answer.Value); err != nil {
		t.Errorf("the proof does not lead to the app hash: %v", err)
	}
	for _, wrong := range []abci.RequestQuery{
		{Path: "/store/bank/key"},
		{Path: "/store/bank/key", Data: key, Height: -1},
		{Path: "/store/bank/key", Data: key, Height: 99},
		{Path: "/store/nothing/key", Data: key},
	} {
		if answer, err := n.Query(context.Background(), &wrong); err != nil || answer.Code == 0 {
			t.Errorf("%v: got %v, %v; want a refusal", wrong, answer, err)
		}
	}
	if n.balance("ann") == 0 {
		t.Error("ann has no balance")
	}
}
