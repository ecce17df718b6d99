package spec_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"pgregory.net/rapid"

	"github.com/althing-network/althing/spec"
)

// preimage is a second implementation of what Statement hashes.
func preimage(domain string, parts ...[]byte) []byte {
	var b []byte
	for _, part := range append([][]byte{[]byte("althing/v1/" + domain)}, parts...) {
		b = append(binary.BigEndian.AppendUint64(b, uint64(len(part))), part...)
	}
	return b
}

// Different lists of parts have different preimages, and so different digests.
func TestStatementIsInjective(t *testing.T) {
	// Short parts over a small alphabet, so that joined parts are often equal.
	part := rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 'a'}), 0, 3)
	list := rapid.SliceOfN(part, 0, 4)
	domain := rapid.SampledFrom([]string{"", "a", "aa"})
	same := func(a, b [][]byte) bool {
		if len(a) != len(b) {
			return false
		}
		for i := range a {
			if !bytes.Equal(a[i], b[i]) {
				return false
			}
		}
		return true
	}
	rapid.Check(t, func(t *rapid.T) {
		da, db := domain.Draw(t, "domain"), domain.Draw(t, "other domain")
		a, b := list.Draw(t, "parts"), list.Draw(t, "other parts")
		if got, want := spec.Statement(da, a...), spec.DigestOf(preimage(da, a...)); got != want {
			t.Fatalf("%q %q: got %s, want %s", da, a, got, want)
		}
		equal := da == db && same(a, b)
		if bytes.Equal(preimage(da, a...), preimage(db, b...)) != equal || (spec.Statement(da, a...) == spec.Statement(db, b...)) != equal {
			t.Fatalf("%q %q and %q %q", da, a, db, b)
		}
	})
}

// Lists of parts that are equal when joined have different digests.
func TestStatementTellsPartsApart(t *testing.T) {
	seen := map[spec.Digest]int{}
	for i, parts := range [][][]byte{
		nil,
		{nil},
		{nil, nil},
		{[]byte("ab")},
		{[]byte("a"), []byte("b")},
		{[]byte("ab"), nil},
		{nil, []byte("ab")},
		{[]byte("a\x00\x00\x00\x00\x00\x00\x00\x01b")},
	} {
		d := spec.Statement("x", parts...)
		if j, twice := seen[d]; twice {
			t.Errorf("lists %d and %d are one statement", i, j)
		}
		seen[d] = i
	}
	if spec.Statement("x", []byte("y")) == spec.Statement("xy") {
		t.Error("a part passes for the end of the domain")
	}
}

// Every field of a slot, the kind and every part of the statement change the commitment.
func TestCommitmentsDiffer(t *testing.T) {
	slot := spec.Slot{Chain: "althing-1", Task: 1, Round: 2, Node: 3}
	d, salt := spec.DigestOf([]byte("update")), spec.Salt{7}
	seen := map[spec.Digest]string{}
	add := func(name string, c spec.Digest) {
		t.Helper()
		if other, twice := seen[c]; twice || c.IsZero() {
			t.Errorf("%s and %s are one commitment", name, other)
		}
		seen[c] = name
	}
	for name, s := range map[string]spec.Slot{
		"here":          slot,
		"other chain":   {Chain: "althing-2", Task: 1, Round: 2, Node: 3},
		"longer chain":  {Chain: "althing-1\x00", Task: 1, Round: 2, Node: 3},
		"no chain":      {Task: 1, Round: 2, Node: 3},
		"other task":    {Chain: "althing-1", Task: 2, Round: 2, Node: 3},
		"other round":   {Chain: "althing-1", Task: 1, Round: 3, Node: 3},
		"other node":    {Chain: "althing-1", Task: 1, Round: 2, Node: 4},
		"task as round": {Chain: "althing-1", Task: 2, Round: 1, Node: 3},
		"round as node": {Chain: "althing-1", Task: 1, Round: 3, Node: 2},
		"large task":    {Chain: "althing-1", Task: 1 << 56, Round: 2, Node: 3},
	} {
		add(name+", update", spec.UpdateCommitment(s, d, salt))
		add(name+", aggregate", spec.AggregateCommitment(s, d, salt))
		add(name+", score", spec.ScoreCommitment(s, d, 5, nil, salt))
	}
	add("other update", spec.UpdateCommitment(slot, spec.Digest{1}, salt))
	add("other update salt", spec.UpdateCommitment(slot, d, spec.Salt{8}))
	add("other aggregate", spec.AggregateCommitment(slot, spec.Digest{1}, salt))
	add("other aggregate salt", spec.AggregateCommitment(slot, d, spec.Salt{8}))
	add("score of another model", spec.ScoreCommitment(slot, spec.Digest{1}, 5, nil, salt))
	add("other score", spec.ScoreCommitment(slot, d, 6, nil, salt))
	add("other score salt", spec.ScoreCommitment(slot, d, 5, nil, spec.Salt{8}))
	add("score with counts", spec.ScoreCommitment(slot, d, 5, []spec.Count{{Rows: 2, Correct: 1}}, salt))
	add("other counts", spec.ScoreCommitment(slot, d, 5, []spec.Count{{Rows: 3, Correct: 1}}, salt))
	add("counts of another class", spec.ScoreCommitment(slot, d, 5, []spec.Count{{}, {Rows: 2, Correct: 1}}, salt))
	if len(seen) != 40 {
		t.Errorf("%d commitments, want 40", len(seen))
	}
}

// A commitment is a fixed function: commitments of the past must always open. The digests were computed by
// another program that follows the documentation.
func TestCommitmentsAreStable(t *testing.T) {
	slot := spec.Slot{Chain: "althing-1", Task: 1, Round: 2, Node: 3}
	d, salt := spec.DigestOf([]byte("update")), spec.Salt{7}
	for want, got := range map[string]spec.Digest{
		"54af9f90267254f4528ae8108fb184b0054bb8c81349c0d38668706ae1a8ef7b": spec.UpdateCommitment(slot, d, salt),
		"00590461f6f5dbb20f38b782f480563c52904f271d024756fdd6d65075c358c2": spec.AggregateCommitment(slot, d, salt),
		"42ca4b9b624e7368935e02d2564ea3e9c7d11ac622e006287ab0f31c940c8adf": spec.ScoreCommitment(slot, d, 258, nil, salt),
		"32043a1784add87fa6eeb83437f980683596cf4207cd07c3bd66c4f6b5b3b592": spec.ScoreCommitment(slot, d, 258, []spec.Count{{Rows: 7, Correct: 5}, {Rows: 258, Correct: 0}}, salt),
	} {
		if got.String() != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
