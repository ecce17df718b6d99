package cost_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/privacy/cost"
)

// limitOf is a limit for clients under zero-out.
func limitOf(epsilon cost.Epsilon, delta cost.Delta) cost.Limit {
	return cost.Limit{Unit: cost.Client, Adjacency: cost.ZeroOut, Epsilon: epsilon, Delta: delta}
}

func mustOpen(t *testing.T, epsilon cost.Epsilon) cost.Book {
	t.Helper()
	b, rows, err := cost.Open(limitOf(epsilon, usualDelta))
	if err != nil || len(rows) != 1 {
		t.Fatal(rows, err)
	}
	return b
}

// pure is the cost of a pure release with this epsilon.
func pure(epsilon cost.Epsilon) cost.Amount {
	rho := cost.NoBound - 1
	if epsilon < 50_000*cost.OneEpsilon { // the square of which does not overflow
		rho = cost.Nano((epsilon*epsilon + 1999) / 2000)
	}
	return cost.Amount{Epsilon: epsilon, PureRho: rho}
}

func TestBookRecordsItsHistory(t *testing.T) {
	var history []cost.Row
	keep := func(b cost.Book, rows []cost.Row, err error) cost.Book {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		history = append(history, rows...)
		return b
	}
	limit, lower := limitOf(5*cost.OneEpsilon, usualDelta), limitOf(3*cost.OneEpsilon, usualDelta/10)
	each := pure(cost.OneEpsilon)
	b := keep(cost.Open(limit))
	b = keep(b.Reserve(7, "update", each, 3))
	b = keep(b.Reserve(4, "metric", each, 2))
	b = keep(b.Charge(7, "update", 1))
	b = keep(b.Charge(7, "update", 1)) // the same round again
	b = keep(b.Charge(7, "update", 4))
	b = keep(b.Release(7, "update"))
	b = keep(b.Release(7, "update"))
	b = keep(b.Lower(lower))
	b = keep(b.Lower(lower))
	b = keep(b.Charge(4, "metric", 1))
	b = keep(b.Charge(7, "update", 4)) // charged before, so nothing changes

	want := []cost.Row{
		{Number: 1, Entry: cost.EntryLimit, Limit: limit},
		{Number: 2, Entry: cost.EntryReserve, Task: 7, Reason: "update", Releases: 3, Each: each},
		{Number: 3, Entry: cost.EntryReserve, Task: 4, Reason: "metric", Releases: 2, Each: each},
		{Number: 4, Entry: cost.EntryCharge, Task: 7, Reason: "update", Round: 1, Releases: 1, Each: each},
		{Number: 5, Entry: cost.EntryCharge, Task: 7, Reason: "update", Round: 4, Releases: 1, Each: each},
		{Number: 6, Entry: cost.EntryRelease, Task: 7, Reason: "update", Releases: 1, Each: each},
		{Number: 7, Entry: cost.EntryLimit, Limit: lower},
		{Number: 8, Entry: cost.EntryCharge, Task: 4, Reason: "metric", Round: 1, Releases: 1, Each: each},
	}
	if diff := cmp.Diff(want, history); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if want := (cost.Amount{Epsilon: 3 * cost.OneEpsilon, PureRho: 3 * cost.OneNano / 2}); b.Spent != want {
		t.Errorf("spent %v, want %v", b.Spent, want)
	}
	// The limit was lowered to what is spent, so the remaining reservation cannot be charged.
	if _, _, err := b.Charge(4, "metric", 2); !errors.Is(err, cost.ErrExhausted) {
		t.Errorf("got error %v, want ErrExhausted", err)
	}
	if replayed, err := cost.Replay(history); err != nil || !replayed.Equal(b) {
		t.Errorf("replay gives %v (error %v), want %v", replayed, err, b)
	}
}

