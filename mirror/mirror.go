// Package mirror is a data set owner's own ledger of the privacy spent on its rows. It is
// kept in the owner's home folder. It recognises a row by a keyed fingerprint in every data
// set that contains the row, and refuses whatever would exceed a limit, even if the chain
// allows it.
//
// It sends nothing, and it does not bind anybody else: the ledger that the network agrees
// on is on the chain.
//
// Callers follow this order: first a call here ([Mirror.Reserve], [Mirror.Charge]), then
// the message to the chain, then the release of the update. So every release is charged
// here, or at least on the chain, from which [Mirror.CatchUp] takes it. The chain charges
// only what the owner's key has signed, and [Mirror.Sign] signs only what is charged here.
package mirror

import (
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/logbook"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/spec"
)

// The files of a mirror in a home folder, in addition to [SigningFile]. Nobody can guess
// rows from the records alone, but with the key it is possible: never give both to others.
const (
	File     = "mirror.jsonl"
	KeyFile  = "mirror.key"
	LockFile = "mirror.lock" // empty
)

// Why a mirror refuses something, in addition to the errors of [cost.Book].
var (
	ErrRegistered    = errors.New("these rows are registered already")
	ErrNotRegistered = errors.New("this home folder has registered no data set with that commitment")
	ErrChanged       = errors.New("rows have changed")
	ErrContradiction = errors.New("the chain's history contradicts this ledger")
)

// Mirror is an owner's ledger. Only one process can have it open at a time; within the
// process it is safe for concurrent use. Methods name a data set by its commitment, which
// is known before the chain gives it a number.
type Mirror struct {
	mu       sync.Mutex
	key      data.Secret
	file     *logbook.Book
	lock     *os.File
	checked  bool // the first record has shown that the file belongs to the key
	signing  *logbook.Book
	keys     []ed25519.PrivateKey // the records of signing, the newest last
	datasets []*dataset
	broken   error // why all methods fail: a record may not be durable, or the mirror is closed
}

// Dataset is what a mirror knows of a data set.
type Dataset struct {
	Commitment spec.Digest
	ID         uint64      // on the chain; 0: not confirmed yet
	Book       cost.Book   // what the mirror allowed
	ChainOnly  cost.Amount // what the chain charged and the mirror had not allowed
	ChainRows  uint64      // number of rows of the chain's history that it knows
	// Left is how much epsilon may still be reserved. All data sets that share rows with
	// this one, and their limits, are taken into account.
	Left   cost.Epsilon
	Shares []spec.Digest // the other data sets with which it shares rows
}

// Open opens the mirror of a home folder, or creates an empty one with a new key. Until it
// is closed, [Open] in another process waits.
func Open(home string) (*Mirror, error) {
	held, err := lock(home)
	if err != nil {
		return nil, err
	}
	m := &Mirror{lock: held}
	if err := m.load(home); err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return m, nil
}

// Close closes the mirror, so that another process can open it.
func (m *Mirror) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	var err error
	for _, b := range []*logbook.Book{m.file, m.signing} {
		if b != nil {
			err = errors.Join(err, b.Close())
		}
	}
	m.broken = os.ErrClosed
	return errors.Join(err, m.lock.Close())
}

func (m *Mirror) load(home string) error {
	if err := m.openKey(filepath.Join(home, KeyFile)); err != nil {
		return err
	}
	err := m.openSigning(filepath.Join(home, SigningFile))
	if err != nil {
		return err
	}
	if m.file, err = logbook.Open(filepath.Join(home, File), m.applyLine); err != nil || m.checked {
		return err
	}
	if m.key == (data.Secret{}) {
		if err := m.makeKey(filepath.Join(home, KeyFile)); err != nil {
			return err
		}
	}
	return m.write(record{Check: m.check()})
}

// openKey reads the key, if there is one.
func (m *Mirror) openKey(path string) error {
	f, err := logbook.Open(path, func(line []byte) error { return decodeStrict(line, &m.key) })
	if err != nil {
		return err
	}
	return f.Close()
}

func (m *Mirror) makeKey(path string) error {
	f, err := logbook.Open(path, func([]byte) error { return nil })
	if err != nil {
		return err
	}
	if _, err := rand.Read(m.key[:]); err != nil {
		return err
	}
	return errors.Join(f.Write(m.key), f.Sync(), f.Close())
}

// check is derived from the key. The first record contains it, which shows that the records
// belong to the key.
func (m *Mirror) check() spec.Digest {
	return spec.Digest(m.key.Derive("check of a mirror", spec.Salt{}))
}

// secret is the secret from which the salts of a data set's commitment are derived.
func (m *Mirror) secret(nonce spec.Salt) data.Secret {
	return m.key.Derive("secret of a data set", nonce)
}

