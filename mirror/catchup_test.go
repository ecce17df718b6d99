package mirror_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/althing-network/althing/mirror"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/spec"
)

// ledger is a chain's book of a data set, with its history.
type ledger struct {
	t    *testing.T
	book cost.Book
	rows []cost.Row
}

func newLedger(t *testing.T, l cost.Limit) *ledger {
	c := &ledger{t: t}
	c.does(cost.Open(l))
	return c
}

func (c *ledger) does(next cost.Book, rows []cost.Row, err error) {
	c.t.Helper()
	must(c.t, err)
	c.book, c.rows = next, append(c.rows, rows...)
}

// wantSpent checks what is spent in the book of a mirror, and what only the chain charged.
func wantSpent(t *testing.T, m *mirror.Mirror, set spec.Digest, spent, chainOnly cost.Epsilon) {
	t.Helper()
	if d := of(t, m, set); d.Book.Spent.Epsilon != spent || d.ChainOnly.Epsilon != chainOnly {
		t.Errorf("the book has spent %s, and only the chain charged %s: want %s and %s", d.Book.Spent.Epsilon, d.ChainOnly.Epsilon, spent, chainOnly)
	}
}

// TestAttackRestoredHome: a home folder that is restored from an old backup has lost the
// charges since, so the same budget could be spent twice. After catching up with the chain
// it cannot.
func TestAttackRestoredHome(t *testing.T) {
	home := t.TempDir()
	m := open(t, home)
	set := register(t, m, rows(1, 2), limit(1_000_000))
	chain := newLedger(t, limit(1_000_000))
	must(t, m.Reserve(set, 1, "update", pure(300_000), 3))
	chain.does(chain.book.Reserve(1, "update", pure(300_000), 3))
	path := filepath.Join(home, mirror.File)
	copied, err := os.ReadFile(path)
	must(t, err)
	for round := uint64(1); round <= 3; round++ {
		must(t, m.Charge(set, 1, "update", round))
		chain.does(chain.book.Charge(1, "update", round))
	}
	chain.does(chain.book.Lower(limit(950_000)))
	must(t, m.Close())
	must(t, os.WriteFile(path, copied, 0o600))
	m = open(t, home)
	must(t, m.Charge(set, 1, "update", 4)) // without catching up the attack works
	must(t, m.Close())
	must(t, os.WriteFile(path, copied, 0o600))
	m = open(t, home)
	must(t, m.CatchUp(set, chain.rows))
	wantSpent(t, m, set, 900_000, 0)
	refuses(t, m.Charge(set, 1, "update", 4), cost.ErrNotReserved, "")
	if l := of(t, m, set).Book.Limit; l != limit(950_000) {
		t.Errorf("the limit is %s", l)
	}
	m = reopened(t, home, m)
	must(t, m.CatchUp(set, chain.rows))
	must(t, m.CatchUp(set, chain.rows[4:]))
	wantSpent(t, m, set, 900_000, 0)
}

// TestAttackChainSpends: a chain with a lying majority charges what the owner did not allow.
// The charge counts, and nothing more is allowed, also not for other data sets that share
// rows.
func TestAttackChainSpends(t *testing.T) {
	home := t.TempDir()
	m := open(t, home)
	set, other := register(t, m, rows(1, 2), limit(1_000_000)), register(t, m, rows(2, 3), limit(1_000_000))
	must(t, m.Reserve(other, 1, "update", pure(400_000), 2))
	must(t, m.Charge(other, 1, "update", 1))
	chain := newLedger(t, limit(1_000_000))
	chain.does(chain.book.Reserve(5, "update", pure(700_000), 1))
	must(t, m.CatchUp(set, chain.rows)) // the reservation exceeds the limit, so the mirror does not make it
	refuses(t, m.Charge(set, 5, "update", 1), cost.ErrNotReserved, "task 5")
	refuses(t, m.Reserve(set, 5, "update", pure(700_000), 1), cost.ErrExhausted, "0.2 of")
	refuses(t, m.Reserve(set, 5, "update", pure(100_000), 1), mirror.ErrContradiction, "row 2")
	chain.does(chain.book.Charge(5, "update", 1))
	must(t, m.CatchUp(set, chain.rows))
	wantSpent(t, m, set, 0, 700_000)
	refuses(t, m.Charge(other, 1, "update", 2), cost.ErrExhausted, "0 of epsilon 1")
	refuses(t, m.Check(set, pure(1), 1), cost.ErrExhausted, "")
	_, err := m.Register(rows(1), limit(700_000))
	refuses(t, err, cost.ErrExhausted, "")
	reopened(t, home, m)
}

