package mirror_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/althing-network/althing/mirror"
	"github.com/althing-network/althing/spec"
)

// TestSignsWhatIsCharged: per charged round the mirror signs one update of one node, with
// any number of salts, also after a restart.
func TestSignsWhatIsCharged(t *testing.T) {
	home := t.TempDir()
	m := open(t, home)
	set := register(t, m, rows(1, 2, 3), limit(3_000_000))
	key := m.Key()
	slot := spec.Slot{Chain: "althing-1", Task: 1, Round: 1, Node: 4}
	update, salt := spec.DigestOf([]byte("update")), spec.Salt{7}
	refused := func(want error, commitment spec.Digest, key spec.PublicKey, slot spec.Slot, update spec.Digest) {
		t.Helper()
		if s, err := m.Sign(commitment, "update", key, slot, update, salt); !s.IsZero() {
			t.Errorf("it signs: want the error %v", want)
		} else {
			refuses(t, err, want, "")
		}
	}
	signed := func(salt spec.Salt) {
		t.Helper()
		s, err := m.Sign(set, "update", key, slot, update, salt)
		must(t, err)
		if !key.Signed(spec.ChargeStatement(slot, 5, spec.UpdateCommitment(slot, update, salt)), s) {
			t.Error("the signature does not match the statement")
		}
	}
	must(t, m.Confirm(set, 5))
	must(t, m.Reserve(set, 1, "update", pure(1_000_000), 2))
	refused(mirror.ErrNotCharged, set, key, slot, update)
	must(t, m.Charge(set, 1, "update", 1))
	if _, err := m.Sign(set, "score", key, slot, update, salt); err == nil {
		t.Error("it signs for a reason without a charge")
	}
	refused(mirror.ErrNoKey, set, spec.PublicKey{1}, slot, update)
	refused(mirror.ErrNotRegistered, spec.DigestOf([]byte("others")), key, slot, update)
	signed(salt)
	signed(salt)
	signed(spec.Salt{8})

	m = reopened(t, home, m)
	signed(spec.Salt{9})
	another := slot
	another.Node = 6
	refused(mirror.ErrSigned, set, key, slot, spec.DigestOf([]byte("another update")))
	refused(mirror.ErrSigned, set, key, another, update)
	another = slot
	another.Round = 2
	refused(mirror.ErrNotCharged, set, key, another, update)

	// A new key does not take the former one away from rounds that began with it.
	next, err := m.NewKey()
	must(t, err)
	if next == key || m.Key() != next || !m.Signs(key) || !m.Signs(next) || m.Signs(spec.PublicKey{}) {
		t.Error("the new key is the former one, or the former key no longer signs")
	}
	m = reopened(t, home, m)
	signed(salt)
	if key = next; m.Key() != next {
		t.Error("after a restart the new key is not the newest")
	}
	signed(salt)

	// If the file is lost, the former keys are gone, and a new one is created.
	must(t, m.Close())
	must(t, os.Remove(filepath.Join(home, mirror.SigningFile)))
	m = open(t, home)
	refused(mirror.ErrNoKey, set, key, slot, update)
	must(t, m.Close())
}
