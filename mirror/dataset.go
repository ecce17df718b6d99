package mirror

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/spec"
)

// prefix is the beginning of a row's fingerprint. Two rows with the same prefix by chance
// count as one row, so the mirror only refuses earlier than necessary.
type prefix [16]byte

// prefixesOf are the prefixes of fingerprints, sorted and without duplicates.
func prefixesOf(prints []spec.Digest) (prefixes []prefix) {
	for _, p := range prints {
		prefixes = append(prefixes, prefix(p[:len(prefix{})]))
	}
	slices.SortFunc(prefixes, comparePrefixes)
	return slices.Compact(prefixes)
}

func comparePrefixes(a, b prefix) int { return bytes.Compare(a[:], b[:]) }

// overlap reports whether two sorted lists have a prefix in common.
func overlap(a, b []prefix) bool {
	for len(a) > 0 && len(b) > 0 {
		switch order := comparePrefixes(a[0], b[0]); {
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
	rows       []prefix
	related    []*dataset // itself first, then the data sets with which it shares rows

	registered cost.Limit       // the limit at registration
	book       cost.Book        // the mirror's own
	charged    map[release]bool // in the mirror's own book
	costs      map[purpose]cost.Amount

	signed map[roundKey]signed

	history   []cost.Row // the rows of the chain's book
	chainBook cost.Book  // the chain's book, computed from history
	chainOnly []cost.Row // charges of the chain that are not in the mirror's own book
}

// purpose is what a task reserves for; release is one release for a purpose; roundKey is a
// round of a task.
type (
	purpose struct {
		task   uint64
		reason string
	}
	release struct {
		purpose
		round uint64
	}
	roundKey struct{ task, round uint64 }
)

func purposeOf(r cost.Row) purpose { return purpose{r.Task, r.Reason} }

func releaseOf(r cost.Row) release { return release{purposeOf(r), r.Round} }

// name is the data set in error texts.
func (d *dataset) name() string {
	if d.id == 0 {
		return "data set " + d.commitment.Short()
	}
	return fmt.Sprintf("data set %d", d.id)
}

// shares reports whether a loss of one data set also counts for the other: they have rows in
// common, or both protect persons. It is not known whether two rows are about one person, so
// all data sets that protect persons count together.
func (d *dataset) shares(other *dataset) bool {
	persons := d.book.Limit.Unit == cost.DataSubject && other.book.Limit.Unit == cost.DataSubject
	return persons || overlap(d.rows, other.rows)
}

// chainOnlySum is what the chain charged and the mirror's own book did not.
func (d *dataset) chainOnlySum() (sum cost.Amount) {
	for _, row := range d.chainOnly {
		sum = plus(sum, row.Each)
	}
	return sum
}

// spent is what the data set itself has lost. taken adds what is reserved.
func (d *dataset) spent() cost.Amount { return plus(d.book.Spent, d.chainOnlySum()) }

func (d *dataset) taken() cost.Amount {
	taken, err := d.book.Taken()
	if err != nil {
		return unaffordable()
	}
	return plus(taken, d.chainOnlySum())
}

// plus is a sum that never overflows: a sum that is too large is [unaffordable].
func plus(a, b cost.Amount) cost.Amount {
	sum, err := a.Plus(b)
	if err != nil {
		return unaffordable()
	}
	return sum
}

// unaffordable is an amount that no limit allows.
func unaffordable() (a cost.Amount) {
	for i := range a.Curve {
		a.Curve[i] = cost.NoBound
	}
	return a
}

// affords checks that a further loss of a data set fits its limit and the limits of all data
// sets that share rows with it. The function of returns what a data set has lost so far.
//
// This bounds the loss of each row: all data sets that contain a row are related to each
// other, so the sum over the data sets related to any one of them includes every charge for
// the row.
func (d *dataset) affords(more cost.Amount, of func(*dataset) cost.Amount) error {
	for _, limited := range d.related {
		lost := limited.total(of)
		limit := limited.book.Limit
		if _, fits := limit.Left(plus(lost, more)); fits {
			continue
		}
		left, _ := limit.Left(lost)
		return fmt.Errorf("%w: %s of %s is left for the rows of %s", cost.ErrExhausted, left, limit, limited.name())
	}
	return nil
}

// total is what the rows of a data set have lost, in all data sets that share rows with it.
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
		all = unaffordable()
	}
	return d.affords(all, (*dataset).taken) // its error says what is left
}

func (d *dataset) reserve(task uint64, reason string, each cost.Amount, releases uint64) (*cost.Row, error) {
	row, err := rowOf(d.book.Reserve(task, reason, each, releases))
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
		return nil, fmt.Errorf("%w: task %d reserved for %q at another cost before", ErrContradiction, task, reason)
	}
	for _, old := range d.history {
		if old.Entry == cost.EntryReserve && purposeOf(old) == purposeOf(*row) && old.Each != each {
			return nil, fmt.Errorf("%w: row %d of %s reserves at another cost", ErrContradiction, old.Number, d.name())
		}
	}
	return row, nil
}

func (d *dataset) charge(task uint64, reason string, round uint64) (*cost.Row, error) {
	row, err := rowOf(d.book.Charge(task, reason, round))
	if err != nil || row == nil {
		return nil, err
	}
	more := row.Each
	if slices.ContainsFunc(d.chainOnly, func(r cost.Row) bool { return releaseOf(r) == releaseOf(*row) }) {
		more = cost.Amount{} // the charge of the chain counts already
	}
	return row, d.affords(more, (*dataset).spent)
}

func (d *dataset) lower(limit cost.Limit) (*cost.Row, error) {
	row, err := rowOf(d.book.Lower(limit))
	if err != nil || row == nil {
		return nil, err
	}
	if _, fits := limit.Left(d.total((*dataset).spent)); !fits {
		return nil, fmt.Errorf("%w: %s is below what is spent on the rows of %s", cost.ErrLimit, limit, d.name())
	}
	return row, nil
}

// rowOf is the row that a verb of a book returns, or nil.
func rowOf(_ cost.Book, rows []cost.Row, err error) (*cost.Row, error) {
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return &rows[0], nil
}
