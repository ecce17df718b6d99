package chain_test

import (
	"context"
	"strings"
	"testing"

	abci "github.com/cometbft/cometbft/abci/types"

	"cosmossdk.io/math"

	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	"github.com/cosmos/cosmos-sdk/testutil"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/althing-network/althing/chain"
	"github.com/althing-network/althing/chain/node"
	"github.com/althing-network/althing/pb/nodepb"
)

// send is 200,000 gas at 25 uthing a thousand: 5000 uthing.
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
	// A proposer that includes it all the same gains nothing.
	if res := n.block(cheap)[0]; !strings.Contains(res.Log, "insufficient fee") || !strings.Contains(res.Log, "want 5000uthing") {
		t.Errorf("block: got %q, want insufficient fee and the fee it wants", res.Log)
	}
	if got := n.balance("bob"); got != 1000*chain.Thing {
		t.Errorf("bob owns %d, want what he had", got)
	}
	if res := n.block(n.sign("ann", 1, 5000, send(7)))[0]; res.Code != 0 {
		t.Errorf("block: got %q for a transaction that pays", res.Log)
	}
	if got, want := n.balance("ann"), 1000*chain.Thing-5007; got != want {
		t.Errorf("ann owns %d, want %d", got, want)
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
	for _, module := range []string{"node", "task", "distribution", "bonded_tokens_pool"} {
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
		{0, node.ErrStake.Error()},
		{chain.Thing - 1, node.ErrStake.Error()},
		{5000 * chain.Thing, node.ErrFunds.Error()},
		{^uint64(0), node.ErrFunds.Error()},
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

type price uint64

func (p price) MinGasPrice(context.Context) (uint64, error) { return uint64(p), nil }

// owed is the one kind of message that is owed.
type owed string

func (o owed) Owed(_ context.Context, msg sdk.Msg) bool { return sdk.MsgTypeURL(msg) == string(o) }

type tx struct {
	sdk.FeeTx
	gas    uint64
	fee    int64
	msgs   []sdk.Msg
	signer string
}

func (x tx) GetGas() uint64     { return x.gas }
func (x tx) GetMsgs() []sdk.Msg { return x.msgs }
func (x tx) GetFee() sdk.Coins  { return sdk.NewCoins(sdk.NewInt64Coin(chain.Denom, x.fee)) }
func (tx) FeePayer() []byte     { return nil }
func (tx) ValidateBasic() error { return nil }

func (x tx) GetSigners() ([][]byte, error)                 { return [][]byte{[]byte("a" + x.signer)}, nil }
func (tx) GetPubKeys() ([]cryptotypes.PubKey, error)       { return nil, nil }
func (tx) GetSignaturesV2() ([]signing.SignatureV2, error) { return nil, nil }

func TestOwedMessagesAreFree(t *testing.T) {
	var (
		duty   = &nodepb.MsgActivate{}
		other  = &nodepb.MsgExit{}
		count  = storetypes.NewTransientStoreKey("free")
		fees   = chain.Fees{Owes: owed(sdk.MsgTypeURL(duty)), Price: price(25), Count: count}
		ctx    = testutil.DefaultContext(storetypes.NewKVStoreKey("kv"), count).WithBlockHeight(2)
		paid   = sdk.NewCoins(sdk.NewInt64Coin(chain.Denom, 2500))
		refuse = sdk.Coins(nil)
	)
	for _, c := range []struct {
		name string
		tx   tx
		want sdk.Coins // refuse: an error
	}{
		{"owed", tx{gas: 100_000, msgs: []sdk.Msg{duty}}, sdk.Coins{}},
		{"owed, with a fee", tx{gas: 100_000, fee: 2500, msgs: []sdk.Msg{duty}}, sdk.Coins{}},
		{"two owed", tx{gas: 2 * chain.FreeGas, msgs: []sdk.Msg{duty, duty}}, sdk.Coins{}},
		{"not owed", tx{gas: 100_000, msgs: []sdk.Msg{other}}, refuse},
		{"owed beside not owed", tx{gas: 100_000, msgs: []sdk.Msg{duty, other}}, refuse},
		{"owed, all the gas of a block", tx{gas: 60_000_000, msgs: []sdk.Msg{duty}}, refuse},
		{"no message", tx{gas: 100_000}, refuse},
		{"not owed, pays", tx{gas: 100_000, fee: 2500, msgs: []sdk.Msg{other}}, paid},
		{"not owed, one short", tx{gas: 100_001, fee: 2500, msgs: []sdk.Msg{other}}, refuse},
		{"gas that overflows", tx{gas: ^uint64(0), fee: 2500, msgs: []sdk.Msg{other}}, refuse},
	} {
		got, _, err := fees.Check(ctx, c.tx)
		if (err != nil) != (c.want == nil) || !got.Equal(c.want) {
			t.Errorf("%s: got %v, %v; want %v", c.name, got, err, c.want)
		}
	}
	// Four are counted above. An account may go on to the bound; others are not
	// bound by it.
	ann, bob := tx{gas: 100_000, msgs: []sdk.Msg{duty}}, tx{gas: 100_000, msgs: []sdk.Msg{duty}, signer: "bob"}
	for i := 4; i < chain.FreeMessages; i++ {
		if _, _, err := fees.Check(ctx, ann); err != nil {
			t.Errorf("free message %d: %v", i+1, err)
		}
	}
	if _, _, err := fees.Check(ctx, ann); err == nil {
		t.Error("an account floods blocks for free")
	}
	if _, _, err := fees.Check(ctx, bob); err != nil {
		t.Errorf("another account's message: %v", err)
	}
	fees.Owes = nil
	if _, _, err := fees.Check(ctx, tx{gas: 100_000, msgs: []sdk.Msg{duty}}); err == nil {
		t.Error("a message is free though nobody owes anything")
	}
}

func TestFeeRoundsUp(t *testing.T) {
	for gas, want := range map[uint64]int64{0: 0, 1: 1, 40: 1, 41: 2, 1000: 25, 1001: 26} {
		if got := chain.Fee(gas, 25); !got.Equal(math.NewInt(want)) {
			t.Errorf("fee of %d gas: got %s, want %d", gas, got, want)
		}
	}
}
