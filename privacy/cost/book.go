package cost

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// Why a book refuses a change. A refused change leaves the book as it is.
var (
	ErrExhausted   = errors.New("privacy budget exhausted")
	ErrLimit       = errors.New("limit is refused")
	ErrReserved    = errors.New("task has releases reserved for this reason already")
	ErrNotReserved = errors.New("no release is reserved")
	ErrPast        = errors.New("a later round is charged already")
)

// MaxReleases is the maximum number of releases in one reservation.
const MaxReleases = 1 << 32

// Book is the privacy budget of one owner's data set: what was spent, and what may still be.
// Charged costs must be for the unit and under the adjacency of the book's limit; a task
// cannot choose these.
//
// A book is a value: its methods return the changed book and the row that records the
// change. Whoever stores the book should keep the rows; the same rows give the same book,
// see [Replay].
//
// What is spent never exceeds the limit and is never given back. What is reserved cannot be
// reserved by others. If the limit is lowered below the sum of the reservations, those who
// charge first get it.
type Book struct {
	Limit        Limit         `json:",omitzero"`
	Spent        Amount        `json:",omitzero"`
	Reservations []Reservation // sorted by task and reason; finished ones stay, for their last charged round
	Rows         uint64        // number of rows written so far
}

// Reservation is what one task may still charge for one reason.
type Reservation struct {
	Task   uint64
	Reason string // a short word for what is released, such as "update" or "metric"
	Each   Amount `json:",omitzero"` // cost of one release; zero if none is left
	Left   uint64 // releases that may still be charged
	Last   uint64 // the last round that was charged, 0 for none
}

// Row is one line of a book's history. It is never changed.
type Row struct {
	Number   uint64 // from 1
	Entry    Entry
	Limit    Limit  `json:",omitzero"` // of an EntryLimit
	Task     uint64 `json:",omitzero"` // of all other entries, as are the fields below
	Reason   string `json:",omitzero"`
	Round    uint64 `json:",omitzero"` // of an EntryCharge
	Releases uint64 `json:",omitzero"` // reserved, charged (always 1) or given back
	Each     Amount `json:",omitzero"` // of each of these releases
}

// Entry is the kind of a row.
type Entry string

// The kinds of rows.
const (
	EntryLimit   Entry = "limit"   // the limit is set or lowered
	EntryReserve Entry = "reserve" // a task reserves releases
	EntryCharge  Entry = "charge"  // one release is spent
	EntryRelease Entry = "release" // a task gives back what it did not charge
)

// Open returns a new book with nothing spent.
func Open(limit Limit) (Book, []Row, error) {
	if err := limit.Validate(); err != nil {
		return Book{}, nil, fmt.Errorf("%w: %w", ErrLimit, err)
	}
	return Book{Limit: limit}.withRow(Row{Entry: EntryLimit, Limit: limit})
}

// Lower sets a lower limit. Unit and adjacency must stay the same, neither epsilon nor delta
// may grow, and the limit must not be below what is spent; otherwise the error wraps
// [ErrLimit]. Setting the same limit again changes nothing.
func (b Book) Lower(limit Limit) (Book, []Row, error) {
	if err := limit.Validate(); err != nil {
		return b, nil, fmt.Errorf("%w: %w", ErrLimit, err)
	}
	if limit == b.Limit {
		return b, nil, nil
	}
	if limit.Unit != b.Limit.Unit || limit.Adjacency != b.Limit.Adjacency {
		return b, nil, fmt.Errorf("%w: %s: want the unit and the adjacency of %s", ErrLimit, limit, b.Limit)
	}
	if limit.Epsilon > b.Limit.Epsilon || limit.Delta > b.Limit.Delta {
		return b, nil, fmt.Errorf("%w: %s: want at most %s", ErrLimit, limit, b.Limit)
	}
	if _, fits := limit.Left(b.Spent); !fits {
		return b, nil, fmt.Errorf("%w: %s is below what is spent", ErrLimit, limit)
	}
	b.Limit = limit
	return b.withRow(Row{Entry: EntryLimit, Limit: limit})
}

// Reserve reserves a number of releases for a task and a reason, at a cost of each. The
// error wraps [ErrReserved] if an earlier reservation of the task for this reason is not
// used up, and [ErrExhausted] if the budget is too small; then it says what is left.
func (b Book) Reserve(task uint64, reason string, each Amount, releases uint64) (Book, []Row, error) {
	if err := checkReason(reason); err != nil {
		return b, nil, err
	}
	i, found := b.find(task, reason)
	if found && b.Reservations[i].Left > 0 {
		return b, nil, fmt.Errorf("%w: task %d, %s", ErrReserved, task, reason)
	}
	if err := b.Check(each, releases); err != nil {
		return b, nil, err
	}
	b.Reservations = slices.Clone(b.Reservations)
	if !found {
		b.Reservations = slices.Insert(b.Reservations, i, Reservation{Task: task, Reason: reason})
	}
	b.Reservations[i].Each, b.Reservations[i].Left = each, releases
	return b.withRow(Row{Entry: EntryReserve, Task: task, Reason: reason, Releases: releases, Each: each})
}

