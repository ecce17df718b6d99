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

// record is a line of a mirror's file. The first record has only Check. Every other record
// is about one data set and has one of these: its registration with the first row of its
// book; its number on the chain; a new row of the mirror's book, of the chain's book, or of
// both; what was signed.
type record struct {
	Check    spec.Digest   `json:"check,omitzero"`
	Dataset  spec.Digest   `json:"dataset,omitzero"` // its commitment
	Register *registration `json:"register,omitempty"`
	ID       uint64        `json:"id,omitempty"`
	Chain    *cost.Row     `json:"chain,omitempty"`
	Row      *cost.Row     `json:"row,omitempty"`
	Signed   *signed       `json:"signed,omitempty"`
}

// registration is what a mirror stores of the rows of a data set.
type registration struct {
	Nonce []byte `json:"nonce"` // the secret is derived from it and the key
	Rows  []byte `json:"rows"`  // prefixes of fingerprints, sorted
}

func bytesOf(rows []prefix) (b []byte) {
	for _, m := range rows {
		b = append(b, m[:]...)
	}
	return b
}

// prefixes decodes what [bytesOf] encodes.
func (r registration) prefixes() (rows []prefix, err error) {
	for part := range slices.Chunk(r.Rows, len(prefix{})) {
		if len(part) < len(prefix{}) || len(rows) > 0 && comparePrefixes(rows[len(rows)-1], prefix(part)) >= 0 {
			return nil, errors.New("the fingerprints of the rows are not sorted")
		}
		rows = append(rows, prefix(part))
	}
	if len(rows) == 0 {
		return nil, errors.New("the data set has no rows")
	}
	return rows, nil
}

// decodeStrict decodes JSON. Unknown fields and trailing data are errors.
func decodeStrict(line []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more data follows the record")
	}
	return nil
}

// applyLine decodes and applies a record of the file.
func (m *Mirror) applyLine(line []byte) error {
	var r record
	if err := decodeStrict(line, &r); err != nil {
		return err
	}
	return m.apply(r)
}

// save writes a record, applies it and makes it durable.
func (m *Mirror) save(r record) error {
	if err := m.write(r); err != nil {
		return err
	}
	return m.sync()
}

// write appends a record to the file and applies it. It is durable only after [Mirror.sync].
func (m *Mirror) write(r record) error {
	if err := m.file.Write(r); err != nil {
		return err
	}
	if err := m.apply(r); err != nil {
		m.broken = fmt.Errorf("the mirror wrote a record that it cannot read: %w", err)
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

// apply changes the state in memory by one record, in the same way whether the record was
// read from the file or was just written.
func (m *Mirror) apply(r record) error {
	if !m.checked {
		if m.key == (data.Secret{}) {
			return fmt.Errorf("the key file %s of these records is missing", KeyFile)
		}
		if r != (record{Check: m.check()}) {
			return fmt.Errorf("the key in %s does not belong to these records", KeyFile)
		}
		m.checked = true
		return nil
	}
	if !r.Check.IsZero() {
		return errors.New("only the first record may have the field \"check\"")
	}
	if r.Register != nil {
		d, err := m.open(r)
		if err != nil {
			return err
		}
		for _, other := range d.related[1:] {
			other.related = append(other.related, d)
		}
		m.datasets = append(m.datasets, d)
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
		return errors.New("the record has other fields beside \"signed\"")
	case r.ID > 0 && r.Chain == nil && r.Row == nil:
		if err := m.mayNumber(d, r.ID); err != nil {
			return err
		}
		d.id = r.ID
		return nil
	case r.ID > 0 || r.Chain == nil && r.Row == nil:
		return errors.New("the record has none of the fields \"id\", \"chain\" and \"row\", or \"id\" beside another one")
	}
	return d.follow(r.Chain, r.Row)
}

// open makes the data set of a registration and relates it to the data sets that share rows
// with it.
func (m *Mirror) open(r record) (*dataset, error) {
	if r.Dataset.IsZero() || r.ID > 0 || r.Chain != nil || r.Row == nil || r.Signed != nil || len(r.Register.Nonce) != len(spec.Salt{}) {
		return nil, errors.New("the record is not a valid registration")
	}
	if _, err := m.find(r.Dataset); err == nil {
		return nil, fmt.Errorf("%w: as %s", ErrRegistered, r.Dataset.Short())
	}
	rows, err := r.Register.prefixes()
	if err != nil {
		return nil, err
	}
	d := &dataset{
		commitment: r.Dataset, nonce: spec.Salt(r.Register.Nonce), rows: rows,
		charged: map[release]bool{}, costs: map[purpose]cost.Amount{}, signed: map[roundKey]signed{},
	}
	if err := d.follow(nil, r.Row); err != nil {
		return nil, err
	}
	d.registered = d.book.Limit
	d.related = []*dataset{d}
	for _, other := range m.datasets {
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

// mayNumber checks that a data set has no number yet and that the number is free.
func (m *Mirror) mayNumber(d *dataset, id uint64) error {
	taken := slices.ContainsFunc(m.datasets, func(other *dataset) bool { return other.id == id })
	if id == 0 || d.id > 0 || taken {
		return fmt.Errorf("%s cannot be data set %d of the chain", d.name(), id)
	}
	return nil
}

// follow adds a row to the chain's history, to the mirror's own book, or to both.
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
			d.chainOnly = slices.DeleteFunc(d.chainOnly, func(r cost.Row) bool { return releaseOf(r) == releaseOf(*own) })
		default: // limits and releases change only the book
		}
	}
	if chain != nil {
		if d.chainBook, err = d.chainBook.Follow(*chain); err != nil {
			return err
		}
		d.history = append(d.history, *chain)
		if chain.Entry == cost.EntryCharge && !d.charged[releaseOf(*chain)] {
			d.chainOnly = append(d.chainOnly, *chain)
		}
	}
	return nil
}
