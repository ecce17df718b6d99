package data_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"slices"
	"testing"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/spec"
)

// numbered returns a table whose rows all differ.
func numbered(rows int) data.Table {
	t := data.Table{Features: 2, Classes: 3}
	for i := range rows {
		t.X = append(t.X, float32(i), float32(i)/3)
		t.Y = append(t.Y, int32(i%3))
	}
	return t
}

// twinLeaf computes the leaf of a row directly from its definition.
func twinLeaf(secret data.Secret, t data.Table, place int) spec.Digest {
	at := spec.Statement("salt of a row", binary.BigEndian.AppendUint64(nil, uint64(place)))
	h := hmac.New(sha256.New, secret[:])
	h.Write(at[:])
	return spec.Statement("row of a data set", h.Sum(nil), twinRow(t, place))
}

func twinRow(t data.Table, i int) []byte {
	var row bytes.Buffer
	binary.Write(&row, binary.BigEndian, uint64(t.Features))
	binary.Write(&row, binary.LittleEndian, t.X[i*t.Features:(i+1)*t.Features])
	binary.Write(&row, binary.LittleEndian, t.Y[i])
	return row.Bytes()
}

// twinRoot computes the root recursively, as RFC 6962 defines it.
func twinRoot(leaves []spec.Digest) spec.Digest {
	if len(leaves) == 1 {
		return leaves[0]
	}
	k := 1
	for 2*k < len(leaves) {
		k *= 2
	}
	left, right := twinRoot(leaves[:k]), twinRoot(leaves[k:])
	return spec.Statement("node of a data set", left[:], right[:])
}

func TestCommitmentAgainstItsTwin(t *testing.T) {
	secret := data.Secret{7}
	seen := map[spec.Digest]int{}
	for rows := 1; rows <= 70; rows++ {
		table := numbered(rows)
		var leaves []spec.Digest
		for i := range rows {
			leaves = append(leaves, twinLeaf(secret, table, i))
		}
		got := data.Commitment(secret, table)
		if want := twinRoot(leaves); got != want {
			t.Errorf("%d rows: %s, want %s", rows, got.Short(), want.Short())
		}
		if other, same := seen[got]; same {
			t.Errorf("%d and %d rows have one commitment", rows, other)
		}
		seen[got] = rows
	}
	if root := data.Commitment(secret, numbered(0)); !root.IsZero() {
		t.Errorf("no rows have the commitment %s", root)
	}
}

func TestCommitmentBinds(t *testing.T) {
	secret := data.Secret{7}
	table := numbered(21)
	root := data.Commitment(secret, table)
	if again := data.Commitment(secret, table); again != root {
		t.Error("the same rows under the same secret have another commitment")
	}
	order := make([]int, table.Rows())
	for i := range order {
		order[i] = i
	}
	if same := data.Commitment(secret, table.View(order)); same != root {
		t.Error("a view of the same rows has another commitment")
	}
	order[3], order[4] = order[4], order[3]
	change := func(name string, alter func(t *data.Table, s *data.Secret)) {
		other, s := table, secret
		other.X, other.Y = slices.Clone(table.X), slices.Clone(table.Y)
		alter(&other, &s)
		if data.Commitment(s, other) == root {
			t.Errorf("%s: the commitment stays the same", name)
		}
	}
	change("another secret", func(_ *data.Table, s *data.Secret) { s[31] ^= 1 })
	change("two rows change places", func(o *data.Table, _ *data.Secret) { *o = o.View(order) })
	change("one row less", func(o *data.Table, _ *data.Secret) { o.X, o.Y = o.X[2:], o.Y[1:] })
	change("a row twice", func(o *data.Table, _ *data.Secret) { o.X, o.Y = append(o.X, o.X[40:]...), append(o.Y, o.Y[20]) })
	change("a label", func(o *data.Table, _ *data.Secret) { o.Y[20] ^= 1 })
	change("minus zero", func(o *data.Table, _ *data.Secret) { o.X[0] = float32(math.Copysign(0, -1)) })
	for bit := range 32 {
		change("a bit of a feature", func(o *data.Table, _ *data.Secret) {
			o.X[9] = math.Float32frombits(math.Float32bits(o.X[9]) ^ 1<<bit)
		})
	}
}

// TestAttackLeafAsNode: without separate hash domains, a row whose bytes are those of two
// inner nodes would have the same root as the rows below them. With domains it has another.
func TestAttackLeafAsNode(t *testing.T) {
	plain := func(parts ...[]byte) []byte {
		sum := sha256.Sum256(bytes.Join(parts, nil))
		return sum[:]
	}
	one, two := plain([]byte("first row")), plain([]byte("second row"))
	if forged := plain(append(slices.Clone(one), two...)); !bytes.Equal(plain(one, two), forged) {
		t.Fatal("the attack must work without the defence")
	}
	secret := data.Secret{7}
	table := numbered(2)
	left, right := twinLeaf(secret, table, 0), twinLeaf(secret, table, 1)
	node := spec.Statement("node of a data set", left[:], right[:])
	if data.Commitment(secret, table) != node {
		t.Fatal("two rows are not one node")
	}
	if spec.Statement("row of a data set", left[:], right[:]) == node {
		t.Error("a row has the same hash as an inner node")
	}
}

// TestAttackGuessedRow: in an unsalted tree, somebody who knows all rows but one finds the
// last by trying. The salts of a commitment are secret, so no guess matches.
func TestAttackGuessedRow(t *testing.T) {
	const hidden = 5
	table := numbered(8)
	plain := func(t data.Table) spec.Digest {
		var leaves []spec.Digest
		for i := range t.Rows() {
			leaves = append(leaves, spec.Statement("row of a data set", twinRow(t, i)))
		}
		return twinRoot(leaves)
	}
	guesses := func(root spec.Digest, of func(data.Table) spec.Digest) (right int) {
		for label := range int32(3) {
			guess := table
			guess.Y = slices.Clone(table.Y)
			guess.Y[hidden] = label
			if of(guess) == root {
				right++
			}
		}
		return right
	}
	if guesses(plain(table), plain) != 1 {
		t.Fatal("the attack must work without the defence")
	}
	ours := func(secret data.Secret) func(data.Table) spec.Digest {
		return func(t data.Table) spec.Digest { return data.Commitment(secret, t) }
	}
	if n := guesses(data.Commitment(data.Secret{7}, table), ours(data.Secret{})); n != 0 {
		t.Errorf("%d guesses fit", n)
	}
}

func TestFingerprints(t *testing.T) {
	key := data.Secret{1}
	table := numbered(9)
	prints := data.Fingerprints(key, table)
	if again := data.Fingerprints(key, table.View([]int{8, 0, 8})); !slices.Equal(again, []spec.Digest{prints[8], prints[0], prints[8]}) {
		t.Error("a fingerprint depends on the place of a row")
	}
	if data.Fingerprints(data.Secret{2}, table)[0] == prints[0] {
		t.Error("another key gives the same fingerprint")
	}
	table.Classes++ // says nothing about a row
	if !slices.Equal(data.Fingerprints(key, table), prints) {
		t.Error("a fingerprint depends on the number of classes")
	}
	slices.SortFunc(prints, func(a, b spec.Digest) int { return bytes.Compare(a[:], b[:]) })
	if len(slices.Compact(prints)) != 9 {
		t.Error("rows that differ have one fingerprint")
	}
	nonce := spec.Salt{1}
	if key.Derive("a", nonce) == key.Derive("b", nonce) || key.Derive("a", nonce) == key.Derive("a", spec.Salt{}) || key.Derive("a", nonce) == key {
		t.Error("two purposes have one secret")
	}
}
