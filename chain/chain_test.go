package chain_test

import (
	"cmp"
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	dbm "github.com/cosmos/cosmos-db"

	"cosmossdk.io/log/v2"
	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/crypto/keys/ed25519"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"
	authsigning "github.com/cosmos/cosmos-sdk/x/auth/signing"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/althing-network/althing/chain"
	"github.com/althing-network/althing/chain/node"
	"github.com/althing-network/althing/pb/daopb"
	"github.com/althing-network/althing/pb/nodepb"
)

const chainID = "althing-test-1"

func key(name string) *secp256k1.PrivKey { return secp256k1.GenPrivKeyFromSecret([]byte(name)) }

func account(name string) sdk.AccAddress { return sdk.AccAddress(key(name).PubKey().Address()) }

// genesis returns a genesis with one validator, and two accounts with many coins.
func genesis(t testing.TB) chain.Genesis {
	t.Helper()
	validator, err := chain.SignValidator(chainID, "one", key("validator"),
		ed25519.GenPrivKeyFromSecret([]byte("consensus")).PubKey(), 100*chain.Thing)
	if err != nil {
		t.Fatal(err)
	}
	return chain.Genesis{
		ChainID: chainID,
		Time:    time.Unix(1_800_000_000, 0),
		Accounts: []chain.Account{
			{Address: account("validator"), Amount: 1000 * chain.Thing},
			{Address: account("ann"), Amount: 1000 * chain.Thing},
			{Address: account("bob"), Amount: 1000 * chain.Thing},
		},
		Validators: []sdk.Tx{validator},
		Rules:      daopb.Rules{MinDeposit: 10 * chain.Thing},
	}
}

// network is an application that receives blocks from a test, without consensus.
type network struct {
	testing.TB
	*chain.App
	gas       uint64 // gas limit of a transaction
	db        dbm.DB
	keep      chain.Keep
	setChecks func(*chain.App) // nil: no defence is off
	id        string           // of the chain; empty: chainID
	votes     []abci.VoteInfo  // who signed the previous block
	wrong     []abci.Misbehavior
	told      []abci.Event // of the newest block
	height    int64
	now       time.Time
}

func start(t testing.TB, g chain.Genesis) *network {
	t.Helper()
	return guarded(t, g, nil)
}

// guarded starts a chain with a defence switched off by guard.
func guarded(t testing.TB, g chain.Genesis, guard func(*chain.App)) *network {
	t.Helper()
	doc, err := g.Document()
	if err != nil {
		t.Fatal(err)
	}
	n := &network{TB: t, gas: 200_000, db: dbm.NewMemDB(), setChecks: guard, now: g.Time}
	n.open()
	params := doc.Consensus.Params.ToProto()
	_, err = n.InitChain(&abci.RequestInitChain{
		ChainId: chainID, Time: g.Time, InitialHeight: 1, ConsensusParams: &params, AppStateBytes: doc.AppState,
	})
	if err != nil {
		t.Fatal(err)
	}
	n.block()
	return n
}

func (n *network) name() string { return cmp.Or(n.id, chainID) }

func (n *network) open(options ...func(*baseapp.BaseApp)) {
	n.Helper()
	app, err := chain.Open(log.NewNopLogger(), n.db, n.keep, n.setChecks, append(options, baseapp.SetChainID(n.name()))...)
	if err != nil {
		n.Fatal(err)
	}
	n.App = app
}

// block makes a block of transactions and returns the result of each.
func (n *network) block(txs ...[]byte) []*abci.ExecTxResult {
	n.Helper()
	n.height++
	n.now = n.now.Add(time.Second)
	res, err := n.FinalizeBlock(&abci.RequestFinalizeBlock{
		Height: n.height, Time: n.now, Txs: txs, Hash: []byte{byte(n.height)},
		DecidedLastCommit: abci.CommitInfo{Votes: n.votes}, Misbehavior: n.wrong,
	})
	if err != nil {
		n.Fatal(err)
	}
	if _, err := n.Commit(); err != nil {
		n.Fatal(err)
	}
	n.sound()
	n.told = res.Events
	for _, tx := range res.TxResults {
		n.told = append(n.told, tx.Events...)
	}
	return res.TxResults
}

