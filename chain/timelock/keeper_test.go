package timelock_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/codec/address"
	"github.com/cosmos/cosmos-sdk/runtime"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	"github.com/cosmos/cosmos-sdk/testutil"
	sdk "github.com/cosmos/cosmos-sdk/types"
	moduletestutil "github.com/cosmos/cosmos-sdk/types/module/testutil"
	"github.com/cosmos/cosmos-sdk/x/bank"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/althing-network/althing/chain/timelock"
	"github.com/althing-network/althing/pb/timelockpb"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

const day = 24 * 3600 * 1000 // of network time, in milliseconds

// network is the rest of the chain. It executes payments: each adds one to a count in the store of
// how often its receiver was paid.
type network struct {
	key    *storetypes.KVStoreKey
	time   int64
	broken string // payments to this receiver fail
	queued []string
	drops  []string
	period error
	worked uint64 // gas that payments to "eater" used, also in failed transactions
}

func (n *network) Clock(context.Context) (round.Clock, error) {
	return round.Clock{Time: spec.Time(n.time)}, nil
}

func (n *network) Queued(_ context.Context, proposal uint64, msg sdk.Msg) error {
	n.queued = append(n.queued, fmt.Sprintf("%d %s", proposal, msg.(*banktypes.MsgSend).ToAddress))
	return nil
}

func (n *network) Dropped(_ context.Context, proposal uint64, msg sdk.Msg) error {
	n.drops = append(n.drops, fmt.Sprintf("%d %s", proposal, msg.(*banktypes.MsgSend).ToAddress))
	return errors.New("which keeps nothing in the queue")
}

func (n *network) WithProposal(ctx sdk.Context, _ uint64) sdk.Context { return ctx }

var errVoting = errors.New("voting period not ended")

func (n *network) NotQueued(_ context.Context, proposal uint64) error {
	if proposal == 77 {
		return errVoting
	}
	return nil
}

func (n *network) CheckPeriods(context.Context) error { return n.period }

func (n *network) Handler(msg sdk.Msg) baseapp.MsgServiceHandler {
	if _, ok := msg.(*banktypes.MsgSend); !ok {
		return nil
	}
	return func(ctx sdk.Context, msg sdk.Msg) (*sdk.Result, error) {
		to := msg.(*banktypes.MsgSend).ToAddress
		store := ctx.KVStore(n.key)
		key := []byte("paid/" + to)
		store.Set(key, append(store.Get(key), '+'))
		switch to {
		case n.broken:
			return nil, errors.New("nobody is there")
		case "glutton":
			ctx.GasMeter().ConsumeGas(timelock.MaxGas, "eat")
		case "eater":
			n.worked += 100_000
			ctx.GasMeter().ConsumeGas(100_000, "eat")
		}
		return &sdk.Result{}, nil
	}
}

func (n *network) HandlerByTypeURL(string) baseapp.MsgServiceHandler { return nil }

// queue is a keeper with the rest of the chain.
type queue struct {
	timelock.Keeper
	*network
	ctx   sdk.Context
	codec moduletestutil.TestEncodingConfig
}

func address20(name string) string {
	s, err := address.NewBech32Codec("althing").BytesToString(fmt.Appendf(nil, "%-20s", name))
	if err != nil {
		panic(err)
	}
	return s
}

func open() queue {
	key := storetypes.NewKVStoreKey(timelock.Name)
	q := queue{
		network: &network{key: key, time: 5 * day},
		ctx:     testutil.DefaultContext(key, storetypes.NewTransientStoreKey("t")).WithBlockHeight(7).WithBlockTime(time.Unix(1_000_000, 0)),
		codec:   moduletestutil.MakeTestEncodingConfig(timelock.Module{}, bank.AppModuleBasic{}),
	}
	q.Keeper = timelock.NewKeeper(q.codec.Codec, runtime.NewKVStoreService(key), q.network, q.network, q.network, address.NewBech32Codec("althing"), address20("gov"))
	q.module().InitGenesis(q.ctx, q.codec.Codec, timelock.Module{}.DefaultGenesis(q.codec.Codec))
	return q
}

