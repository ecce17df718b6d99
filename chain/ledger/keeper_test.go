package ledger_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cosmos/cosmos-sdk/codec"
	"github.com/cosmos/cosmos-sdk/runtime"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	"github.com/cosmos/cosmos-sdk/testutil"
	sdk "github.com/cosmos/cosmos-sdk/types"
	moduletestutil "github.com/cosmos/cosmos-sdk/types/module/testutil"
	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/althing-network/althing/chain/ledger"
	"github.com/althing-network/althing/pb/ledgerpb"
	"github.com/althing-network/althing/privacy/cost"
)

// books is a keeper and a context to call it in.
type books struct {
	ledger.Keeper
	ctx   sdk.Context
	codec codec.Codec
}

func open() books {
	key := storetypes.NewKVStoreKey(ledger.Name)
	b := books{
		ctx:   testutil.DefaultContext(key, storetypes.NewTransientStoreKey("t")),
		codec: moduletestutil.MakeTestEncodingConfig(ledger.Module{}).Codec,
	}
	b.Keeper = ledger.NewKeeper(b.codec, runtime.NewKVStoreService(key))
	return b
}

// again returns another chain that begins with an export of this one.
func (b books) again(t *testing.T) books {
	t.Helper()
	next := open()
	ledger.Module{Keeper: next.Keeper}.InitGenesis(next.ctx, next.codec, ledger.Module{Keeper: b.Keeper}.ExportGenesis(b.ctx, b.codec))
	return next
}

func (b books) book(t *testing.T, dataset uint64) cost.Book {
	t.Helper()
	_, book, err := b.Get(b.ctx, dataset)
	if err != nil {
		t.Fatal(err)
	}
	return book
}

func (b books) history(t *testing.T, dataset uint64) []cost.Row {
	t.Helper()
	resp, err := b.Rows(b.ctx, &ledgerpb.QueryRows{Dataset: dataset, Pagination: &query.PageRequest{Limit: 1000}})
	if err != nil {
		t.Fatal(err)
	}
	var rows []cost.Row
	for i := range resp.Rows {
		r, err := resp.Rows[i].ToCost()
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, r)
	}
	return rows
}

func limit(epsilon cost.Epsilon) cost.Limit {
	return cost.Limit{Unit: cost.Client, Adjacency: cost.ZeroOut, Epsilon: epsilon * cost.OneEpsilon, Delta: cost.OneDelta / 100_000}
}