func TestBookRefuses(t *testing.T) {
	b := mustOpen(t, 10*cost.OneEpsilon)
	b, _, err := b.Reserve(1, "update", pure(2*cost.OneEpsilon), 4)
	if err != nil {
		t.Fatal(err)
	}
	if b, _, err = b.Charge(1, "update", 5); err != nil {
		t.Fatal(err)
	}
	full, _, err := b.Release(1, "update")
	if err != nil {
		t.Fatal(err)
	}
	one := pure(cost.OneEpsilon)
	again, _, err := full.Reserve(1, "update", one, 1) // as a task does in each round
	if err != nil {
		t.Fatal(err)
	}
	if same, rows, err := again.Charge(1, "update", 5); err != nil || len(rows) > 0 || !same.Equal(again) {
		t.Errorf("charging a round again writes rows %v (error %v), want none", rows, err)
	}
	for name, c := range map[string]struct {
		do   func() (cost.Book, []cost.Row, error)
		want error
		say  string
	}{
		"too much":           {func() (cost.Book, []cost.Row, error) { return b.Reserve(2, "update", one, 3) }, cost.ErrExhausted, "privacy budget exhausted: 2 of epsilon 10 at delta 0.00001 (client, zero-out) is left, enough for 2 of 3 releases"},
		"far too much":       {func() (cost.Book, []cost.Row, error) { return b.Reserve(2, "update", pure(1<<61), 1<<32) }, cost.ErrExhausted, "enough for 0 of"},
		"twice":              {func() (cost.Book, []cost.Row, error) { return b.Reserve(1, "update", one, 1) }, cost.ErrReserved, "task 1"},
		"a former round":     {func() (cost.Book, []cost.Row, error) { return again.Charge(1, "update", 4) }, cost.ErrPast, "round 4 after 5"},
		"no releases":        {func() (cost.Book, []cost.Row, error) { return b.Reserve(2, "update", one, 0) }, nil, "0 releases"},
		"too many releases":  {func() (cost.Book, []cost.Row, error) { return b.Reserve(2, "update", one, 1<<32+1) }, nil, "want 1 to"},
		"nothing":            {func() (cost.Book, []cost.Row, error) { return b.Reserve(2, "update", cost.Amount{}, 1) }, nil, "costs nothing"},
		"free in one way":    {func() (cost.Book, []cost.Row, error) { return b.Reserve(2, "update", cost.Amount{Epsilon: 1}, 1) }, nil, "want both or neither"},
		"no number":          {func() (cost.Book, []cost.Row, error) { return b.Reserve(2, "update", pure(1<<62), 1) }, cost.ErrOverflow, ""},
		"a long reason":      {func() (cost.Book, []cost.Row, error) { return b.Reserve(2, strings.Repeat("a", 33), one, 1) }, nil, "reason"},
		"no word":            {func() (cost.Book, []cost.Row, error) { return b.Reserve(2, "an update", one, 1) }, nil, "reason"},
		"no reservation":     {func() (cost.Book, []cost.Row, error) { return b.Charge(2, "update", 1) }, cost.ErrNotReserved, "task 2"},
		"another reason":     {func() (cost.Book, []cost.Row, error) { return b.Charge(1, "metric", 6) }, cost.ErrNotReserved, "metric"},
		"after the end":      {func() (cost.Book, []cost.Row, error) { return full.Charge(1, "update", 6) }, cost.ErrNotReserved, "task 1"},
		"an earlier round":   {func() (cost.Book, []cost.Row, error) { return b.Charge(1, "update", 4) }, cost.ErrPast, "round 4 after 5"},
		"round 0":            {func() (cost.Book, []cost.Row, error) { return b.Charge(1, "update", 0) }, nil, "round 0: want at least 1"},
		"release of nothing": {func() (cost.Book, []cost.Row, error) { return b.Release(2, "update") }, cost.ErrNotReserved, "task 2"},
		"raised epsilon":     {func() (cost.Book, []cost.Row, error) { return b.Lower(limitOf(11*cost.OneEpsilon, usualDelta)) }, cost.ErrLimit, "want at most epsilon 10"},
		"raised delta":       {func() (cost.Book, []cost.Row, error) { return b.Lower(limitOf(cost.OneEpsilon*9, usualDelta*2)) }, cost.ErrLimit, "want at most epsilon 10"},
		"another unit": {func() (cost.Book, []cost.Row, error) {
			other := limitOf(cost.OneEpsilon*9, usualDelta)
			other.Unit = cost.Example
			return b.Lower(other)
		}, cost.ErrLimit, "want the unit and the adjacency of"},
		"another adjacency": {func() (cost.Book, []cost.Row, error) {
			other := limitOf(cost.OneEpsilon*9, usualDelta)
			other.Adjacency = cost.ReplaceOne
			return b.Lower(other)
		}, cost.ErrLimit, "want the unit and the adjacency of"},
		"no unit": {func() (cost.Book, []cost.Row, error) {
			return cost.Open(cost.Limit{Adjacency: cost.ZeroOut, Epsilon: 1, Delta: 1})
		}, cost.ErrLimit, "unit"},
		"no adjacency": {func() (cost.Book, []cost.Row, error) {
			return cost.Open(cost.Limit{Unit: cost.Client, Epsilon: 1, Delta: 1})
		}, cost.ErrLimit, "adjacency"},
		"below what is spent":  {func() (cost.Book, []cost.Row, error) { return b.Lower(limitOf(2*cost.OneEpsilon-1, usualDelta)) }, cost.ErrLimit, "below what is spent"},
		"epsilon 0":            {func() (cost.Book, []cost.Row, error) { return cost.Open(limitOf(0, usualDelta)) }, cost.ErrLimit, "epsilon"},
		"delta 0":              {func() (cost.Book, []cost.Row, error) { return cost.Open(limitOf(1, 0)) }, cost.ErrLimit, "delta 0"},
		"delta 1":              {func() (cost.Book, []cost.Row, error) { return cost.Open(limitOf(1, cost.OneDelta)) }, cost.ErrLimit, "delta 1"},
		"an epsilon too large": {func() (cost.Book, []cost.Row, error) { return cost.Open(limitOf(1<<62, usualDelta)) }, cost.ErrOverflow, "epsilon"},
		"a book without limit": {func() (cost.Book, []cost.Row, error) { return cost.Book{}.Reserve(1, "update", one, 1) }, cost.ErrExhausted, "no limit"},
	} {
		_, rows, err := c.do()
		if err == nil || c.want != nil && !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.say) {
			t.Errorf("%s: got error %v, want %v with %q in it", name, err, c.want, c.say)
		}
		if rows != nil {
			t.Errorf("%s: a refused change writes rows %v", name, rows)
		}
	}
	if got := b.Left(); got != 2*cost.OneEpsilon {
		t.Errorf("epsilon %s is left, want 2", got)
	}
	if got := (cost.Book{}).Left(); got != 0 {
		t.Errorf("epsilon %s is left in a book without a limit, want 0", got)
	}
}

