package spec

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// Digest is a SHA-256 hash: the name of a blob or a model, or a commitment. The zero Digest
// stands for none.
type Digest [sha256.Size]byte

// DigestOf is the digest of some bytes.
func DigestOf(b []byte) Digest { return sha256.Sum256(b) }

// ParseDigest reads 64 hexadecimal digits.
func ParseDigest(s string) (Digest, error) {
	var d Digest
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(d) {
		return Digest{}, fmt.Errorf("digest %.80q: want %d hexadecimal digits", s, 2*len(d))
	}
	copy(d[:], b)
	return d, nil
}

// DigestFrom copies a digest out of 32 bytes. An empty slice gives the zero Digest.
func DigestFrom(b []byte) (Digest, error) {
	var d Digest
	if len(b) != 0 && len(b) != len(d) {
		return d, fmt.Errorf("digest of %d bytes: want %d", len(b), len(d))
	}
	copy(d[:], b)
	return d, nil
}

// IsZero reports whether d is the zero Digest.
func (d Digest) IsZero() bool { return d == Digest{} }

// String is the digest in lower-case hexadecimal.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// Short is the first eight digits, for people.
func (d Digest) Short() string { return d.String()[:8] }

// MarshalText implements [encoding.TextMarshaler].
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (d *Digest) UnmarshalText(text []byte) (err error) {
	*d, err = ParseDigest(string(text))
	return err
}