// laplace returns a release that costs epsilon 1 per client.
func laplace() cost.Release {
	return cost.Release{Unit: cost.Client, Noise: cost.Laplace{Rate: cost.Fraction{Num: 1, Den: 10}}, Norm: cost.Norm{L1: 10}}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestALifeOfABookOnTheChain(t *testing.T) {
	b := open()
	must(t, b.Open(b.ctx, 3, "ann", limit(5)))
	must(t, b.Reserve(b.ctx, 3, 7, "update", laplace(), 3))
	must(t, b.Reserve(b.ctx, 3, 4, "metric", laplace(), 2))
	must(t, b.Charge(b.ctx, 3, 7, "update", 1))
	must(t, b.Charge(b.ctx, 3, 7, "update", 1)) // sent twice
	if err := b.Reserve(b.ctx, 3, 7, "update", laplace(), 1); !errors.Is(err, cost.ErrReserved) {
		t.Errorf("reserved while something is left: got %v", err)
	}
	must(t, b.Release(b.ctx, 3, 7, "update"))
	must(t, b.Lower(b.ctx, 3, limit(3)))
	b = b.again(t)
	must(t, b.Charge(b.ctx, 3, 7, "update", 1)) // still known
	must(t, b.Charge(b.ctx, 3, 4, "metric", 9))
	must(t, b.Charge(b.ctx, 3, 4, "metric", 10))

	book := b.book(t, 3)
	if want := (cost.Amount{Epsilon: 3 * cost.OneEpsilon, PureRho: 1_500_000_000}); book.Spent != want || len(book.Reservations) != 0 || book.Left() != 0 {
		t.Errorf("it ends as %+v, %s left", book, book.Left())
	}
	rows := b.history(t, 3)
	var told []string
	for _, r := range rows {
		told = append(told, fmt.Sprintf("%d %s task %d %s round %d: %d", r.Number, r.Entry, r.Task, r.Reason, r.Round, r.Releases))
	}
	if d := cmp.Diff([]string{
		"1 limit task 0  round 0: 0",
		"2 reserve task 7 update round 0: 3",
		"3 reserve task 4 metric round 0: 2",
		"4 charge task 7 update round 1: 1",
		"5 release task 7 update round 0: 2",
		"6 limit task 0  round 0: 0",
		"7 charge task 4 metric round 9: 1",
		"8 charge task 4 metric round 10: 1",
	}, told); d != "" {
		t.Errorf("history (-want +got):\n%s", d)
	}
	if back, err := cost.Replay(rows); err != nil || back.Spent != book.Spent {
		t.Errorf("replayed: %+v (%v)", back, err)
	}
	for name, c := range map[string]struct{ got, want error }{
		"a book twice":         {b.Open(b.ctx, 3, "bob", limit(5)), ledgerpb.ErrBookOpen},
		"a book not there":     {b.Charge(b.ctx, 9, 7, "update", 1), ledgerpb.ErrNoBook},
		"nothing left":         {b.Charge(b.ctx, 3, 4, "metric", 11), cost.ErrNotReserved},
		"a former round":       {b.Charge(b.ctx, 3, 4, "metric", 8), cost.ErrPast},
		"nothing was reserved": {b.Release(b.ctx, 3, 8, "update"), cost.ErrNotReserved},
		"spent":                {b.Reserve(b.ctx, 3, 8, "update", laplace(), 1), cost.ErrExhausted},
		"below what is spent":  {b.Lower(b.ctx, 3, limit(2)), cost.ErrLimit},
		"higher":               {b.Lower(b.ctx, 3, limit(4)), cost.ErrLimit},
	} {
		if !errors.Is(c.got, c.want) {
			t.Errorf("%s: got %v, want %v", name, c.got, c.want)
		}
	}
	if d := cmp.Diff(rows, b.history(t, 3)); d != "" {
		t.Errorf("what is refused writes rows:\n%s", d)
	}
}

// TestExhaustedNamesTheOwnerAndWhatIsLeft: the error of an exhausted budget names its owner and what
// is left.
func TestExhaustedNamesTheOwnerAndWhatIsLeft(t *testing.T) {
	b := open()
	must(t, b.Open(b.ctx, 3, "ann", limit(2)))
	err := b.Reserve(b.ctx, 3, 1, "update", laplace(), 3)
	if err == nil || !strings.Contains(err.Error(), "data set 3 of ann: privacy budget exhausted: 2 of epsilon 2 at delta 0.00001 (client, zero-out) is left, enough for 2 of 3 releases") {
		t.Errorf("got %v", err)
	}
}

// TestATaskHasOneCostingForAReason: the cost of a task's releases for one reason is computed once per
// adjacency. All of these releases must be the one that was named first.
func TestATaskHasOneCostingForAReason(t *testing.T) {
	b := open()
	rows, strict := limit(9), limit(9)
	rows.Unit, strict.Unit, strict.Adjacency = cost.Example, cost.Example, cost.ReplaceOne
	must(t, b.Open(b.ctx, 1, "ann", rows))
	must(t, b.Open(b.ctx, 2, "bob", strict))
	must(t, b.Open(b.ctx, 3, "eve", rows))
	reserve := func(dataset uint64) uint64 {
		before := b.ctx.GasMeter().GasConsumed()
		must(t, b.Reserve(b.ctx, dataset, 5, "update", sampled(), 1))
		return b.ctx.GasMeter().GasConsumed() - before
	}
	if first, second, third := reserve(1), reserve(2), reserve(3); first < 500_000 || second < 500_000 || third > 100_000 {
		t.Errorf("gas: %d and %d for two adjacencies, then %d", first, second, third)
	}
	if each, less := b.book(t, 2).Reservations[0].Each, b.book(t, 1).Reservations[0].Each; each.Curve[0] <= less.Curve[0] {
		t.Errorf("replace-one costs %+v, zero-out %+v", each, less)
	}
	other := sampled()
	other.Norm.L1 = 1
	must(t, b.Open(b.ctx, 4, "dan", rows))
	if err := b.Reserve(b.ctx, 4, 5, "update", other, 1); !errors.Is(err, ledgerpb.ErrRelease) {
		t.Errorf("a cheaper release of the same task: got %v", err)
	}
	if _, err := b.Costing(b.ctx, &ledgerpb.QueryCosting{Task: 6, Reason: "update"}); !errors.Is(err, ledgerpb.ErrNoCosting) {
		t.Errorf("the costing of another task: got %v", err)
	}
	resp, err := b.Costing(b.ctx, &ledgerpb.QueryCosting{Task: 5, Reason: "update"})
	if err != nil {
		t.Fatal(err)
	}
	if release, err := resp.Costing.Release.ToCost(); err != nil || release != sampled() {
		t.Errorf("the release is %+v (%v)", release, err)
	}
}

// sampled returns a release of five steps, each over a sample of a tenth of the rows.
func sampled() cost.Release {
	r := laplace()
	r.Unit, r.Sampling.Poisson, r.Steps = cost.Example, 100_000, 5
	return r
}

// TestAppraisedIsWhatIsReserved: the cost of a task's release is computed when it is appraised, and the
// sender pays for the gas. Later it is only looked up.
func TestAppraisedIsWhatIsReserved(t *testing.T) {
	b := open()
	rows := limit(9)
	rows.Unit = cost.Example
	must(t, b.Open(b.ctx, 1, "ann", rows))
	if _, err := b.Appraised(b.ctx, 5, "update", rows); !errors.Is(err, ledgerpb.ErrNoCosting) {
		t.Errorf("before it is appraised: got %v", err)
	}
	gas := func(act func()) uint64 {
		before := b.ctx.GasMeter().GasConsumed()
		act()
		return b.ctx.GasMeter().GasConsumed() - before
	}
	if used := gas(func() { must(t, b.Appraise(b.ctx, 5, "update", sampled())) }); used < 1_500_000 || used > 1_600_000 {
		t.Errorf("to appraise takes %d gas", used)
	}
	var each cost.Amount
	used := gas(func() {
		for _, a := range cost.Adjacencies() {
			strict := rows
			strict.Adjacency = a
			got, err := b.Appraised(b.ctx, 5, "update", strict)
			want, failed := strict.Cost(sampled())
			if err != nil || failed != nil || got != want {
				t.Errorf("%s: got %+v (%v), want %+v (%v)", a, got, err, want, failed)
			}
			if a == rows.Adjacency {
				each = got
			}
		}
		must(t, b.Reserve(b.ctx, 1, 5, "update", sampled(), 1))
	})
	if used > 100_000 {
		t.Errorf("to look up and reserve takes %d gas", used)
	}
	if got := b.book(t, 1).Reservations[0].Each; got != each {
		t.Errorf("reserved is %+v, want %+v", got, each)
	}
	if _, err := b.Appraised(b.ctx, 5, "update", limit(9)); !errors.Is(err, cost.ErrUnit) {
		t.Errorf("another unit: got %v", err)
	}
	if err := b.Appraise(b.ctx, 6, "update", cost.Release{Unit: cost.Example}); !errors.Is(err, ledgerpb.ErrRelease) {
		t.Errorf("no noise: got %v", err)
	}
}

// TestAppraisedSurvivesAnImport: the costing of a task that has reserved nothing yet is exported and
// imported; appraising the task again replaces it.
func TestAppraisedSurvivesAnImport(t *testing.T) {
	b := open()
	rows := limit(9)
	rows.Unit = cost.Example
	must(t, b.Open(b.ctx, 1, "ann", rows))
	must(t, b.Appraise(b.ctx, 5, "update", sampled()))
	want, err := b.Appraised(b.ctx, 5, "update", rows)
	must(t, err)
	b = b.again(t)
	if got, err := b.Appraised(b.ctx, 5, "update", rows); err != nil || got != want {
		t.Errorf("after a restart: got %+v (%v), want %+v", got, err, want)
	}
	longer := sampled()
	longer.Steps *= 2
	must(t, b.Appraise(b.ctx, 5, "update", longer))
	must(t, b.Reserve(b.ctx, 1, 5, "update", longer, 1))
	want, err = rows.Cost(longer)
	if each := b.book(t, 1).Reservations[0].Each; err != nil || each != want {
		t.Errorf("appraised again: reserved is %+v, want %+v (%v)", each, want, err)
	}
}

// TestAReleaseForAnotherUnitIsRefused: a release that protects single rows does not protect a client.
func TestAReleaseForAnotherUnitIsRefused(t *testing.T) {
	b := open()
	must(t, b.Open(b.ctx, 1, "ann", limit(9)))
	release := laplace()
	release.Unit = cost.Example
	if err := b.Reserve(b.ctx, 1, 5, "update", release, 1); !errors.Is(err, cost.ErrUnit) || !errors.Is(err, ledgerpb.ErrRelease) {
		t.Errorf("got %v", err)
	}
}

// TestGenesisIsWhatItsRowsLeadTo: a genesis is refused if its books do not follow from their rows.
func TestGenesisIsWhatItsRowsLeadTo(t *testing.T) {
	b := open()
	for dataset := range uint64(2) {
		must(t, b.Open(b.ctx, dataset+1, "ann", limit(5)))
		for task := range uint64(2) {
			must(t, b.Reserve(b.ctx, dataset+1, task+1, "update", laplace(), 2))
			must(t, b.Charge(b.ctx, dataset+1, task+1, "update", 1))
		}
	}
	var whole ledgerpb.Genesis
	raw := ledger.Module{Keeper: b.Keeper}.ExportGenesis(b.ctx, b.codec)
	b.codec.MustUnmarshalJSON(raw, &whole)
	if err := ledger.Validate(whole); err != nil || len(whole.Books) != 2 || len(whole.Costings) != 2 {
		t.Fatal(err, whole)
	}
	for want, change := range map[string]func(*ledgerpb.Genesis){
		"no rows: want at least":                      func(g *ledgerpb.Genesis) { g.Books[0].Rows = nil },
		"has no owner":                                func(g *ledgerpb.Genesis) { g.Books[0].Owner = "" },
		"follows that of 1":                           func(g *ledgerpb.Genesis) { g.Books[1].Dataset = 1 },
		"row 2: no release is reserved":               func(g *ledgerpb.Genesis) { g.Books[0].Rows = append(g.Books[0].Rows[:1], g.Books[0].Rows[2:]...) },
		"row 3: the book would have":                  func(g *ledgerpb.Genesis) { g.Books[0].Rows[2].Each = nil },
		"unknown entry":                               func(g *ledgerpb.Genesis) { g.Books[0].Rows[1].Entry = 9 },
		"want the cost of a release of task 1":        func(g *ledgerpb.Genesis) { g.Costings = g.Costings[1:] },
		"want the cost of the release":                func(g *ledgerpb.Genesis) { g.Costings[0].Costing.Each[0].Amount.Epsilon-- },
		"task 1 for \"update\": want ascending tasks": func(g *ledgerpb.Genesis) { g.Costings[0], g.Costings[1] = g.Costings[1], g.Costings[0] },
		"task 1 for \"update\": unknown noise":        func(g *ledgerpb.Genesis) { g.Costings[0].Costing.Release.Noise = 0 },
		"a sample of clients: want a client release without sampling": func(g *ledgerpb.Genesis) {
			g.Costings[0].Costing.Release.Poisson = 1000
		},
		"row 2: want a release of task 1 for \"update\" that protects the unit": func(g *ledgerpb.Genesis) {
			g.Costings[0].Costing.Release.Unit = ledgerpb.UNIT_EXAMPLE
		},
		"task 2 for \"update\": want ascending adjacencies": func(g *ledgerpb.Genesis) {
			g.Costings[1].Costing.Each = append(g.Costings[1].Costing.Each, g.Costings[1].Costing.Each[0])
		},
	} {
		var g ledgerpb.Genesis
		b.codec.MustUnmarshalJSON(raw, &g)
		change(&g)
		if err := ledger.Validate(g); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error that says %q", err, want)
		}
	}
	if err := (ledger.Module{}).ValidateGenesis(b.codec, nil, []byte("{")); err == nil {
		t.Error("half a genesis is accepted")
	}
}
