package task_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/cosmos/gogoproto/proto"

	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/runtime"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	"github.com/cosmos/cosmos-sdk/testutil"
	sdk "github.com/cosmos/cosmos-sdk/types"
	moduletestutil "github.com/cosmos/cosmos-sdk/types/module/testutil"
	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/althing-network/althing/chain/task"
	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/spec"
)

var errStranger = errors.New("node not found")

// unsigned accepts any message as signed by its account: the transaction is the message's Any.
type unsigned struct{}

func (unsigned) SignedMessage(_ context.Context, raw []byte) (sdk.Msg, error) {
	var holds codectypes.Any
	if err := holds.Unmarshal(raw); err != nil {
		return nil, err
	}
	kind := proto.MessageType(strings.TrimPrefix(holds.TypeUrl, "/"))
	if kind == nil {
		return nil, fmt.Errorf("%q is no message", holds.TypeUrl)
	}
	m, ok := reflect.TypeAssert[sdk.Msg](reflect.New(kind.Elem()))
	if !ok {
		return nil, fmt.Errorf("%q is no message", holds.TypeUrl)
	}
	return m, proto.Unmarshal(holds.Value, m)
}

// written encodes a message for unsigned.
func written(m sdk.Msg) []byte {
	holds, err := codectypes.NewAnyWithValue(m)
	if err != nil {
		panic(err)
	}
	raw, err := holds.Marshal()
	if err != nil {
		panic(err)
	}
	return raw
}

// failer is implemented by [testing.T] and [rapid.T].
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// world is a store with a bank, a registry and the keeper in it.
type world struct {
	failer
	task.Keeper
	ctx    sdk.Context
	keys   map[string]*storetypes.KVStoreKey
	codec  codec.Codec
	bank   *ledger
	nodes  registry
	models *lines
	full   bool // the aggregators' disks are full in round 1
}

const chainID = "althing-test"

func newWorld(t failer) *world {
	keys := storetypes.NewKVStoreKeys(task.Name, "bank", "registry", "lines")
	ctx := testutil.DefaultContextWithKeys(keys, nil, nil).WithChainID(chainID).WithBlockHeight(1).WithBlockTime(time.Unix(1, 0))
	w := &world{
		failer: t, keys: keys, codec: moduletestutil.MakeTestEncodingConfig().Codec,
		ctx: ctx.WithMultiStore(ctx.MultiStore().CacheMultiStore()),
	}
	w.bank = newLedger(runtime.NewKVStoreService(keys["bank"]))
	w.nodes = newRegistry(w.codec, runtime.NewKVStoreService(keys["registry"]))
	w.models = newLines(runtime.NewKVStoreService(keys["lines"]))
	w.Keeper = task.NewKeeper(w.codec, runtime.NewKVStoreService(keys[task.Name]), w.bank, w.nodes, nil, nil, w.models, unsigned{}, denom, governors())
	m := task.Module{Keeper: w.Keeper}
	cheap := taskpb.TariffFromSpec(spec.DefaultTariff())
	cheap.MinPay = 1
	m.InitGenesis(w.ctx, w.codec, w.codec.MustMarshalJSON(&taskpb.Genesis{Tariff: &cheap}))
	w.must(w.BeginBlock(w.ctx))
	return w
}

// network returns a world with a number of trainers, aggregators and evaluators, in the order of their
// ids, and three consumers with 1 million uthing each.
func network(t failer, trainers, aggregators, evaluators int) *world {
	w := newWorld(t)
	id := uint64(0)
	for _, group := range []struct {
		role spec.Role
		n    int
	}{{spec.Trainer, trainers}, {spec.Aggregator, aggregators}, {spec.Evaluator, evaluators}} {
		for range group.n {
			id++
			w.must(w.nodes.set(w.ctx, spec.Node{
				ID: id, Owner: owner(id), Standing: spec.Standing{Reputation: spec.One / 2},
				Deposit: spec.Deposit{State: spec.NodeActive, Stake: 1_000_000},
				Profile: spec.Profile{
					Roles: group.role, Slots: 16, Holdings: []spec.Holding{{Name: "digits", Samples: 100}},
					Policy: spec.Policy{SoleAggregator: true},
				},
			}))
		}
	}
	for _, name := range consumers() {
		w.must(w.bank.balances.Set(w.ctx, account(name), 1_000_000))
	}
	return w
}

// governors returns the account in whose name passed proposals act.
func governors() string { return authority }

func consumers() []string { return []string{"alice", "bob", "carol"} }

// account returns a valid address made of a name.
func account(name string) string { return sdk.AccAddress(fmt.Sprintf("%-20s", name)).String() }

func owner(node uint64) string { return account(fmt.Sprintf("node %d", node)) }

func digest(format string, args ...any) spec.Digest {
	return spec.DigestOf(fmt.Appendf(nil, format, args...))
}

