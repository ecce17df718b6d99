package mirror

import (
	"errors"
	"fmt"

	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/spec"
)

// CatchUp takes in new rows of the chain's history of a data set. The rows must reach to
// the newest one. If they begin with the last row that the mirror knows (row number
// Dataset.ChainRows), CatchUp also detects a history that became shorter.
//
// Charges of the chain count from now on, even if they exceed a limit; then nothing more is
// allowed. The mirror also repeats the chain's reservations, releases and lowered limits
// where its own rules allow them. A reservation that it refused can be made later with
// [Mirror.Reserve], when there is room.
//
// The error wraps [ErrContradiction] and names the row if a row is missing, has changed, is
// not valid in a book, or has another cost than the mirror's own. Then the node must not
// take part with these rows. The answer of a chain node that lags behind looks like a
// missing row: ask again.
func (m *Mirror) CatchUp(commitment spec.Digest, rows []cost.Row) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	d, err := m.find(commitment)
	if err != nil {
		return err
	}
	if err := d.checkContinues(rows); err != nil {
		return err
	}
	for i, row := range rows {
		if row.Number <= uint64(len(d.history)) {
			continue
		}
		own, err := d.ownRow(row) // a row of the mirror's own book, or nil
		if err != nil {
			return errors.Join(fmt.Errorf("%w: row %d of %s: %w", ErrContradiction, row.Number, d.name(), err), m.sync())
		}
		if err := m.write(record{Dataset: commitment, Chain: &rows[i], Row: own}); err != nil {
			return err
		}
	}
	return m.sync()
}

// checkContinues checks that rows agree with the known history of the chain and continue it
// without a gap.
func (d *dataset) checkContinues(rows []cost.Row) error {
	known := uint64(len(d.history))
	next := known // number of the next expected row
	if len(rows) > 0 {
		next = min(rows[0].Number, known+1)
	}
	for _, row := range rows {
		switch {
		case row.Number != next || next == 0:
			return fmt.Errorf("%w: row %d of %s is missing", ErrContradiction, max(1, next), d.name())
		case next <= known && row != d.history[next-1]:
			return fmt.Errorf("%w: row %d of %s has changed", ErrContradiction, next, d.name())
		}
		next++
	}
	if next <= known && known > 0 {
		return fmt.Errorf("%w: row %d of %s is missing", ErrContradiction, next, d.name())
	}
	return nil
}

// ownRow is the row of the mirror's own book that follows from a new row of the chain, or
// nil.
func (d *dataset) ownRow(row cost.Row) (*cost.Row, error) {
	if _, err := d.chainBook.Follow(row); err != nil {
		return nil, err
	}
	switch row.Entry {
	case cost.EntryLimit:
		return d.followLimit(row)
	case cost.EntryReserve:
		if own, known := d.costs[purposeOf(row)]; known && own != row.Each {
			return nil, errors.New("the chain reserves at another cost than this ledger")
		}
		return ifAllowed(d.reserve(row.Task, row.Reason, row.Each, row.Releases))
	case cost.EntryCharge:
		return ifAllowed(d.charge(row.Task, row.Reason, row.Round))
	default: // cost.EntryRelease
		return ifAllowed(rowOf(d.book.Release(row.Task, row.Reason)))
	}
}

// ifAllowed returns the row that a verb writes, or nil if the verb is refused.
func ifAllowed(row *cost.Row, err error) (*cost.Row, error) {
	if err != nil {
		return nil, nil
	}
	return row, nil
}

// followLimit lowers the mirror's limit to the chain's, if that is lower. The chain's first
// limit must be the registered one.
func (d *dataset) followLimit(row cost.Row) (*cost.Row, error) {
	own := d.book.Limit
	if row.Number == 1 {
		if row.Limit != d.registered {
			return nil, fmt.Errorf("the chain has the limit %s: want %s, as registered", row.Limit, d.registered)
		}
		return nil, nil
	}
	own.Epsilon, own.Delta = min(own.Epsilon, row.Limit.Epsilon), min(own.Delta, row.Limit.Delta)
	return d.lower(own)
}
