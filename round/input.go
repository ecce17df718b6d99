package round

import "github.com/althing-network/althing/spec"

// Input is what may happen to a task: a message of a participant, an answer of
// the scheduler, or the end of a block.
type Input interface{ input() }

// Select answers [AskCommittee] or [AskTrainers].
type Select struct {
	Aggregators []spec.Member // for AskCommittee
	Evaluators  []spec.Member // for AskCommittee
	Trainers    []uint64      // for AskTrainers
}

// Ready is an aggregator's digest of model 0, or an evaluator's of its shard.
type Ready struct {
	Node   uint64
	Digest spec.Digest
}

// Commit is a trainer's commitment to its update.
type Commit struct {
	Node, Round      uint64
	Commitment       spec.Digest
	Samples, Correct uint32
}

// Attest says which trainers' updates an aggregator holds and could verify.
type Attest struct {
	Node, Round uint64
	Holds       []byte // bitmap over the round's trainers
}

// CommitAggregate hides the digest of the next model until all have committed.
type CommitAggregate struct {
	Node, Round uint64
	Commitment  spec.Digest
}

// RevealAggregate opens a [CommitAggregate].
type RevealAggregate struct {
	Node, Round uint64
	Digest      spec.Digest
	Salt        spec.Salt
}

// CommitScore hides an evaluator's score until all have committed.
type CommitScore struct {
	Node, Round uint64
	Commitment  spec.Digest
}

// RevealScore opens a [CommitScore].
type RevealScore struct {
	Node, Round uint64
	Score       spec.PPM
	Salt        spec.Salt
}

// Cancel is the owner's wish to end the task; a running round is finished and paid.
type Cancel struct{}

// Tick is the end of a block.
type Tick struct{}

func (Select) input()          {}
func (Ready) input()           {}
func (Commit) input()          {}
func (Attest) input()          {}
func (CommitAggregate) input() {}
func (RevealAggregate) input() {}
func (CommitScore) input()     {}
func (RevealScore) input()     {}
func (Cancel) input()          {}
func (Tick) input()            {}