// Charge spends one reserved release of a task for a round. Charging the same round again
// changes nothing, so no release is charged twice. Rounds must be charged in rising order:
// the book keeps only the last one, so it refuses earlier ones with [ErrPast]. The error
// wraps [ErrNotReserved] if nothing is reserved any more, and [ErrExhausted] if the limit
// was lowered too far.
func (b Book) Charge(task uint64, reason string, round uint64) (Book, []Row, error) {
	i, found := b.find(task, reason)
	switch {
	case round == 0:
		return b, nil, errors.New("round 0: want at least 1")
	case found && b.Reservations[i].Last == round:
		return b, nil, nil
	case found && b.Reservations[i].Last > round:
		return b, nil, fmt.Errorf("%w: task %d, %s, round %d after %d", ErrPast, task, reason, round, b.Reservations[i].Last)
	case !found || b.Reservations[i].Left == 0:
		return b, nil, fmt.Errorf("%w: task %d, %s", ErrNotReserved, task, reason)
	}
	each := b.Reservations[i].Each
	spent, err := b.Spent.Plus(each)
	if err != nil {
		return b, nil, err
	}
	c := b.Limit.converter()
	if _, fits := c.left(spent); !fits {
		left, _ := c.left(b.Spent)
		return b, nil, fmt.Errorf("%w: %s of %s is left unspent, too little for a release", ErrExhausted, left, b.Limit)
	}
	b.Spent = spent
	b.Reservations = slices.Clone(b.Reservations)
	b.Reservations[i].Last = round
	b.Reservations[i].setLeft(b.Reservations[i].Left - 1)
	return b.withRow(Row{Entry: EntryCharge, Task: task, Reason: reason, Round: round, Releases: 1, Each: each})
}

// Release gives back what a task has reserved for a reason and not charged. A second call
// changes nothing. The error wraps [ErrNotReserved] if the task never reserved anything for
// this reason.
func (b Book) Release(task uint64, reason string) (Book, []Row, error) {
	i, found := b.find(task, reason)
	if !found {
		return b, nil, fmt.Errorf("%w: task %d, %s", ErrNotReserved, task, reason)
	}
	ended := b.Reservations[i]
	if ended.Left == 0 {
		return b, nil, nil
	}
	b.Reservations = slices.Clone(b.Reservations)
	b.Reservations[i].setLeft(0)
	return b.withRow(Row{Entry: EntryRelease, Task: task, Reason: reason, Releases: ended.Left, Each: ended.Each})
}

// Check reports why so many releases cannot be reserved, without reserving them. If the
// budget is too small, the error wraps [ErrExhausted] and says what is left.
func (b Book) Check(each Amount, releases uint64) error {
	switch {
	case releases == 0 || releases > MaxReleases:
		return fmt.Errorf("%d releases: want 1 to %d", releases, uint64(MaxReleases))
	case each.Zero():
		return errors.New("a release that costs nothing: want a cost above 0")
	case b.Limit == Limit{}:
		return fmt.Errorf("%w: the book has no limit yet", ErrExhausted)
	}
	if err := each.Validate(); err != nil {
		return err
	}
	taken, err := b.Taken()
	if err != nil {
		return err
	}
	c := b.Limit.converter()
	if n := c.affords(taken, each, releases); n < releases {
		left, _ := c.left(taken)
		return fmt.Errorf("%w: %s of %s is left, enough for %d of %d releases", ErrExhausted, left, b.Limit, n, releases)
	}
	return nil
}

// Affords is how many releases could be reserved, at most releases.
func (b Book) Affords(each Amount, releases uint64) uint64 {
	taken, err := b.Taken()
	if err != nil || b.Limit == (Limit{}) {
		return 0
	}
	return b.Limit.converter().affords(taken, each, releases)
}

// Taken is the sum of what is spent and what is reserved.
func (b Book) Taken() (taken Amount, err error) {
	taken = b.Spent
	for _, r := range b.Reservations {
		reserved, err := r.Each.Times(r.Left)
		if err != nil {
			return Amount{}, err
		}
		if taken, err = taken.Plus(reserved); err != nil {
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

// withRow gives the row of a change the next number.
func (b Book) withRow(row Row) (Book, []Row, error) {
	b.Rows++
	row.Number = b.Rows
	return b, []Row{row}, nil
}

// find is the index at which a reservation is or would be inserted.
func (b Book) find(task uint64, reason string) (at int, known bool) {
	return slices.BinarySearchFunc(b.Reservations, Reservation{Task: task, Reason: reason}, Reservation.Compare)
}

// Compare orders reservations by task and reason.
func (r Reservation) Compare(other Reservation) int {
	return cmp.Or(cmp.Compare(r.Task, other.Task), cmp.Compare(r.Reason, other.Reason))
}

// setLeft sets how many releases are left, and clears their cost if none is.
func (r *Reservation) setLeft(left uint64) {
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
