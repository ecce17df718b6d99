package round

import (
	"github.com/althing-network/althing/spec"
)

// maxEquivocations is how many rounds of a task are kept in which one node contradicted
// itself: a task must not grow with the rounds a liar lies in, and by then it has lost what
// a day of slashing takes.
const maxEquivocations = 8

// TwoReceipts shows that an aggregator signed receipts for two different updates of one
// trainer in one round. Anybody may say it, also when the task is closed.
type TwoReceipts struct {
	Round, Aggregator, Trainer uint64
	First, Second              Given
}

// Given is what an aggregator signed of an update, see [spec.ReceiptStatement].
type Given struct {
	Commitment spec.Digest
	Signature  spec.Signature
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