// sound fails the test unless all invariants hold for the newest state.
func (n *network) sound() {
	n.Helper()
	ctx, err := n.At(0)
	if err != nil {
		n.Fatal(err)
	}
	broken, err := n.Invariants(ctx)
	if err != nil || len(broken) > 0 {
		n.Fatalf("height %d: %v, %v", n.height, broken, err)
	}
}

// sign writes an unordered transaction that costs fee uthing.
func (n *network) sign(name string, number, fee uint64, msgs ...sdk.Msg) []byte {
	n.Helper()
	return n.signed(name, number, fee, time.Minute, true, msgs...)
}

// signed writes a transaction that is valid for a duration. If good is false, its signature is
// wrong.
func (n *network) signed(name string, number, fee uint64, valid time.Duration, good bool, msgs ...sdk.Msg) []byte {
	n.Helper()
	b := n.Tx.NewTxBuilder()
	if err := b.SetMsgs(msgs...); err != nil {
		n.Fatal(err)
	}
	b.SetGasLimit(n.gas)
	b.SetFeeAmount(sdk.NewCoins(sdk.NewCoin(chain.Denom, math.NewIntFromUint64(fee))))
	b.SetUnordered(true)
	b.SetTimeoutTimestamp(n.now.Add(valid))
	sig := signing.SignatureV2{PubKey: key(name).PubKey(), Data: &signing.SingleSignatureData{SignMode: signing.SignMode_SIGN_MODE_DIRECT}}
	if err := b.SetSignatures(sig); err != nil {
		n.Fatal(err)
	}
	raw, err := authsigning.GetSignBytesAdapter(context.Background(), n.Tx.SignModeHandler(), signing.SignMode_SIGN_MODE_DIRECT,
		authsigning.SignerData{Address: account(name).String(), ChainID: n.name(), AccountNumber: number, PubKey: key(name).PubKey()}, b.GetTx())
	if err != nil {
		n.Fatal(err)
	}
	signature, err := key(name).Sign(raw)
	if err != nil {
		n.Fatal(err)
	}
	if !good {
		signature[3] ^= 1
	}
	sig.Data = &signing.SingleSignatureData{SignMode: signing.SignMode_SIGN_MODE_DIRECT, Signature: signature}
	if err := b.SetSignatures(sig); err != nil {
		n.Fatal(err)
	}
	tx, err := n.Tx.TxEncoder()(b.GetTx())
	if err != nil {
		n.Fatal(err)
	}
	return tx
}

type message interface {
	Marshal() ([]byte, error)
	Unmarshal([]byte) error
}

// ask queries the application as a client does.
func (n *network) ask(path string, request, response message) *abci.ResponseQuery {
	n.Helper()
	raw, err := request.Marshal()
	if err != nil {
		n.Fatal(err)
	}
	res, err := n.Query(context.Background(), &abci.RequestQuery{Path: path, Data: raw})
	if err != nil {
		n.Fatal(err)
	}
	if res.Code == 0 {
		if err := response.Unmarshal(res.Value); err != nil {
			n.Fatal(err)
		}
	}
	return res
}

func register(name string, stake uint64) *nodepb.MsgRegister {
	return &nodepb.MsgRegister{
		Owner: account(name).String(),
		Profile: nodepb.Profile{
			Name: name, Roles: 2, TransportKey: make([]byte, 32), Slots: 1,
		},
		Stake: stake,
	}
}

func TestSameBlocksSameHash(t *testing.T) {
	g := genesis(t)
	one, two := start(t, g), start(t, g)
	for range 3 {
		tx := one.sign("ann", 1, 5000, register("ann", 2*chain.Thing))
		one.block(tx)
		two.block(tx)
	}
	if a, b := one.LastCommitID().Hash, two.LastCommitID().Hash; string(a) != string(b) || len(a) == 0 {
		t.Errorf("got app hashes %x and %x, want the same one", a, b)
	}
}

