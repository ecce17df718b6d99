package spec

import (
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
)

// PublicKey is an Ed25519 public key. It is either the key of a data set, whose private half
// signs each charge to the owner's ledger, or a node's transport key, whose private half
// signs receipts. It is not the key of an account. The zero PublicKey stands for none.
type PublicKey [ed25519.PublicKeySize]byte

// PublicKeyFrom copies a key out of 32 bytes. An empty slice gives the zero PublicKey.
func PublicKeyFrom(b []byte) (PublicKey, error) {
	var k PublicKey
	if len(b) != 0 && len(b) != len(k) {
		return k, fmt.Errorf("key of %d bytes: want %d", len(b), len(k))
	}
	copy(k[:], b)
	return k, nil
}

// PublicKeyOf is the public half of a private key.
func PublicKeyOf(key ed25519.PrivateKey) PublicKey {
	return PublicKey(key.Public().(ed25519.PublicKey))
}

// IsZero reports whether there is no key.
func (k PublicKey) IsZero() bool { return k == PublicKey{} }

// String is the key in lower-case hexadecimal.
func (k PublicKey) String() string { return hex.EncodeToString(k[:]) }

// Short is the first eight digits, for people.
func (k PublicKey) Short() string { return k.String()[:8] }

// MarshalText implements [encoding.TextMarshaler].
func (k PublicKey) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (k *PublicKey) UnmarshalText(text []byte) error {
	b, err := hex.DecodeString(string(text))
	if err != nil || len(b) != len(k) {
		return fmt.Errorf("public key %.80q: want %d hexadecimal digits", text, 2*len(k))
	}
	copy(k[:], b)
	return nil
}

// Signed reports whether the private half of the key made the signature of a statement.
func (k PublicKey) Signed(statement Digest, s Signature) bool {
	return !k.IsZero() && !s.IsZero() && ed25519.Verify(k[:], statement[:], s[:])
}

// Signature is an Ed25519 signature. The zero Signature is none.
type Signature [ed25519.SignatureSize]byte

// SignatureFrom copies a signature out of 64 bytes. An empty slice gives the zero Signature.
func SignatureFrom(b []byte) (Signature, error) {
	var s Signature
	if len(b) != 0 && len(b) != len(s) {
		return s, fmt.Errorf("signature of %d bytes: want %d", len(b), len(s))
	}
	copy(s[:], b)
	return s, nil
}

// IsZero reports whether there is no signature.
func (s Signature) IsZero() bool { return s == Signature{} }

// MarshalText implements [encoding.TextMarshaler].
func (s Signature) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(s[:])), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (s *Signature) UnmarshalText(text []byte) error {
	b, err := hex.DecodeString(string(text))
	if err != nil || len(b) != len(s) {
		return fmt.Errorf("signature %.160q: want %d hexadecimal digits", text, 2*len(s))
	}
	copy(s[:], b)
	return nil
}
