package chain_test

import (
	"strings"
	"testing"

	abci "github.com/cometbft/cometbft/abci/types"
	dbm "github.com/cosmos/cosmos-db"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/althing-network/althing/chain"
	"github.com/althing-network/althing/pb/tokenpb"
)

func (n *network) supply() tokenpb.QuerySupplyResponse {
	n.Helper()
	var s tokenpb.QuerySupplyResponse
	if res := n.ask("/althing.token.v1.Query/Supply", &tokenpb.QuerySupply{}, &s); res.Code != 0 {
		n.Fatal(res.Log)
	}
	return s
}

// TestOnlyProposalsMint: no account can mint coins, neither in its own name nor in that of proposals.
// A passed proposal mints exactly its amount, but nothing above the cap.
func TestOnlyProposalsMint(t *testing.T) {
	a := assemble(t)
	before := a.supply()
	if before.Cap != chain.Cap || before.Total != 3000*chain.Thing || before.Circulating != 2900*chain.Thing {
		t.Errorf("at first there are %+v: 100 THING are bonded", before)
	}
	for _, name := range []string{authority(), account("ann").String()} {
		forged := &tokenpb.MsgMint{Authority: name, To: account("ann").String(), Amount: chain.Thing}
		if res := a.try("ann", forged); res.Code == 0 {
			t.Errorf("ann can mint in the name of %s", name)
		}
	}
	mint := func(amount uint64) *tokenpb.MsgMint {
		return &tokenpb.MsgMint{Authority: authority(), To: account("bob").String(), Amount: amount}
	}
	a.carriesOut(mint(7))
	now := a.supply()
	if now.Total != before.Total+7 {
		t.Errorf("7 uthing were minted: the supply was %d and is %d", before.Total, now.Total)
	}
	above := a.passes(mint(chain.Cap - now.Total + 1))
	a.wait(delay)
	a.refused("exceeds total supply", "bob", execute("bob", above))
	if s := a.supply(); s.Total != now.Total {
		t.Errorf("a failed proposal changed the supply to %d, want %d", s.Total, now.Total)
	}
}

// TestChainRefusesSupplyAboveCap: a genesis that a person has written is refused, too.
func TestChainRefusesSupplyAboveCap(t *testing.T) {
	for _, more := range []int64{0, 1} {
		g := genesis(t)
		g.Accounts = append(g.Accounts, chain.Account{Address: account("cho"), Amount: chain.Cap - 3000*chain.Thing - 1})
		doc, err := g.Document()
		if err != nil {
			t.Fatal(err)
		}
		was := math.NewIntFromUint64(chain.Cap - 3000*chain.Thing - 1)
		state := strings.Replace(string(doc.AppState), `"`+was.String()+`"`, `"`+was.AddRaw(1+more).String()+`"`, 1)
		n := &network{TB: t, db: dbm.NewMemDB(), now: g.Time}
		n.open()
		params := doc.Consensus.Params.ToProto()
		_, err = n.InitChain(&abci.RequestInitChain{
			ChainId: chainID, Time: g.Time, InitialHeight: 1, ConsensusParams: &params, AppStateBytes: []byte(state),
		})
		if above := more > 0; above != (err != nil) {
			t.Errorf("%d above the cap: %v", more, err)
		}
	}
}

// TestNobodySpendsWhatTheyLack: a transfer of more than the sender has moves nothing.
func TestNobodySpendsWhatTheyLack(t *testing.T) {
	n := start(t, genesis(t))
	send := func(amount uint64) uint32 {
		return n.block(n.sign("ann", 1, 5000, banktypes.NewMsgSend(account("ann"), account("bob"), sdk.NewCoins(sdk.NewCoin(chain.Denom, math.NewIntFromUint64(amount))))))[0].Code
	}
	if send(1001*chain.Thing) == 0 || send(chain.Thing) != 0 {
		t.Error("a transfer of more than ann has, or of nothing, succeeds")
	}
	var bob banktypes.QueryBalanceResponse
	n.ask("/cosmos.bank.v1beta1.Query/Balance", &banktypes.QueryBalanceRequest{Address: account("bob").String(), Denom: chain.Denom}, &bob)
	if bob.Balance.Amount.Uint64() != 1001*chain.Thing {
		t.Errorf("bob has %s", bob.Balance)
	}
}
