package spec

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"hash"
)

// Slot is the node, round, task and chain that a statement is about. It is part of every
// commitment and signature, so that none can be replayed elsewhere.
type Slot struct {
	Chain string
	Task  uint64
	Round uint64
	Node  uint64
}

// Salt is random. It hides the content of a commitment until the commitment is opened.
type Salt [32]byte

// UpdateCommitment is what a trainer puts on the chain before it shows anybody its update:
// the digest of the update's bytes, hidden by a salt and bound to the slot.
func UpdateCommitment(s Slot, update Digest, salt Salt) Digest {
	return s.statement("update", update[:], salt[:])
}

// AggregateCommitment binds an aggregator to the digest of the next model.
func AggregateCommitment(s Slot, next Digest, salt Salt) Digest {
	return s.statement("aggregate", next[:], salt[:])
}

// ScoreCommitment binds an evaluator to its score of the next model, and to the counts behind
// the score if it states them.
func ScoreCommitment(s Slot, next Digest, score PPM, counts []Count, salt Salt) Digest {
	parts := [][]byte{next[:], binary.BigEndian.AppendUint32(nil, uint32(score))}
	if len(counts) > 0 {
		var encoded []byte
		for _, c := range counts {
			encoded = binary.BigEndian.AppendUint32(encoded, c.Rows)
			encoded = binary.BigEndian.AppendUint32(encoded, c.Correct)
		}
		parts = append(parts, encoded)
	}
	return s.statement("score", append(parts, salt[:])...)
}

// ChargeStatement is what the owner of a data set signs before a trainer may commit to an
// update for which the data set's privacy budget pays. It names the update, the round and the
// node. With the signature the owner confirms that its own ledger has charged the round.
func ChargeStatement(s Slot, dataset uint64, commitment Digest) Digest {
	return s.statement("charge", binary.BigEndian.AppendUint64(nil, dataset), commitment[:])
}

// SignCharge signs a [ChargeStatement] with the owner's key.
func SignCharge(key ed25519.PrivateKey, s Slot, dataset uint64, commitment Digest) Signature {
	statement := ChargeStatement(s, dataset, commitment)
	return Signature(ed25519.Sign(key, statement[:]))
}

// ReceiptStatement is what an aggregator signs when it has stored an update: it holds the
// update and the salt that open the commitment of the slot's trainer.
func ReceiptStatement(s Slot, aggregator uint64, commitment Digest) Digest {
	return s.statement("receipt", binary.BigEndian.AppendUint64(nil, aggregator), commitment[:])
}

// Receipt is an aggregator's signature of a [ReceiptStatement], with its transport key.
type Receipt struct {
	Aggregator uint64    `json:"aggregator"`
	Signature  Signature `json:"signature"`
}

// SignReceipt signs a [ReceiptStatement] with an aggregator's transport key.
func SignReceipt(key ed25519.PrivateKey, s Slot, aggregator uint64, commitment Digest) Receipt {
	statement := ReceiptStatement(s, aggregator, commitment)
	return Receipt{aggregator, Signature(ed25519.Sign(key, statement[:]))}
}

// Statement hashes a domain and length-prefixed parts: no two lists of parts
// have the same bytes.
func Statement(domain string, parts ...[]byte) Digest {
	s := NewStatement(domain)
	for _, p := range parts {
		s.Part(len(p))
		s.Write(p)
	}
	return s.Digest()
}

// Hashing computes the digest of a [Statement] whose parts are too long for memory: they are
// hashed as they are written.
type Hashing struct{ hash hash.Hash }

// NewStatement begins a statement with its domain.
func NewStatement(domain string) Hashing {
	s := Hashing{sha256.New()}
	domain = "althing/v1/" + domain
	s.Part(len(domain))
	s.Write([]byte(domain))
	return s
}

// Part begins a part of a stated length in bytes. All of it must be written before the next
// part begins.
func (s Hashing) Part(length int) {
	s.hash.Write(binary.BigEndian.AppendUint64(nil, uint64(length)))
}

// Write hashes the next bytes of a part.
func (s Hashing) Write(b []byte) { s.hash.Write(b) }

// Digest is the digest of the statement as written so far.
func (s Hashing) Digest() Digest { return Digest(s.hash.Sum(nil)) }

func (s Slot) statement(domain string, parts ...[]byte) Digest {
	place := binary.BigEndian.AppendUint64(nil, s.Task)
	place = binary.BigEndian.AppendUint64(place, s.Round)
	place = binary.BigEndian.AppendUint64(place, s.Node)
	return Statement(domain, append([][]byte{[]byte(s.Chain), place}, parts...)...)
}
