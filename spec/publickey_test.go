package spec_test

import (
	"crypto/ed25519"
	"testing"

	"github.com/althing-network/althing/spec"
)

// TestPublicKeySigns: a key verifies only what it has signed. The zero key and the zero signature are
// invalid, although a weak key of small order would accept a signature of zeros for a quarter of
// all statements.
func TestPublicKeySigns(t *testing.T) {
	private := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	key, statement := spec.PublicKeyOf(private), spec.DigestOf([]byte("charged"))
	signed, err := spec.SignatureFrom(ed25519.Sign(private, statement[:]))
	if err != nil || !key.Signed(statement, signed) || key.Signed(spec.DigestOf(nil), signed) {
		t.Errorf("a signature of one statement: %v", err)
	}
	weak := spec.PublicKey{31: 0x80} // of order 4
	passed := 0
	for i := range 100 {
		s := spec.DigestOf([]byte{byte(i)})
		if ed25519.Verify(weak[:], s[:], make([]byte, ed25519.SignatureSize)) {
			passed++
		}
		if weak.Signed(s, spec.Signature{}) || key.Signed(s, spec.Signature{}) || (spec.PublicKey{}).Signed(s, signed) {
			t.Errorf("statement %d passes without a key or a signature", i)
		}
	}
	if passed == 0 {
		t.Error("no weak key was tried")
	}
}
