package chain_test

import (
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"

	"github.com/cosmos/cosmos-sdk/crypto/keys/ed25519"
	sdk "github.com/cosmos/cosmos-sdk/types"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/althing-network/althing/chain"
)

// twoValidators starts a chain with a second validator, so that one can be removed.
func twoValidators(t testing.TB) *network {
	t.Helper()
	g := genesis(t)
	other, err := chain.SignValidator(chainID, "two", key("other"), ed25519.GenPrivKeyFromSecret([]byte("other consensus")).PubKey(), 200*chain.Thing)
	if err != nil {
		t.Fatal(err)
	}
	g.Accounts = append(g.Accounts, chain.Account{Address: account("other"), Amount: 1000 * chain.Thing})
	g.Validators = append(g.Validators, other)
	n := start(t, g)
	n.gas = 400_000
	return n
}

// bonded returns what is bonded with a validator, and whether it is jailed.
func (n *network) bonded(name string) (uthing uint64, jailed bool) {
	n.Helper()
	var res stakingtypes.QueryValidatorResponse
	n.ask("/cosmos.staking.v1beta1.Query/Validator", &stakingtypes.QueryValidatorRequest{ValidatorAddr: sdk.ValAddress(account(name)).String()}, &res)
	return res.Validator.Tokens.Uint64(), res.Validator.Jailed
}

// signing returns the chain's record of the validator's signatures.
func (n *network) signing() slashingtypes.ValidatorSigningInfo {
	n.Helper()
	var res slashingtypes.QuerySigningInfoResponse
	n.ask("/cosmos.slashing.v1beta1.Query/SigningInfo", &slashingtypes.QuerySigningInfoRequest{ConsAddress: sdk.ConsAddress(consensus().Address).String()}, &res)
	return res.ValSigningInfo
}

// TestValidatorThatSignsTwice: a validator has signed two blocks at one height. A twentieth of all
// coins bonded with it is burned: its own, those of delegators, and those that have begun to
// unbond since. It can never sign again. The same holds after an export and an import.
func TestValidatorThatSignsTwice(t *testing.T) {
	for _, carried := range []bool{false, true} {
		n := twoValidators(t)
		operator := sdk.ValAddress(account("validator")).String()
		run := func(name string, number uint64, msg sdk.Msg) {
			t.Helper()
			if r := n.block(n.sign(name, number, 10_000, msg))[0]; r.Code != 0 {
				t.Fatal(r.Log)
			}
		}
		run("ann", 1, stakingtypes.NewMsgDelegate(account("ann").String(), operator, uthing(40_000_000)))
		n.votes = []abci.VoteInfo{{Validator: consensus(), BlockIdFlag: cmtproto.BlockIDFlagCommit}}
		n.block()
		twice := abci.Misbehavior{
			Type: abci.MisbehaviorType_DUPLICATE_VOTE, Height: n.height, Time: n.now, TotalVotingPower: 340,
			Validator: abci.Validator{Address: consensus().Address, Power: 140},
		}
		run("ann", 1, stakingtypes.NewMsgUndelegate(account("ann").String(), operator, uthing(20_000_000)))
		if carried {
			n.votes = nil
			m := importAndStart(t, n.exported(), "")
			m.gas = n.gas
			n = m
		}
		before := n.supply()
		n.wrong = []abci.Misbehavior{twice}
		n.block()
		if now := n.supply(); before.Total-now.Total != 7*chain.Thing {
			t.Errorf("imported %v: %d uthing are burned, want a twentieth of 140 THING", carried, before.Total-now.Total)
		}
		bonded, jailed := n.bonded("validator")
		if bonded != 114*chain.Thing || !jailed {
			t.Errorf("imported %v: %d uthing stay bonded, jailed %v", carried, bonded, jailed)
		}
		if other, jailed := n.bonded("other"); other != 200*chain.Thing || jailed {
			t.Errorf("imported %v: another validator has %d uthing bonded, jailed %v", carried, other, jailed)
		}
		if info := n.signing(); !info.Tombstoned {
			t.Errorf("imported %v: the validator may sign again: %v", carried, info)
		}
		n.block() // the same evidence again
		n.wrong, n.votes = nil, nil
		if again, _ := n.bonded("validator"); again != bonded {
			t.Errorf("imported %v: a second slash for the same height: %d uthing", carried, again)
		}
		n.now = n.now.Add(365 * 24 * time.Hour)
		n.block()
		if r := n.block(n.sign("validator", 0, 10_000, slashingtypes.NewMsgUnjail(operator)))[0]; r.Code == 0 {
			t.Errorf("imported %v: the validator is back after a year", carried)
		}
	}
}
