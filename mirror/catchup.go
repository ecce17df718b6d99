package mirror

import (
	"errors"
	"fmt"

	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/spec"
)

// CatchUp takes in the chain's history of a data set, from any row on to the newest; who
// asks from the last row that the mirror knows (Dataset.Told) on also hears of a history
// that became shorter.
//
// What the chain has charged counts from now on, also where it passes a limit: then
// nothing more is allowed. What it has reserved, given back and lowered is done here too,
// where the mirror allows it; a reservation that it refused may be made with
// [Mirror.Reserve] once there is room.
//
// The error wraps [ErrContradiction] and names the row when a row is missing, is another
// than before, is not what a book would write, or has another cost than the mirror's own.
// Then the node must not take part with these rows. An answer of a chain node that is
// behind looks like a missing row: ask again.
func (m *Mirror) CatchUp(commitment spec.Digest, rows []cost.Row) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	d, err := m.find(commitment)
	if err != nil {
		return err
	}
	if err := d.continues(rows); err != nil {
		return err
	}
	for i, row := range rows {
		if row.Number <= uint64(len(d.told)) {
			continue
		}
		own, err := d.answer(row)
		if err != nil {
			return errors.Join(fmt.Errorf("%w: row %d of %s: %w", ErrContradiction, row.Number, d.name(), err), m.sync())
		}
		if err := m.write(record{Dataset: commitment, Chain: &rows[i], Row: own}); err != nil {
			return err
		}
	}
	return m.sync()
}

// continues reports whether rows hold what is known of the chain's history, and go on
// from there without a gap.
func (d *dataset) continues(rows []cost.Row) error {
	known := uint64(len(d.told))
	next := known // the row that is expected, where the first one is not known yet
	if len(rows) > 0 {
		next = min(rows[0].Number, known+1)
	}
	for _, row := range rows {
		switch {
		case row.Number != next || next == 0:
			return fmt.Errorf("%w: row %d of %s is missing", ErrContradiction, max(1, next), d.name())
		case next <= known && row != d.told[next-1]:
			return fmt.Errorf("%w: row %d of %s is another than before", ErrContradiction, next, d.name())
		}
		next++
	}
	if next <= known && known > 0 {
		return fmt.Errorf("%w: row %d of %s is missing", ErrContradiction, next, d.name())
	}
	return nil
}

// answer is the row of the data set's own book that a new row of the chain's leads to, or
// nil.
func (d *dataset) answer(row cost.Row) (*cost.Row, error) {
	if _, err := d.chain.Follow(row); err != nil {
		return nil, err
	}
	switch row.Entry {
	case cost.EntryLimit:
		return d.hearLimit(row)
	case cost.EntryReserve:
		if own, known := d.costs[purposeOf(row)]; known && own != row.Each {
			return nil, errors.New("it reserves at another cost than the mirror")
		}
		return allowed(d.reserve(row.Task, row.Reason, row.Each, row.Releases))
	case cost.EntryCharge:
		return allowed(d.charge(row.Task, row.Reason, row.Round))
	default: // cost.EntryRelease
		return allowed(written(d.book.Release(row.Task, row.Reason)))
	}
}

// allowed is the row that a verb writes, or nil where it is refused.
func allowed(row *cost.Row, err error) (*cost.Row, error) {
	if err != nil {
		return nil, nil
	}
	return row, nil
}

// hearLimit lowers the limit to the chain's where that is lower. The first one must be the
// one that was registered.
func (d *dataset) hearLimit(row cost.Row) (*cost.Row, error) {
	own := d.book.Limit
	if row.Number == 1 {
		if row.Limit != d.registered {
			return nil, fmt.Errorf("its limit is %s, registered was %s", row.Limit, d.registered)
		}
		return nil, nil
	}
	own.Epsilon, own.Delta = min(own.Epsilon, row.Limit.Epsilon), min(own.Delta, row.Limit.Delta)
	return d.lower(own)
}
