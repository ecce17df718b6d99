package cost

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// Why a book refuses something. What is refused changes nothing.
var (
	ErrExhausted   = errors.New("privacy budget exhausted")
	ErrLimit       = errors.New("limit is refused")
	ErrReserved    = errors.New("task has releases reserved for this reason already")
	ErrNotReserved = errors.New("no release is reserved")
	ErrPast        = errors.New("a later round is charged already")
)

// MaxReleases is the most that one reservation holds.
const MaxReleases = 1 << 32

// Book is the privacy of one owner's data set that was spent and may still be. What it is
// charged has to be the cost under its limit's adjacency, for its limit's unit; a task has
// no say in these. It is a value: a verb gives back another book, and the row that
// tells of it. Rows are for whoever stores the book to keep; the same rows give the same
// book, see [Replay].
//
// What is spent never exceeds the limit and is never given back. What is reserved keeps
// others from spending it, unless the limit is lowered below it; then whoever charges
// first has it.
type Book struct {
	Limit        Limit         `json:",omitzero"`
	Spent        Amount        `json:",omitzero"`
	Reservations []Reservation // by task and reason; those at an end stay, for the last round that was charged
	Rows         uint64        // how many have been written
}

// Reservation is what one task may still charge for one reason.
type Reservation struct {
	Task   uint64
	Reason string // a short word: what is released, as "update" or "metric"
	Each   Amount `json:",omitzero"` // of one release; zero when none is left
	Left   uint64 // releases that may still be charged
	Last   uint64 // the newest round that was charged, 0 for none
}

// Row is one line of a book's history. It is never changed.
type Row struct {
	Number   uint64 // from 1
	Entry    Entry
	Limit    Limit  `json:",omitzero"` // of EntryLimit
	Task     uint64 `json:",omitzero"` // of all others, as the rest
	Reason   string `json:",omitzero"`
	Round    uint64 `json:",omitzero"` // of EntryCharge
	Releases uint64 `json:",omitzero"` // reserved, charged (one) or given back
	Each     Amount `json:",omitzero"` // of each of these releases
}

// Entry is the kind of a row.
type Entry string

// The kinds of rows.
const (
	EntryLimit   Entry = "limit"   // the limit is set, or lowered
	EntryReserve Entry = "reserve" // a task reserves releases
	EntryCharge  Entry = "charge"  // one release is spent
	EntryRelease Entry = "release" // a task gives back what it did not charge
)

// Open is a book with nothing spent.
func Open(limit Limit) (Book, []Row, error) {
	if err := limit.Validate(); err != nil {
		return Book{}, nil, fmt.Errorf("%w: %w", ErrLimit, err)
	}
	return Book{Limit: limit}.with(Row{Entry: EntryLimit, Limit: limit})
}

// Lower sets a limit for the same unit and adjacency, of which neither epsilon nor delta
// is above the one before, and which is not below what is spent. The same limit again
// changes nothing. Otherwise the error wraps [ErrLimit].
func (b Book) Lower(limit Limit) (Book, []Row, error) {
	if err := limit.Validate(); err != nil {
		return b, nil, fmt.Errorf("%w: %w", ErrLimit, err)
	}
	if limit == b.Limit {
		return b, nil, nil
	}
	if limit.Unit != b.Limit.Unit || limit.Adjacency != b.Limit.Adjacency {
		return b, nil, fmt.Errorf("%w: %s is about something else than %s", ErrLimit, limit, b.Limit)
	}
	if limit.Epsilon > b.Limit.Epsilon || limit.Delta > b.Limit.Delta {
		return b, nil, fmt.Errorf("%w: %s is not below %s", ErrLimit, limit, b.Limit)
	}
	if _, fits := limit.Left(b.Spent); !fits {
		return b, nil, fmt.Errorf("%w: %s is below what is spent", ErrLimit, limit)
	}
	b.Limit = limit
	return b.with(Row{Entry: EntryLimit, Limit: limit})
}

// Reserve keeps so many releases for a task, each of this cost, for one reason. While
// something is left of what it has reserved for that reason before, it is refused with
// [ErrReserved]; where the budget does not suffice, with [ErrExhausted] and what is left.
func (b Book) Reserve(task uint64, reason string, each Amount, releases uint64) (Book, []Row, error) {
	if err := checkReason(reason); err != nil {
		return b, nil, err
	}
	at, known := b.find(task, reason)
	if known && b.Reservations[at].Left > 0 {
		return b, nil, fmt.Errorf("%w: task %d, %s", ErrReserved, task, reason)
	}
	if err := b.Check(each, releases); err != nil {
		return b, nil, err
	}
	b.Reservations = slices.Clone(b.Reservations)
	if !known {
		b.Reservations = slices.Insert(b.Reservations, at, Reservation{Task: task, Reason: reason})
	}
	b.Reservations[at].Each, b.Reservations[at].Left = each, releases
	return b.with(Row{Entry: EntryReserve, Task: task, Reason: reason, Releases: releases, Each: each})
}