func (q queue) module() timelock.Module { return timelock.Module{Keeper: q.Keeper} }

func pay(to string) sdk.Msg {
	return &banktypes.MsgSend{FromAddress: address20("gov"), ToAddress: to}
}

func (q queue) schedule(t testing.TB, proposal uint64, to ...string) {
	t.Helper()
	for _, name := range to {
		if err := q.Schedule(q.ctx, proposal, 900, 0, pay(name)); err != nil {
			t.Fatal(err)
		}
	}
}

// do runs a message in a transaction: if it fails nothing changes.
func do[R any](q queue, f func(context.Context) (R, error)) error {
	cached, write := q.ctx.CacheContext()
	if _, err := f(cached); err != nil {
		return err
	}
	write()
	return nil
}

func (q queue) execute(proposal uint64) error {
	return do(q, func(ctx context.Context) (*timelockpb.MsgExecuteResponse, error) {
		return q.Execute(ctx, &timelockpb.MsgExecute{Sender: address20("anybody"), Proposal: proposal})
	})
}

func (q queue) cancel(who string, proposal uint64) error {
	return do(q, func(ctx context.Context) (*timelockpb.MsgCancelResponse, error) {
		return q.Cancel(ctx, &timelockpb.MsgCancel{Authority: address20(who), Proposal: proposal})
	})
}

// paid returns how often somebody was paid.
func (q queue) paid(to string) int { return len(q.ctx.KVStore(q.key).Get([]byte("paid/" + to))) }

func (q queue) state(t testing.TB, proposal uint64) timelockpb.EntryState {
	t.Helper()
	res, err := q.Entry(q.ctx, &timelockpb.QueryEntry{Proposal: proposal})
	if err != nil {
		t.Fatal(err)
	}
	return res.Entry.State
}

func TestEntryIsExecutedOnceInItsTime(t *testing.T) {
	q := open()
	q.schedule(t, 3, "ann", "bob")
	if err := q.execute(3); !errors.Is(err, timelock.ErrEarly) || !strings.Contains(err.Error(), "48h0m0s") {
		t.Fatalf("at once: %v", err)
	}
	q.time += 2*day - 1
	if err := q.execute(3); !errors.Is(err, timelock.ErrEarly) {
		t.Fatalf("a millisecond too early: %v", err)
	}
	q.time++
	if err := q.execute(3); err != nil {
		t.Fatal(err)
	}
	if q.paid("ann") != 1 || q.paid("bob") != 1 {
		t.Fatalf("ann was paid %d times, bob %d times: want once", q.paid("ann"), q.paid("bob"))
	}
	if err := q.execute(3); !errors.Is(err, timelock.ErrClosed) || !strings.Contains(err.Error(), "was executed at height 7") {
		t.Fatalf("a second execution: %v", err)
	}
	if err := q.execute(77); !errors.Is(err, errVoting) {
		t.Fatalf("while it is voted for: %v", err)
	}
	if err := q.execute(78); !errors.Is(err, timelock.ErrNotFound) {
		t.Fatalf("without an entry: %v", err)
	}
}

func TestEntryExpires(t *testing.T) {
	q := open()
	q.schedule(t, 3, "ann")
	q.time += 9 * day
	if err := q.execute(3); !errors.Is(err, timelock.ErrClosed) {
		t.Fatalf("too late, before the end of a block: %v", err)
	}
	if err := q.EndBlock(q.ctx); err != nil {
		t.Fatal(err)
	}
	if got := q.state(t, 3); got != timelockpb.ENTRY_STATE_EXPIRED {
		t.Fatalf("the entry is %s", got)
	}
	if diff := cmp.Diff([]string{"3 ann"}, q.drops); diff != "" {
		t.Fatalf("modules that were notified (-want +got):\n%s", diff)
	}
	if q.paid("ann") != 0 {
		t.Fatal("an expired entry was executed")
	}
}

