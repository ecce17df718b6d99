package cost_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/althing-network/althing/privacy/cost"
)

// history is a random history of a book, with a plain list of the charged releases.
type history struct {
	*rapid.T
	book    cost.Book
	rows    []cost.Row
	charged []release
	lowered bool
}

type release struct {
	task, round uint64
	reason      string
	each        cost.Amount
}

// snapshot is a text of the whole value, slices included.
func snapshot(v any) string { return fmt.Sprintf("%#v", v) }

// step takes the result of one method as the next book, and reports whether the change was
// refused.
func (l *history) step(next cost.Book, rows []cost.Row, err error) (refused bool) {
	if err != nil {
		if rows != nil || snapshot(next) != snapshot(l.book) {
			l.Fatalf("a refused change (%v) changes the book", err)
		}
		return true
	}
	if len(rows) == 0 && snapshot(next) != snapshot(l.book) {
		l.Fatalf("the book changes without a row")
	}
	l.book, l.rows = next, append(l.rows, rows...)
	return false
}

// anyAmount is the cost of one release of some mechanism.
func anyAmount(t *rapid.T) cost.Amount {
	nano := func(most uint64) cost.Nano { return cost.Nano(rapid.Uint64Range(1, most).Draw(t, "nanos")) }
	switch rapid.IntRange(0, 4).Draw(t, "mechanism") {
	case 0:
		return pure(cost.Epsilon(rapid.Uint64Range(1, 2_000_000).Draw(t, "epsilon")))
	case 1:
		return cost.Amount{Rho: nano(300_000_000)}
	case 2:
		return cost.Amount{Rho: nano(300_000_000), Xi: nano(1_000_000)}
	case 3: // like a sampled release: it rises, and from some order on much faster
		var c cost.Curve
		first, sudden := nano(50_000_000), rapid.IntRange(0, 47).Draw(t, "order")
		for i, order := range cost.Orders() {
			if c[i] = first * cost.Nano(order); i >= sudden {
				c[i] *= 1000
			}
		}
		return cost.Amount{Curve: c}
	}
	return cost.Amount{Rho: cost.Nano(rapid.Uint64Range(1, 1<<62-1).Draw(t, "anything"))}
}

func anyLimit(t *rapid.T) cost.Limit {
	return limitOf(
		cost.Epsilon(rapid.Uint64Range(1, 30_000_000).Draw(t, "epsilon")),
		rapid.SampledFrom([]cost.Delta{1, usualDelta / 100_000, usualDelta, cost.OneDelta / 3, cost.OneDelta - 1}).Draw(t, "delta"),
	)
}

// anyRelease names a release of one of few tasks, so that names often repeat.
func (l *history) anyRelease() (task uint64, reason string, round uint64) {
	task = rapid.Uint64Range(1, 4).Draw(l.T, "task")
	reason = rapid.SampledFrom([]string{"update", "metric"}).Draw(l.T, "reason")
	return task, reason, rapid.Uint64Range(1, 8).Draw(l.T, "round")
}

func (l *history) reserve() {
	task, reason, _ := l.anyRelease()
	each, n := anyAmount(l.T), rapid.Uint64Range(1, 12).Draw(l.T, "releases")
	check := l.book.Check(each, n)
	known := slices.ContainsFunc(l.book.Reservations, func(r cost.Reservation) bool {
		return r.Left > 0 && r.Task == task && r.Reason == reason
	})
	next, rows, err := l.book.Reserve(task, reason, each, n)
	if refused := l.step(next, rows, err); refused != (known || check != nil) {
		l.Fatalf("Reserve gives error %v, Check before gave %v; reserved before: %t", err, check, known)
	}
	if check != nil && !errors.Is(check, cost.ErrExhausted) {
		l.Fatalf("%d releases of %v: got error %v, want ErrExhausted", n, each, check)
	}
}

func (l *history) charge() {
	task, reason, round := l.anyRelease()
	before := len(l.rows)
	next, rows, err := l.book.Charge(task, reason, round)
	if l.step(next, rows, err) || len(l.rows) == before {
		return
	}
	row := l.rows[before]
	l.charged = append(l.charged, release{task, round, reason, row.Each})
}

