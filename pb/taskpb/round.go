package taskpb

import (
	"fmt"

	"github.com/althing-network/althing/spec"
)

// RoundFromSpec is the wire form of a round.
func RoundFromSpec(r spec.Round) Round {
	out := Round{
		Task: r.Task, Number: r.Number, Phase: PhaseFromSpec(r.Phase), Reason: r.Reason,
		Opened: r.Opened, Since: r.Since, Deadline: r.Deadline, Closed: r.Closed,
		Base: digest(r.Base), Next: digest(r.Next), Score: uint32(r.Score), Scored: r.Scored, Paid: r.Paid,
	}
	for _, c := range r.Trainers {
		out.Trainers = append(out.Trainers, Contribution{
			Node: c.Node, Commitment: digest(c.Commitment), Samples: c.Samples,
			Correct: c.Correct, Height: c.Height, Survivor: c.Survivor,
		})
	}
	for _, a := range r.Aggregates {
		out.Aggregates = append(out.Aggregates, Aggregate{
			Node: a.Node, Holds: a.Holds, Attested: a.Attested, Commitment: digest(a.Commitment),
			Committed: a.Committed, Digest: digest(a.Digest), Revealed: a.Revealed,
		})
	}
	for _, e := range r.Scores {
		out.Scores = append(out.Scores, Evaluation{
			Node: e.Node, Stake: e.Stake, Commitment: digest(e.Commitment),
			Committed: e.Committed, Score: uint32(e.Score), Revealed: e.Revealed,
		})
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
		Opened: m.Opened, Since: m.Since, Deadline: m.Deadline, Closed: m.Closed,
		Base: r.read("base", m.Base), Next: r.read("next", m.Next),
		Score: spec.PPM(m.Score), Scored: m.Scored, Paid: m.Paid,
	}
	for _, c := range m.Trainers {
		out.Trainers = append(out.Trainers, spec.Contribution{
			Node: c.Node, Commitment: r.read("commitment", c.Commitment), Samples: c.Samples,
			Correct: c.Correct, Height: c.Height, Survivor: c.Survivor,
		})
	}
	for _, a := range m.Aggregates {
		out.Aggregates = append(out.Aggregates, spec.Aggregate{
			Node: a.Node, Holds: a.Holds, Attested: a.Attested, Commitment: r.read("commitment", a.Commitment),
			Committed: a.Committed, Digest: r.read("digest", a.Digest), Revealed: a.Revealed,
		})
	}
	for _, e := range m.Scores {
		out.Scores = append(out.Scores, spec.Evaluation{
			Node: e.Node, Stake: e.Stake, Commitment: r.read("commitment", e.Commitment),
			Committed: e.Committed, Score: spec.PPM(e.Score), Revealed: e.Revealed,
		})
	}
	if r.err != nil {
		return spec.Round{}, fmt.Errorf("task %d round %d: %w", m.Task, m.Number, r.err)
	}
	return out, nil
}
