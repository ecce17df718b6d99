package round

import "github.com/althing-network/althing/spec"

// Input is an event of a task: a message of a participant, an answer of the scheduler, a
// decision of a vote, or the end of a block.
//
//sumtype:decl
type Input interface {
	// needs says which parts of the running rounds apply reads.
	needs() Parts
	// apply changes the state, which is a copy. If it fails, the caller discards the copy.
	apply(s *State, at Moment) ([]Effect, error)
}

// Parts says which participants' parts of its rounds a [State] must hold for a step. A world
// that stores them separately reads only these, so a message of one of two thousand trainers
// costs as much as a message of one of ten.
type Parts struct {
	Round      uint64      // round that they are parts of; 0: every running round
	Trainer    uint64      // node whose contribution is needed; 0: none
	Commitment spec.Digest // also the contribution of the node that made this commitment
	Trainers   bool        // all contributions
	Aggregates bool        // all aggregates without their Holds, and Round.Committed
	Scores     bool        // all evaluations without their Counts
	Holds      bool        // Holds of the needed aggregates, and Counts of the needed evaluations
}

// ForRound is the needed parts of one round.
func (p Parts) ForRound(round uint64) Parts {
	if p.Round != 0 && p.Round != round {
		return Parts{}
	}
	return p
}

// PartsFor says which parts of a round a node must see to know what it has to do. An
// aggregator of the task, which stores the updates, needs all of them. Any other node needs
// its own contribution, if it trains, and the committee.
func PartsFor(node uint64, aggregates bool) Parts {
	if aggregates {
		return Parts{Trainers: true, Aggregates: true, Scores: true, Holds: true}
	}
	return Parts{Trainer: node, Aggregates: true, Scores: true}
}

// Needs says which parts of the running rounds a step with an input reads.
func Needs(in Input) Parts { return in.needs() }

// Select answers [AskCommittee] or [AskTrainers].
type Select struct {
	Aggregators []spec.Member // for AskCommittee
	Evaluators  []spec.Member // for AskCommittee
	Trainers    []uint64      // for AskTrainers
	Payers      []Payer       // for AskTrainers of a private task: who pays for each of Trainers
}

// Cancel is the request of an account to end its task. Running rounds are finished and paid.
type Cancel struct{ Owner string }

// Tick is the end of a block.
type Tick struct{}

func (Select) needs() Parts { return Parts{Trainers: true, Aggregates: true, Scores: true} }
func (Cancel) needs() Parts { return Parts{} }
func (Tick) needs() Parts   { return Parts{Trainers: true, Aggregates: true, Scores: true, Holds: true} }