// TestLateReservation: a reservation that the mirror refused while it caught up can be made
// when there is room, and a charge of the chain counts only once.
func TestLateReservation(t *testing.T) {
	home := t.TempDir()
	m := open(t, home)
	set := register(t, m, rows(1, 2), limit(1_000_000))
	must(t, m.Reserve(set, 1, "update", pure(900_000), 1))
	chain := newLedger(t, limit(1_000_000))
	chain.does(chain.book.Reserve(2, "update", pure(200_000), 2))
	chain.does(chain.book.Charge(2, "update", 1))
	must(t, m.CatchUp(set, chain.rows))
	wantSpent(t, m, set, 0, 200_000)
	must(t, m.Release(set, 1, "update"))
	must(t, m.Reserve(set, 2, "update", pure(200_000), 2))
	must(t, m.Lower(set, limit(350_000)))
	must(t, m.Charge(set, 2, "update", 1))
	wantSpent(t, m, set, 200_000, 0)
	refuses(t, m.Charge(set, 2, "update", 2), cost.ErrExhausted, "0.15 of epsilon 0.35")
	chain.does(chain.book.Charge(2, "update", 2))
	chain.does(chain.book.Lower(limit(500_000)))
	must(t, m.CatchUp(set, chain.rows[2:]))
	wantSpent(t, m, set, 200_000, 200_000)
	if l := of(t, m, set).Book.Limit; l != limit(350_000) {
		t.Errorf("the limit is %s", l)
	}
	reopened(t, home, m)
}

// TestAttackChainForgets: a chain that changes or removes rows of its history contradicts
// itself, and the error names the row, even if the new history is valid by itself.
func TestAttackChainForgets(t *testing.T) {
	home := t.TempDir()
	m := open(t, home)
	set := register(t, m, rows(1, 2), limit(1_000_000))
	chain := newLedger(t, limit(1_000_000))
	must(t, m.Reserve(set, 1, "update", pure(100_000), 4))
	chain.does(chain.book.Reserve(1, "update", pure(100_000), 4))
	chain.does(chain.book.Charge(1, "update", 1))
	chain.does(chain.book.Charge(1, "update", 2))
	told := slices.Clone(chain.rows)
	must(t, m.CatchUp(set, told))

	forgets := newLedger(t, limit(1_000_000))
	forgets.does(forgets.book.Reserve(1, "update", pure(100_000), 4))
	forgets.does(forgets.book.Charge(1, "update", 2))
	forgets.does(forgets.book.Charge(1, "update", 3))
	forgets.does(forgets.book.Charge(1, "update", 4))
	if _, err := cost.Replay(forgets.rows); err != nil {
		t.Fatal(err)
	}
	cheaper := newLedger(t, limit(1_000_000))
	cheaper.does(cheaper.book.Reserve(2, "update", pure(100_000), 4))
	forged := append(slices.Clone(told), told[3])
	forged[4].Number, forged[4].Round = 5, 1
	for name, c := range map[string]struct {
		rows []cost.Row
		says string
	}{
		"a charge is missing":       {forgets.rows, "row 3 of data set"},
		"no rows":                   {nil, "row 4 of"},
		"a shorter history":         {told[:3], "row 4 of"},
		"a gap":                     {[]cost.Row{told[0], told[2]}, "row 2 of"},
		"begins after a gap":        {[]cost.Row{{Number: 6}}, "row 5 of"},
		"a row without a number":    {[]cost.Row{{}}, "row 1 of"},
		"another task":              {cheaper.rows, "row 2 of"},
		"a row invalid in any book": {forged, "row 5 of"},
	} {
		refuses(t, m.CatchUp(set, c.rows), mirror.ErrContradiction, c.says)
		if t.Failed() {
			t.Fatal(name)
		}
	}
	wantSpent(t, m, set, 200_000, 0)
	must(t, m.CatchUp(set, told))
	m = reopened(t, home, m)
	must(t, m.CatchUp(set, told[3:]))
}

// TestChainAgainstOwnRows: the chain's first rows must agree with what the mirror has
// registered and reserved.
func TestChainAgainstOwnRows(t *testing.T) {
	m := open(t, t.TempDir())
	set := register(t, m, rows(1, 2), limit(1_000_000))
	wider := newLedger(t, limit(2_000_000))
	refuses(t, m.CatchUp(set, wider.rows), mirror.ErrContradiction, "row 1 of")
	must(t, m.Reserve(set, 1, "update", pure(100_000), 4))
	must(t, m.Charge(set, 1, "update", 1))
	cheap := newLedger(t, limit(1_000_000))
	cheap.does(cheap.book.Reserve(1, "update", pure(50_000), 4))
	refuses(t, m.CatchUp(set, cheap.rows), mirror.ErrContradiction, "row 2 of")
	if told := of(t, m, set).ChainRows; told != 1 {
		t.Errorf("the mirror knows %d rows of the chain: want 1", told)
	}
	same := newLedger(t, limit(1_000_000))
	same.does(same.book.Lower(limit(50_000))) // less than the mirror has spent, which the chain does not know
	refuses(t, m.CatchUp(set, same.rows), mirror.ErrContradiction, "below what is spent")
	refuses(t, m.CatchUp(spec.Digest{1}, same.rows), mirror.ErrNotRegistered, "")
}
