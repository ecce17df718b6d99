package mirror

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/spec"
)

// mark is the beginning of a row's fingerprint. Two rows that have the same by chance are
// counted as one, which only refuses sooner.
type mark [16]byte

// marksOf are the different marks of rows, sorted.
func marksOf(prints []spec.Digest) (marks []mark) {
	for _, p := range prints {
		marks = append(marks, mark(p[:len(mark{})]))
	}
	slices.SortFunc(marks, compareMarks)
	return slices.Compact(marks)
}

func compareMarks(a, b mark) int { return bytes.Compare(a[:], b[:]) }

// overlap reports whether two sorted lists have a mark in common.
func overlap(a, b []mark) bool {
	for len(a) > 0 && len(b) > 0 {
		switch order := compareMarks(a[0], b[0]); {
		case order == 0:
			return true
		case order < 0:
			a = a[1:]
		default:
			b = b[1:]
		}
	}
	return false
}

// dataset is a registered data set.
type dataset struct {
	commitment spec.Digest
	id         uint64 // on the chain; 0: not known
	nonce      spec.Salt
	rows       []mark
	related    []*dataset // itself first, then those with which it shares rows

	registered cost.Limit // the first one
	book       cost.Book
	charged    map[release]bool // in the book
	costs      map[purpose]cost.Amount

	signed map[place]signed

	told    []cost.Row // the chain's history
	chain   cost.Book  // as that history leads to it
	foreign []cost.Row // charges of the chain that are not in the book
}

// purpose is what a task reserves for, release one of its releases, and place a round.
type (
	purpose struct {
		task   uint64
		reason string
	}
	release struct {
		purpose
		round uint64
	}
	place struct{ task, round uint64 }
)

func purposeOf(r cost.Row) purpose { return purpose{r.Task, r.Reason} }

func releaseOf(r cost.Row) release { return release{purposeOf(r), r.Round} }

// name is the data set for people.
func (d *dataset) name() string {
	if d.id == 0 {
		return "data set " + d.commitment.Short()
	}
	return fmt.Sprintf("data set %d", d.id)
}

// shares reports whether what is lost of one data set may be lost of the other. Whether
// two rows are about one person is not known, so where persons are protected all data
// sets count together.
func (d *dataset) shares(other *dataset) bool {
	persons := d.book.Limit.Unit == cost.DataSubject && other.book.Limit.Unit == cost.DataSubject
	return persons || overlap(d.rows, other.rows)
}

// beyond is what the chain charged and the book did not.
func (d *dataset) beyond() (sum cost.Amount) {
	for _, row := range d.foreign {
		sum = plus(sum, row.Each)
	}
	return sum
}

// spent is what is lost of the data set itself, and taken that and what is reserved.
func (d *dataset) spent() cost.Amount { return plus(d.book.Spent, d.beyond()) }

func (d *dataset) taken() cost.Amount {
	taken, err := d.book.Taken()
	if err != nil {
		return everything()
	}
	return plus(taken, d.beyond())
}

// plus is a sum that never overflows: what cannot be added up is everything.
func plus(a, b cost.Amount) cost.Amount {
	sum, err := a.Plus(b)
	if err != nil {
		return everything()
	}
	return sum
}

// everything fits no limit.
func everything() (a cost.Amount) {
	for i := range a.Curve {
		a.Curve[i] = cost.Dead
	}
	return a
}

// affords reports whether a data set and all that share rows with it have room for what
// one of them loses more. Of is what counts as lost.
//
// It bounds what is lost of each row: a row is in some data sets, every two of which
// share it, so the sum over those that are related to any one of them holds all that was
// charged for the row.
func (d *dataset) affords(more cost.Amount, of func(*dataset) cost.Amount) error {
	for _, limited := range d.related {
		lost := limited.total(of)
		limit := limited.book.Limit
		if _, fits := limit.Left(plus(lost, more)); fits {
			continue
		}
		left, _ := limit.Left(lost)
		return fmt.Errorf("%w: %s of %s is left of the rows of %s", cost.ErrExhausted, left, limit, limited.name())
	}
	return nil
}

// total is what counts as lost of the rows of a data set.
func (d *dataset) total(of func(*dataset) cost.Amount) (sum cost.Amount) {
	for _, other := range d.related {
		sum = plus(sum, of(other))
	}
	return sum
}

// left is how much may still be reserved.
func (d *dataset) left() cost.Epsilon {
	left, _ := d.book.Limit.Left(d.total((*dataset).taken))
	for _, other := range d.related[1:] {
		its, _ := other.book.Limit.Left(other.total((*dataset).taken))
		left = min(left, its)
	}
	return left
}

func (d *dataset) check(each cost.Amount, releases uint64) error {
	err := d.book.Check(each, releases)
	if err != nil && !errors.Is(err, cost.ErrExhausted) {
		return err
	}
	all, tooMuch := each.Times(releases)
	if tooMuch != nil {
		all = everything()
	}
	return d.affords(all, (*dataset).taken) // which says what is left for all
}

func (d *dataset) reserve(task uint64, reason string, each cost.Amount, releases uint64) (*cost.Row, error) {
	row, err := written(d.book.Reserve(task, reason, each, releases))
	if err != nil && !errors.Is(err, cost.ErrExhausted) {
		return nil, err
	}
	if err := d.check(each, releases); err != nil {
		return nil, err
	}
	if err != nil {
		return nil, err
	}
	if own, known := d.costs[purposeOf(*row)]; known && own != each {
		return nil, fmt.Errorf("%w: task %d has reserved for %q at another cost before", ErrContradiction, task, reason)
	}
	for _, told := range d.told {
		if told.Entry == cost.EntryReserve && purposeOf(told) == purposeOf(*row) && told.Each != each {
			return nil, fmt.Errorf("%w: row %d of %s reserves at another cost", ErrContradiction, told.Number, d.name())
		}
	}
	return row, nil
}

func (d *dataset) charge(task uint64, reason string, round uint64) (*cost.Row, error) {
	row, err := written(d.book.Charge(task, reason, round))
	if err != nil || row == nil {
		return nil, err
	}
	more := row.Each
	if slices.ContainsFunc(d.foreign, func(r cost.Row) bool { return releaseOf(r) == releaseOf(*row) }) {
		more = cost.Amount{} // it counts already
	}
	return row, d.affords(more, (*dataset).spent)
}

func (d *dataset) lower(limit cost.Limit) (*cost.Row, error) {
	row, err := written(d.book.Lower(limit))
	if err != nil || row == nil {
		return nil, err
	}
	if _, fits := limit.Left(d.total((*dataset).spent)); !fits {
		return nil, fmt.Errorf("%w: %s is below what is spent of the rows of %s", cost.ErrLimit, limit, d.name())
	}
	return row, nil
}

// written is the row that a verb of a book writes, or nil.
func written(_ cost.Book, rows []cost.Row, err error) (*cost.Row, error) {
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return &rows[0], nil
}
