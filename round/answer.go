package round

import (
	"slices"

	"github.com/althing-network/althing/spec"
)

// What a node says to a task: each kind of message with what it changes.

// Answers lists every kind of message of a node, each with nothing in it.
func Answers() []Input {
	return []Input{
		Ready{}, Commit{}, Attest{}, CommitAggregate{}, RevealAggregate{}, CommitScore{}, RevealScore{},
	}
}

// Hiding is an input that commits a node to something which it keeps hidden for
// now. Where the commitment had to be made again, it is another one.
type Hiding interface{ Commits() spec.Digest }

// dueAgain says when the phase can be closed now that one more has answered.
func (s *State) dueAgain(height int64) { s.Task.Due = max(height, s.closes()) }

// answerable checks what every message of a round must obey.
func (s *State) answerable(height int64, round uint64, phase spec.Phase, index int) error {
	switch {
	case round == 0 || round != s.Round.Number:
		return ErrWrongRound
	case index < 0:
		return ErrNotSelected
	case s.Round.Phase.Before(phase):
		return ErrEarly
	case s.Round.Phase.After(phase) || height > s.Round.Deadline:
		return ErrLate
	}
	return nil
}

// Ready is an aggregator's digest of model 0, or an evaluator's of its shard.
type Ready struct {
	Node   uint64
	Digest spec.Digest
}

func (Ready) needs() Parts { return Parts{} }

func (in Ready) apply(s *State, height int64) ([]Effect, error) {
	if s.Task.State == spec.TaskWaiting {
		return nil, ErrEarly
	}
	members := s.Task.Aggregators
	i := member(members, in.Node)
	aggregates := i >= 0
	if !aggregates {
		members = s.Task.Evaluators
		i = member(members, in.Node)
	}
	switch {
	case i < 0:
		return nil, ErrNotSelected
	case !members[i].Ready.IsZero():
		return nil, ErrRepeated
	case in.Digest.IsZero():
		return nil, ErrEmpty
	}
	if agreed, ok := s.modelZero(); ok && aggregates && in.Digest != agreed {
		return nil, ErrModel
	}
	members[i].Ready = in.Digest
	if _, ok := s.prepared(); ok && s.Task.State == spec.TaskPreparing {
		s.Task.Due = height
	}
	return nil, nil
}

func member(members []spec.Member, node uint64) int {
	return slices.IndexFunc(members, func(m spec.Member) bool { return m.Node == node })
}

// Commit is a trainer's commitment to its update, see [spec.UpdateCommitment].
type Commit struct {
	Node, Round      uint64
	Commitment       spec.Digest
	Samples, Correct uint32
}

// Commits implements [Hiding].
func (in Commit) Commits() spec.Digest { return in.Commitment }

func (in Commit) needs() Parts { return Parts{Trainer: in.Node, Commitment: in.Commitment} }

func (in Commit) apply(s *State, height int64) ([]Effect, error) {
	i := s.Round.Trainer(in.Node)
	if err := s.answerable(height, in.Round, spec.PhaseTrain, i); err != nil {
		return nil, err
	}
	switch {
	case s.Round.Trainers[i].Height > 0:
		return nil, ErrRepeated
	case in.Commitment.IsZero():
		return nil, ErrEmpty
	case in.Samples == 0 || in.Samples > spec.MaxSamples || in.Correct > in.Samples:
		return nil, ErrSamples
	}
	if s.Round.Committer(in.Commitment) > 0 {
		return nil, ErrCopied
	}
	t := &s.Round.Trainers[i]
	t.Commitment, t.Samples, t.Correct, t.Height = in.Commitment, in.Samples, in.Correct, height
	s.Round.Commitments++
	if s.Round.Enough == 0 && uint64(s.Round.Commitments) >= s.enoughTrainers() {
		s.Round.Enough = height
	}
	s.dueAgain(height)
	return nil, nil
}

// Attest says which trainers' updates an aggregator holds and could verify.
type Attest struct {
	Node, Round uint64
	Holds       []byte // bitmap over the round's trainers
}

func (Attest) needs() Parts { return Parts{Committee: true} }

func (in Attest) apply(s *State, height int64) ([]Effect, error) {
	i := s.Round.Aggregator(in.Node)
	if err := s.answerable(height, in.Round, spec.PhaseAttest, i); err != nil {
		return nil, err
	}
	if s.Round.Aggregates[i].Attested > 0 {
		return nil, ErrRepeated
	}
	if len(in.Holds) != (int(s.Round.Asked)+7)/8 {
		return nil, ErrBitmap
	}
	// Only committed updates can be held: an all-ones bitmap is a lie.
	for bit := range 8 * len(in.Holds) {
		if spec.Held(in.Holds, bit) && !spec.Held(s.Round.Committed, bit) {
			return nil, ErrBitmap
		}
	}
	s.Round.Aggregates[i].Holds = slices.Clone(in.Holds)
	s.Round.Aggregates[i].Attested = height
	s.dueAgain(height)
	return nil, nil
}

