package round

import (
	"slices"

	"github.com/althing-network/althing/spec"
)

// survive decides whose updates are in the sum: those that f+1 bitmaps hold, so
// that one honest aggregator can serve them to the others. Who committed and then
// withheld its bytes cannot be proved guilty, and loses standing.
func (s *State) survive(height int64) []Effect {
	faulty := s.Task.Spec.Selection.Faulty()
	bitmaps := 0
	for _, a := range s.Round.Aggregates {
		if a.Attested > 0 {
			bitmaps++
		}
	}
	if bitmaps < s.Task.Spec.Selection.Quorum() {
		return s.abort(height, "too few aggregators attested")
	}
	var effects []Effect
	for i, t := range s.Round.Trainers {
		held := 0
		for _, a := range s.Round.Aggregates {
			if spec.Held(a.Holds, i) {
				held++
			}
		}
		s.Round.Trainers[i].Survivor = held > faulty
		if t.Height > 0 && held <= faulty {
			effects = append(effects, Demerit{Node: t.Node, Why: "update withheld"})
		}
	}
	survivors := s.survivors()
	switch {
	case len(survivors) == 0:
		return append(effects, s.abort(height, ErrNoUpdates.Error())...)
	case len(survivors) < int(s.Task.Spec.Selection.MinTrainers):
		return append(effects, s.abort(height, "too few updates survived")...)
	}
	return append(effects, AskAggregate{Survivors: survivors, Deadline: s.begin(height, spec.PhaseAggregate, s.Task.Spec.Deadlines.Aggregate)})
}

// accepted finds the digest that 2f+1 aggregators revealed.
func (s *State) accepted() (spec.Digest, bool) {
	var digests []spec.Digest
	for _, a := range s.Round.Aggregates {
		if a.Revealed > 0 {
			digests = append(digests, a.Digest)
		}
	}
	return agreed(digests, s.Task.Spec.Selection.Quorum())
}

// accept names the next model, and every aggregator that published another one.
func (s *State) accept(height int64) []Effect {
	next, ok := s.accepted()
	if !ok {
		return s.abort(height, "aggregators did not agree")
	}
	s.Round.Next = next
	var effects []Effect
	for _, a := range s.Round.Aggregates {
		if a.Revealed > 0 && a.Digest != next {
			fault := spec.Fault{Round: s.Round.Number, Node: a.Node, Kind: spec.FaultWrongAggregate, Digest: a.Digest}
			s.record(fault)
			effects = append(effects, Accuse{fault}, Demerit{Node: a.Node, Why: fault.Kind})
		}
	}
	return append(effects, AskScores{Model: next, Deadline: s.begin(height, spec.PhaseScore, s.Task.Spec.Deadlines.Evaluate)})
}

// record keeps the first fault of each node and kind, so that a task does not
// grow with the rounds a liar lies in; the rounds themselves hold the rest.
func (s *State) record(fault spec.Fault) {
	same := func(f spec.Fault) bool { return f.Node == fault.Node && f.Kind == fault.Kind }
	if !slices.ContainsFunc(s.Task.Faults, same) {
		s.Task.Faults = append(s.Task.Faults, fault)
	}
}

// settle pays what [Earnings] says and makes the next model the task's. A round
// that nobody scored is paid all the same: a consumer cannot rob trainers by hiding
// the hold-out.
func (s *State) settle(height int64) []Effect {
	s.Round.Score, s.Round.Scored = s.median()
	s.Round.Phase = spec.PhaseSettled
	effects := []Effect{Publish{Model: s.Round.Next, Score: s.Round.Score, Scored: s.Round.Scored}}
	earnings := Earnings(s.Task.Spec, s.Round)
	paid := make(map[uint64]uint64, len(earnings)) // looked up, never walked: a map has no order
	for _, e := range earnings {
		paid[e.Node] += e.Amount
		s.Round.Paid += e.Amount
		effects = append(effects, Pay(e), Merit{Node: e.Node})
	}
	for i := range s.Round.Trainers {
		s.Round.Trainers[i].Paid = paid[s.Round.Trainers[i].Node]
	}
	for _, a := range s.Round.Aggregates {
		if a.Revealed > 0 && a.Digest == s.Round.Next {
			effects = append(effects, Merit{Node: a.Node})
		}
	}
	for _, e := range s.Round.Scores {
		if e.Revealed > 0 {
			effects = append(effects, Merit{Node: e.Node})
		}
	}
	s.Task.Paid += s.Round.Paid
	s.Task.Model = s.Round.Next
	if s.Round.Scored {
		s.Task.Score = s.Round.Score
	}
	s.Task.Accepted++
	s.Task.Aborted = 0
	return append(effects, s.between(height)...)
}

// abort ends the round without a model; what follows is a round with the next
// number, so that no statement of this one can be used in it.
func (s *State) abort(height int64, why string) []Effect {
	s.Round.Phase, s.Round.Reason = spec.PhaseAborted, why
	s.Task.Aborted++
	return append([]Effect{Abort{Round: s.Round.Number, Why: why}}, s.between(height)...)
}