func TestReplayRefusesForgedRows(t *testing.T) {
	b := mustOpen(t, 10*cost.OneEpsilon)
	history := []cost.Row{{Number: 1, Entry: cost.EntryLimit, Limit: b.Limit}}
	b, rows, err := b.Reserve(1, "update", pure(cost.OneEpsilon), 4)
	if err != nil {
		t.Fatal(err)
	}
	history = append(history, rows...)
	if _, rows, err = b.Charge(1, "update", 1); err != nil {
		t.Fatal(err)
	}
	history = append(history, rows...)
	change := func(i int, edit func(*cost.Row)) []cost.Row {
		changed := append([]cost.Row(nil), history...)
		edit(&changed[i])
		return changed
	}
	for name, forged := range map[string][]cost.Row{
		"without the first":   history[1:],
		"without the second":  {history[0], history[2]},
		"a row twice":         {history[0], history[1], history[2], history[2]},
		"another number":      change(2, func(r *cost.Row) { r.Number = 9 }),
		"a cheaper charge":    change(2, func(r *cost.Row) { r.Each.Epsilon-- }),
		"a higher cost":       change(1, func(r *cost.Row) { r.Each.Epsilon = 9 * cost.OneEpsilon }),
		"a charge as two":     change(2, func(r *cost.Row) { r.Releases = 2 }),
		"an unknown entry":    change(2, func(r *cost.Row) { r.Entry = "refund" }),
		"a limit with a task": change(0, func(r *cost.Row) { r.Task = 1 }),
	} {
		if _, err := cost.Replay(forged); err == nil {
			t.Errorf("%s: replayed without an error", name)
		}
	}
	if _, err := cost.Replay(history); err != nil {
		t.Error(err)
	}
}

func TestValidateFindsImpossibleBooks(t *testing.T) {
	good := mustOpen(t, 10*cost.OneEpsilon)
	for task := uint64(1); task < 4; task++ {
		var err error
		if good, _, err = good.Reserve(task, "update", pure(cost.OneEpsilon), 2); err != nil {
			t.Fatal(err)
		}
	}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	if err := (cost.Book{}).Validate(); err != nil {
		t.Error(err)
	}
	for name, edit := range map[string]func(*cost.Book){
		"no rows":                  func(b *cost.Book) { b.Rows = 0 },
		"no limit":                 func(b *cost.Book) { b.Limit = cost.Limit{} },
		"spent above the limit":    func(b *cost.Book) { b.Spent = pure(11 * cost.OneEpsilon) },
		"spent above all":          func(b *cost.Book) { b.Spent.Xi = 1 << 63 },
		"a curve above all":        func(b *cost.Book) { b.Spent.Curve[3] = cost.NoBound + 1 },
		"out of order":             func(b *cost.Book) { b.Reservations[0].Task = 5 },
		"twice":                    func(b *cost.Book) { b.Reservations[0].Task = 2 },
		"a reason":                 func(b *cost.Book) { b.Reservations[1].Reason = "A" },
		"a cost that is not left":  func(b *cost.Book) { b.Reservations[1].Left = 0 },
		"an epsilon that is free":  func(b *cost.Book) { b.Spent.Epsilon = 1 },
		"releases that are free":   func(b *cost.Book) { b.Reservations[1].Each = cost.Amount{} },
		"a reservation above all":  func(b *cost.Book) { b.Reservations[1].Each.Rho = 1 << 63 },
		"reservations above all":   func(b *cost.Book) { b.Reservations[1].Each.Rho, b.Reservations[1].Left = 1<<61, 9 },
		"more releases than there": func(b *cost.Book) { b.Reservations[1].Left = 1 << 40 },
	} {
		bad := good
		bad.Reservations = append([]cost.Reservation(nil), good.Reservations...)
		edit(&bad)
		if err := bad.Validate(); err == nil {
			t.Errorf("%s: valid, want an error", name)
		}
	}
}