// Register registers a data set. Call it before the message to the chain. The commitment
// uses a fresh secret, which only the owner of the key can derive. A caller that was
// interrupted before [Mirror.Confirm] registers the same rows with the same limit again and
// gets the same commitment. In all other cases the same rows, in any order, are refused with
// [ErrRegistered]. A data set may share some of its rows with others; then their charges
// count for it too.
func (m *Mirror) Register(t data.Table, limit cost.Limit) (Dataset, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if t.Rows() == 0 {
		return Dataset{}, errors.New("the data set has no rows: want at least 1")
	}
	rows := prefixesOf(data.Fingerprints(m.key, t))
	for _, d := range m.datasets {
		if !slices.Equal(d.rows, rows) {
			continue
		}
		again := d.id == 0 && data.Commitment(m.secret(d.nonce), t) == d.commitment
		switch {
		case again && d.book.Limit == limit:
			return m.show(d), nil
		case again:
			return Dataset{}, fmt.Errorf("%w: as %s, which is not on the chain yet, with the limit %s: register them with this limit, then lower it", ErrRegistered, d.name(), d.book.Limit)
		}
		return Dataset{}, fmt.Errorf("%w: as %s", ErrRegistered, d.name())
	}
	_, opened, err := cost.Open(limit)
	if err != nil {
		return Dataset{}, err
	}
	var nonce spec.Salt
	if _, err := rand.Read(nonce[:]); err != nil {
		return Dataset{}, err
	}
	r := record{
		Dataset:  data.Commitment(m.secret(nonce), t),
		Register: &registration{Nonce: nonce[:], Rows: bytesOf(rows)},
		Row:      &opened[0],
	}
	d, err := m.open(r)
	if err != nil {
		return Dataset{}, err
	}
	if err := d.affords(cost.Amount{}, (*dataset).spent); err != nil {
		return Dataset{}, err
	}
	if err := m.save(r); err != nil {
		return Dataset{}, err
	}
	return m.show(m.datasets[len(m.datasets)-1]), nil
}

// Confirm records the number that the chain gave to a data set.
func (m *Mirror) Confirm(commitment spec.Digest, id uint64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	d, err := m.find(commitment)
	if err != nil || d.id == id && id > 0 {
		return err
	}
	if err := m.mayNumber(d, id); err != nil {
		return err
	}
	return m.save(record{Dataset: commitment, ID: id})
}

// Verify checks that a table has the registered rows in the registered order:
// [ErrChanged] if not.
func (m *Mirror) Verify(commitment spec.Digest, t data.Table) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	d, err := m.find(commitment)
	if err != nil {
		return err
	}
	if data.Commitment(m.secret(d.nonce), t) != d.commitment {
		return fmt.Errorf("%w since %s was registered", ErrChanged, d.name())
	}
	return nil
}

// Datasets lists all registered data sets, in the order of registration.
func (m *Mirror) Datasets() (all []Dataset) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, d := range m.datasets {
		all = append(all, m.show(d))
	}
	return all
}

// Check returns the error that [Mirror.Reserve] of a number of releases would return. It
// reserves nothing.
func (m *Mirror) Check(commitment spec.Digest, each cost.Amount, releases uint64) error {
	return m.do(commitment, func(d *dataset) (*cost.Row, error) { return nil, d.check(each, releases) })
}

// Reserve reserves releases for a task, see [cost.Book.Reserve]. The error wraps
// [cost.ErrExhausted] if reservations and charges of all data sets that share rows would
// exceed the limit of one of them.
func (m *Mirror) Reserve(commitment spec.Digest, task uint64, reason string, each cost.Amount, releases uint64) error {
	return m.do(commitment, func(d *dataset) (*cost.Row, error) { return d.reserve(task, reason, each, releases) })
}

// Charge charges a release that was reserved, see [cost.Book.Charge]. When it returns, the
// charge is durable, and the release may be charged on the chain.
func (m *Mirror) Charge(commitment spec.Digest, task uint64, reason string, round uint64) error {
	return m.do(commitment, func(d *dataset) (*cost.Row, error) { return d.charge(task, reason, round) })
}

// Release frees what a task reserved and did not charge, see [cost.Book.Release].
func (m *Mirror) Release(commitment spec.Digest, task uint64, reason string) error {
	return m.do(commitment, func(d *dataset) (*cost.Row, error) { return rowOf(d.book.Release(task, reason)) })
}

// Lower lowers a limit, see [cost.Book.Lower], but never below what is spent on all data
// sets that share rows with it.
func (m *Mirror) Lower(commitment spec.Digest, limit cost.Limit) error {
	return m.do(commitment, func(d *dataset) (*cost.Row, error) { return d.lower(limit) })
}

// do calls a verb and saves the row that it returns, if any.
func (m *Mirror) do(commitment spec.Digest, verb func(*dataset) (*cost.Row, error)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	d, err := m.find(commitment)
	if err != nil {
		return err
	}
	row, err := verb(d)
	if err != nil || row == nil {
		return err
	}
	return m.save(record{Dataset: commitment, Row: row})
}

func (m *Mirror) find(commitment spec.Digest) (*dataset, error) {
	if m.broken != nil {
		return nil, m.broken
	}
	i := slices.IndexFunc(m.datasets, func(d *dataset) bool { return d.commitment == commitment })
	if i < 0 {
		return nil, fmt.Errorf("%w: %s", ErrNotRegistered, commitment.Short())
	}
	return m.datasets[i], nil
}

func (m *Mirror) show(d *dataset) Dataset {
	shown := Dataset{
		Commitment: d.commitment, ID: d.id, Book: d.book, ChainOnly: d.chainOnlySum(),
		ChainRows: uint64(len(d.history)), Left: d.left(),
	}
	for _, other := range d.related[1:] {
		shown.Shares = append(shown.Shares, other.commitment)
	}
	return shown
}
