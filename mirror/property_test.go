package mirror_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/althing-network/althing/mirror"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/spec"
)

// life is a random history of a mirror and of the ledgers of a chain. Beside them it keeps
// plain lists of all charges, with which it compares.
type life struct {
	*rapid.T
	home   string
	mirror *mirror.Mirror
	sets   []*registered
	copied []byte // backup of the records; nil if there is none, or a data set is newer
}

// registered is a data set of a life.
type registered struct {
	commitment spec.Digest
	rows       []int
	waits      []func(cost.Book) (cost.Book, []cost.Row, error) // messages that the chain has not applied yet
	book       cost.Book                                        // the chain's
	history    []cost.Row
	own        map[charge]cost.Amount // charged in the mirror
	copied     map[charge]cost.Amount // charged in the mirror at the time of the backup
}

type charge struct {
	task, round uint64
	reason      string
}

// sharesRows reports whether two data sets have a row in common.
func (s *registered) sharesRows(other *registered) bool {
	return slices.ContainsFunc(s.rows, func(row int) bool { return slices.Contains(other.rows, row) })
}

// charged are all charges for a data set, of the mirror and of the chain.
func (s *registered) charged() map[charge]cost.Amount {
	all := maps.Clone(s.own)
	for _, row := range s.history {
		if row.Entry == cost.EntryCharge {
			all[charge{row.Task, row.Round, row.Reason}] = row.Each
		}
	}
	return all
}

func (l *life) sum(more cost.Amount, charges ...map[charge]cost.Amount) cost.Amount {
	for _, all := range charges {
		for _, each := range all {
			var err error
			if more, err = more.Plus(each); err != nil {
				l.Fatal(err)
			}
		}
	}
	return more
}

// knows is what the mirror knows of all data sets, in the order of registration.
func (l *life) knows() []mirror.Dataset {
	all := l.mirror.Datasets()
	if len(all) != len(l.sets) {
		l.Fatalf("the mirror lists %d data sets: want %d", len(all), len(l.sets))
	}
	return all
}

// known is what the mirror knows of a data set.
func (l *life) known(s *registered) mirror.Dataset { return l.knows()[slices.Index(l.sets, s)] }

func (l *life) any() *registered { return rapid.SampledFrom(l.sets).Draw(l.T, "data set") }

func (l *life) release() (task uint64, reason string, round uint64) {
	task = rapid.Uint64Range(1, 3).Draw(l.T, "task")
	reason = rapid.SampledFrom([]string{"update", "metric"}).Draw(l.T, "reason")
	return task, reason, rapid.Uint64Range(1, 5).Draw(l.T, "round")
}

func (l *life) register() {
	const pool = 6
	if len(l.sets) == 4 {
		return
	}
	var held []int
	for row := range pool {
		if rapid.Bool().Draw(l.T, "holds") {
			held = append(held, row)
		}
	}
	same := slices.ContainsFunc(l.sets, func(s *registered) bool { return slices.Equal(s.rows, held) })
	wanted := limit(cost.Epsilon(rapid.Uint64Range(1, 3_000_000).Draw(l.T, "epsilon")))
	d, err := l.mirror.Register(rows(held...), wanted)
	switch {
	case len(held) == 0 || same || errors.Is(err, cost.ErrExhausted):
		if err == nil && !same {
			l.Fatalf("a data set with the rows %v and limit %s is registered: want an error", held, wanted)
		}
		return
	case err != nil:
		l.Fatal(err)
	}
	s := &registered{commitment: d.Commitment, rows: held, own: map[charge]cost.Amount{}}
	book, history, err := cost.Open(wanted)
	if err != nil {
		l.Fatal(err)
	}
	s.book, s.history = book, history
	l.sets, l.copied = append(l.sets, s), nil
}

