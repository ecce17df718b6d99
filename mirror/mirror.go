// Package mirror is an owner's own ledger of what its rows' privacy was spent on. It lies
// in the owner's home folder, knows rows again by keyed fingerprints, in whatever data set
// they are registered, and refuses what would pass a limit, whatever the chain says.
//
// It sends nothing and decides nothing for others: what a whole network agrees on is in
// the ledger of the chain.
//
// The order is: a verb here, then the chain, then the release. So what was released is
// charged here, or on the chain, from which [Mirror.CatchUp] takes it. The chain charges
// what the owner's key has signed, and the mirror signs what it has charged.
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

// The files of a mirror in a home folder, beside [SigningFile]. The records alone do not
// help to guess rows, the key does: they must not be handed out together.
const (
	File     = "mirror.jsonl"
	KeyFile  = "mirror.key"
	LockFile = "mirror.lock" // empty
)

// Why a mirror refuses something, beside the errors of [cost.Book].
var (
	ErrRegistered    = errors.New("these rows are registered already")
	ErrNotRegistered = errors.New("the mirror knows no such data set")
	ErrChanged       = errors.New("rows have changed")
	ErrContradiction = errors.New("the chain contradicts what is known of it")
)

// Mirror is an owner's ledger, for one process at a time. It is safe for concurrent use.
// Data sets are named by their commitment, which is known before the chain has a number
// for them.
type Mirror struct {
	mu      sync.Mutex
	key     data.Secret
	file    *logbook.Book
	lock    *os.File
	checked bool // the file belongs to the key
	signing *logbook.Book
	keys    []ed25519.PrivateKey // in it, the newest last
	sets    []*dataset
	broken  error // a record may not last: nothing is done any more
}

// Dataset is what a mirror knows of a data set.
type Dataset struct {
	Commitment spec.Digest
	ID         uint64      // on the chain; 0: not confirmed yet
	Book       cost.Book   // what the mirror allowed
	Beyond     cost.Amount // what the chain charged and the mirror had not allowed
	Told       uint64      // rows of the chain's history that it knows
	// Left is how much of the epsilon of its limit may still be reserved, all data sets
	// counted that share rows.
	Left   cost.Epsilon
	Shares []spec.Digest // the others with which it shares rows
}

// Open opens the mirror of a home folder, or makes an empty one with a new key. No other
// process can open it until it is closed.
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

// Close lets others open the mirror.
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
	if m.file, err = logbook.Open(filepath.Join(home, File), m.read); err != nil || m.checked {
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
	f, err := logbook.Open(path, func(line []byte) error { return strict(line, &m.key) })
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

// check is what shows that records were made with the key.
func (m *Mirror) check() spec.Digest {
	return spec.Digest(m.key.Derive("check of a mirror", spec.Salt{}))
}

// secret is what the salts of a data set's commitment come from.
func (m *Mirror) secret(nonce spec.Salt) data.Secret {
	return m.key.Derive("secret of a data set", nonce)
}

// Register takes in a data set before the chain is told of it. Its commitment is under a
// fresh secret, which comes of the key and can be had by nobody else. Whoever was
// interrupted before [Mirror.Confirm] registers the same rows with the same limit again
// and gets the same commitment. Otherwise the same rows, in any order, are
// [ErrRegistered]; a data set may share some rows with others, whose charges then count.
func (m *Mirror) Register(t data.Table, limit cost.Limit) (Dataset, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if t.Rows() == 0 {
		return Dataset{}, errors.New("a data set without rows needs no registration")
	}
	rows := marksOf(data.Fingerprints(m.key, t))
	for _, d := range m.sets {
		if !slices.Equal(d.rows, rows) {
			continue
		}
		again := d.id == 0 && data.Commitment(m.secret(d.nonce), t) == d.commitment
		switch {
		case again && d.book.Limit == limit:
			return m.show(d), nil
		case again:
			return Dataset{}, fmt.Errorf("%w: as %s, which is not on the chain yet, with %s: register them with that, then lower it", ErrRegistered, d.name(), d.book.Limit)
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
	return m.show(m.sets[len(m.sets)-1]), nil
}

// Confirm takes in the number that the chain gave to a data set.
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

// Verify reports whether a table has the rows that were registered, in their order:
// [ErrChanged] where it has not.
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

// Datasets lists what is registered, in the order of registration.
func (m *Mirror) Datasets() (all []Dataset) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, d := range m.sets {
		all = append(all, m.show(d))
	}
	return all
}

// Check reports whether so many releases could be reserved, without doing it.
func (m *Mirror) Check(commitment spec.Digest, each cost.Amount, releases uint64) error {
	return m.do(commitment, func(d *dataset) (*cost.Row, error) { return nil, d.check(each, releases) })
}

// Reserve keeps releases for a task, see [cost.Book.Reserve]. The error wraps
// [cost.ErrExhausted] where what is reserved and spent on any data set with the same rows
// would pass the limit of one of them.
func (m *Mirror) Reserve(commitment spec.Digest, task uint64, reason string, each cost.Amount, releases uint64) error {
	return m.do(commitment, func(d *dataset) (*cost.Row, error) { return d.reserve(task, reason, each, releases) })
}

// Charge spends a release that was reserved, see [cost.Book.Charge]. When it returns, the
// charge lasts, and the release may be charged on the chain.
func (m *Mirror) Charge(commitment spec.Digest, task uint64, reason string, round uint64) error {
	return m.do(commitment, func(d *dataset) (*cost.Row, error) { return d.charge(task, reason, round) })
}

// Release gives back what a task did not charge, see [cost.Book.Release].
func (m *Mirror) Release(commitment spec.Digest, task uint64, reason string) error {
	return m.do(commitment, func(d *dataset) (*cost.Row, error) { return written(d.book.Release(task, reason)) })
}

// Lower lowers a limit, see [cost.Book.Lower], never below what is spent on any data set
// with the same rows.
func (m *Mirror) Lower(commitment spec.Digest, limit cost.Limit) error {
	return m.do(commitment, func(d *dataset) (*cost.Row, error) { return d.lower(limit) })
}

// do saves the row that a verb writes, if it writes any.
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
	i := slices.IndexFunc(m.sets, func(d *dataset) bool { return d.commitment == commitment })
	if i < 0 {
		return nil, fmt.Errorf("%w: %s", ErrNotRegistered, commitment.Short())
	}
	return m.sets[i], nil
}

func (m *Mirror) show(d *dataset) Dataset {
	shown := Dataset{
		Commitment: d.commitment, ID: d.id, Book: d.book, Beyond: d.beyond(),
		Told: uint64(len(d.told)), Left: d.left(),
	}
	for _, other := range d.related[1:] {
		shown.Shares = append(shown.Shares, other.commitment)
	}
	return shown
}
