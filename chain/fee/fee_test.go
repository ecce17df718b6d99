package fee_test

import (
	"context"
	"testing"

	"cosmossdk.io/math"

	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	"github.com/cosmos/cosmos-sdk/runtime"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	"github.com/cosmos/cosmos-sdk/testutil"
	sdk "github.com/cosmos/cosmos-sdk/types"
	moduletestutil "github.com/cosmos/cosmos-sdk/types/module/testutil"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"

	"github.com/althing-network/althing/chain/fee"
	"github.com/althing-network/althing/pb/feepb"
	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/spec"
)

// world is a keeper with the default parameters and a context to call it in.
type world struct {
	fee.Keeper
	ctx   sdk.Context
	codec moduletestutil.TestEncodingConfig
	count storetypes.StoreKey
}

func open() world {
	key, count := storetypes.NewKVStoreKey(fee.StoreKey), storetypes.NewTransientStoreKey("free")
	w := world{
		ctx:   testutil.DefaultContext(key, count).WithBlockHeight(2),
		codec: moduletestutil.MakeTestEncodingConfig(fee.Module{}),
		count: count,
	}
	w.Keeper = fee.NewKeeper(w.codec.Codec, runtime.NewKVStoreService(key))
	w.module().InitGenesis(w.ctx, w.codec.Codec, fee.Module{}.DefaultGenesis(w.codec.Codec))
	return w
}

func (w world) module() fee.Module { return fee.Module{Keeper: w.Keeper} }

func TestGenesisComesBack(t *testing.T) {
	w := open()
	if got, err := w.GasPrice(w.ctx); err != nil || got != 25 {
		t.Errorf("got a price of %d, %v; want the default of 25", got, err)
	}
	const dear = `{"params":{"min_gas_price":"70"}}`
	w.module().InitGenesis(w.ctx, w.codec.Codec, []byte(dear))
	if got := string(w.module().ExportGenesis(w.ctx, w.codec.Codec)); got != dear {
		t.Errorf("got genesis %s, want %s", got, dear)
	}
	res, err := w.Params(w.ctx, &feepb.QueryParams{})
	if err != nil || res.Params.MinGasPrice != 70 {
		t.Errorf("got %v, %v; want a price of 70", res, err)
	}
	if err := (fee.Module{}).ValidateGenesis(w.codec.Codec, nil, []byte(`{"params":{"min_gas_price":"-1"}}`)); err == nil {
		t.Error("a price below zero was accepted")
	}
}

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
func (x tx) GetFee() sdk.Coins  { return sdk.NewCoins(sdk.NewInt64Coin(spec.Denom, x.fee)) }
func (tx) FeePayer() []byte     { return nil }
func (tx) ValidateBasic() error { return nil }

func (x tx) GetSigners() ([][]byte, error)                 { return [][]byte{[]byte("a" + x.signer)}, nil }
func (tx) GetPubKeys() ([]cryptotypes.PubKey, error)       { return nil, nil }
func (tx) GetSignaturesV2() ([]signing.SignatureV2, error) { return nil, nil }

func TestOwedMessagesAreFree(t *testing.T) {
	var (
		duty   = &nodepb.MsgActivate{}
		other  = &nodepb.MsgExit{}
		w      = open()
		fees   = fee.Checker{Keeper: w.Keeper, Owes: owed(sdk.MsgTypeURL(duty)), Count: w.count}
		paid   = sdk.NewCoins(sdk.NewInt64Coin(spec.Denom, 2500))
		refuse = sdk.Coins(nil)
	)
	for _, c := range []struct {
		name string
		tx   tx
		want sdk.Coins // refuse: an error
	}{
		{"owed", tx{gas: 100_000, msgs: []sdk.Msg{duty}}, sdk.Coins{}},
		{"owed, with a fee", tx{gas: 100_000, fee: 2500, msgs: []sdk.Msg{duty}}, sdk.Coins{}},
		{"two owed", tx{gas: 2 * fee.FreeGas, msgs: []sdk.Msg{duty, duty}}, sdk.Coins{}},
		{"not owed", tx{gas: 100_000, msgs: []sdk.Msg{other}}, refuse},
		{"owed beside not owed", tx{gas: 100_000, msgs: []sdk.Msg{duty, other}}, refuse},
		{"owed, all the gas of a block", tx{gas: 60_000_000, msgs: []sdk.Msg{duty}}, refuse},
		{"no message", tx{gas: 100_000}, refuse},
		{"not owed, pays", tx{gas: 100_000, fee: 2500, msgs: []sdk.Msg{other}}, paid},
		{"not owed, one short", tx{gas: 100_001, fee: 2500, msgs: []sdk.Msg{other}}, refuse},
		{"gas that overflows", tx{gas: ^uint64(0), fee: 2500, msgs: []sdk.Msg{other}}, refuse},
	} {
		got, _, err := fees.Check(w.ctx, c.tx)
		if (err != nil) != (c.want == nil) || !got.Equal(c.want) {
			t.Errorf("%s: got %v, %v; want %v", c.name, got, err, c.want)
		}
	}
	// Four are counted above. An account may go on to the bound; others are not
	// bound by it.
	ann, bob := tx{gas: 100_000, msgs: []sdk.Msg{duty}}, tx{gas: 100_000, msgs: []sdk.Msg{duty}, signer: "bob"}
	for i := 4; i < fee.FreeMessages; i++ {
		if _, _, err := fees.Check(w.ctx, ann); err != nil {
			t.Errorf("free message %d: %v", i+1, err)
		}
	}
	if _, _, err := fees.Check(w.ctx, ann); err == nil {
		t.Error("an account floods blocks for free")
	}
	if _, _, err := fees.Check(w.ctx, bob); err != nil {
		t.Errorf("another account's message: %v", err)
	}
	fees.Owes = nil
	if _, _, err := fees.Check(w.ctx, tx{gas: 100_000, msgs: []sdk.Msg{duty}}); err == nil {
		t.Error("a message is free though nobody owes anything")
	}
}

func TestFeeRoundsUp(t *testing.T) {
	for gas, want := range map[uint64]int64{0: 0, 1: 1, 40: 1, 41: 2, 1000: 25, 1001: 26} {
		if got := fee.Of(gas, 25); !got.Equal(math.NewInt(want)) {
			t.Errorf("fee of %d gas: got %s, want %d", gas, got, want)
		}
	}
}
