package mirror_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/mirror"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/spec"
)

// rows is a table with a row for each number. Equal numbers give equal rows.
func rows(numbers ...int) data.Table {
	t := data.Table{Features: 2, Classes: 3}
	for _, n := range numbers {
		t.X = append(t.X, float32(n), 0.5)
		t.Y = append(t.Y, int32(n%3))
	}
	return t
}

// limit is a limit whose unit is the example, in micro-epsilon.
func limit(epsilon cost.Epsilon) cost.Limit {
	return cost.Limit{Unit: cost.Example, Adjacency: cost.ZeroOut, Epsilon: epsilon, Delta: cost.OneDelta / 100_000}
}

// pure is the cost of a release with pure differential privacy, in micro-epsilon.
func pure(epsilon cost.Epsilon) cost.Amount {
	return cost.Amount{Epsilon: epsilon, PureRho: cost.Nano((epsilon*epsilon + 1999) / 2000)}
}

func open(t *testing.T, home string) *mirror.Mirror {
	t.Helper()
	m, err := mirror.Open(home)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func register(t *testing.T, m *mirror.Mirror, table data.Table, l cost.Limit) spec.Digest {
	t.Helper()
	d, err := m.Register(table, l)
	if err != nil {
		t.Fatal(err)
	}
	return d.Commitment
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// refuses checks that an error is of a kind and contains a text.
func refuses(t *testing.T, err, kind error, says string) {
	t.Helper()
	if !errors.Is(err, kind) || !strings.Contains(err.Error(), says) {
		t.Errorf("got %v, want %v with %q", err, kind, says)
	}
}

// of is what a mirror knows of a data set.
func of(t *testing.T, m *mirror.Mirror, commitment spec.Digest) mirror.Dataset {
	t.Helper()
	for _, d := range m.Datasets() {
		if d.Commitment == commitment {
			return d
		}
	}
	t.Fatalf("%s is not registered", commitment.Short())
	return mirror.Dataset{}
}

// reopened closes a mirror, opens it again and checks that nothing has changed.
func reopened(t *testing.T, home string, m *mirror.Mirror) *mirror.Mirror {
	t.Helper()
	before := m.Datasets()
	must(t, m.Close())
	opened := open(t, home)
	if diff := cmp.Diff(before, opened.Datasets()); diff != "" {
		t.Errorf("after a restart (-before +after):\n%s", diff)
	}
	return opened
}

// TestAttackReregistration: rows are registered in two data sets, so that their budget could
// be spent twice. Two separate books do not notice. The mirror counts both data sets
// together.
func TestAttackReregistration(t *testing.T) {
	spend := func(reserve, charge func(task uint64) error) (done int) {
		for task := uint64(1); task <= 2; task++ {
			if reserve(task) == nil && charge(task) == nil {
				done++
			}
		}
		return done
	}
	var books [3]cost.Book
	for i := range books {
		var err error
		books[i], _, err = cost.Open(limit(1_000_000))
		must(t, err)
	}
	alone := spend(func(task uint64) (err error) {
		books[task], _, err = books[task].Reserve(task, "update", pure(800_000), 1)
		return err
	}, func(task uint64) (err error) {
		books[task], _, err = books[task].Charge(task, "update", 1)
		return err
	})
	if alone != 2 {
		t.Fatalf("without the mirror the attack fails: %d releases, want 2", alone)
	}
	home := t.TempDir()
	m := open(t, home)
	sets := []spec.Digest{{}, register(t, m, rows(1, 2, 3), limit(1_000_000)), register(t, m, rows(3, 4, 5), limit(1_000_000))}
	if got := of(t, m, sets[1]).Shares; !slices.Equal(got, sets[2:]) {
		t.Errorf("the first data set shares rows with %v: want %v", got, sets[2:])
	}
	ours := spend(func(task uint64) error { return m.Reserve(sets[task], task, "update", pure(800_000), 1) },
		func(task uint64) error { return m.Charge(sets[task], task, "update", 1) })
	if ours != 1 {
		t.Errorf("%d releases of one row: want 1", ours)
	}
	err := m.Check(sets[2], pure(800_000), 1)
	refuses(t, err, cost.ErrExhausted, "0.2 of epsilon 1 at delta 0.00001")
	m = reopened(t, home, m)
	refuses(t, m.Reserve(sets[2], 9, "update", pure(800_000), 1), cost.ErrExhausted, "is left for the rows of data set "+sets[2].Short())
	must(t, m.Reserve(sets[2], 9, "update", pure(100_000), 2))
	if left := of(t, m, sets[1]).Left; left != 0 {
		t.Errorf("%s is left for the first data set: want 0", left)
	}
}

// TestVerbs: reserve, charge, release and lower have the same meaning as in a book.
func TestVerbs(t *testing.T) {
	home := t.TempDir()
	m := open(t, home)
	set := register(t, m, rows(1, 2, 3), limit(1_000_000))
	other := register(t, m, rows(3, 4), limit(900_000))
	must(t, m.Reserve(set, 1, "update", pure(100_000), 5))
	refuses(t, m.Reserve(set, 1, "update", pure(1), 1), cost.ErrReserved, "task 1")
	must(t, m.Charge(set, 1, "update", 2))
	must(t, m.Charge(set, 1, "update", 2)) // a repeated charge counts once
	refuses(t, m.Charge(set, 1, "update", 1), cost.ErrPast, "round 1")
	refuses(t, m.Charge(set, 2, "update", 1), cost.ErrNotReserved, "task 2")
	refuses(t, m.Check(other, pure(500_000), 1), cost.ErrExhausted, "0.4 of epsilon 0.9")
	must(t, m.Charge(set, 1, "update", 4))
	must(t, m.Release(set, 1, "update"))
	must(t, m.Release(set, 1, "update"))
	must(t, m.Check(other, pure(700_000), 1))
	if spent := of(t, m, set).Book.Spent; spent.Epsilon != 200_000 {
		t.Errorf("%s is spent: want 0.2", spent.Epsilon)
	}
	refuses(t, m.Lower(set, limit(1_000_001)), cost.ErrLimit, "want at most epsilon 1 ")
	refuses(t, m.Lower(other, limit(199_999)), cost.ErrLimit, "below what is spent on the rows")
	must(t, m.Lower(other, limit(200_000)))
	must(t, m.Lower(other, limit(200_000)))
	refuses(t, m.Check(set, pure(1), 1), cost.ErrExhausted, "0 of epsilon 0.2")
	refuses(t, m.Reserve(spec.Digest{1}, 1, "update", pure(1), 1), mirror.ErrNotRegistered, "01000000")
	for _, err := range []error{
		m.Reserve(set, 3, "no word", pure(1), 1), m.Reserve(set, 3, "update", cost.Amount{}, 1),
		m.Reserve(set, 3, "update", pure(1), 0), m.Charge(set, 1, "update", 0),
	} {
		if err == nil || errors.Is(err, cost.ErrExhausted) {
			t.Errorf("got %v, want an error that is not %v", err, cost.ErrExhausted)
		}
	}
	reopened(t, home, m)
}

// TestLoweredLimit: if a limit is lowered below what is reserved, the first charges get what
// is left, in any data set that shares rows.
func TestLoweredLimit(t *testing.T) {
	m := open(t, t.TempDir())
	one, two := register(t, m, rows(1, 2), limit(1_000_000)), register(t, m, rows(2, 3), limit(1_000_000))
	must(t, m.Reserve(one, 1, "update", pure(400_000), 1))
	must(t, m.Reserve(two, 2, "update", pure(400_000), 1))
	must(t, m.Lower(one, limit(500_000)))
	must(t, m.Charge(two, 2, "update", 1))
	refuses(t, m.Charge(one, 1, "update", 1), cost.ErrExhausted, "0.1 of epsilon 0.5")
}

// TestConcurrentCharges: concurrent charges for two data sets that share rows together spend
// at most one limit.
func TestConcurrentCharges(t *testing.T) {
	home := t.TempDir()
	m := open(t, home)
	sets := []spec.Digest{register(t, m, rows(1, 2), limit(1_000_000)), register(t, m, rows(2, 3), limit(1_000_000))}
	var group sync.WaitGroup
	var done atomic.Int32
	for task := range uint64(20) {
		group.Go(func() {
			set := sets[task%2]
			if m.Reserve(set, task, "update", pure(100_000), 1) == nil && m.Charge(set, task, "update", 1) == nil {
				done.Add(1)
			}
			m.Datasets()
		})
	}
	group.Wait()
	if got := done.Load(); got != 10 {
		t.Errorf("%d releases of a tenth of the limit each: want 10", got)
	}
	reopened(t, home, m)
}

func TestRegister(t *testing.T) {
	home := t.TempDir()
	m := open(t, home)
	first := register(t, m, rows(1, 2, 3), limit(1_000_000))
	m = reopened(t, home, m)
	// After a crash before the transaction was sent, registering again gives the same commitment.
	if repeated := register(t, m, rows(1, 2, 3), limit(1_000_000)); repeated != first || len(m.Datasets()) != 1 {
		t.Errorf("registered again as %s: want %s", repeated.Short(), first.Short())
	}
	_, err := m.Register(rows(1, 2, 3), limit(2_000_000))
	refuses(t, err, mirror.ErrRegistered, "lower it")
	_, err = m.Register(rows(3, 2, 1), limit(1_000_000))
	refuses(t, err, mirror.ErrRegistered, "data set "+first.Short())
	must(t, m.Confirm(first, 7))
	must(t, m.Confirm(first, 7))
	_, err = m.Register(rows(1, 2, 3), limit(1_000_000))
	refuses(t, err, mirror.ErrRegistered, "as data set 7")
	_, err = m.Register(rows(1, 2, 3, 3), limit(1_000_000))
	refuses(t, err, mirror.ErrRegistered, "as data set 7")
	larger := register(t, m, rows(1, 2, 3, 4), limit(1_000_000)) // more or fewer rows make another data set
	register(t, m, rows(1, 2), limit(1_000_000))
	for _, err := range []error{m.Confirm(first, 8), m.Confirm(larger, 7), m.Confirm(larger, 0)} {
		if err == nil || !strings.Contains(err.Error(), "cannot be data set") {
			t.Errorf("a wrong number: got %v, want an error", err)
		}
	}
	for _, bad := range []cost.Limit{{}, limit(0), {Unit: cost.Example, Adjacency: cost.ZeroOut, Epsilon: 1, Delta: cost.OneDelta}} {
		_, err := m.Register(rows(9), bad)
		refuses(t, err, cost.ErrLimit, "")
	}
	replaced := limit(1_000_000)
	replaced.Adjacency = cost.ReplaceOne
	_, err = m.Register(rows(3, 9), replaced)
	refuses(t, err, cost.ErrLimit, "do not add up")
	register(t, m, rows(9), replaced)
	if _, err := m.Register(rows(), limit(1)); err == nil {
		t.Error("a table without rows is registered: want an error")
	}
	must(t, m.Reserve(larger, 1, "update", pure(500_000), 1))
	must(t, m.Charge(larger, 1, "update", 1))
	_, err = m.Register(rows(4), limit(400_000)) // has lost more already
	refuses(t, err, cost.ErrExhausted, "of epsilon 0.4")
	reopened(t, home, m)
}

// TestPersonsCountTogether: it is not known whether rows of two data sets are about one
// person. So all data sets that protect persons count together.
func TestPersonsCountTogether(t *testing.T) {
	m := open(t, t.TempDir())
	persons := limit(1_000_000)
	persons.Unit = cost.DataSubject
	one, two := register(t, m, rows(1), persons), register(t, m, rows(2), persons)
	must(t, m.Reserve(one, 1, "update", pure(600_000), 1))
	refuses(t, m.Reserve(two, 1, "update", pure(600_000), 1), cost.ErrExhausted, "0.4 of")
	three, four := register(t, m, rows(3), limit(1_000_000)), register(t, m, rows(4), limit(1_000_000))
	must(t, m.Reserve(three, 1, "update", pure(600_000), 1))
	must(t, m.Reserve(four, 1, "update", pure(600_000), 1))
}

func TestVerify(t *testing.T) {
	home := t.TempDir()
	m := open(t, home)
	set := register(t, m, rows(1, 2, 3), limit(1_000_000))
	must(t, m.Confirm(set, 7))
	m = reopened(t, home, m)
	must(t, m.Verify(set, rows(1, 2, 3)))
	for _, changed := range []data.Table{rows(1, 2), rows(1, 3, 2), rows(1, 2, 4), rows(1, 2, 3, 3)} {
		refuses(t, m.Verify(set, changed), mirror.ErrChanged, "rows have changed since data set 7 was registered")
	}
	refuses(t, m.Verify(spec.Digest{1}, rows(1)), mirror.ErrNotRegistered, "")
}

// TestAttackGuessFromTheRecords: an attacker has the records and a list of possible rows. If
// rows were hashed without a key, the attacker could find which rows the owner has. With
// keyed fingerprints and without the key the attacker finds none.
func TestAttackGuessFromTheRecords(t *testing.T) {
	home := t.TempDir()
	m := open(t, home)
	set := register(t, m, rows(1, 2, 3), limit(1_000_000))
	records, err := os.ReadFile(filepath.Join(home, mirror.File))
	must(t, err)
	guess := func(key data.Secret, marks []spec.Digest) (found int) {
		for n := range 10 {
			if slices.Contains(marks, data.Fingerprints(key, rows(n))[0]) {
				found++
			}
		}
		return found
	}
	if guess(data.Secret{}, data.Fingerprints(data.Secret{}, rows(1, 2, 3))) != 3 {
		t.Fatal("with plain hashes the attack fails: want it to find all rows")
	}
	other := t.TempDir()
	register(t, open(t, other), rows(1, 2, 3), limit(1_000_000))
	twin, err := os.ReadFile(filepath.Join(other, mirror.File))
	must(t, err)
	fields := func(b []byte) []string {
		return strings.FieldsFunc(string(b), func(r rune) bool { return r == '"' || r == '\n' })
	}
	for _, word := range fields(records) {
		if len(word) > 20 && slices.Contains(fields(twin), word) && !strings.Contains(word, ":") {
			t.Errorf("two mirrors of the same rows both hold %s", word)
		}
	}
	key, err := os.ReadFile(filepath.Join(home, mirror.KeyFile))
	must(t, err)
	if bytes.Contains(records, bytes.Trim(key, "\"\n")) {
		t.Error("the records hold the key")
	}
	// The commitment does not help either: its secret is derived from the key.
	if data.Commitment(data.Secret{}, rows(1, 2, 3)) == set {
		t.Error("the commitment can be computed without the secret")
	}
}

// TestOpenRefuses: a mirror does not open with another key, without its key, or with an
// invalid record, and its files are not replaced.
func TestOpenRefuses(t *testing.T) {
	home, other := t.TempDir(), t.TempDir()
	one, another := open(t, home), open(t, other)
	register(t, one, rows(1), limit(1))
	must(t, errors.Join(one.Close(), another.Close()))
	file, key := filepath.Join(home, mirror.File), filepath.Join(home, mirror.KeyFile)
	for name, c := range map[string]struct {
		change func() error
		says   string
	}{
		"another key": {func() error { return os.Rename(filepath.Join(other, mirror.KeyFile), key) }, "the key in mirror.key does not belong to these records"},
		"no key":      {func() error { return os.Remove(key) }, "the key file mirror.key of these records is missing"},
		"an unknown record": {func() error {
			b, err := os.ReadFile(file)
			return errors.Join(err, os.WriteFile(file, append(bytes.Clone(b), []byte("{\"x\":1}\n")...), 0o600))
		}, "unknown field"},
	} {
		kept := map[string][]byte{}
		for _, path := range []string{file, key} {
			b, err := os.ReadFile(path)
			must(t, err)
			kept[path] = b
		}
		must(t, c.change())
		if _, err := mirror.Open(home); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, want %q", name, err, c.says)
		}
		for path, b := range kept {
			must(t, os.WriteFile(path, b, 0o600))
		}
	}
	open(t, home)
	for _, path := range []string{file, key} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v (%v): want 0600", path, info.Mode(), err)
		}
	}
}