// CommitAggregate hides the digest of the next model until all have committed, see
// [spec.AggregateCommitment].
type CommitAggregate struct {
	Node, Round uint64
	Commitment  spec.Digest
}

// Commits implements [Hiding].
func (in CommitAggregate) Commits() spec.Digest { return in.Commitment }

func (CommitAggregate) needs() Parts { return Parts{Committee: true} }

func (in CommitAggregate) apply(s *State, height int64) ([]Effect, error) {
	i := s.Round.Aggregator(in.Node)
	if err := s.answerable(height, in.Round, spec.PhaseAggregate, i); err != nil {
		return nil, err
	}
	switch {
	case s.Round.Aggregates[i].Committed > 0:
		return nil, ErrRepeated
	case in.Commitment.IsZero():
		return nil, ErrEmpty
	}
	for _, a := range s.Round.Aggregates {
		if a.Committed > 0 && a.Commitment == in.Commitment {
			return nil, ErrCopied
		}
	}
	s.Round.Aggregates[i].Commitment = in.Commitment
	s.Round.Aggregates[i].Committed = height
	s.dueAgain(height)
	return nil, nil
}

// RevealAggregate opens a [CommitAggregate].
type RevealAggregate struct {
	Node, Round uint64
	Digest      spec.Digest
	Salt        spec.Salt
}

func (RevealAggregate) needs() Parts { return Parts{Committee: true} }

func (in RevealAggregate) apply(s *State, height int64) ([]Effect, error) {
	i := s.Round.Aggregator(in.Node)
	if err := s.answerable(height, in.Round, spec.PhaseReveal, i); err != nil {
		return nil, err
	}
	a := &s.Round.Aggregates[i]
	switch {
	case a.Committed == 0:
		return nil, ErrLate
	case a.Revealed > 0:
		return nil, ErrRepeated
	case in.Digest.IsZero():
		return nil, ErrEmpty
	case spec.AggregateCommitment(s.slot(in.Node), in.Digest, in.Salt) != a.Commitment:
		return nil, ErrOpening
	}
	a.Digest, a.Revealed = in.Digest, height
	s.dueAgain(height)
	return nil, nil
}

// CommitScore hides an evaluator's score until all have committed, see
// [spec.ScoreCommitment].
type CommitScore struct {
	Node, Round uint64
	Commitment  spec.Digest
}

// Commits implements [Hiding].
func (in CommitScore) Commits() spec.Digest { return in.Commitment }

func (CommitScore) needs() Parts { return Parts{Committee: true} }

func (in CommitScore) apply(s *State, height int64) ([]Effect, error) {
	i := s.Round.Evaluator(in.Node)
	if err := s.answerable(height, in.Round, spec.PhaseScore, i); err != nil {
		return nil, err
	}
	switch {
	case s.Round.Scores[i].Committed > 0:
		return nil, ErrRepeated
	case in.Commitment.IsZero():
		return nil, ErrEmpty
	}
	for _, e := range s.Round.Scores {
		if e.Committed > 0 && e.Commitment == in.Commitment {
			return nil, ErrCopied
		}
	}
	s.Round.Scores[i].Commitment = in.Commitment
	s.Round.Scores[i].Committed = height
	s.dueAgain(height)
	return nil, nil
}

// RevealScore opens a [CommitScore].
type RevealScore struct {
	Node, Round uint64
	Score       spec.PPM
	Salt        spec.Salt
}

func (RevealScore) needs() Parts { return Parts{Committee: true} }

func (in RevealScore) apply(s *State, height int64) ([]Effect, error) {
	i := s.Round.Evaluator(in.Node)
	if err := s.answerable(height, in.Round, spec.PhaseOpen, i); err != nil {
		return nil, err
	}
	e := &s.Round.Scores[i]
	switch {
	case e.Committed == 0:
		return nil, ErrLate
	case e.Revealed > 0:
		return nil, ErrRepeated
	case in.Score > spec.One:
		return nil, ErrScore
	case spec.ScoreCommitment(s.slot(in.Node), s.Round.Next, in.Score, in.Salt) != e.Commitment:
		return nil, ErrOpening
	}
	e.Score, e.Revealed = in.Score, height
	s.dueAgain(height)
	return nil, nil
}
