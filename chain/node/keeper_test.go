package node_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/codec/address"
	"github.com/cosmos/cosmos-sdk/runtime"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	"github.com/cosmos/cosmos-sdk/testutil"
	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	moduletestutil "github.com/cosmos/cosmos-sdk/types/module/testutil"
	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/althing-network/althing/chain/node"
	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

const denom = "uthing"

// burned is the account that counts burned coins, made the one that counts minted coins.
const (
	burned = "burned"
	made   = "made"
)

// authority is the account in whose name passed proposals act.
const authority = "the proposals"

// till is a bank of a few accounts, in memory.
type till map[string]uint64

func (b till) move(from, to string, coins sdk.Coins) error {
	amount := coins.AmountOf(denom)
	if !amount.IsUint64() || b[from] < amount.Uint64() {
		return sdkerrors.ErrInsufficientFunds.Wrapf("%d is smaller than %s", b[from], amount)
	}
	b[from] -= amount.Uint64()
	b[to] += amount.Uint64()
	return nil
}

func (b till) SendCoinsFromAccountToModule(_ context.Context, from sdk.AccAddress, module string, coins sdk.Coins) error {
	return b.move(string(from), module, coins)
}

func (b till) BurnCoins(_ context.Context, module string, coins sdk.Coins) error {
	return b.move(module, burned, coins)
}

func (b till) GetBalance(context.Context, sdk.AccAddress, string) sdk.Coin {
	return sdk.NewCoin(denom, math.NewIntFromUint64(b[node.Name]))
}

func (b till) SendCoinsFromModuleToAccount(_ context.Context, module string, to sdk.AccAddress, coins sdk.Coins) error {
	return b.move(module, string(to), coins)
}

// minter mints coins in a till, up to a cap.
type minter struct {
	till
	most uint64
}

var errCap = errors.New("exceeds total supply")

func (m minter) MintTo(_ context.Context, module string, amount uint64) error {
	if amount > m.most-m.till[made] {
		return errCap
	}
	m.till[made] += amount
	m.till[module] += amount
	return nil
}

// registry is a keeper with its bank and a context to call it in.
type registry struct {
	node.Keeper
	ctx   sdk.Context
	bank  till
	codec moduletestutil.TestEncodingConfig
}

// open returns a registry with the default parameters, and people who own 100
// THING each.
func open(people ...string) registry {
	bank := till{}
	return openBank(bank, bank, people...)
}

// openBank is open with a bank that keeps its accounts in a till.
func openBank(bank node.Bank, accounts till, people ...string) registry {
	key := storetypes.NewKVStoreKey(node.Name)
	r := registry{
		ctx:   testutil.DefaultContext(key, storetypes.NewTransientStoreKey("t")).WithBlockHeight(7).WithBlockTime(time.Unix(1_000_000, 0)),
		bank:  accounts,
		codec: moduletestutil.MakeTestEncodingConfig(node.Module{}),
	}
	r.Keeper = node.NewKeeper(r.codec.Codec, runtime.NewKVStoreService(key), bank, address.NewBech32Codec("althing"), denom)
	r.Govern(node.Governance{Authority: authority, Mint: minter{accounts, 1_000_000_000}})
	r.module().InitGenesis(r.ctx, r.codec.Codec, node.Module{}.DefaultGenesis(r.codec.Codec))
	for _, p := range people {
		r.bank[account(p)] = 100_000_000
	}
	return r
}

func (r registry) module() node.Module { return node.Module{Keeper: r.Keeper} }

// account returns an address of 20 bytes that begin with a name.
func account(name string) string { return fmt.Sprintf("%-20s", name) }

func owner(name string) string {
	s, err := address.NewBech32Codec("althing").BytesToString([]byte(account(name)))
	if err != nil {
		panic(err)
	}
	return s
}

