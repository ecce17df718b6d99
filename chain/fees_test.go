package chain_test

import (
	"strings"
	"testing"

	abci "github.com/cometbft/cometbft/abci/types"

	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/althing-network/althing/chain"
	"github.com/althing-network/althing/chain/node"
	"github.com/althing-network/althing/pb/feepb"
	"github.com/althing-network/althing/pb/nodepb"
)

// send returns a transfer. At 25 uthing per 1000 gas, the 200,000 gas of a test's transaction cost
// 5000 uthing.
func send(amount int64) *banktypes.MsgSend {
	return banktypes.NewMsgSend(account("ann"), account("bob"), sdk.NewCoins(sdk.NewInt64Coin(chain.Denom, amount)))
}

func TestGasPriceIsConsensus(t *testing.T) {
	n := start(t, genesis(t))
	cheap := n.sign("ann", 1, 4999, send(7))
	checked, err := n.CheckTx(&abci.RequestCheckTx{Tx: cheap, Type: abci.CheckTxType_New})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(checked.Log, "insufficient fee") {
		t.Errorf("check: got %q, want insufficient fee", checked.Log)
	}
	// If a proposer includes the transaction nevertheless, it fails.
	if res := n.block(cheap)[0]; !strings.Contains(res.Log, "insufficient fee") || !strings.Contains(res.Log, "want 0.005 THING") {
		t.Errorf("block: got %q, want insufficient fee and the fee it wants", res.Log)
	}
	if got := n.balance("bob"); got != 1000*chain.Thing {
		t.Errorf("bob owns %d, want no change", got)
	}
	if res := n.block(n.sign("ann", 1, 5000, send(7)))[0]; res.Code != 0 {
		t.Errorf("block: got %q for a transaction that pays", res.Log)
	}
	if got, want := n.balance("ann"), 1000*chain.Thing-5007; got != want {
		t.Errorf("ann owns %d, want %d", got, want)
	}
}

func TestGenesisSetsThePrice(t *testing.T) {
	g := genesis(t)
	g.Fees.MinGasPrice = 50
	n := start(t, g)
	var res feepb.QueryParamsResponse
	n.ask("/althing.fee.v1.Query/Params", &feepb.QueryParams{}, &res)
	if res.Params.MinGasPrice != 50 {
		t.Errorf("got a price of %d, want 50", res.Params.MinGasPrice)
	}
	if res := n.block(n.sign("ann", 1, 9999, send(7)))[0]; !strings.Contains(res.Log, "want 0.01 THING") {
		t.Errorf("got %q, want a refusal below twice the default", res.Log)
	}
}

func TestUnorderedTransactionRunsOnce(t *testing.T) {
	n := start(t, genesis(t))
	tx := n.sign("ann", 1, 5000, send(7))
	n.block(tx)
	if res := n.block(tx)[0]; res.Code == 0 {
		t.Error("the same bytes ran twice")
	}
	if got, want := n.balance("bob"), 1000*chain.Thing+7; got != want {
		t.Errorf("bob owns %d, want %d", got, want)
	}
}

func TestNobodySendsToAModule(t *testing.T) {
	n := start(t, genesis(t))
	for _, module := range []string{"node", "task", "distribution", "bonded_tokens_pool", "gov"} {
		to := moduleAddress(module)
		msg := banktypes.NewMsgSend(account("ann"), to, sdk.NewCoins(sdk.NewInt64Coin(chain.Denom, 1)))
		if res := n.block(n.sign("ann", 1, 5000, msg))[0]; !strings.Contains(res.Log, "not allowed to receive") {
			t.Errorf("send to %s: got %q, want a refusal", module, res.Log)
		}
	}
}

func TestRegistrationRefusedCostsOnlyTheFee(t *testing.T) {
	n := start(t, genesis(t))
	for _, c := range []struct {
		stake uint64
		want  string
	}{
		{5000 * chain.Thing, node.ErrFunds.Error()},
		{500_000*chain.Thing + 1, node.ErrStake.Error()},
		{^uint64(0), node.ErrStake.Error()},
	} {
		before := n.balance("ann")
		if res := n.block(n.sign("ann", 1, 5000, register("ann", c.stake)))[0]; !strings.Contains(res.Log, c.want) {
			t.Errorf("stake %d: got %q, want %q", c.stake, res.Log, c.want)
		}
		if got := n.balance("ann"); got != before-5000 {
			t.Errorf("stake %d: ann owns %d, want %d", c.stake, got, before-5000)
		}
	}
	res := n.ask("/althing.node.v1.Query/Node", &nodepb.QueryNode{Id: 1}, &nodepb.QueryNodeResponse{})
	if !strings.Contains(res.Log, node.ErrNotFound.Error()) {
		t.Errorf("node 1: got %q, want %q", res.Log, node.ErrNotFound)
	}
}