// Charge spends the release of a round out of what its task has reserved. Charging the
// same round again changes nothing, so one release is never charged twice. Rounds are
// charged in their order, or refused with [ErrPast]: it could not be told any more
// whether an earlier one was charged. The error wraps [ErrNotReserved] where nothing is
// reserved any more, and [ErrExhausted] where the limit was lowered too far.
func (b Book) Charge(task uint64, reason string, round uint64) (Book, []Row, error) {
	at, known := b.find(task, reason)
	switch {
	case round == 0:
		return b, nil, errors.New("rounds begin at 1")
	case known && b.Reservations[at].Last == round:
		return b, nil, nil
	case known && b.Reservations[at].Last > round:
		return b, nil, fmt.Errorf("%w: task %d, %s, round %d after %d", ErrPast, task, reason, round, b.Reservations[at].Last)
	case !known || b.Reservations[at].Left == 0:
		return b, nil, fmt.Errorf("%w: task %d, %s", ErrNotReserved, task, reason)
	}
	each := b.Reservations[at].Each
	spent, err := b.Spent.Plus(each)
	if err != nil {
		return b, nil, err
	}
	m := b.Limit.measure()
	if _, fits := m.left(spent); !fits {
		left, _ := m.left(b.Spent)
		return b, nil, fmt.Errorf("%w: %s of %s is left unspent, too little for a release", ErrExhausted, left, b.Limit)
	}
	b.Spent = spent
	b.Reservations = slices.Clone(b.Reservations)
	b.Reservations[at].Last = round
	b.Reservations[at].keep(b.Reservations[at].Left - 1)
	return b.with(Row{Entry: EntryCharge, Task: task, Reason: reason, Round: round, Releases: 1, Each: each})
}

// Release gives back what a task has reserved for a reason and not charged. A second
// time changes nothing. The error wraps [ErrNotReserved] where nothing ever was.
func (b Book) Release(task uint64, reason string) (Book, []Row, error) {
	at, known := b.find(task, reason)
	if !known {
		return b, nil, fmt.Errorf("%w: task %d, %s", ErrNotReserved, task, reason)
	}
	ended := b.Reservations[at]
	if ended.Left == 0 {
		return b, nil, nil
	}
	b.Reservations = slices.Clone(b.Reservations)
	b.Reservations[at].keep(0)
	return b.with(Row{Entry: EntryRelease, Task: task, Reason: reason, Releases: ended.Left, Each: ended.Each})
}

// Check reports whether so many releases could be reserved, without doing it. The error
// wraps [ErrExhausted] and says what is left.
func (b Book) Check(each Amount, releases uint64) error {
	switch {
	case releases == 0 || releases > MaxReleases:
		return fmt.Errorf("%d releases: want 1 to %d", releases, uint64(MaxReleases))
	case each.Zero():
		return errors.New("a release that costs nothing needs no budget")
	case b.Limit == Limit{}:
		return fmt.Errorf("%w: no limit was ever set", ErrExhausted)
	}
	if err := each.Validate(); err != nil {
		return err
	}
	taken, err := b.Taken()
	if err != nil {
		return err
	}
	m := b.Limit.measure()
	if n := m.affords(taken, each, releases); n < releases {
		left, _ := m.left(taken)
		return fmt.Errorf("%w: %s of %s is left, enough for %d of %d releases", ErrExhausted, left, b.Limit, n, releases)
	}
	return nil
}

// Affords is how many of so many releases could be reserved.
func (b Book) Affords(each Amount, releases uint64) uint64 {
	taken, err := b.Taken()
	if err != nil || b.Limit == (Limit{}) {
		return 0
	}
	return b.Limit.measure().affords(taken, each, releases)
}

// Taken is what is spent or reserved.
func (b Book) Taken() (taken Amount, err error) {
	taken = b.Spent
	for _, r := range b.Reservations {
		rest, err := r.Each.Times(r.Left)
		if err != nil {
			return Amount{}, err
		}
		if taken, err = taken.Plus(rest); err != nil {
			return Amount{}, err
		}
	}
	return taken, nil
}

// Left is how much of the limit's epsilon is neither spent nor reserved, rounded down.
func (b Book) Left() Epsilon {
	taken, err := b.Taken()
	if err != nil {
		return 0
	}
	left, _ := b.Limit.Left(taken)
	return left
}

// with numbers the row that the book before wrote last.
func (b Book) with(row Row) (Book, []Row, error) {
	b.Rows++
	row.Number = b.Rows
	return b, []Row{row}, nil
}

// find is where a reservation is, or would be.
func (b Book) find(task uint64, reason string) (at int, known bool) {
	return slices.BinarySearchFunc(b.Reservations, Reservation{Task: task, Reason: reason}, Reservation.Compare)
}

// Compare orders reservations as a book has them.
func (r Reservation) Compare(other Reservation) int {
	return cmp.Or(cmp.Compare(r.Task, other.Task), cmp.Compare(r.Reason, other.Reason))
}

// keep sets how many releases are left, and forgets their cost with the last.
func (r *Reservation) keep(left uint64) {
	if r.Left = left; left == 0 {
		r.Each = Amount{}
	}
}

func checkReason(reason string) error {
	const longest = 32
	if reason == "" || len(reason) > longest {
		return fmt.Errorf("reason %q: want 1 to %d letters", reason, longest)
	}
	for _, c := range []byte(reason) {
		if (c < 'a' || c > 'z') && c != '-' {
			return fmt.Errorf("reason %q: want letters a to z and hyphens", reason)
		}
	}
	return nil
}
