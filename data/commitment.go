package data

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"math/bits"

	"github.com/althing-network/althing/spec"
)

// Secret is what an owner of rows keeps to itself: the salts of a commitment come from
// it, or the fingerprints of rows.
type Secret [32]byte

// Commitment is the root of a Merkle tree over the rows of a table, in their order. It
// binds its owner to the rows, whatever the order of their columns where these have names,
// and tells nobody else about them: each row has a salt from
// the secret, so that who guesses a row, or all rows but one, cannot check the guess, and
// a root has 32 bytes whatever the number of rows.
//
// The tree has the shape of RFC 6962, section 2.1: of n rows, the largest power of two
// below n is left. Rows and nodes are statements of different domains, so no row can be
// taken for a node. A table without rows has the zero commitment.
func Commitment(secret Secret, t Table) spec.Digest {
	var left []spec.Digest // roots of full trees, each higher than the one behind it
	var b []byte
	encoding := t.encoding()
	for i := range t.Rows() {
		b = encoding.appendRow(b[:0], i)
		salt := secret.salt(i)
		root := spec.Statement("row of a data set", salt[:], b)
		for range bits.TrailingZeros(uint(i + 1)) { // trees of the same height are one
			root = pair(left[len(left)-1], root)
			left = left[:len(left)-1]
		}
		left = append(left, root)
	}
	if len(left) == 0 {
		return spec.Digest{}
	}
	root := left[len(left)-1]
	for i := len(left) - 2; i >= 0; i-- {
		root = pair(left[i], root)
	}
	return root
}

func pair(left, right spec.Digest) spec.Digest {
	return spec.Statement("node of a data set", left[:], right[:])
}

// salt hides the row at a place of a table.
func (s Secret) salt(place int) spec.Salt {
	return spec.Salt(s.mac("salt of a row", binary.BigEndian.AppendUint64(nil, uint64(place))))
}

// Fingerprints names each row of a table, in their order: rows with the same features and
// label have the same fingerprint under the same key, in whatever table and place. Features
// and classes are the same when their names are, whatever their order in a schema. Without
// the key nobody can check a guess of a row.
func Fingerprints(key Secret, t Table) []spec.Digest {
	prints := make([]spec.Digest, t.Rows())
	var b []byte
	encoding := t.encoding()
	for i := range prints {
		b = encoding.appendRow(b[:0], i)
		prints[i] = key.mac("fingerprint of a row", b)
	}
	return prints
}

// Derive is another secret: one for each purpose and salt.
func (s Secret) Derive(purpose string, salt spec.Salt) Secret {
	return Secret(s.mac(purpose, salt[:]))
}

// mac is the HMAC-SHA256 of a statement.
func (s Secret) mac(domain string, part []byte) (sum spec.Digest) {
	said := spec.Statement(domain, part)
	h := hmac.New(sha256.New, s[:])
	h.Write(said[:])
	h.Sum(sum[:0])
	return sum
}