// TestUnknownMessageHaltsNothing: a later version of the program may not know a message that waits.
// Its entry cannot be executed, still holds stake, expires like others, and halts no block.
func TestUnknownMessageHaltsNothing(t *testing.T) {
	q := open()
	q.schedule(t, 3, "ann")
	later := moduletestutil.MakeTestEncodingConfig(timelock.Module{}) // without the bank
	q.Keeper = timelock.NewKeeper(later.Codec, runtime.NewKVStoreService(q.key), q.network, q.network, q.network, address.NewBech32Codec("althing"), address20("gov"))
	q.time += 2 * day
	if err := q.execute(3); err == nil {
		t.Fatal("an unknown message was executed")
	}
	if err := q.EndBlock(q.ctx); err != nil {
		t.Fatalf("the chain halts before the entry expires: %v", err)
	}
	if holds, err := q.Holds(q.ctx, 900); err == nil && !holds {
		t.Error("the entry does not hold a stake that it may concern")
	}
	q.time += 7 * day
	if err := q.EndBlock(q.ctx); err != nil {
		t.Fatalf("the chain halts when the entry expires: %v", err)
	}
	if got := q.state(t, 3); got != timelockpb.ENTRY_STATE_EXPIRED {
		t.Fatalf("the entry is %s", got)
	}
	if holds, err := q.Holds(q.ctx, 900); err != nil || holds {
		t.Errorf("after its end the entry still holds stake: %t, %v", holds, err)
	}
}

// TestLateChangeWaitsLonger: a late change of the outcome prolongs the delay once.
func TestLateChangeWaitsLonger(t *testing.T) {
	q := open()
	if err := q.Schedule(q.ctx, 3, 900, 3600, pay("ann")); err != nil {
		t.Fatal(err)
	}
	q.time += 2 * day
	if err := q.execute(3); !errors.Is(err, timelock.ErrEarly) || !strings.Contains(err.Error(), "1h0m0s") {
		t.Fatalf("after the delay alone: %v", err)
	}
	q.time += 3600 * 1000
	if err := q.execute(3); err != nil {
		t.Fatal(err)
	}
}

// TestFailureChangesNothing: an entry whose execution fails stays in the queue and can be tried again.
// So nobody can remove it by executing it at a bad moment.
func TestFailureChangesNothing(t *testing.T) {
	q := open()
	q.schedule(t, 3, "ann", "bob")
	q.time += 2 * day
	q.broken = "bob"
	if err := q.execute(3); !errors.Is(err, timelock.ErrExecution) || !strings.Contains(err.Error(), "message 2: nobody is there") {
		t.Fatalf("with a receiver that cannot be paid: %v", err)
	}
	if q.paid("ann") != 0 || q.state(t, 3) != timelockpb.ENTRY_STATE_QUEUED {
		t.Fatalf("ann was paid %d times, the entry is %s: want nothing changed", q.paid("ann"), q.state(t, 3))
	}
	res, err := q.Entry(q.ctx, &timelockpb.QueryEntry{Proposal: 3})
	if err != nil || res.Refusal != "message 2: nobody is there" {
		t.Fatalf("a query returned %q, %v", res.Refusal, err)
	}
	q.broken = ""
	if err := q.execute(3); err != nil || q.paid("ann") != 1 {
		t.Fatalf("when bob can be paid: %v, ann was paid %d times", err, q.paid("ann"))
	}
}

// TestGasIsTheEntrysOwn: messages that use too much gas fail, and the transaction that executes them
// pays for the gas. If the transaction has too little gas, it runs out of gas and the entry stays.
func TestGasIsTheEntrysOwn(t *testing.T) {
	q := open()
	q.schedule(t, 3, "glutton", "ann")
	q.schedule(t, 4, "ann", "eater")
	q.time += 2 * day
	if err := q.execute(3); !errors.Is(err, timelock.ErrExecution) || !strings.Contains(err.Error(), "more than 20000000 gas") {
		t.Fatalf("with too much gas: %v", err)
	}
	poor := q
	poor.ctx = q.ctx.WithGasMeter(storetypes.NewGasMeter(100_000))
	func() {
		defer func() {
			if _, ok := recover().(storetypes.ErrorOutOfGas); !ok {
				t.Error("a transaction with little gas does not run out of it")
			}
		}()
		_ = poor.execute(4)
	}()
	if q.paid("ann") != 0 || q.state(t, 4) != timelockpb.ENTRY_STATE_QUEUED {
		t.Fatal("a transaction with little gas has changed something")
	}
	meter := storetypes.NewGasMeter(1_000_000)
	rich := q
	rich.ctx = q.ctx.WithGasMeter(meter)
	if err := rich.execute(4); err != nil || meter.GasConsumed() < 100_000 {
		t.Fatalf("with enough gas: %v, %d used", err, meter.GasConsumed())
	}
}

