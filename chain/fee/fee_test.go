package fee_test

import (
	"context"
	"errors"
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

// authority is the account in whose name passed proposals act.
const authority = "the proposals"

// world is a keeper with the default parameters and a context to call it in.
type world struct {
	fee.Keeper
	ctx   sdk.Context
	codec moduletestutil.TestEncodingConfig
}

func open() world {
	key := storetypes.NewKVStoreKey(fee.StoreKey)
	w := world{
		ctx:   testutil.DefaultContext(key, storetypes.NewTransientStoreKey("none")).WithBlockHeight(2),
		codec: moduletestutil.MakeTestEncodingConfig(fee.Module{}),
	}
	w.Keeper = fee.NewKeeper(w.codec.Codec, runtime.NewKVStoreService(key), authority)
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

// TestUpdateParams: only a passed proposal changes the gas price, within bounds.
func TestUpdateParams(t *testing.T) {
	for name, c := range map[string]struct {
		who   string
		price uint64
		want  error
	}{
		"a stranger": {"ann", 30, fee.ErrAuthority},
		"nobody":     {"", 0, fee.ErrAuthority},
		"nothing":    {authority, 0, fee.ErrParams},
		"too dear":   {authority, feepb.MaxGasPrice + 1, fee.ErrParams},
		"cheapest":   {authority, 1, nil},
		"dearest":    {authority, feepb.MaxGasPrice, nil},
	} {
		w, want := open(), c.price
		if c.want != nil {
			want = 25
		}
		_, err := w.UpdateParams(w.ctx, &feepb.MsgUpdateParams{Authority: c.who, Params: feepb.Params{MinGasPrice: c.price}})
		if !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
		if got, err := w.GasPrice(w.ctx); err != nil || got != want {
			t.Errorf("%s: gas costs %d, %v; want %d", name, got, err, want)
		}
	}
	for _, price := range []string{"0", "10001"} {
		if err := (fee.Module{}).ValidateGenesis(open().codec.Codec, nil, []byte(`{"params":{"min_gas_price":"`+price+`"}}`)); err == nil {
			t.Errorf("a genesis with a price of %s was accepted", price)
		}
	}
}

// owed says which kind of message is owed, and counts its calls.
type owed struct {
	kind  string
	asked int
}

func (o *owed) Free(_ context.Context, msg sdk.Msg) bool {
	o.asked++
	return sdk.MsgTypeURL(msg) == o.kind
}

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

func (x tx) GetSigners() ([][]byte, error)                 { return [][]byte{[]byte(x.signer)}, nil }
func (tx) GetPubKeys() ([]cryptotypes.PubKey, error)       { return nil, nil }
func (tx) GetSignaturesV2() ([]signing.SignatureV2, error) { return nil, nil }

func TestOwedMessagesAreFree(t *testing.T) {
	var (
		duty   = &nodepb.MsgActivate{}
		other  = &nodepb.MsgExit{}
		w      = open()
		owes   = &owed{kind: sdk.MsgTypeURL(duty)}
		fees   = fee.Checker{Keeper: w.Keeper, Owes: owes}
		paid   = sdk.NewCoins(sdk.NewInt64Coin(spec.Denom, 2500))
		refuse = sdk.Coins(nil)
	)
	for _, c := range []struct {
		name  string
		tx    tx
		bytes int
		want  sdk.Coins // refuse: an error
		asked int       // how often it is asked whether a message is owed
	}{
		{"owed", tx{gas: 100_000, msgs: []sdk.Msg{duty}}, 0, sdk.Coins{}, 1},
		{"owed, pays", tx{gas: 100_000, fee: 2500, msgs: []sdk.Msg{duty}}, 0, paid, 0},
		{"owed, one short", tx{gas: 100_000, fee: 2499, msgs: []sdk.Msg{duty}}, 0, sdk.Coins{}, 1},
		{"owed, all free gas and bytes", tx{gas: fee.FreeGas, msgs: []sdk.Msg{duty}}, fee.FreeBytes, sdk.Coins{}, 1},
		{"two owed", tx{gas: 100_000, msgs: []sdk.Msg{duty, duty}}, 0, refuse, 0},
		{"not owed", tx{gas: 100_000, msgs: []sdk.Msg{other}}, 0, refuse, 1},
		{"owed beside not owed", tx{gas: 100_000, msgs: []sdk.Msg{duty, other}}, 0, refuse, 0},
		{"owed, too much gas", tx{gas: fee.FreeGas + 1, msgs: []sdk.Msg{duty}}, 0, refuse, 0},
		{"owed, too long", tx{gas: 100_000, msgs: []sdk.Msg{duty}}, fee.FreeBytes + 1, refuse, 0},
		{"no message", tx{gas: 100_000}, 0, refuse, 0},
		{"not owed, pays", tx{gas: 100_000, fee: 2500, msgs: []sdk.Msg{other}}, 0, paid, 0},
		{"not owed, one short", tx{gas: 100_001, fee: 2500, msgs: []sdk.Msg{other}}, 0, refuse, 1},
		{"gas that overflows", tx{gas: ^uint64(0), fee: 2500, msgs: []sdk.Msg{other}}, 0, refuse, 0},
	} {
		owes.asked = 0
		got, _, err := fees.Check(w.ctx.WithTxBytes(make([]byte, c.bytes)), c.tx)
		if (err != nil) != (c.want == nil) || !got.Equal(c.want) || owes.asked != c.asked {
			t.Errorf("%s: got %v, %v after %d calls of Free; want %v after %d", c.name, got, err, owes.asked, c.want, c.asked)
		}
	}
	fees.Owes = nil
	if _, _, err := fees.Check(w.ctx, tx{gas: 100_000, msgs: []sdk.Msg{duty}}); err == nil {
		t.Error("a message is free although none is owed")
	}
}

func TestFeeRoundsUp(t *testing.T) {
	for gas, want := range map[uint64]int64{0: 0, 1: 1, 40: 1, 41: 2, 1000: 25, 1001: 26} {
		if got := fee.Of(gas, 25); !got.Equal(math.NewInt(want)) {
			t.Errorf("fee of %d gas: got %s, want %d", gas, got, want)
		}
	}
}