func profile(name string) nodepb.Profile {
	return nodepb.Profile{
		Name: name, Roles: uint32(spec.Trainer), TransportKey: make([]byte, spec.KeySize), Slots: 2,
		Holdings: []nodepb.Holding{{Name: "digits", Samples: 100}},
	}
}

func (r registry) register(t testing.TB, name string, stake uint64) uint64 {
	t.Helper()
	res, err := r.Register(r.ctx, &nodepb.MsgRegister{Owner: owner(name), Profile: profile(name), Stake: stake})
	if err != nil {
		t.Fatal(err)
	}
	return res.Id
}

func TestRegister(t *testing.T) {
	r := open("ann", "bob")
	if id := r.register(t, "ann", 3_000_000); id != 1 {
		t.Errorf("got id %d of the first node, want 1", id)
	}
	if id := r.register(t, "bob", 1_000_000); id != 2 {
		t.Errorf("got id %d of the second node, want 2", id)
	}
	if id, err := r.IDOf(r.ctx, owner("ann")); err != nil || id != 1 {
		t.Errorf("got node %d of ann, %v; want 1", id, err)
	}
	if who, err := r.OwnerOf(r.ctx, 2); err != nil || who != owner("bob") {
		t.Errorf("got %s, %v: want bob", who, err)
	}
	if _, err := r.OwnerOf(r.ctx, 3); !errors.Is(err, node.ErrNotFound) {
		t.Errorf("the owner of no node: %v", err)
	}
	got, err := r.Get(r.ctx, 1)
	if err != nil {
		t.Fatal(err)
	}
	want := spec.Node{
		ID: 1, Owner: owner("ann"), Registered: 7, Standing: round.NewStanding(),
		Deposit: spec.Deposit{State: spec.NodeActive, Stake: 3_000_000},
		Profile: spec.Profile{
			Name: "ann", Roles: spec.Trainer, TransportKey: make([]byte, spec.KeySize), Slots: 2,
			Holdings: []spec.Holding{{Name: "digits", Samples: 100}},
		},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if got := r.bank[account("ann")]; got != 97_000_000 {
		t.Errorf("ann owns %d, want all but her stake", got)
	}
}

func TestRefusals(t *testing.T) {
	r := open("ann", "bob")
	r.register(t, "ann", 1_000_000)
	bad := profile("bob")
	bad.TransportKey = nil
	register := func(owner string, p nodepb.Profile, stake uint64) func() error {
		return func() error {
			_, err := r.Register(r.ctx, &nodepb.MsgRegister{Owner: owner, Profile: p, Stake: stake})
			return err
		}
	}
	for _, c := range []struct {
		name string
		do   func() error
		want error
	}{
		{"twice", register(owner("ann"), profile("ann"), 1_000_000), node.ErrRegistered},
		{"twice, in capitals", register(strings.ToUpper(owner("ann")), profile("ann"), 1_000_000), node.ErrRegistered},
		{"more than any may have", register(owner("bob"), profile("bob"), 500_000*spec.Thing+1), node.ErrStake},
		{"above the balance", register(owner("bob"), profile("bob"), 100_000_001), node.ErrFunds},
		{"no key", register(owner("bob"), bad, 1_000_000), node.ErrProfile},
		{"an unknown role", register(owner("bob"), nodepb.Profile{Roles: 1 << 20}, 1_000_000), node.ErrProfile},
		{"no address", register("bob", profile("bob"), 1_000_000), node.ErrOwner},
		{"another chain's address", register("cosmos1qypqxpq9qcrsszg2pvxq6rs0zqg3yyc5lzv7xu", profile("bob"), 1_000_000), node.ErrOwner},
		{"update by a stranger", func() error {
			_, err := r.Update(r.ctx, &nodepb.MsgUpdate{Owner: owner("bob"), Profile: profile("bob")})
			return err
		}, node.ErrNotFound},
		{"update to no key", func() error {
			_, err := r.Update(r.ctx, &nodepb.MsgUpdate{Owner: owner("ann"), Profile: bad})
			return err
		}, node.ErrProfile},
		{"exit of a stranger", func() error {
			_, err := r.Exit(r.ctx, &nodepb.MsgExit{Owner: owner("bob")})
			return err
		}, node.ErrNotFound},
		{"no stake more", func() error {
			_, err := r.Bond(r.ctx, &nodepb.MsgBond{Owner: owner("ann")})
			return err
		}, node.ErrStake},
		{"more stake than the balance", func() error {
			_, err := r.Bond(r.ctx, &nodepb.MsgBond{Owner: owner("ann"), Amount: 100_000_000})
			return err
		}, node.ErrFunds},
		{"no stake less", func() error {
			_, err := r.Unbond(r.ctx, &nodepb.MsgUnbond{Owner: owner("ann")})
			return err
		}, node.ErrStake},
		{"less stake than there is", func() error {
			_, err := r.Unbond(r.ctx, &nodepb.MsgUnbond{Owner: owner("ann"), Amount: 1_000_001})
			return err
		}, node.ErrStake},
		{"an unbonding that is not there", func() error {
			_, err := r.CancelUnbond(r.ctx, &nodepb.MsgCancelUnbond{Owner: owner("ann"), Number: 1})
			return err
		}, node.ErrUnbonding},
		{"out of no jail", func() error {
			_, err := r.Unjail(r.ctx, &nodepb.MsgUnjail{Owner: owner("ann")})
			return err
		}, node.ErrState},
		{"stake of a stranger", func() error {
			_, err := r.Bond(r.ctx, &nodepb.MsgBond{Owner: owner("bob"), Amount: 1})
			return err
		}, node.ErrNotFound},
		{"query of no node", func() error {
			_, err := r.Node(r.ctx, &nodepb.QueryNode{Id: 2})
			return err
		}, node.ErrNotFound},
	} {
		before, block := r.export(t), r.ctx
		r.ctx, _ = block.CacheContext() // as a transaction: what is refused is dropped
		err := c.do()
		if r.ctx = block; !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
		if d := cmp.Diff(before, r.export(t)); d != "" || r.bank[account("bob")] != 100_000_000 {
			t.Errorf("%s: changed something:\n%s", c.name, d)
		}
	}
}

func TestBusyNodeStays(t *testing.T) {
	r := open("ann")
	id := r.register(t, "ann", 1_000_000)
	if err := r.Engage(r.ctx, id, 2); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Exit(r.ctx, &nodepb.MsgExit{Owner: owner("ann")}); !errors.Is(err, node.ErrBusy) {
		t.Errorf("exit: got %v, want %v", err, node.ErrBusy)
	}
	fewer := profile("ann")
	fewer.Slots = 1
	if _, err := r.Update(r.ctx, &nodepb.MsgUpdate{Owner: owner("ann"), Profile: fewer}); !errors.Is(err, node.ErrBusy) {
		t.Errorf("fewer slots than tasks: got %v, want %v", err, node.ErrBusy)
	}
	if err := r.Engage(r.ctx, id, -3); err == nil {
		t.Error("the count of served tasks can fall below 0")
	}
	if err := r.Engage(r.ctx, id, -2); err != nil {
		t.Fatal(err)
	}
	res, err := r.Exit(r.ctx, &nodepb.MsgExit{Owner: owner("ann")})
	if err != nil || res.Unbonding.Amount != 1_000_000 || r.bank[account("ann")] != 99_000_000 {
		t.Errorf("got %v, %v; want the stake on its way out", res, err)
	}
	if _, err := r.Register(r.ctx, &nodepb.MsgRegister{Owner: owner("ann"), Profile: profile("ann"), Stake: 1_000_000}); !errors.Is(err, node.ErrRegistered) {
		t.Errorf("a second node before the first has left: %v", err)
	}
	r = r.later(t, 21*24*time.Hour)
	if n, err := r.Get(r.ctx, id); err != nil || n.State != spec.NodeExited || r.bank[account("ann")] != 100_000_000 {
		t.Errorf("got %+v, %v, and %d back; want a node that has left with its stake", n, err, r.bank[account("ann")])
	}
	if again := r.register(t, "ann", 1_000_000); again != id+1 {
		t.Errorf("got id %d after an exit, want a new one", again)
	}
}

func TestActive(t *testing.T) {
	people := []string{"ann", "bob", "cho"}
	r := open(people...)
	for _, p := range people {
		r.register(t, p, 1_000_000)
	}
	ids := func() (ids []uint64) {
		t.Helper()
		nodes, err := r.Active(r.ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range nodes {
			ids = append(ids, n.ID)
		}
		return ids
	}
	if _, err := r.Deactivate(r.ctx, &nodepb.MsgDeactivate{Owner: owner("bob")}); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]uint64{1, 3}, ids()); d != "" {
		t.Errorf("without bob (-want +got):\n%s", d)
	}
	if _, err := r.Activate(r.ctx, &nodepb.MsgActivate{Owner: owner("bob")}); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]uint64{1, 2, 3}, ids()); d != "" {
		t.Errorf("with bob (-want +got):\n%s", d)
	}
}

