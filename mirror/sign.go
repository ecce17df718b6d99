package mirror

import (
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/logbook"
	"github.com/althing-network/althing/spec"
)

// SigningFile holds the owner's signing keys in a home folder, the newest last. A former key
// still signs in rounds that began with it.
const SigningFile = "mirror.signing.key"

// Why a mirror signs nothing.
var (
	ErrNotCharged = errors.New("the round is not charged, so no update of it is signed")
	ErrSigned     = errors.New("another update of the round is signed already")
	ErrNoKey      = errors.New("this home folder does not have the owner's signing key")
)

// signed is the one update that was signed in a round, with its node.
type signed struct {
	Task   uint64      `json:"task"`
	Round  uint64      `json:"round"`
	Node   uint64      `json:"node"`
	Update spec.Digest `json:"update"`
}

// openSigning reads the signing keys, and creates one if there is none.
func (m *Mirror) openSigning(path string) (err error) {
	m.signing, err = logbook.Open(path, func(line []byte) error {
		var seed data.Secret
		if err := decodeStrict(line, &seed); err != nil {
			return err
		}
		m.keys = append(m.keys, ed25519.NewKeyFromSeed(seed[:]))
		return nil
	})
	if err == nil && len(m.keys) == 0 {
		_, err = m.newKey()
	}
	return err
}

func (m *Mirror) newKey() (spec.PublicKey, error) {
	var seed data.Secret
	if _, err := rand.Read(seed[:]); err != nil {
		return spec.PublicKey{}, err
	}
	if err := errors.Join(m.signing.Write(seed), m.signing.Sync()); err != nil {
		return spec.PublicKey{}, err
	}
	m.keys = append(m.keys, ed25519.NewKeyFromSeed(seed[:]))
	return m.newest(), nil
}

func (m *Mirror) newest() spec.PublicKey { return spec.PublicKeyOf(m.keys[len(m.keys)-1]) }

// Key is the newest key of the owner, with which new rounds are signed.
func (m *Mirror) Key() spec.PublicKey {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.newest()
}

// Signs reports whether the mirror has the private key of a public key.
func (m *Mirror) Signs(key spec.PublicKey) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.keyIndex(key) >= 0
}

func (m *Mirror) keyIndex(key spec.PublicKey) int {
	return slices.IndexFunc(m.keys, func(k ed25519.PrivateKey) bool { return spec.PublicKeyOf(k) == key })
}

// NewKey adds a new key, for the case that others may know the former one.
func (m *Mirror) NewKey() (spec.PublicKey, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken != nil {
		return spec.PublicKey{}, m.broken
	}
	return m.newKey()
}

// Sign signs for the owner that a node may commit to an update with a salt, see
// [spec.ChargeStatement]. The key must be one of the mirror's, and the round must be charged.
// Per round of a task only one update of one node is signed, any number of times and with
// any number of salts. For any other update the error is [ErrSigned], even if the first one
// was never sent.
func (m *Mirror) Sign(commitment spec.Digest, reason string, key spec.PublicKey, slot spec.Slot, update spec.Digest, salt spec.Salt) (spec.Signature, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	d, err := m.find(commitment)
	if err != nil {
		return spec.Signature{}, err
	}
	i := m.keyIndex(key)
	switch {
	case !d.charged[release{purpose{slot.Task, reason}, slot.Round}]:
		return spec.Signature{}, fmt.Errorf("%w: task %d, round %d", ErrNotCharged, slot.Task, slot.Round)
	case d.id == 0:
		return spec.Signature{}, fmt.Errorf("%s has no number on the chain yet", d.name())
	case i < 0:
		return spec.Signature{}, fmt.Errorf("%w: the chain has key %s for %s", ErrNoKey, key.Short(), d.name())
	}
	asked := signed{Task: slot.Task, Round: slot.Round, Node: slot.Node, Update: update}
	switch before, known := d.signed[roundKey{slot.Task, slot.Round}]; {
	case known && before != asked:
		return spec.Signature{}, fmt.Errorf("%w: task %d, round %d, from node %d", ErrSigned, slot.Task, slot.Round, before.Node)
	case !known:
		if err := m.save(record{Dataset: commitment, Signed: &asked}); err != nil {
			return spec.Signature{}, err
		}
	}
	return spec.SignCharge(m.keys[i], slot, d.id, spec.UpdateCommitment(slot, update, salt)), nil
}

// sign records what was signed.
func (d *dataset) sign(s signed) error {
	at := roundKey{s.Task, s.Round}
	if _, twice := d.signed[at]; twice {
		return fmt.Errorf("%w: task %d, round %d", ErrSigned, s.Task, s.Round)
	}
	d.signed[at] = s
	return nil
}
