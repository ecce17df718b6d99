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

// SigningFile has the owner's signing keys in a home folder, the newest last. A former one
// still signs in rounds that began with it.
const SigningFile = "mirror.signing.key"

// Why a mirror signs nothing.
var (
	ErrNotCharged = errors.New("the round is not charged, so nothing is signed in it")
	ErrSigned     = errors.New("another update of the round is signed already")
	ErrNoKey      = errors.New("the mirror does not have the key under which the owner signs")
)

// signed is the one update that is signed in a round, and from which node.
type signed struct {
	Task   uint64      `json:"task"`
	Round  uint64      `json:"round"`
	Node   uint64      `json:"node"`
	Update spec.Digest `json:"update"`
}

// openSigning reads the signing keys. Where there is none it makes one.
func (m *Mirror) openSigning(path string) (err error) {
	m.signing, err = logbook.Open(path, func(line []byte) error {
		var seed data.Secret
		if err := strict(line, &seed); err != nil {
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

// Key is the key under which the owner signs from now on.
func (m *Mirror) Key() spec.PublicKey {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.newest()
}

// Signs reports whether the mirror can sign under a key.
func (m *Mirror) Signs(key spec.PublicKey) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.place(key) >= 0
}

func (m *Mirror) place(key spec.PublicKey) int {
	return slices.IndexFunc(m.keys, func(k ed25519.PrivateKey) bool { return spec.PublicKeyOf(k) == key })
}

// NewKey makes another one, for when the former may be known to others.
func (m *Mirror) NewKey() (spec.PublicKey, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken != nil {
		return spec.PublicKey{}, m.broken
	}
	return m.newKey()
}

// Sign signs for the owner, under a key that is in the mirror, that a node may commit to an
// update under a salt, see [spec.ChargeStatement]. The round must be charged. In each round
// of a task one update from one node is signed, as often and under as many salts as it
// takes: for any other, even if the first one never left, the error is [ErrSigned].
func (m *Mirror) Sign(commitment spec.Digest, reason string, key spec.PublicKey, slot spec.Slot, update spec.Digest, salt spec.Salt) (spec.Signature, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	d, err := m.find(commitment)
	if err != nil {
		return spec.Signature{}, err
	}
	i := m.place(key)
	switch {
	case !d.charged[release{purpose{slot.Task, reason}, slot.Round}]:
		return spec.Signature{}, fmt.Errorf("%w: task %d, round %d", ErrNotCharged, slot.Task, slot.Round)
	case d.id == 0:
		return spec.Signature{}, fmt.Errorf("%s has no number on the chain yet", d.name())
	case i < 0:
		return spec.Signature{}, fmt.Errorf("%w: the chain has %s for %s", ErrNoKey, key.Short(), d.name())
	}
	asked := signed{Task: slot.Task, Round: slot.Round, Node: slot.Node, Update: update}
	switch before, known := d.signed[place{slot.Task, slot.Round}]; {
	case known && before != asked:
		return spec.Signature{}, fmt.Errorf("%w: task %d, round %d, from node %d", ErrSigned, slot.Task, slot.Round, before.Node)
	case !known:
		if err := m.save(record{Dataset: commitment, Signed: &asked}); err != nil {
			return spec.Signature{}, err
		}
	}
	return spec.SignCharge(m.keys[i], slot, d.id, spec.UpdateCommitment(slot, update, salt)), nil
}

// sign takes in what was signed.
func (d *dataset) sign(s signed) error {
	at := place{s.Task, s.Round}
	if _, twice := d.signed[at]; twice {
		return fmt.Errorf("%w: task %d, round %d", ErrSigned, s.Task, s.Round)
	}
	d.signed[at] = s
	return nil
}
