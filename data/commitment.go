package data

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"math/bits"

	"github.com/althing-network/althing/spec"
)

// Secret is a key that only the owner of the rows knows. The salts of a commitment and the
// fingerprints of rows are derived from it.
type Secret [32]byte

// Commitment is the root of a Merkle tree over the rows of a table, in their order. It
// binds the owner to the rows; where columns have names, their order does not matter. It
// reveals nothing about the rows: each row is salted from the secret, so that even somebody
// who knows all rows but one cannot check a guess of the last, and the root has 32 bytes
// for any number of rows.
//
// The tree has the shape of RFC 6962, section 2.1: of n rows, the largest power of two
// below n goes to the left. Rows and inner nodes are hashed in different domains, so a row
// can never be mistaken for a node. A table without rows has the zero commitment.
func Commitment(secret Secret, t Table) spec.Digest {
	var left []spec.Digest // roots of full subtrees, from the highest to the lowest
	var b []byte
	encoding := t.encoding()
	for i := range t.Rows() {
		b = encoding.appendRow(b[:0], i)
		salt := secret.salt(i)
		root := spec.Statement("row of a data set", salt[:], b)
		for range bits.TrailingZeros(uint(i + 1)) { // merge subtrees of the same height
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

// salt is the salt of the row at the given index of a table.
func (s Secret) salt(place int) spec.Salt {
	return spec.Salt(s.mac("salt of a row", binary.BigEndian.AppendUint64(nil, uint64(place))))
}

// Fingerprints gives a keyed hash per row, in table order. Rows with equal features and
// label have the same fingerprint under the same key, in any table and at any index.
// Features and classes are compared by name, not by their order in the schema. Without the
// key nobody can check a guess of a row.
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

// Derive gives the secret for one purpose and salt.
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
