package token_test

import (
	"context"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/codec/address"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/chain/token"
	"github.com/althing-network/althing/pb/tokenpb"
	"github.com/althing-network/althing/spec"
)

// vault is a bank in memory. A rule, if there is one, checks what it mints.
type vault struct {
	rule     func(context.Context, sdk.Coins) error
	supply   sdk.Coins
	balances map[string]math.Int
}

func (v *vault) GetSupply(_ context.Context, denom string) sdk.Coin {
	return sdk.NewCoin(denom, v.supply.AmountOf(denom))
}

func (v *vault) GetBalance(_ context.Context, of sdk.AccAddress, denom string) sdk.Coin {
	if held, ok := v.balances[of.String()]; ok {
		return sdk.NewCoin(denom, held)
	}
	return sdk.NewCoin(denom, math.ZeroInt())
}

func (v *vault) MintCoins(ctx context.Context, _ string, made sdk.Coins) error {
	if v.rule != nil {
		if err := v.rule(ctx, made); err != nil {
			return err
		}
	}
	v.supply = v.supply.Add(made...)
	return nil
}

func (v *vault) SendCoinsFromModuleToAccount(ctx context.Context, _ string, to sdk.AccAddress, amounts sdk.Coins) error {
	v.balances[to.String()] = v.GetBalance(ctx, to, spec.Denom).Amount.Add(amounts.AmountOf(spec.Denom))
	return nil
}

func (v *vault) SendCoinsFromModuleToModule(ctx context.Context, _, to string, amounts sdk.Coins) error {
	return v.SendCoinsFromModuleToAccount(ctx, token.Name, sdk.AccAddress(to), amounts)
}

var (
	module = sdk.AccAddress([]byte("m-a-module----------"))
	ann    = sdk.AccAddress([]byte("ann-----------------"))
)

const authority = "the proposals"

// open returns a keeper over a vault with a supply of coins, of which the module holds some.
func open(supply, held uint64, capped bool) (token.Keeper, *vault) {
	v := &vault{
		supply:   sdk.NewCoins(sdk.NewCoin(spec.Denom, math.NewIntFromUint64(supply))),
		balances: map[string]math.Int{module.String(): math.NewIntFromUint64(held)},
	}
	if capped {
		v.rule = token.Capped(v)
	}
	return token.NewKeeper(v, address.NewBech32Codec(sdk.GetConfig().GetBech32AccountAddrPrefix()), authority, []sdk.AccAddress{module}), v
}

// TestAttackMintAboveCap: without the rule a passed proposal can mint any number of coins; with it,
// none above the cap.
func TestAttackMintAboveCap(t *testing.T) {
	for _, capped := range []bool{false, true} {
		k, v := open(spec.Cap-5, 0, capped)
		_, err := k.Mint(t.Context(), &tokenpb.MsgMint{Authority: authority, To: ann.String(), Amount: 6})
		if capped != errors.Is(err, token.ErrCap) || !capped && err != nil {
			t.Errorf("capped %v: %v", capped, err)
		}
		if above := v.supply.AmountOf(spec.Denom).GT(math.NewIntFromUint64(spec.Cap)); above == capped {
			t.Errorf("capped %v: the supply is %s", capped, v.supply)
		}
	}
	k, v := open(spec.Cap-5, 0, true)
	if _, err := k.Mint(t.Context(), &tokenpb.MsgMint{Authority: authority, To: ann.String(), Amount: 5}); err != nil || k.Check(t.Context()) != nil {
		t.Errorf("up to the cap: %v", err)
	}
	v.supply = v.supply.Add(sdk.NewCoin(spec.Denom, math.OneInt()))
	if err := k.Check(t.Context()); !errors.Is(err, token.ErrCap) {
		t.Errorf("a supply above the cap: %v", err)
	}
	if err := v.rule(t.Context(), sdk.NewCoins(sdk.NewCoin("gold", math.OneInt()))); !errors.Is(err, token.ErrAmount) {
		t.Errorf("another coin: %v", err)
	}
}

