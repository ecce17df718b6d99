package chain_test

import (
	"context"
	"strings"
	"testing"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/crypto/merkle"
	"github.com/google/go-cmp/cmp"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/store/v2/rootmulti"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/query"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/althing-network/althing/chain"
)

// TestStrangersSimulateNothing: with the SDK's own queries a stranger can simulate transactions and
// read whole stores, without a signature or a fee. Here these queries are refused.
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

// TestKeysAreReadWithProofs: anybody can read a key with its proof, and query the modules.
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

// TestLongQueriesEnd: a query for a whole long list ends with a clear error, in every module; a
// query for one page of it succeeds.
func TestLongQueriesEnd(t *testing.T) {
	n := start(t, genesis(t))
	const many, together = 2000, 500 // as many as one transaction can hold
	coin := sdk.NewCoins(sdk.NewInt64Coin(chain.Denom, 1))
	n.gas = uint64(chain.DefaultMaxGas)
	for first := 0; first < many; first += together {
		holders := &banktypes.MsgMultiSend{Inputs: []banktypes.Input{{
			Address: account("ann").String(), Coins: sdk.NewCoins(sdk.NewInt64Coin(chain.Denom, together)),
		}}}
		for i := range together {
			holders.Outputs = append(holders.Outputs, banktypes.Output{Address: account(text(first + i)).String(), Coins: coin})
		}
		if res := n.block(n.sign("ann", 1, 5_000_000, holders))[0]; res.Code != 0 {
			t.Fatal(res.Log)
		}
	}
	all := encode(t, &authtypes.QueryAccountsRequest{Pagination: &query.PageRequest{Limit: 1 << 62}})
	few := encode(t, &authtypes.QueryAccountsRequest{Pagination: &query.PageRequest{Limit: 10}})
	const path = "/cosmos.auth.v1beta1.Query/Accounts"
	for _, c := range []struct {
		limit   uint64
		data    []byte
		refused bool
	}{
		{0, all, false}, // no limit: the attack
		{100_000, all, true},
		{100_000, few, false},
	} {
		n.open(baseapp.SetQueryGasLimit(c.limit))
		answer, err := n.Query(context.Background(), &abci.RequestQuery{Path: path, Data: c.data})
		if err != nil || (answer.Code != 0) != c.refused {
			t.Fatalf("limit %d: got code %d %s, %v; refused: %v", c.limit, answer.Code, answer.Log, err, c.refused)
		}
		if c.refused && !strings.Contains(answer.Log, "ask for fewer entries") {
			t.Errorf("got %q, want a clear refusal", answer.Log)
		}
		t.Logf("limit %d: %d bytes", c.limit, len(answer.Value))
	}
}
