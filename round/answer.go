package round

import (
	"slices"

	"github.com/althing-network/althing/spec"
)

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

func (s *State) ready(in Ready) error {
	if s.Task.State == spec.TaskWaiting {
		return ErrEarly
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
		return ErrNotSelected
	case !members[i].Ready.IsZero():
		return ErrRepeated
	case in.Digest.IsZero():
		return ErrEmpty
	}
	if agreed, ok := s.modelZero(); ok && aggregates && in.Digest != agreed {
		return ErrModel
	}
	members[i].Ready = in.Digest
	return nil
}

func member(members []spec.Member, node uint64) int {
	return slices.IndexFunc(members, func(m spec.Member) bool { return m.Node == node })
}

func (s *State) commit(height int64, in Commit) error {
	i := s.Round.Trainer(in.Node)
	if err := s.answerable(height, in.Round, spec.PhaseTrain, i); err != nil {
		return err
	}
	switch {
	case s.Round.Trainers[i].Height > 0:
		return ErrRepeated
	case in.Commitment.IsZero():
		return ErrEmpty
	case in.Samples == 0 || in.Samples > spec.MaxSamples || in.Correct > in.Samples:
		return ErrSamples
	}
	for _, t := range s.Round.Trainers {
		if t.Height > 0 && t.Commitment == in.Commitment {
			return ErrCopied
		}
	}
	s.Round.Trainers[i] = spec.Contribution{
		Node: in.Node, Commitment: in.Commitment, Samples: in.Samples, Correct: in.Correct, Height: height,
	}
	return nil
}

func (s *State) attest(height int64, in Attest) error {
	i := s.Round.Aggregator(in.Node)
	if err := s.answerable(height, in.Round, spec.PhaseAttest, i); err != nil {
		return err
	}
	if s.Round.Aggregates[i].Attested > 0 {
		return ErrRepeated
	}
	if len(in.Holds) != (len(s.Round.Trainers)+7)/8 {
		return ErrBitmap
	}
	// Only committed updates can be held: an all-ones bitmap is a lie.
	for bit := range 8 * len(in.Holds) {
		if spec.Held(in.Holds, bit) && (bit >= len(s.Round.Trainers) || s.Round.Trainers[bit].Height == 0) {
			return ErrBitmap
		}
	}
	s.Round.Aggregates[i].Holds = slices.Clone(in.Holds)
	s.Round.Aggregates[i].Attested = height
	return nil
}

func (s *State) commitAggregate(height int64, in CommitAggregate) error {
	i := s.Round.Aggregator(in.Node)
	if err := s.answerable(height, in.Round, spec.PhaseAggregate, i); err != nil {
		return err
	}
	switch {
	case s.Round.Aggregates[i].Committed > 0:
		return ErrRepeated
	case in.Commitment.IsZero():
		return ErrEmpty
	}
	for _, a := range s.Round.Aggregates {
		if a.Committed > 0 && a.Commitment == in.Commitment {
			return ErrCopied
		}
	}
	s.Round.Aggregates[i].Commitment = in.Commitment
	s.Round.Aggregates[i].Committed = height
	return nil
}

func (s *State) revealAggregate(height int64, in RevealAggregate) error {
	i := s.Round.Aggregator(in.Node)
	if err := s.answerable(height, in.Round, spec.PhaseReveal, i); err != nil {
		return err
	}
	a := &s.Round.Aggregates[i]
	switch {
	case a.Committed == 0:
		return ErrLate
	case a.Revealed > 0:
		return ErrRepeated
	case in.Digest.IsZero():
		return ErrEmpty
	case spec.AggregateCommitment(s.slot(in.Node), in.Digest, in.Salt) != a.Commitment:
		return ErrOpening
	}
	a.Digest, a.Revealed = in.Digest, height
	return nil
}

func (s *State) commitScore(height int64, in CommitScore) error {
	i := s.Round.Evaluator(in.Node)
	if err := s.answerable(height, in.Round, spec.PhaseScore, i); err != nil {
		return err
	}
	switch {
	case s.Round.Scores[i].Committed > 0:
		return ErrRepeated
	case in.Commitment.IsZero():
		return ErrEmpty
	}
	for _, e := range s.Round.Scores {
		if e.Committed > 0 && e.Commitment == in.Commitment {
			return ErrCopied
		}
	}
	s.Round.Scores[i].Commitment = in.Commitment
	s.Round.Scores[i].Committed = height
	return nil
}

func (s *State) revealScore(height int64, in RevealScore) error {
	i := s.Round.Evaluator(in.Node)
	if err := s.answerable(height, in.Round, spec.PhaseOpen, i); err != nil {
		return err
	}
	e := &s.Round.Scores[i]
	switch {
	case e.Committed == 0:
		return ErrLate
	case e.Revealed > 0:
		return ErrRepeated
	case in.Score > spec.One:
		return ErrScore
	case spec.ScoreCommitment(s.slot(in.Node), s.Round.Next, in.Score, in.Salt) != e.Commitment:
		return ErrOpening
	}
	e.Score, e.Revealed = in.Score, height
	return nil
}

func (s *State) cancel() error {
	if s.Task.Cancelling {
		return ErrAlreadyClosing
	}
	s.Task.Cancelling = true
	return nil
}