// TestWorkIsPaid: validators do no more work than the transaction pays for. Otherwise an attacker with
// little gas could make them execute a heavy entry again and again; it would fail each time.
func TestWorkIsPaid(t *testing.T) {
	q := open()
	for range 10 {
		q.schedule(t, 3, "eater")
	}
	q.time += 2 * day
	const brought = 250_000
	poor := q
	poor.ctx = q.ctx.WithGasMeter(storetypes.NewGasMeter(brought))
	func() {
		defer func() {
			if _, ok := recover().(storetypes.ErrorOutOfGas); !ok {
				t.Error("a transaction with little gas does not run out of it")
			}
		}()
		_ = poor.execute(3)
	}()
	if q.worked > brought+100_000 { // no message runs after the one at which the gas runs out
		t.Errorf("a transaction with %d gas made validators do work for %d gas", brought, q.worked)
	}
	if err := q.execute(3); err != nil || q.paid("eater") != 10 {
		t.Errorf("with enough gas: %v, %d of 10 are paid", err, q.paid("eater"))
	}
}

func TestCancel(t *testing.T) {
	q := open()
	params := timelock.DefaultParams()
	params.Guardian, params.GuardianUntil = address20("guard"), q.ctx.BlockTime().Add(time.Hour).UnixMilli()
	if _, err := q.UpdateParams(q.ctx, &timelockpb.MsgUpdateParams{Authority: address20("gov"), Params: params}); err != nil {
		t.Fatal(err)
	}
	for id := uint64(1); id <= 3; id++ {
		q.schedule(t, id, "ann")
	}
	if err := q.cancel("ann", 1); !errors.Is(err, timelock.ErrAuthority) {
		t.Fatalf("by another account: %v", err)
	}
	if err := q.cancel("guard", 1); err != nil {
		t.Fatalf("by the guardian: %v", err)
	}
	if err := q.cancel("gov", 2); err != nil {
		t.Fatalf("by a passed proposal: %v", err)
	}
	q.ctx = q.ctx.WithBlockTime(q.ctx.BlockTime().Add(time.Hour))
	if err := q.cancel("guard", 3); !errors.Is(err, timelock.ErrAuthority) {
		t.Fatalf("by the guardian after its time: %v", err)
	}
	if err := q.cancel("gov", 1); !errors.Is(err, timelock.ErrClosed) {
		t.Fatalf("twice: %v", err)
	}
	if err := q.cancel("gov", 9); !errors.Is(err, timelock.ErrNotFound) {
		t.Fatalf("an entry that does not exist: %v", err)
	}
	q.time += 2 * day
	if err := q.execute(1); !errors.Is(err, timelock.ErrClosed) || !strings.Contains(err.Error(), address20("guard")) {
		t.Fatalf("execution of a cancelled entry: %v", err)
	}
	if q.paid("ann") != 0 {
		t.Fatal("a cancelled entry was executed")
	}
}

func TestQueueIsBounded(t *testing.T) {
	q := open()
	for id := range uint64(timelock.MaxQueued) {
		q.schedule(t, id+1, "ann")
	}
	if err := q.Schedule(q.ctx, 1000, 0, 0, pay("ann")); !errors.Is(err, timelock.ErrFull) {
		t.Fatalf("one entry too many: %v", err)
	}
	if err := q.Schedule(q.ctx, 100, 0, 0, pay("bob")); err != nil {
		t.Fatalf("another message for an entry that waits: %v", err)
	}
	q.time += 9 * day
	blocks := 0
	for q.state(t, 100) == timelockpb.ENTRY_STATE_QUEUED {
		if err := q.EndBlock(q.ctx); err != nil {
			t.Fatal(err)
		}
		blocks++
	}
	if blocks != 10 {
		t.Fatalf("100 entries expired within %d blocks: want 10", blocks)
	}
}