// reserve checks that the mirror reserves if and only if the limits of all data sets that
// share rows have room.
func (l *life) reserve() {
	s := l.any()
	task, reason, _ := l.release()
	each, n := pure(cost.Epsilon(rapid.Uint64Range(1, 900_000).Draw(l.T, "each"))), rapid.Uint64Range(1, 4).Draw(l.T, "releases")
	fits := true
	more, err := each.Times(n)
	if err != nil {
		l.Fatal(err)
	}
	known := l.knows()
	for i, limited := range l.sets {
		if !limited.sharesRows(s) {
			continue
		}
		lost := more
		for j, other := range l.sets {
			if d := known[j]; other.sharesRows(limited) {
				taken, err := d.Book.Taken()
				if err != nil {
					l.Fatal(err)
				}
				lost = l.sum(lost, map[charge]cost.Amount{{}: taken, {task: 1}: d.ChainOnly})
			}
		}
		_, room := known[i].Book.Limit.Left(lost)
		fits = fits && room
	}
	if check := l.mirror.Check(s.commitment, each, n); (check == nil) != fits || check != nil && !errors.Is(check, cost.ErrExhausted) {
		l.Fatalf("there is room: %t, but Check returns %v", fits, check)
	}
	err = l.mirror.Reserve(s.commitment, task, reason, each, n)
	switch {
	case err == nil && fits:
		s.waits = append(s.waits, func(b cost.Book) (cost.Book, []cost.Row, error) { return b.Reserve(task, reason, each, n) })
	case err == nil, fits && !errors.Is(err, cost.ErrReserved) && !errors.Is(err, mirror.ErrContradiction):
		l.Fatalf("there is room: %t, but Reserve returns %v", fits, err)
	}
}

func (l *life) charge() {
	s := l.any()
	task, reason, round := l.release()
	if err := l.mirror.Charge(s.commitment, task, reason, round); err != nil {
		return
	}
	key := charge{task, round, reason}
	if _, repeated := s.own[key]; !repeated {
		spent := l.known(s).Book.Spent
		s.own[key] = pure(spent.Epsilon - l.sum(cost.Amount{}, s.own).Epsilon)
	}
	s.waits = append(s.waits, func(b cost.Book) (cost.Book, []cost.Row, error) { return b.Charge(task, reason, round) })
}

func (l *life) giveBack() {
	s := l.any()
	task, reason, _ := l.release()
	if l.mirror.Release(s.commitment, task, reason) == nil {
		s.waits = append(s.waits, func(b cost.Book) (cost.Book, []cost.Row, error) { return b.Release(task, reason) })
	}
}

func (l *life) lower() {
	s := l.any()
	lower := l.known(s).Book.Limit
	lower.Epsilon = cost.Epsilon(rapid.Uint64Range(1, uint64(lower.Epsilon)).Draw(l.T, "epsilon"))
	if l.mirror.Lower(s.commitment, lower) == nil {
		s.waits = append(s.waits, func(b cost.Book) (cost.Book, []cost.Row, error) { return b.Lower(lower) })
	}
}

// block lets the chain apply some of the waiting messages, and sometimes end a task.
func (l *life) block() {
	s := l.any()
	for range rapid.IntRange(0, len(s.waits)).Draw(l.T, "taken") {
		if next, written, err := s.waits[0](s.book); err == nil { // a refused message releases nothing
			s.book, s.history = next, append(s.history, written...)
		}
		s.waits = s.waits[1:]
	}
	if rapid.IntRange(0, 4).Draw(l.T, "ends") == 0 {
		task, reason, _ := l.release()
		if next, written, err := s.book.Release(task, reason); err == nil {
			s.book, s.history = next, append(s.history, written...)
		}
	}
}

func (l *life) catchUp() { l.catchUpWith(l.any()) }

func (l *life) catchUpWith(s *registered) {
	from := max(1, l.known(s).ChainRows) // rows are numbered from 1
	if err := l.mirror.CatchUp(s.commitment, s.history[from-1:]); err != nil {
		l.Fatal(err)
	}
	s.own = s.charged()
}

