package round

import (
	"slices"

	"github.com/althing-network/althing/spec"
)

// The messages of nodes to a task, and what each changes.

// Answers lists every kind of message of a node, each with zero fields.
func Answers() []Input {
	return []Input{
		Ready{},
		Commit{},
		Decline{},
		Prove{},
		Attest{},
		CommitAggregate{},
		RevealAggregate{},
		CommitScore{},
		RevealScore{},
		AttestModel{},
	}
}

// Hiding is an input that commits a node to a value that it does not reveal yet. A
// second commitment to the same value has another salt, so it differs from the first one.
type Hiding interface{ Commits() spec.Digest }

// finder finds a node in one of the lists of a round; -1 if it is not there.
type finder func(r spec.Round, node uint64) int

// addressed finds the round that a message is for and the index of its node, and checks what
// holds for every message to a round. Phases are closed at the end of a block, so a message
// in the block in which the deadline passes is in time, even if the chain stood still before
// that block.
func (s *State) addressed(at Moment, number, node uint64, phase spec.Phase, find finder) (*spec.Round, int, error) {
	r := &s.Round
	if s.Task.Scoring > 0 && number == s.Task.Scoring {
		r = &s.Scoring
	}
	if number == 0 || number != r.Number {
		return nil, 0, ErrWrongRound
	}
	i := find(*r, node)
	switch {
	case i < 0:
		return nil, 0, ErrNotSelected
	case r.Phase.Before(phase):
		return nil, 0, ErrEarly
	case r.Phase.After(phase) || at.Time > r.Deadline.After(maxTick):
		return nil, 0, ErrLate
	}
	return r, i, nil
}

// answered computes anew when the phase can be closed, after one more answer.
func (s *State) answered(at Moment, r *spec.Round) {
	if p := s.progress(r); r.Enough == 0 && p.given >= p.need {
		r.Enough = at.Time
	}
	if !s.held(r) {
		s.Task.Due = min(s.Task.Due, max(at.Time, s.closes(r)))
	}
}

// Ready is an aggregator's digest of model 0, or an evaluator's digest of its shard.
type Ready struct {
	Node   uint64
	Digest spec.Digest
}

func (Ready) needs() Parts { return Parts{} }

func (in Ready) apply(s *State, at Moment) ([]Effect, error) {
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
	case s.Task.State == spec.TaskRunning: // else an evaluator could choose its shard after it has seen models
		return nil, ErrLate
	case !members[i].Ready.IsZero():
		return nil, ErrRepeated
	case in.Digest.IsZero():
		return nil, ErrEmpty
	}
	if agreed, ok := s.modelZero(); ok && aggregates && in.Digest != agreed {
		return nil, ErrModel
	}
	members[i].Ready = in.Digest
	if _, ok := s.prepared(); ok && s.Task.Enough == 0 {
		s.Task.Enough = at.Time
	}
	s.Task.Due = min(s.Task.Due, max(at.Time, s.starts()))
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
	// Signature is the signature of a [spec.ChargeStatement] by the owner of the trainer's data
	// set; zero if the task is not private.
	Signature spec.Signature
}

// Commits implements [Hiding].
func (in Commit) Commits() spec.Digest { return in.Commitment }

func (in Commit) needs() Parts {
	return Parts{Round: in.Round, Trainer: in.Node, Commitment: in.Commitment}
}

func (in Commit) apply(s *State, at Moment) ([]Effect, error) {
	r, i, err := s.addressed(at, in.Round, in.Node, spec.PhaseTrain, spec.Round.Trainer)
	if err != nil {
		return nil, err
	}
	switch {
	case r.Trainers[i].Height > 0 || r.Trainers[i].Declined != "":
		return nil, ErrRepeated
	case in.Commitment.IsZero():
		return nil, ErrEmpty
	case s.Task.Spec.Private() && (in.Samples > 0 || in.Correct > 0): // the privacy budget pays for nothing but the update
		return nil, ErrSamples
	case r.Measures && in.Correct > 0: // there is no trained model to evaluate yet
		return nil, ErrSamples
	case !s.Task.Spec.Private() && (in.Samples == 0 || in.Samples > spec.MaxSamples || in.Correct > in.Samples):
		return nil, ErrSamples
	}
	if r.Committer(in.Commitment) > 0 {
		return nil, ErrCopied
	}
	t := &r.Trainers[i]
	switch {
	case !s.Task.Spec.Private() && !in.Signature.IsZero(): // else one message would have two encodings
		return nil, ErrUnasked
	case s.Task.Spec.Private() && !t.Key.Signed(spec.ChargeStatement(s.slot(r, in.Node), t.Dataset, in.Commitment), in.Signature):
		return nil, ErrSignature
	}
	t.Commitment, t.Samples, t.Correct, t.Height = in.Commitment, in.Samples, in.Correct, at.Height
	t.Took = spec.Duration(at.Time - r.Since)
	r.Commitments++
	s.answered(at, r)
	if t.Dataset > 0 {
		return []Effect{Charge{r.Number, t.Dataset}}, nil
	}
	return nil, nil
}