// TestReopenedChainGoesOn: a chain that is opened again continues at its last height.
func TestReopenedChainGoesOn(t *testing.T) {
	n := start(t, genesis(t))
	n.block(n.sign("ann", 1, 5000, register("ann", 2*chain.Thing)))
	n.open()
	if got := n.LastBlockHeight(); got != n.height {
		t.Fatalf("got height %d after opening again, want %d", got, n.height)
	}
	n.block()
	var res nodepb.QueryNodeResponse
	n.ask("/althing.node.v1.Query/Node", &nodepb.QueryNode{Id: 1}, &res)
	if res.Node.Owner != account("ann").String() {
		t.Errorf("got owner %q of node 1, want ann", res.Node.Owner)
	}
}

func TestGenesisDocument(t *testing.T) {
	g := genesis(t)
	doc, err := g.Document()
	if err != nil {
		t.Fatal(err)
	}
	if got := doc.Consensus.Params.Block; got.MaxGas != chain.DefaultMaxGas || got.MaxBytes != chain.DefaultMaxBytes {
		t.Errorf("got block limits %+v, want the defaults", got)
	}
	var state map[string]json.RawMessage
	if err := json.Unmarshal(doc.AppState, &state); err != nil {
		t.Fatal(err)
	}
	for _, module := range []string{"mint", "upgrade", "group"} {
		if state[module] != nil {
			t.Errorf("the genesis holds module %s", module)
		}
	}
	again, err := g.Document()
	if err != nil {
		t.Fatal(err)
	}
	if string(again.AppState) != string(doc.AppState) {
		t.Error("the same genesis gives two documents")
	}
}

// TestGenesisStakes: a genesis may set one bound of one role; all others keep their defaults.
func TestGenesisStakes(t *testing.T) {
	want := node.DefaultParams()
	want.Stakes.Aggregator.Min, want.Stakes.Trainer.Max, want.MaxBond = 20*chain.Thing, 90*chain.Thing, 90*chain.Thing
	g := genesis(t)
	g.Nodes.Stakes.Aggregator.Min, g.Nodes.Stakes.Trainer.Max = 20*chain.Thing, 90*chain.Thing
	var res nodepb.QueryParamsResponse
	n := start(t, g)
	n.block()
	n.ask("/althing.node.v1.Query/Params", &nodepb.QueryParams{}, &res)
	if res.Params != want {
		t.Errorf("got %+v, want %+v", res.Params, want)
	}
	g.Nodes.Stakes.Evaluator.Max = chain.Thing - 1
	if _, err := g.Document(); err == nil || !strings.Contains(err.Error(), "role evaluator: min 1 THING, max 0.999999 THING") {
		t.Errorf("a minimum above the maximum: %v", err)
	}
}

func TestGenesisRefusesSupplyAboveCap(t *testing.T) {
	g := genesis(t)
	g.Accounts = append(g.Accounts, chain.Account{Address: account("cho"), Amount: chain.Cap - 3000*chain.Thing - 1})
	if _, err := g.Document(); err != nil {
		t.Fatalf("a supply just below the cap: %v", err)
	}
	g.Accounts = append(g.Accounts, chain.Account{Address: account("dee"), Amount: 1})
	if _, err := g.Document(); err == nil {
		t.Error("a supply that leaves no room under the cap was accepted")
	}
	g.Accounts[3].Amount = ^uint64(0)
	if _, err := g.Document(); err == nil {
		t.Error("a supply that overflows was accepted")
	}
}

func TestGenesisRefusesEvidenceOlderThanUnbonding(t *testing.T) {
	g := genesis(t)
	g.EvidenceAge = 21*24*time.Hour + 1
	if _, err := g.Document(); err == nil || !strings.Contains(err.Error(), "the unbonding of validators") {
		t.Errorf("got %v", err)
	}
}

func moduleAddress(name string) sdk.AccAddress { return authtypes.NewModuleAddress(name) }

// balance returns what an account owns, in uthing.
func (n *network) balance(name string) uint64 {
	n.Helper()
	var res banktypes.QueryBalanceResponse
	n.ask("/cosmos.bank.v1beta1.Query/Balance", &banktypes.QueryBalanceRequest{Address: account(name).String(), Denom: chain.Denom}, &res)
	return res.Balance.Amount.Uint64()
}