func (l *history) release() {
	task, reason, _ := l.anyRelease()
	l.step(l.book.Release(task, reason))
}

func (l *history) lower() {
	before := len(l.rows)
	next, rows, err := l.book.Lower(anyLimit(l.T))
	l.step(next, rows, err)
	l.lowered = l.lowered || len(l.rows) > before
}

// exportAndImport continues with the book from an export, after a replay of its rows.
func (l *history) exportAndImport() {
	exported, err := json.Marshal(struct {
		Book cost.Book
		Rows []cost.Row
	}{l.book, l.rows})
	if err != nil {
		l.Fatal(err)
	}
	var imported struct {
		Book cost.Book
		Rows []cost.Row
	}
	if err := json.Unmarshal(exported, &imported); err != nil {
		l.Fatal(err)
	}
	if !imported.Book.Equal(l.book) || !slices.Equal(imported.Rows, l.rows) {
		l.Fatalf("an export reads back as another book:\n%v\n%v", imported, l.book)
	}
	replayed, err := cost.Replay(imported.Rows)
	if err != nil || !replayed.Equal(l.book) {
		l.Fatalf("the rows of a book replay to another book (error %v):\n%v\n%v", err, replayed, l.book)
	}
	l.book, l.rows = imported.Book, imported.Rows
}

// checkInvariants checks what must be true of every book at any time.
func (l *history) checkInvariants() {
	if err := l.book.Validate(); err != nil {
		l.Fatal(err)
	}
	var spent cost.Amount
	seen := map[release]bool{}
	for _, c := range l.charged {
		var err error
		if spent, err = spent.Plus(c.each); err != nil {
			l.Fatal(err)
		}
		key := release{task: c.task, round: c.round, reason: c.reason}
		if seen[key] {
			l.Fatalf("charged twice: %v", key)
		}
		seen[key] = true
	}
	if l.book.Spent != spent {
		l.Fatalf("spent is %v, the charges add up to %v", l.book.Spent, spent)
	}
	if !spent.Zero() {
		epsilon, _, err := spent.At(l.book.Limit.Delta)
		if err != nil || epsilon > 1000*cost.Nano(l.book.Limit.Epsilon) {
			l.Fatalf("epsilon %d nanos is spent, of %s: %v", epsilon, l.book.Limit, err)
		}
		if textbook := plainEpsilon(spent, l.book.Limit.Delta); textbook > (float64(l.book.Limit.Epsilon)+1e-3)/1e6 {
			l.Fatalf("epsilon %g is spent, of %s", textbook, l.book.Limit)
		}
	}
	taken, err := l.book.Taken()
	if err != nil {
		l.Fatal(err)
	}
	if left, fits := l.book.Limit.Left(taken); !fits && !l.lowered || left != l.book.Left() {
		l.Fatalf("%v is spent or reserved of %s, which was never lowered", taken, l.book.Limit)
	}
}

// TestRandomHistoriesOfABook runs thousands of histories: spending never exceeds the limit,
// rows never change, sums add up, and no release is charged twice.
func TestRandomHistoriesOfABook(t *testing.T) {
	hundreds := 20 // rapid runs a hundred at a time
	if testing.Short() {
		hundreds = 2
	}
	for range hundreds {
		rapid.Check(t, func(t *rapid.T) {
			l := &history{T: t}
			if l.step(cost.Open(anyLimit(t))) {
				t.Fatal("a valid limit is refused")
			}
			for range rapid.IntRange(5, 30).Draw(t, "steps") {
				book, rows := snapshot(l.book), snapshot(l.rows)
				kept := l.book
				count := len(l.rows)
				rapid.SampledFrom([]func(){l.reserve, l.reserve, l.charge, l.charge, l.charge, l.charge, l.release, l.lower, l.exportAndImport}).Draw(t, "verb")()
				if snapshot(kept) != book {
					t.Fatalf("a method changed the book that it was called on")
				}
				if snapshot(l.rows[:count]) != rows {
					t.Fatalf("a method changed an earlier row")
				}
				l.checkInvariants()
			}
			l.exportAndImport()
		})
	}
}
