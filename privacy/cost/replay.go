package cost

import (
	"errors"
	"fmt"
	"slices"
)

// Replay is the book that these rows record. Each row must be exactly the one that the
// book's method returns, so it is an error if a row is missing, was changed, or would have
// been refused.
func Replay(rows []Row) (Book, error) {
	var b Book
	for i, row := range rows {
		next, err := b.Follow(row)
		if err != nil {
			return Book{}, fmt.Errorf("row %d: %w", i+1, err)
		}
		b = next
	}
	return b, nil
}

// Follow is the book after the change that a row records. The row must be exactly the one
// that the book's method returns.
func (b Book) Follow(row Row) (Book, error) {
	next, written, err := b.replay(row)
	if err == nil && (len(written) != 1 || written[0] != row) {
		err = errors.New("the book would have written another row")
	}
	if err != nil {
		return b, err
	}
	return next, nil
}

// replay makes the change that a row records.
func (b Book) replay(row Row) (Book, []Row, error) {
	switch row.Entry {
	case EntryLimit:
		if b.Rows == 0 {
			return Open(row.Limit)
		}
		return b.Lower(row.Limit)
	case EntryReserve:
		return b.Reserve(row.Task, row.Reason, row.Each, row.Releases)
	case EntryCharge:
		return b.Charge(row.Task, row.Reason, row.Round)
	case EntryRelease:
		return b.Release(row.Task, row.Reason)
	}
	return b, nil, fmt.Errorf("entry %q: want %s, %s, %s or %s", row.Entry, EntryLimit, EntryReserve, EntryCharge, EntryRelease)
}

// Equal reports whether two books are equal.
func (b Book) Equal(other Book) bool {
	return b.Limit == other.Limit && b.Spent == other.Spent && b.Rows == other.Rows && slices.Equal(b.Reservations, other.Reservations)
}

// Validate checks a book that was read without its rows: it reports a state that no rows
// lead to.
func (b Book) Validate() error {
	if b.Rows == 0 {
		if !b.Equal(Book{}) {
			return errors.New("a book without rows holds something")
		}
		return nil
	}
	if err := b.Limit.Validate(); err != nil {
		return err
	}
	if err := b.Spent.Validate(); err != nil {
		return err
	}
	if _, fits := b.Limit.Left(b.Spent); !fits {
		return fmt.Errorf("the book has spent more than its limit, %s", b.Limit)
	}
	for i, r := range b.Reservations {
		if i > 0 && b.Reservations[i-1].Compare(r) >= 0 {
			return fmt.Errorf("the reservation of task %d, %s, is out of order", r.Task, r.Reason)
		}
		if err := r.validate(); err != nil {
			return fmt.Errorf("the reservation of task %d, %s: %w", r.Task, r.Reason, err)
		}
	}
	_, err := b.Taken()
	return err
}

func (r Reservation) validate() error {
	if err := checkReason(r.Reason); err != nil {
		return err
	}
	if r.Left > MaxReleases || (r.Left == 0) != r.Each.Zero() {
		return fmt.Errorf("%d releases are left: want at most %d, and a cost of 0 only if none is left", r.Left, uint64(MaxReleases))
	}
	return r.Each.Validate()
}