// TestHolds: a stake that began to leave after the vote had started is held until the
// entry is closed.
func TestHolds(t *testing.T) {
	q := open()
	holds := func(began int64) bool {
		got, err := q.Holds(q.ctx, began)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if holds(2000) {
		t.Fatal("an empty queue holds something")
	}
	q.schedule(t, 3, "ann") // its vote started at 900
	if holds(899) || !holds(900) || !holds(2000) {
		t.Fatal("want unbondings that began at 900 or later to be held, and no others")
	}
	q.time += 2 * day
	if err := q.execute(3); err != nil {
		t.Fatal(err)
	}
	if holds(2000) {
		t.Fatal("an executed entry holds something")
	}
}

func TestUpdateParams(t *testing.T) {
	fits := timelock.DefaultParams()
	fits.DelaySeconds *= 2
	for name, c := range map[string]struct {
		who  string
		edit func(*timelockpb.Params)
		want error
		says string
	}{
		"passed":              {"gov", func(*timelockpb.Params) {}, nil, ""},
		"nobody":              {"ann", func(*timelockpb.Params) {}, timelock.ErrAuthority, "the account of passed proposals"},
		"short delay":         {"gov", func(p *timelockpb.Params) { p.DelaySeconds = 86_399 }, timelock.ErrParams, "delay_seconds is 86399: want 86400 to 2592000"},
		"long grace":          {"gov", func(p *timelockpb.Params) { p.GraceSeconds = 1 << 62 }, timelock.ErrParams, "grace_seconds"},
		"guardian for ever":   {"gov", func(p *timelockpb.Params) { p.Guardian = address20("guard") }, timelock.ErrParams, "want an account and a time"},
		"guardian of nowhere": {"gov", func(p *timelockpb.Params) { p.Guardian, p.GuardianUntil = "guard", 1 }, timelock.ErrParams, "guardian"},
	} {
		t.Run(name, func(t *testing.T) {
			q, params := open(), fits
			c.edit(&params)
			err := do(q, func(ctx context.Context) (*timelockpb.MsgUpdateParamsResponse, error) {
				return q.UpdateParams(ctx, &timelockpb.MsgUpdateParams{Authority: address20(c.who), Params: params})
			})
			if !errors.Is(err, c.want) || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Fatalf("got %v: want %v, %q", err, c.want, c.says)
			}
			want := timelock.DefaultParams()
			if c.want == nil {
				want = params
			}
			if got, _ := q.Settings(q.ctx); got != want {
				t.Fatalf("the parameters are %v: want %v", got, want)
			}
		})
	}
	q := open()
	q.period = errors.New("a stake would be gone")
	err := do(q, func(ctx context.Context) (*timelockpb.MsgUpdateParamsResponse, error) {
		return q.UpdateParams(ctx, &timelockpb.MsgUpdateParams{Authority: address20("gov"), Params: fits})
	})
	if !errors.Is(err, timelock.ErrParams) {
		t.Fatalf("with a stake that could leave before: %v", err)
	}
}

