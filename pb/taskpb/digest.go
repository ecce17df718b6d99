package taskpb

import (
	"fmt"

	"github.com/althing-network/althing/spec"
)

// digest is a digest's wire form: 32 bytes, or none for the zero digest.
func digest(d spec.Digest) []byte {
	if d.IsZero() {
		return nil
	}
	return d[:]
}

// publicKey is a key's wire form: 32 bytes, or none for the zero key.
func publicKey(k spec.PublicKey) []byte {
	if k.IsZero() {
		return nil
	}
	return k[:]
}

// signature is a signature's wire form: 64 bytes, or none for the zero signature.
func signature(s spec.Signature) []byte {
	if s.IsZero() {
		return nil
	}
	return s[:]
}

// digests converts digests, salts, keys and signatures, and keeps the error of the first one that
// has a wrong length.
type digests struct{ err error }

func (r *digests) read(name string, b []byte) spec.Digest {
	d, err := spec.DigestFrom(b)
	r.note(name, err)
	return d
}

func (r *digests) key(b []byte) spec.PublicKey {
	k, err := spec.PublicKeyFrom(b)
	r.note("key", err)
	return k
}

func (r *digests) signature(b []byte) spec.Signature {
	s, err := spec.SignatureFrom(b)
	r.note("signature", err)
	return s
}

func (r *digests) decline(d Decline) spec.Decline {
	word, err := d.ToSpec()
	r.note("declined", err)
	return word
}

func (r *digests) note(name string, err error) {
	if err != nil && r.err == nil {
		r.err = fmt.Errorf("%s: %w", name, err)
	}
}

func (r *digests) salt(b []byte) (salt spec.Salt) {
	if len(b) != len(salt) && r.err == nil {
		r.err = fmt.Errorf("salt of %d bytes: want %d", len(b), len(salt))
	}
	copy(salt[:], b)
	return salt
}
