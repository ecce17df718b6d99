package round

import (
	"slices"

	"github.com/althing-network/althing/spec"
)

// maxEquivocations is the most equivocations of one node that a task records. The task must
// not grow without bound, and by then the node has lost the most that one day of slashing
// allows.
const maxEquivocations = 8

// evidence reports whether an input shows that a node contradicted itself.
func evidence(in Input) bool {
	_, receipts := in.(TwoReceipts)
	_, answers := in.(TwoAnswers)
	return receipts || answers
}

// TwoReceipts proves that an aggregator signed receipts for two different updates of one
// trainer in one round. Anybody may send it, also after the task has closed.
type TwoReceipts struct {
	Round      uint64        `json:"round"`
	Aggregator uint64        `json:"aggregator"`
	Trainer    uint64        `json:"trainer"`
	First      SignedReceipt `json:"first"`
	Second     SignedReceipt `json:"second"`
}

// SignedReceipt is a commitment to an update and an aggregator's receipt for it, see
// [spec.ReceiptStatement].
type SignedReceipt struct {
	Commitment spec.Digest    `json:"commitment"`
	Signature  spec.Signature `json:"signature"`
}

func (TwoReceipts) needs() Parts { return Parts{} }

func (in TwoReceipts) apply(s *State, _ Moment) ([]Effect, error) {
	i := member(s.Task.Aggregators, in.Aggregator)
	if i < 0 {
		return nil, ErrNotSelected
	}
	signed := func(g SignedReceipt) bool {
		statement := spec.ReceiptStatement(s.Task.Slot(in.Round, in.Trainer), in.Aggregator, g.Commitment)
		return s.Task.Aggregators[i].Key.Signed(statement, g.Signature)
	}
	if in.First.Commitment == in.Second.Commitment || !signed(in.First) || !signed(in.Second) {
		return nil, ErrContradiction
	}
	return s.equivocated(in.Round, in.Aggregator)
}

// TwoAnswers proves that a node signed two answers to one round that contradict each other,
// see [Contradict]. The machine cannot verify the signatures: the driver must, and must set
// the node in both answers. It is valid also after the task has closed.
type TwoAnswers struct{ First, Second Input }

func (TwoAnswers) needs() Parts { return Parts{} }

func (in TwoAnswers) apply(s *State, _ Moment) ([]Effect, error) {
	if !Contradict(in.First, in.Second) {
		return nil, ErrContradiction
	}
	members := s.Task.Aggregators
	if _, ok := in.First.(RevealScore); ok {
		members = s.Task.Evaluators
	}
	number, node := placed(in.First)
	if member(members, node) < 0 {
		return nil, ErrNotSelected
	}
	return s.equivocated(number, node)
}

// Contradict reports whether two signed answers of one node to one round contradict each
// other. An honest node never signs both, even if it crashes and restarts in between.
//
//   - Two attestations contradict each other if neither bitmap contains the other. An honest
//     aggregator stores an update durably before it attests it, so a later bitmap of the same
//     round contains every earlier one.
//   - Two openings contradict each other if they show different models, scores or counts. If
//     only one of them shows counts, the counts are different. An honest node opens only the one commitment that is on the
//     chain.
//
// Two commitments never contradict each other: a node whose commitment was copied makes
// another one. Nor do two equal answers, or two that differ only in the salt.
func Contradict(first, second Input) bool {
	number, node := placed(first)
	if n, other := placed(second); number == 0 || n != number || other != node {
		return false
	}
	if a, ok := first.(Attest); ok {
		b, ok := second.(Attest)
		return ok && !contained(a.Holds, b.Holds) && !contained(b.Holds, a.Holds)
	}
	if a, ok := first.(RevealAggregate); ok {
		b, ok := second.(RevealAggregate)
		return ok && a.Digest != b.Digest
	}
	a, opens := first.(RevealScore)
	b, both := second.(RevealScore)
	return opens && both && (a.Score != b.Score || !slices.Equal(a.Counts, b.Counts))
}

// placed is the round and the node of an attestation or an opening; 0 for other inputs.
func placed(in Input) (number, node uint64) {
	if a, ok := in.(Attest); ok {
		return a.Round, a.Node
	}
	if a, ok := in.(RevealAggregate); ok {
		return a.Round, a.Node
	}
	a, _ := in.(RevealScore)
	return a.Round, a.Node
}

// contained reports whether another bitmap has all bits of a bitmap.
func contained(bitmap, other []byte) bool {
	for i := range 8 * len(bitmap) {
		if spec.HasBit(bitmap, i) && !spec.HasBit(other, i) {
			return false
		}
	}
	return true
}

// equivocated records that a node contradicted itself in a round, and slashes it: once for the
// round, however often that is proved.
func (s *State) equivocated(number, node uint64) ([]Effect, error) {
	if number == 0 || number > s.Task.Round {
		return nil, ErrWrongRound
	}
	fault := spec.Fault{Round: number, Node: node, Kind: spec.FaultEquivocation}
	recorded := 0
	for _, f := range s.Task.Faults {
		if f.Node == node && f.Kind == fault.Kind {
			recorded++
		}
	}
	if recorded >= maxEquivocations || s.listed(fault) >= 0 {
		return nil, ErrKnown
	}
	s.Task.Faults = append(s.Task.Faults, fault)
	return []Effect{Accuse{fault}, Demerit{number, node, fault.Kind}, Slash{number, node, fault.Kind, s.Task.Tariff.Equivocation}}, nil
}