// digits pays 1000 uthing for each of 2 rounds with at most 4 trainers (6 with
// backups) and a committee of 4 and 4; it is done at an accuracy of 0.9.
func digits() spec.TaskSpec {
	t := spec.DefaultTask()
	t.Name = "digits"
	t.Model = spec.Model{Kind: spec.ModelSoftmax, Inputs: 64, Classes: 10}
	t.Data = spec.Data{Name: "digits"}
	t.Training.Rate = 100_000
	t.Selection.Trainers, t.Selection.MinTrainers = 4, 2
	t.Target = spec.Target{Accuracy: 900_000, Rounds: 2}
	t.Escrow = 3000
	t.Retries = 1
	t.Deadlines = spec.Deadlines{
		Select: 20 * spec.Second, Train: 20 * spec.Second,
		Attest: 10 * spec.Second, Aggregate: 10 * spec.Second, Evaluate: 10 * spec.Second,
	}
	t.Overlap = false
	return t
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatalf("%v", err)
	}
}

func (w *world) create(name string, asked spec.TaskSpec) uint64 {
	w.Helper()
	resp, err := w.Create(w.ctx, &taskpb.MsgCreate{Owner: account(name), Spec: taskpb.TaskSpecFromSpec(asked)})
	w.must(err)
	return resp.Id
}

// end ends the block and begins the next one. The end of a block recovers panics of package round, so
// this looks for them in the events.
func (w *world) end() {
	w.Helper()
	w.must(w.EndBlock(w.ctx))
	if events := fmt.Sprint(w.ctx.EventManager().Events()); strings.Contains(events, "stuck: panic") {
		w.Fatalf("height %d: the machine panics: %s", w.ctx.BlockHeight(), events)
	}
	w.ctx = w.ctx.WithEventManager(sdk.NewEventManager())
	w.next(time.Second)
}

// next begins the next block after a pause.
func (w *world) next(later time.Duration) {
	w.Helper()
	w.ctx = w.ctx.WithBlockHeight(w.ctx.BlockHeight() + 1).WithBlockTime(w.ctx.BlockTime().Add(later))
	w.must(w.BeginBlock(w.ctx))
}

// time returns network time.
func (w *world) time() spec.Time {
	w.Helper()
	resp, err := w.Time(w.ctx, &taskpb.QueryTime{})
	w.must(err)
	return spec.Time(resp.Time)
}

func (w *world) task(id uint64) spec.Task {
	w.Helper()
	resp, err := w.Task(w.ctx, &taskpb.QueryTask{Id: id})
	w.must(err)
	t, err := resp.Task.ToSpec()
	w.must(err)
	return t
}

// round returns the newest round of a task; without a round the zero value.
func (w *world) round(id uint64) spec.Round {
	w.Helper()
	t := w.task(id)
	if t.Round == 0 {
		return spec.Round{}
	}
	resp, err := w.Round(w.ctx, &taskpb.QueryRound{Task: id, Number: t.Round})
	w.must(err)
	r, err := resp.Round.ToSpec()
	w.must(err)
	return r
}

func (w *world) balance(who string) uint64 {
	w.Helper()
	has, err := w.bank.balance(w.ctx, who)
	w.must(err)
	return has
}

// tasks lists every task.
func (w *world) tasks() (tasks []taskpb.Task) {
	w.Helper()
	var key []byte
	for {
		resp, err := w.Tasks(w.ctx, &taskpb.QueryTasks{Pagination: &query.PageRequest{Key: key, Limit: 1000}})
		w.must(err)
		tasks = append(tasks, resp.Tasks...)
		if key = resp.Pagination.NextKey; key == nil {
			return tasks
		}
	}
}

func (w *world) export() (g taskpb.Genesis) {
	w.codec.MustUnmarshalJSON(task.Module{Keeper: w.Keeper}.ExportGenesis(w.ctx, w.codec), &g)
	return g
}

// dump returns every byte of some stores.
func (w *world) dump(stores ...string) string {
	w.Helper()
	var b strings.Builder
	for _, name := range stores {
		it := w.ctx.KVStore(w.keys[name]).Iterator(nil, nil)
		for ; it.Valid(); it.Next() {
			fmt.Fprintf(&b, "%s %x %x\n", name, it.Key(), it.Value())
		}
		w.must(it.Close())
	}
	return b.String()
}

func (w *world) everything() string {
	w.Helper()
	return w.dump(task.Name, "bank", "registry", "lines")
}

// solvent fails the test unless the escrow account holds what open tasks have not spent.
func (w *world) solvent() {
	w.Helper()
	var want uint64
	for _, t := range w.tasks() {
		want += t.Spec.Escrow - t.Paid - t.Refunded
	}
	if got := w.balance(escrowAccount()); got != want {
		w.Fatalf("height %d: the escrow account holds %d, open tasks %d", w.ctx.BlockHeight(), got, want)
	}
}

// supply returns the sum of all balances.
func (w *world) supply() (sum uint64) {
	w.Helper()
	w.must(w.bank.balances.Walk(w.ctx, nil, func(_ string, has uint64) (bool, error) {
		sum += has
		return false, nil
	}))
	return sum
}
