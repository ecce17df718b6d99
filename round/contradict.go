package round

import (
	"slices"

	"github.com/althing-network/althing/spec"
)

// maxEquivocations is how many rounds of a task are kept in which one node contradicted
// itself: a task must not grow with the rounds a liar lies in, and by then it has lost what
// a day of slashing takes.
const maxEquivocations = 8

// evidence reports whether an input shows that a node contradicted itself.
func evidence(in Input) bool {
	_, receipts := in.(TwoReceipts)
	_, answers := in.(TwoAnswers)
	return receipts || answers
}

// TwoReceipts shows that an aggregator signed receipts for two different updates of one
// trainer in one round. Anybody may say it, also when the task is closed.
type TwoReceipts struct {
	Round      uint64 `json:"round"`
	Aggregator uint64 `json:"aggregator"`
	Trainer    uint64 `json:"trainer"`
	First      Given  `json:"first"`
	Second     Given  `json:"second"`
}

// Given is what an aggregator signed of an update, see [spec.ReceiptStatement].
type Given struct {
	Commitment spec.Digest    `json:"commitment"`
	Signature  spec.Signature `json:"signature"`
}

func (TwoReceipts) needs() Parts { return Parts{} }

func (in TwoReceipts) apply(s *State, _ Moment) ([]Effect, error) {
	i := member(s.Task.Aggregators, in.Aggregator)
	if i < 0 {
		return nil, ErrNotSelected
	}
	signed := func(g Given) bool {
		statement := spec.ReceiptStatement(s.Task.Slot(in.Round, in.Trainer), in.Aggregator, g.Commitment)
		return s.Task.Aggregators[i].Key.Signed(statement, g.Signature)
	}
	if in.First.Commitment == in.Second.Commitment || !signed(in.First) || !signed(in.Second) {
		return nil, ErrContradiction
	}
	return s.equivocated(in.Round, in.Aggregator)
}

// TwoAnswers shows that a node signed two answers to one round that contradict each other,
// see [Contradict]. No account says it: whoever gives it to a task has seen that the node
// signed both, and names it in each. It counts also when the task is closed.
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

// Contradict reports whether two signed answers contradict each other: two attestations, or
// two openings, of one node to one round, of which an honest node never signs both, whenever
// it stops and starts again.
//
//   - Attestations do where neither bitmap holds the other. What an honest aggregator
//     attests it has stored for good before it signs, so a later bitmap of the same round
//     has all of an earlier one.
//   - Openings do where they show another model, another score, or other counts, none
//     included. An honest node opens nothing but the one commitment that the chain has of
//     it.
//
// Commitments never do: whoever was copied says another one. Nor does an answer with
// another salt, or one that is said again.
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

// placed is the round and the node of an attestation or an opening; 0 of all else.
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

// contained reports whether all bits of a bitmap are set in another one.
func contained(bitmap, other []byte) bool {
	for i := range 8 * len(bitmap) {
		if spec.Held(bitmap, i) && !spec.Held(other, i) {
			return false
		}
	}
	return true
}

// equivocated takes note of a node that contradicted itself in a round, and slashes it:
// once, however often that is shown.
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