// TestNothingTwiceEarlyLateOrCancelled: in random histories with exports and imports, entries are
// executed once, in their time, and not after a cancellation (invariant I11).
func TestNothingTwiceEarlyLateOrCancelled(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := open()
		type life struct {
			eta, expires int64
			closed       bool
			paid         int
		}
		lives := map[uint64]*life{}
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			id := rapid.Uint64Range(1, 5).Draw(t, "proposal")
			who := fmt.Sprintf("node-%d", id)
			l := lives[id]
			switch rapid.SampledFrom([]string{"schedule", "execute", "cancel", "wait", "block", "import"}).Draw(t, "step") {
			case "schedule":
				extra := rapid.Uint64Range(0, 7200).Draw(t, "extra")
				if l != nil || q.Schedule(q.ctx, id, 900, extra, pay(who)) != nil {
					continue
				}
				eta := q.time + 2*day + int64(extra)*1000
				lives[id] = &life{eta: eta, expires: eta + 7*day}
			case "execute":
				may := l != nil && !l.closed && q.time >= l.eta && q.time < l.expires
				if err := q.execute(id); (err == nil) != may {
					t.Fatalf("proposal %d at %d: got %v, want it executed: %v", id, q.time, err, may)
				}
				if may {
					l.closed, l.paid = true, 1
				}
			case "cancel":
				may := l != nil && !l.closed
				if err := q.cancel("gov", id); (err == nil) != may {
					t.Fatalf("cancel proposal %d: got %v, want it cancelled: %v", id, err, may)
				}
				if may {
					l.closed = true
				}
			case "wait":
				q.time += rapid.Int64Range(1, 3*day).Draw(t, "time")
			case "block":
				if err := q.EndBlock(q.ctx); err != nil {
					t.Fatal(err)
				}
				for _, l := range lives {
					l.closed = l.closed || q.time >= l.expires
				}
			case "import":
				q = reopened(t, q)
			}
			for id, l := range lives {
				if got := q.paid(fmt.Sprintf("node-%d", id)); got != l.paid {
					t.Fatalf("proposal %d was executed %d times, want %d", id, got, l.paid)
				}
			}
		}
	})
}

// reopened exports and imports a queue. An export of the result must have the same bytes.
func reopened(t interface{ Fatalf(string, ...any) }, q queue) queue {
	exported := q.module().ExportGenesis(q.ctx, q.codec.Codec)
	next := open()
	next.time, next.ctx = q.time, next.ctx.WithBlockTime(q.ctx.BlockTime())
	next.module().InitGenesis(next.ctx, next.codec.Codec, exported)
	if again := next.module().ExportGenesis(next.ctx, next.codec.Codec); string(again) != string(exported) {
		t.Fatalf("export of the import:\n%s\nwant\n%s", again, exported)
	}
	for id := range 6 { // what messages did is not in this module's genesis
		key := fmt.Appendf(nil, "paid/node-%d", id)
		if paid := q.ctx.KVStore(q.key).Get(key); paid != nil {
			next.ctx.KVStore(next.key).Set(key, paid)
		}
	}
	return next
}

func TestGenesisRefuses(t *testing.T) {
	entry := func(edit func(*timelockpb.Entry)) func(*timelockpb.Genesis) {
		return func(g *timelockpb.Genesis) {
			e := timelockpb.Entry{Proposal: 4, State: timelockpb.ENTRY_STATE_EXECUTED, Queued: 3, Eta: 5, Expires: 6, Closed: 9}
			edit(&e)
			g.Entries = append(g.Entries, e)
		}
	}
	for name, c := range map[string]struct {
		edit func(*timelockpb.Genesis)
		says string
	}{
		"no bounds":      {func(g *timelockpb.Genesis) { g.Bounds = timelockpb.Bounds{} }, "delay: min 0, max 0 seconds"},
		"out of bounds":  {func(g *timelockpb.Genesis) { g.Params.DelaySeconds = 1 }, "delay_seconds is 1"},
		"no number":      {entry(func(e *timelockpb.Entry) { e.Proposal = 0 }), "ascending numbers"},
		"unknown state":  {entry(func(e *timelockpb.Entry) { e.State = 9 }), "unknown state"},
		"waits for what": {entry(func(e *timelockpb.Entry) { e.State, e.Closed = timelockpb.ENTRY_STATE_QUEUED, 0 }), "0 messages"},
		"out of order":   {entry(func(e *timelockpb.Entry) { e.Expires = 1 }), "eta before expires"},
		"guardian":       {func(g *timelockpb.Genesis) { g.Params.GuardianUntil = 5 }, "want an account and a time"},
	} {
		g := timelockpb.Genesis{Params: timelock.DefaultParams(), Bounds: timelock.DefaultBounds()}
		c.edit(&g)
		if err := timelock.Validate(g); !errors.Is(err, timelock.ErrGenesis) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v: want %q", name, err, c.says)
		}
	}
}
