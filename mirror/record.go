package mirror

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/spec"
)

// record is a line of a mirror's file. The first one is the check of the key; each other
// one is about a data set: its registration with the row that sets the limit, its number
// on the chain, one more row of its own book, of the chain's, or of both, or what was
// signed.
type record struct {
	Check    spec.Digest   `json:"check,omitzero"`
	Dataset  spec.Digest   `json:"dataset,omitzero"` // its commitment
	Register *registration `json:"register,omitempty"`
	ID       uint64        `json:"id,omitempty"`
	Chain    *cost.Row     `json:"chain,omitempty"`
	Row      *cost.Row     `json:"row,omitempty"`
	Signed   *signed       `json:"signed,omitempty"`
}

// registration is what a mirror remembers of rows.
type registration struct {
	Nonce []byte `json:"nonce"` // the secret comes of it and the key
	Rows  []byte `json:"rows"`  // marks, sorted
}

func bytesOf(rows []mark) (b []byte) {
	for _, m := range rows {
		b = append(b, m[:]...)
	}
	return b
}

// marks reads what [bytesOf] wrote.
func (r registration) marks() (rows []mark, err error) {
	for part := range slices.Chunk(r.Rows, len(mark{})) {
		if len(part) < len(mark{}) || len(rows) > 0 && compareMarks(rows[len(rows)-1], mark(part)) >= 0 {
			return nil, errors.New("the marks of its rows are not in their order")
		}
		rows = append(rows, mark(part))
	}
	if len(rows) == 0 {
		return nil, errors.New("it has no rows")
	}
	return rows, nil
}

// strict reads JSON without fields that are not known.
func strict(line []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the record")
	}
	return nil
}

// read takes in a record of the file.
func (m *Mirror) read(line []byte) error {
	var r record
	if err := strict(line, &r); err != nil {
		return err
	}
	return m.take(r)
}

// save makes a record last, and takes it in.
func (m *Mirror) save(r record) error {
	if err := m.write(r); err != nil {
		return err
	}
	return m.sync()
}

// write adds a record to the file and takes it in. It lasts once it is synced.
func (m *Mirror) write(r record) error {
	if err := m.file.Write(r); err != nil {
		return err
	}
	if err := m.take(r); err != nil {
		m.broken = fmt.Errorf("the mirror wrote what it cannot read: %w", err)
		return m.broken
	}
	return nil
}

func (m *Mirror) sync() error {
	if err := m.file.Sync(); err != nil {
		m.broken = fmt.Errorf("the mirror may have lost a record: %w", err)
		return m.broken
	}
	return nil
}

// take makes of the records before the ones with one more. It is all that a record does,
// whether it is read or was just written.
func (m *Mirror) take(r record) error {
	if !m.checked {
		if m.key == (data.Secret{}) {
			return fmt.Errorf("%s, which belongs to it, is missing", KeyFile)
		}
		if r != (record{Check: m.check()}) {
			return fmt.Errorf("it does not belong to this %s", KeyFile)
		}
		m.checked = true
		return nil
	}
	if !r.Check.IsZero() {
		return errors.New("a second check of the key")
	}
	if r.Register != nil {
		d, err := m.open(r)
		if err != nil {
			return err
		}
		for _, other := range d.related[1:] {
			other.related = append(other.related, d)
		}
		m.sets = append(m.sets, d)
		return nil
	}
	d, err := m.find(r.Dataset)
	if err != nil {
		return err
	}
	switch {
	case r.Signed != nil && r.ID == 0 && r.Chain == nil && r.Row == nil:
		return d.sign(*r.Signed)
	case r.Signed != nil:
		return errors.New("it says too much")
	case r.ID > 0 && r.Chain == nil && r.Row == nil:
		if err := m.mayNumber(d, r.ID); err != nil {
			return err
		}
		d.id = r.ID
		return nil
	case r.ID > 0 || r.Chain == nil && r.Row == nil:
		return errors.New("it says nothing, or too much")
	}
	return d.follow(r.Chain, r.Row)
}

// open is the data set of a registration, related to those that are there.
func (m *Mirror) open(r record) (*dataset, error) {
	if r.Dataset.IsZero() || r.ID > 0 || r.Chain != nil || r.Row == nil || r.Signed != nil || len(r.Register.Nonce) != len(spec.Salt{}) {
		return nil, errors.New("it is no registration")
	}
	if _, err := m.find(r.Dataset); err == nil {
		return nil, fmt.Errorf("%w: as %s", ErrRegistered, r.Dataset.Short())
	}
	rows, err := r.Register.marks()
	if err != nil {
		return nil, err
	}
	d := &dataset{
		commitment: r.Dataset, nonce: spec.Salt(r.Register.Nonce), rows: rows,
		charged: map[release]bool{}, costs: map[purpose]cost.Amount{}, signed: map[place]signed{},
	}
	if err := d.follow(nil, r.Row); err != nil {
		return nil, err
	}
	d.registered = d.book.Limit
	d.related = []*dataset{d}
	for _, other := range m.sets {
		if !d.shares(other) {
			continue
		}
		if a, b := d.book.Limit, other.book.Limit; a.Unit != b.Unit || a.Adjacency != b.Adjacency {
			return nil, fmt.Errorf("%w: rows are shared with %s, whose limit is for %s, %s: losses of two kinds do not add up", cost.ErrLimit, other.name(), b.Unit, b.Adjacency)
		}
		d.related = append(d.related, other)
	}
	return d, nil
}

// mayNumber reports whether a data set may have a number on the chain.
func (m *Mirror) mayNumber(d *dataset, id uint64) error {
	taken := slices.ContainsFunc(m.sets, func(other *dataset) bool { return other.id == id })
	if id == 0 || d.id > 0 || taken {
		return fmt.Errorf("%s cannot be data set %d of the chain", d.name(), id)
	}
	return nil
}

// follow adds a row to the chain's history, to the data set's own, or to both.
func (d *dataset) follow(chain, own *cost.Row) (err error) {
	if own != nil {
		if d.book, err = d.book.Follow(*own); err != nil {
			return err
		}
		switch own.Entry {
		case cost.EntryReserve:
			d.costs[purposeOf(*own)] = own.Each
		case cost.EntryCharge:
			d.charged[releaseOf(*own)] = true
			d.foreign = slices.DeleteFunc(d.foreign, func(r cost.Row) bool { return releaseOf(r) == releaseOf(*own) })
		default: // limits and what is given back are in the book alone
		}
	}
	if chain != nil {
		if d.chain, err = d.chain.Follow(*chain); err != nil {
			return err
		}
		d.told = append(d.told, *chain)
		if chain.Entry == cost.EntryCharge && !d.charged[releaseOf(*chain)] {
			d.foreign = append(d.foreign, *chain)
		}
	}
	return nil
}