func TestNodesQuery(t *testing.T) {
	r := open("ann", "bob", "cho", "dee")
	for _, p := range []string{"ann", "bob", "cho", "dee"} {
		r.register(t, p, 1_000_000)
	}
	evaluator := profile("cho")
	evaluator.Roles = uint32(spec.Trainer | spec.Evaluator)
	if _, err := r.Update(r.ctx, &nodepb.MsgUpdate{Owner: owner("cho"), Profile: evaluator}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Deactivate(r.ctx, &nodepb.MsgDeactivate{Owner: owner("bob")}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		ask  nodepb.QueryNodes
		want []uint64
	}{
		{nodepb.QueryNodes{}, []uint64{1, 2, 3, 4}},
		{nodepb.QueryNodes{Active: true}, []uint64{1, 3, 4}},
		{nodepb.QueryNodes{Roles: uint32(spec.Evaluator)}, []uint64{3}},
		{nodepb.QueryNodes{Roles: uint32(spec.Trainer), Active: true, Pagination: &query.PageRequest{Limit: 2}}, []uint64{1, 3}},
		{nodepb.QueryNodes{Roles: uint32(spec.Aggregator)}, nil},
	} {
		res, err := r.Nodes(r.ctx, &c.ask)
		if err != nil {
			t.Fatal(err)
		}
		var got []uint64
		for _, n := range res.Nodes {
			got = append(got, n.Id)
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%+v (-want +got):\n%s", c.ask, d)
		}
	}
}

func TestStandingIsKept(t *testing.T) {
	r := open("ann", "bob")
	id := r.register(t, "ann", 1_000_000)
	before := r.export(t).Nodes[0]
	praise := spec.Change{Task: 3, Round: 1, Height: 80, Reason: "update survived"}
	blame := spec.Change{Task: 3, Round: 2, Height: 90, Reason: "update withheld"}
	for _, err := range []error{
		r.Engage(r.ctx, id, 1), r.Merit(r.ctx, id, praise), r.Demerit(r.ctx, id, blame), r.Measure(r.ctx, id, "digits", 900_000),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	n, err := r.Get(r.ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	praise.Reputation, blame.Reputation, blame.Demerit = 287_500, 215_625, true
	want := spec.Standing{
		Reputation: 215_625, Busy: 1, History: []spec.Change{praise, blame},
		Measured: []spec.Measure{{Kind: "digits", Accuracy: 900_000, Tasks: 1}},
	}
	if d := cmp.Diff(want, n.Standing); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	asked, err := r.Node(r.ctx, &nodepb.QueryNode{Id: id})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(nodepb.NodeFromSpec(n), asked.Node); d != "" {
		t.Errorf("a query returns another node than the chain reads (-want +got):\n%s", d)
	}
	after := r.export(t).Nodes[0]
	after.Standing, after.History = before.Standing, before.History
	if d := cmp.Diff(before, after); d != "" {
		t.Errorf("a change of standing has changed the profile (-before +after):\n%s", d)
	}
	stranger := id + 1
	for _, err := range []error{
		r.Engage(r.ctx, stranger, 1), r.Merit(r.ctx, stranger, praise), r.Measure(r.ctx, stranger, "digits", 1), r.Demerit(r.ctx, stranger, blame),
	} {
		if !errors.Is(err, node.ErrNotFound) {
			t.Errorf("standing of no node: got %v, want %v", err, node.ErrNotFound)
		}
	}
}

// TestMeritWritesAFewBytes: merits are written hundreds of times in a round of many trainers, so
// writing one must not rewrite the profile with its keys and data sets.
func TestMeritWritesAFewBytes(t *testing.T) {
	r := open("ann")
	large := profile("ann")
	large.Endpoint = "https://" + strings.Repeat(strings.Repeat("x", 49)+".", 4) + "example"
	for i := range 31 {
		large.Holdings = append(large.Holdings, nodepb.Holding{Name: fmt.Sprintf("data%d", i), Samples: 1})
	}
	res, err := r.Register(r.ctx, &nodepb.MsgRegister{Owner: owner("ann"), Profile: large, Stake: 1_000_000})
	if err != nil {
		t.Fatal(err)
	}
	gas := r.ctx.GasMeter().GasConsumed()
	change := spec.Change{Task: 1000, Round: 100, Height: 1 << 30, Reason: "update survived"}
	if err := r.Merit(r.ctx, res.Id, change); err != nil {
		t.Fatal(err)
	}
	// A write costs 2000 gas and 30 per byte, a read 1000 gas and 3 per byte.
	if spent := r.ctx.GasMeter().GasConsumed() - gas; spent > 5000+33*80 {
		t.Errorf("a merit costs %d gas: want no more than 80 bytes read and written", spent)
	}
}

// TestStandingOfANodeThatHasLeft: a node that has left has no standing, which must not block its
// tasks.
func TestStandingOfANodeThatHasLeft(t *testing.T) {
	r := open("ann")
	id := r.register(t, "ann", 1_000_000)
	if _, err := r.Exit(r.ctx, &nodepb.MsgExit{Owner: owner("ann")}); err != nil {
		t.Fatal(err)
	}
	r = r.later(t, 21*24*time.Hour)
	want, err := r.Get(r.ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(spec.Node{ID: id, Owner: owner("ann"), Registered: 7, Deposit: spec.Deposit{State: spec.NodeExited}}, want); d != "" {
		t.Errorf("what is left of it (-want +got):\n%s", d)
	}
	if err := errors.Join(r.Measure(r.ctx, id, "digits", 1), r.Merit(r.ctx, id, spec.Change{}), r.Demerit(r.ctx, id, spec.Change{})); err != nil {
		t.Error(err)
	}
	if _, err := r.Slash(r.ctx, id, 1, 1_000_000, spec.One, "fault", true); err != nil {
		t.Error(err)
	}
	got, err := r.Get(r.ctx, id)
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Errorf("after an import, %v:\n%s", err, d)
	}
	if _, err := r.IDOf(r.ctx, owner("ann")); !errors.Is(err, node.ErrNotFound) {
		t.Errorf("its account has a node: %v", err)
	}
}

// later ends the block and begins one after a pause.
func (r registry) later(t failer, pause time.Duration) registry {
	t.Helper()
	r.ctx = r.ctx.WithBlockTime(r.ctx.BlockTime().Add(pause))
	if err := errors.Join(r.EndBlock(r.ctx), r.Check(r.ctx)); err != nil {
		t.Fatal(err)
	}
	return r
}