// restart kills the mirror, sometimes in the middle of a write.
func (l *life) restart() {
	before := l.mirror.Datasets()
	if torn := rapid.SampledFrom([]string{"", "{", `{"dataset":"00`, "\x00\x00"}).Draw(l.T, "torn"); torn != "" {
		f, err := os.OpenFile(filepath.Join(l.home, mirror.File), os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			l.Fatal(err)
		}
		if _, err := f.WriteString(torn); err != nil {
			l.Fatal(err)
		}
		f.Close()
	}
	l.open()
	if diff := cmp.Diff(before, l.mirror.Datasets()); diff != "" {
		l.Fatalf("after a restart (-before +after):\n%s", diff)
	}
}

func (l *life) open() {
	var err error
	if l.mirror != nil {
		err = l.mirror.Close()
	}
	if err != nil {
		l.Fatal(err)
	}
	if l.mirror, err = mirror.Open(l.home); err != nil {
		l.Fatal(err)
	}
}

// backup copies the records, or restores an old copy. After a restore, charges that the
// chain has not applied are lost, but nothing was released for them; all others come back
// from the chain.
func (l *life) backup() {
	path := filepath.Join(l.home, mirror.File)
	if l.copied == nil {
		b, err := os.ReadFile(path)
		if err != nil {
			l.Fatal(err)
		}
		l.copied = b
		for _, s := range l.sets {
			s.copied = maps.Clone(s.own)
		}
		return
	}
	if err := os.WriteFile(path, l.copied, 0o600); err != nil {
		l.Fatal(err)
	}
	l.copied = nil
	l.open()
	for _, s := range l.sets {
		s.own, s.waits = s.copied, nil
	}
	for _, s := range l.sets {
		l.catchUpWith(s)
	}
}

// check checks what must be true at every moment.
func (l *life) check() {
	known := l.knows()
	for i, s := range l.sets {
		d := known[i]
		if err := d.Book.Validate(); err != nil {
			l.Fatal(err)
		}
		spent, want := l.sum(d.ChainOnly, map[charge]cost.Amount{{}: d.Book.Spent}), l.sum(cost.Amount{}, s.own)
		if spent != want {
			l.Fatalf("the mirror has spent %v, but the charges add up to %v", spent, want)
		}
	}
	for row := range 6 {
		var lost cost.Amount
		for _, s := range l.sets {
			if slices.Contains(s.rows, row) {
				lost = l.sum(lost, s.charged())
			}
		}
		for i, s := range l.sets {
			if slices.Contains(s.rows, row) && !lost.Zero() {
				if _, fits := known[i].Book.Limit.Left(lost); !fits {
					l.Fatalf("row %d has lost %v, more than %s", row, lost, known[i].Book.Limit)
				}
			}
		}
	}
}

// TestRandomHistories runs thousands of random histories of data sets that share rows, with
// crashes, incomplete records and restored backups. The charges for a row, in all data sets
// together, never exceed the limit of any data set that contains it. No charge is lost by a
// restart, and no charge that the chain has is lost by a restored backup. A reservation is
// refused only if there is no room.
func TestRandomHistories(t *testing.T) {
	hundreds := 20 // rapid runs 100 histories per call of Check
	if testing.Short() {
		hundreds = 2
	}
	for range hundreds {
		rapid.Check(t, func(r *rapid.T) {
			l := &life{T: r, home: t.TempDir()}
			l.open()
			l.register()
			for range rapid.IntRange(5, 30).Draw(r, "steps") {
				if len(l.sets) == 0 {
					l.register()
					continue
				}
				rapid.SampledFrom([]func(){
					l.register, l.reserve, l.reserve, l.charge, l.charge, l.charge, l.charge, l.giveBack, l.lower,
					l.block, l.block, l.catchUp, l.restart, l.backup,
				}).Draw(r, "verb")()
				l.check()
			}
			l.restart()
		})
	}
}
