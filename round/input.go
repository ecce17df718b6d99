package round

import "github.com/althing-network/althing/spec"

// Input is what may happen to a task: a message of a participant, an answer of
// the scheduler, or the end of a block.
//
//sumtype:decl
type Input interface {
	// needs says which parts of the rounds that run the input is about.
	needs() Parts
	// apply changes the state, which is the caller's own copy. Where it fails the
	// copy is thrown away.
	apply(s *State, at Moment) ([]Effect, error)
}

// Parts says which participants' parts of its rounds a [State] must hold for a step.
// A world that keeps them apart reads no more than these, so that hearing one of
// two thousand trainers costs as much as hearing one of ten.
type Parts struct {
	Round      uint64      // they are parts of this round; 0: of every round that runs
	Trainer    uint64      // the contribution of this node; 0: of none
	Commitment spec.Digest // and of the node that committed to this
	Trainers   bool        // all contributions
	Aggregates bool        // all aggregates, but for what they hold, and who has committed
	Scores     bool        // all evaluations, but for what they counted
	Holds      bool        // of the aggregates, what they hold, and of the evaluations, what they counted
}

// ForRound is what of the parts is in a round.
func (p Parts) ForRound(round uint64) Parts {
	if p.Round != 0 && p.Round != round {
		return Parts{}
	}
	return p
}

// PartsFor says which parts of a round a node must see to know what it owes: an
// aggregator of the task, which is to hold the updates, all; any other its own
// contribution, if it trains, and the committee.
func PartsFor(node uint64, aggregates bool) Parts {
	if aggregates {
		return Parts{Trainers: true, Aggregates: true, Scores: true, Holds: true}
	}
	return Parts{Trainer: node, Aggregates: true, Scores: true}
}

// Needs says which parts of the rounds that run a step with an input reads.
func Needs(in Input) Parts { return in.needs() }

// Select answers [AskCommittee] or [AskTrainers].
type Select struct {
	Aggregators []spec.Member // for AskCommittee
	Evaluators  []spec.Member // for AskCommittee
	Trainers    []uint64      // for AskTrainers
	Payers      []Payer       // for AskTrainers of a private task: whose privacy each of them spends
}

// Cancel is the wish of an account to end its task; the rounds that run are finished
// and paid.
type Cancel struct{ Owner string }

// Tick is the end of a block.
type Tick struct{}

func (Select) needs() Parts { return Parts{Trainers: true, Aggregates: true, Scores: true} }
func (Cancel) needs() Parts { return Parts{} }
func (Tick) needs() Parts   { return Parts{Trainers: true, Aggregates: true, Scores: true, Holds: true} }