// Decline is a trainer's message that it does not train in this round, and why.
type Decline struct {
	Node, Round uint64
	Why         spec.Decline
}

func (in Decline) needs() Parts { return Parts{Round: in.Round, Trainer: in.Node} }

func (in Decline) apply(s *State, at Moment) ([]Effect, error) {
	r, i, err := s.addressed(at, in.Round, in.Node, spec.PhaseTrain, spec.Round.Trainer)
	if err != nil {
		return nil, err
	}
	t := &r.Trainers[i]
	switch {
	case t.Height > 0 || t.Declined != "":
		return nil, ErrRepeated
	case !slices.Contains(spec.Declines(), in.Why):
		return nil, ErrCause
	case s.Task.Spec.Private() != (in.Why == spec.DeclinePrivate): // a reason may reveal something of the rows
		return nil, ErrCause
	}
	t.Declined = in.Why
	r.Declines++
	s.answered(at, r)
	return nil, nil
}

// Prove shows aggregators' receipts for an update that too few aggregators attest. A trainer
// without receipts sends an empty list, so that nobody waits for it.
type Prove struct {
	Node, Round uint64
	Receipts    []spec.Receipt // in the order of the aggregators' nodes
}

func (in Prove) needs() Parts { return Parts{Round: in.Round, Trainer: in.Node, Aggregates: true} }

func (in Prove) apply(s *State, at Moment) ([]Effect, error) {
	r, i, err := s.delivering(in.Round, in.Node)
	if err != nil {
		return nil, err
	}
	t, slot := &r.Trainers[i], s.slot(r, in.Node)
	last := uint64(0)
	for _, receipt := range in.Receipts {
		j := r.Aggregator(receipt.Aggregator)
		if j < 0 || receipt.Aggregator <= last {
			return nil, ErrReceipt
		}
		statement := spec.ReceiptStatement(slot, receipt.Aggregator, t.Commitment)
		if !s.Task.Aggregators[j].Key.Signed(statement, receipt.Signature) {
			return nil, ErrReceipt
		}
		t.Receipts |= 1 << j
		last = receipt.Aggregator
	}
	t.Proved = at.Height
	if r.Phase == spec.PhaseProve {
		r.Proofs++
		s.answered(at, r)
	}
	return nil, nil
}

// delivering finds the round in which a trainer may show receipts, and the trainer's index in
// it. It may do so from the end of the phase attest to the end of the round, if too few
// bitmaps hold its update.
func (s *State) delivering(number, node uint64) (*spec.Round, int, error) {
	r := &s.Round
	if s.Task.Scoring > 0 && number == s.Task.Scoring {
		r = &s.Scoring
	}
	if number == 0 || number != r.Number {
		return nil, 0, ErrWrongRound
	}
	i := r.Trainer(node)
	switch {
	case i < 0:
		return nil, 0, ErrNotSelected
	case !r.Phase.After(spec.PhaseAttest):
		return nil, 0, ErrEarly
	case r.Phase.Final():
		return nil, 0, ErrLate
	case r.Trainers[i].Height == 0 || r.Trainers[i].Survivor:
		return nil, 0, ErrHeld
	case r.Trainers[i].Proved > 0:
		return nil, 0, ErrRepeated
	}
	return r, i, nil
}

// Attest states which trainers' updates an aggregator holds and has verified.
type Attest struct {
	Node, Round uint64
	Holds       []byte // bitmap over the round's trainers
}

func (in Attest) needs() Parts { return Parts{Round: in.Round, Aggregates: true} }

