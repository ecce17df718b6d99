package taskpb

import (
	"fmt"

	"github.com/althing-network/althing/spec"
)

// RoundFromSpec is the wire form of a round.
func RoundFromSpec(r spec.Round) Round {
	out := Round{
		Task: r.Task, Number: r.Number, Phase: PhaseFromSpec(r.Phase), Reason: r.Reason,
		Opened: r.Opened, Since: int64(r.Since), Deadline: int64(r.Deadline), Closed: r.Closed,
		Base: digest(r.Base), Next: digest(r.Next), Score: uint32(r.Score), Scored: r.Scored, Paid: r.Paid, Validators: r.Validators,
		Declines: r.Declines, Grace: int64(r.Grace), Unheld: r.Unheld, Proofs: r.Proofs,
		Asked: r.Asked, Commitments: r.Commitments, Committed: r.Committed, Enough: int64(r.Enough), Measures: r.Measures,
	}
	for _, c := range r.Trainers {
		out.Trainers = append(out.Trainers, ContributionFromSpec(c))
	}
	for _, a := range r.Aggregates {
		out.Aggregates = append(out.Aggregates, AggregateFromSpec(a))
	}
	for _, e := range r.Scores {
		out.Scores = append(out.Scores, EvaluationFromSpec(e))
	}
	return out
}

// ToSpec is the round in plain types. It refuses an unknown phase and a digest of
// a wrong length.
func (m *Round) ToSpec() (spec.Round, error) {
	phase, err := m.Phase.ToSpec()
	if err != nil {
		return spec.Round{}, fmt.Errorf("task %d round %d: %w", m.Task, m.Number, err)
	}
	var r digests
	out := spec.Round{
		Task: m.Task, Number: m.Number, Phase: phase, Reason: m.Reason,
		Opened: m.Opened, Since: spec.Time(m.Since), Deadline: spec.Time(m.Deadline), Closed: m.Closed,
		Base: r.read("base", m.Base), Next: r.read("next", m.Next),
		Score: spec.PPM(m.Score), Scored: m.Scored, Paid: m.Paid, Validators: m.Validators,
		Declines: m.Declines, Grace: spec.Duration(m.Grace), Unheld: m.Unheld, Proofs: m.Proofs,
		Asked: m.Asked, Commitments: m.Commitments, Committed: m.Committed, Enough: spec.Time(m.Enough), Measures: m.Measures,
	}
	for i := range m.Trainers {
		out.Trainers = append(out.Trainers, m.Trainers[i].toSpec(&r))
	}
	for i := range m.Aggregates {
		out.Aggregates = append(out.Aggregates, m.Aggregates[i].toSpec(&r))
	}
	for i := range m.Scores {
		out.Scores = append(out.Scores, m.Scores[i].toSpec(&r))
	}
	if r.err != nil {
		return spec.Round{}, fmt.Errorf("task %d round %d: %w", m.Task, m.Number, r.err)
	}
	return out, nil
}

// ContributionFromSpec is the wire form of a trainer's part.
func ContributionFromSpec(c spec.Contribution) Contribution {
	return Contribution{
		Node: c.Node, Bit: c.Bit, Dataset: c.Dataset, Key: publicKey(c.Key), Commitment: digest(c.Commitment), Samples: c.Samples,
		Correct: c.Correct, Height: c.Height, Took: int64(c.Took), Missed: c.Missed, Declined: DeclineFromSpec(c.Declined),
		Receipts: c.Receipts, Proved: c.Proved, Survivor: c.Survivor, Lender: c.Lender, Paid: c.Paid, Lent: c.Lent,
	}
}

func (m *Contribution) toSpec(r *digests) spec.Contribution {
	return spec.Contribution{
		Node: m.Node, Bit: m.Bit, Dataset: m.Dataset, Key: r.key(m.Key), Commitment: r.read("commitment", m.Commitment), Samples: m.Samples,
		Correct: m.Correct, Height: m.Height, Took: spec.Duration(m.Took), Missed: m.Missed, Declined: r.decline(m.Declined),
		Receipts: m.Receipts, Proved: m.Proved, Survivor: m.Survivor, Lender: m.Lender, Paid: m.Paid, Lent: m.Lent,
	}
}

// AggregateFromSpec is the wire form of an aggregator's part.
func AggregateFromSpec(a spec.Aggregate) Aggregate {
	return Aggregate{
		Node: a.Node, Holds: a.Holds, Attested: a.Attested, Commitment: digest(a.Commitment),
		Committed: a.Committed, Digest: digest(a.Digest), Revealed: a.Revealed, Paid: a.Paid,
	}
}

func (m *Aggregate) toSpec(r *digests) spec.Aggregate {
	return spec.Aggregate{
		Node: m.Node, Holds: m.Holds, Attested: m.Attested, Commitment: r.read("commitment", m.Commitment),
		Committed: m.Committed, Digest: r.read("digest", m.Digest), Revealed: m.Revealed, Paid: m.Paid,
	}
}

// EvaluationFromSpec is the wire form of an evaluator's part.
func EvaluationFromSpec(e spec.Evaluation) Evaluation {
	return Evaluation{
		Node: e.Node, Stake: e.Stake, Commitment: digest(e.Commitment),
		Committed: e.Committed, Score: uint32(e.Score), Revealed: e.Revealed, Paid: e.Paid, Counts: countsFromSpec(e.Counts),
	}
}

func (m *Evaluation) toSpec(r *digests) spec.Evaluation {
	return spec.Evaluation{
		Node: m.Node, Stake: m.Stake, Commitment: r.read("commitment", m.Commitment),
		Committed: m.Committed, Score: spec.PPM(m.Score), Revealed: m.Revealed, Paid: m.Paid, Counts: countsToSpec(m.Counts),
	}
}
