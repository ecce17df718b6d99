package spec

import (
	"crypto/sha256"
	"encoding/binary"
)

// Slot is the place a statement is about. It is part of every commitment and
// every signature, so that none can be replayed in another round, task or chain.
type Slot struct {
	Chain string
	Task  uint64
	Round uint64
	Node  uint64
}

// Salt hides what a commitment is about until it is opened.
type Salt [32]byte

// UpdateCommitment is what a trainer puts on the chain before anyone may see
// its update: the digest of the update's bytes, hidden by a salt, bound to the slot.
func UpdateCommitment(s Slot, update Digest, salt Salt) Digest {
	return s.statement("update", update[:], salt[:])
}

// AggregateCommitment binds an aggregator to the digest of the next model.
func AggregateCommitment(s Slot, next Digest, salt Salt) Digest {
	return s.statement("aggregate", next[:], salt[:])
}

// ScoreCommitment binds an evaluator to its score of the next model.
func ScoreCommitment(s Slot, next Digest, score PPM, salt Salt) Digest {
	return s.statement("score", next[:], binary.BigEndian.AppendUint32(nil, uint32(score)), salt[:])
}

// Statement hashes a domain and length-prefixed parts: no two lists of parts
// have the same bytes.
func Statement(domain string, parts ...[]byte) Digest {
	h := sha256.New()
	write := func(b []byte) {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(b))))
		h.Write(b)
	}
	write([]byte("althing/v1/" + domain))
	for _, p := range parts {
		write(p)
	}
	return Digest(h.Sum(nil))
}

func (s Slot) statement(domain string, parts ...[]byte) Digest {
	place := binary.BigEndian.AppendUint64(nil, s.Task)
	place = binary.BigEndian.AppendUint64(place, s.Round)
	place = binary.BigEndian.AppendUint64(place, s.Node)
	return Statement(domain, append([][]byte{[]byte(s.Chain), place}, parts...)...)
}
