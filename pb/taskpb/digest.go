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

// digests reads wire digests and salts until the first one of a wrong length,
// whose error it keeps.
type digests struct{ err error }

func (r *digests) read(name string, b []byte) spec.Digest {
	d, err := spec.DigestFrom(b)
	if err != nil && r.err == nil {
		r.err = fmt.Errorf("%s: %w", name, err)
	}
	return d
}

func (r *digests) salt(b []byte) (salt spec.Salt) {
	if len(b) != len(salt) && r.err == nil {
		r.err = fmt.Errorf("salt of %d bytes: want %d", len(b), len(salt))
	}
	copy(salt[:], b)
	return salt
}