// TestMintRefuses: other senders than the authority, an amount of 0, and accounts that do not exist or
// belong to a module are refused; nothing changes.
func TestMintRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		msg  tokenpb.MsgMint
		want error
	}{
		"a stranger":      {tokenpb.MsgMint{Authority: ann.String(), To: ann.String(), Amount: 1}, token.ErrAuthority},
		"nobody":          {tokenpb.MsgMint{To: ann.String(), Amount: 1}, token.ErrAuthority},
		"nothing":         {tokenpb.MsgMint{Authority: authority, To: ann.String()}, token.ErrAmount},
		"no address":      {tokenpb.MsgMint{Authority: authority, To: "ann", Amount: 1}, token.ErrAccount},
		"a module":        {tokenpb.MsgMint{Authority: authority, To: module.String(), Amount: 1}, token.ErrAccount},
		"all numbers":     {tokenpb.MsgMint{Authority: authority, To: ann.String(), Amount: ^uint64(0)}, token.ErrCap},
		"more than there": {tokenpb.MsgMint{Authority: authority, To: ann.String(), Amount: spec.Cap - 99}, token.ErrCap},
	} {
		k, v := open(100, 0, true)
		if _, err := k.Mint(t.Context(), &c.msg); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if v.supply.AmountOf(spec.Denom).Int64() != 100 || len(v.balances) != 1 {
			t.Errorf("%s: there are %s now", name, v.supply)
		}
	}
}

// TestMintToAModule: what another module has made stays under the same cap.
func TestMintToAModule(t *testing.T) {
	k, v := open(spec.Cap-5, 0, true)
	if err := k.MintTo(t.Context(), "nodes", 0); !errors.Is(err, token.ErrAmount) {
		t.Errorf("nothing: %v", err)
	}
	if err := k.MintTo(t.Context(), "nodes", 6); !errors.Is(err, token.ErrCap) || len(v.balances) != 1 {
		t.Errorf("above the cap: %v", err)
	}
	if err := k.MintTo(t.Context(), "nodes", 5); err != nil || !v.GetBalance(t.Context(), sdk.AccAddress("nodes"), spec.Denom).Amount.Equal(math.NewInt(5)) {
		t.Errorf("up to the cap: %v", err)
	}
}

// TestSupplyIsConserved: whatever is minted or burned, the supply is what was there and
// was made, less what was burned, and never above the cap.
func TestSupplyIsConserved(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		held := rapid.Uint64Range(0, 1000).Draw(t, "held")
		want := rapid.Uint64Range(held, spec.Cap).Draw(t, "supply")
		k, v := open(want, held, true)
		t.Repeat(map[string]func(*rapid.T){
			"mint": func(t *rapid.T) {
				amount := rapid.OneOf(rapid.Uint64(), rapid.Uint64Range(0, 1000), rapid.Just(spec.Cap-want)).Draw(t, "amount")
				_, err := k.Mint(context.Background(), &tokenpb.MsgMint{Authority: authority, To: ann.String(), Amount: amount})
				if fits := amount > 0 && amount <= spec.Cap-want; fits != (err == nil) {
					t.Fatalf("%d beside %d: %v", amount, want, err)
				}
				if err == nil {
					want += amount
				}
			},
			"burn": func(t *rapid.T) {
				amount := rapid.Uint64Range(0, want-held).Draw(t, "amount")
				v.supply = v.supply.Sub(sdk.NewCoin(spec.Denom, math.NewIntFromUint64(amount)))
				want -= amount
			},
			"": func(t *rapid.T) {
				s, err := k.Supply(context.Background(), &tokenpb.QuerySupply{})
				if err != nil || s.Total != want || s.Circulating != want-held || s.Cap != spec.Cap {
					t.Fatalf("%v (%v), want %d", s, err, want)
				}
			},
		})
	})
}