func (in Attest) apply(s *State, at Moment) ([]Effect, error) {
	r, i, err := s.addressed(at, in.Round, in.Node, spec.PhaseAttest, spec.Round.Aggregator)
	if err != nil {
		return nil, err
	}
	if r.Aggregates[i].Attested > 0 {
		return nil, ErrRepeated
	}
	if len(in.Holds) != (int(r.Asked)+7)/8 {
		return nil, ErrBitmap
	}
	// Only committed updates can be held: an all-ones bitmap is a lie.
	for bit := range 8 * len(in.Holds) {
		if spec.HasBit(in.Holds, bit) && !spec.HasBit(r.Committed, bit) {
			return nil, ErrBitmap
		}
	}
	r.Aggregates[i].Holds = slices.Clone(in.Holds)
	r.Aggregates[i].Attested = at.Height
	s.answered(at, r)
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

func (in CommitAggregate) needs() Parts { return Parts{Round: in.Round, Aggregates: true} }

func (in CommitAggregate) apply(s *State, at Moment) ([]Effect, error) {
	r, i, err := s.addressed(at, in.Round, in.Node, spec.PhaseAggregate, spec.Round.Aggregator)
	if err != nil {
		return nil, err
	}
	switch {
	case r.Aggregates[i].Committed > 0:
		return nil, ErrRepeated
	case in.Commitment.IsZero():
		return nil, ErrEmpty
	}
	for _, a := range r.Aggregates {
		if a.Committed > 0 && a.Commitment == in.Commitment {
			return nil, ErrCopied
		}
	}
	r.Aggregates[i].Commitment = in.Commitment
	r.Aggregates[i].Committed = at.Height
	s.answered(at, r)
	return nil, nil
}

// RevealAggregate opens a [CommitAggregate].
type RevealAggregate struct {
	Node, Round uint64
	Digest      spec.Digest
	Salt        spec.Salt
}

func (in RevealAggregate) needs() Parts { return Parts{Round: in.Round, Aggregates: true} }

func (in RevealAggregate) apply(s *State, at Moment) ([]Effect, error) {
	r, i, err := s.addressed(at, in.Round, in.Node, spec.PhaseReveal, spec.Round.Aggregator)
	if err != nil {
		return nil, err
	}
	a := &r.Aggregates[i]
	switch {
	case a.Committed == 0:
		return nil, ErrLate
	case a.Revealed > 0:
		return nil, ErrRepeated
	case in.Digest.IsZero():
		return nil, ErrEmpty
	case spec.AggregateCommitment(s.slot(r, in.Node), in.Digest, in.Salt) != a.Commitment:
		return nil, ErrOpening
	}
	a.Digest, a.Revealed = in.Digest, at.Height
	s.answered(at, r)
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

func (in CommitScore) needs() Parts { return Parts{Round: in.Round, Scores: true} }

func (in CommitScore) apply(s *State, at Moment) ([]Effect, error) {
	r, i, err := s.addressed(at, in.Round, in.Node, spec.PhaseScore, spec.Round.Evaluator)
	if err != nil {
		return nil, err
	}
	switch {
	case r.Scores[i].Committed > 0:
		return nil, ErrRepeated
	case in.Commitment.IsZero():
		return nil, ErrEmpty
	}
	for _, e := range r.Scores {
		if e.Committed > 0 && e.Commitment == in.Commitment {
			return nil, ErrCopied
		}
	}
	r.Scores[i].Commitment = in.Commitment
	r.Scores[i].Committed = at.Height
	s.answered(at, r)
	return nil, nil
}

// RevealScore opens a [CommitScore].
type RevealScore struct {
	Node, Round uint64
	Score       spec.PPM
	Counts      []spec.Count // rows behind the score, see [spec.TaskSpec.CountsFit]; nil: not stated
	Salt        spec.Salt
}

func (in RevealScore) needs() Parts { return Parts{Round: in.Round, Scores: true} }

func (in RevealScore) apply(s *State, at Moment) ([]Effect, error) {
	r, i, err := s.addressed(at, in.Round, in.Node, spec.PhaseOpen, spec.Round.Evaluator)
	if err != nil {
		return nil, err
	}
	e := &r.Scores[i]
	switch {
	case e.Committed == 0:
		return nil, ErrLate
	case e.Revealed > 0:
		return nil, ErrRepeated
	case in.Score > spec.One:
		return nil, ErrScore
	case spec.ScoreCommitment(s.slot(r, in.Node), r.Next, in.Score, in.Counts, in.Salt) != e.Commitment:
		return nil, ErrOpening
	}
	if err := s.counted(in); err != nil {
		return nil, err
	}
	e.Score, e.Counts, e.Revealed = in.Score, slices.Clone(in.Counts), at.Height
	s.answered(at, r)
	return nil, nil
}

// counted refuses a score whose counts do not fit the task or the score. Counts are required
// if the task sets data.min_holdout.
func (s *State) counted(in RevealScore) error {
	t := s.Task.Spec
	switch {
	case len(in.Counts) == 0 && t.Data.MinHoldout == 0:
		return nil
	case len(in.Counts) > 0 && !t.CountsFit(in.Counts):
		return ErrCounts
	case !t.Data.EnoughRows(in.Counts):
		return ErrHoldout
	case !t.Model.ScoreFits(in.Score, in.Counts):
		return ErrCounted
	}
	return nil
}
