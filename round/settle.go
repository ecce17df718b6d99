package round

import (
	"slices"

	"github.com/althing-network/althing/spec"
)

// survive decides whose updates are in the sum: those that f+1 bitmaps hold, so
// that one honest aggregator can serve them to the others. Who committed and then
// withheld its bytes cannot be proved guilty, and loses standing.
func (s *State) survive(at Moment, r *spec.Round) []Effect {
	faulty := s.Task.Spec.Selection.Faulty()
	bitmaps := 0
	for _, a := range r.Aggregates {
		if a.Attested > 0 {
			bitmaps++
		}
	}
	if bitmaps < s.Task.Spec.Selection.Quorum() {
		return s.abort(at, r, "too few aggregators attested")
	}
	var effects []Effect
	for i, t := range r.Trainers {
		held := 0
		for _, a := range r.Aggregates {
			if spec.Held(a.Holds, i) {
				held++
			}
		}
		r.Trainers[i].Survivor = held > faulty
		if t.Height > 0 && held <= faulty {
			effects = append(effects, Demerit{Round: r.Number, Node: t.Node, Why: "update withheld"})
		}
	}
	survivors := survivors(r)
	switch {
	case len(survivors) == 0:
		return append(effects, s.abort(at, r, ErrNoUpdates.Error())...)
	case s.reached():
		return append(effects, s.dismiss(at, r)...)
	case len(survivors) < int(s.Task.Spec.Selection.MinTrainers):
		return append(effects, s.abort(at, r, "too few updates survived")...)
	}
	return append(effects, AskAggregate{r.Number, survivors, s.begin(at, r, spec.PhaseAggregate, s.Task.Spec.Deadlines.Aggregate)})
}

// agreement finds the digest that 2f+1 aggregators revealed.
func (s *State) agreement(r *spec.Round) (spec.Digest, bool) {
	var digests []spec.Digest
	for _, a := range r.Aggregates {
		if a.Revealed > 0 {
			digests = append(digests, a.Digest)
		}
	}
	return agreed(digests, s.Task.Spec.Selection.Quorum())
}

// accept makes the model on which the aggregators agreed the task's, and names every
// aggregator that published another one. From now on the next round may train on it.
func (s *State) accept(at Moment, r *spec.Round) []Effect {
	next, ok := s.agreement(r)
	if !ok {
		return s.abort(at, r, "aggregators did not agree")
	}
	r.Next, s.Task.Model = next, next
	s.Task.Accepted++
	s.Task.Aborted = 0
	var effects []Effect
	for _, a := range r.Aggregates {
		if a.Revealed > 0 && a.Digest != next {
			fault := spec.Fault{Round: r.Number, Node: a.Node, Kind: spec.FaultWrongAggregate, Digest: a.Digest}
			s.record(fault)
			effects = append(effects, Accuse{fault}, Demerit{Round: r.Number, Node: a.Node, Why: fault.Kind})
		}
	}
	return append(effects, AskScores{r.Number, next, s.begin(at, r, spec.PhaseScore, s.Task.Spec.Deadlines.Evaluate)})
}

// record keeps the first fault of each node and kind, so that a task does not
// grow with the rounds a liar lies in; the rounds themselves hold the rest.
func (s *State) record(fault spec.Fault) {
	same := func(f spec.Fault) bool { return f.Node == fault.Node && f.Kind == fault.Kind }
	if !slices.ContainsFunc(s.Task.Faults, same) {
		s.Task.Faults = append(s.Task.Faults, fault)
	}
}

// settle takes note of a round's score and pays. A round that nobody scored is paid
// all the same: a consumer cannot rob trainers by hiding the hold-out.
func (s *State) settle(at Moment, r *spec.Round) []Effect {
	r.Score, r.Scored = s.median(r)
	effects := []Effect{Publish{Round: r.Number, Model: r.Next, Score: r.Score, Scored: r.Scored}}
	effects = append(effects, s.pay(r)...)
	for _, a := range r.Aggregates {
		if a.Revealed > 0 && a.Digest == r.Next {
			effects = append(effects, Merit{r.Number, a.Node})
		}
	}
	for _, e := range r.Scores {
		if e.Revealed > 0 {
			effects = append(effects, Merit{r.Number, e.Node})
		}
	}
	if r.Scored {
		s.Task.Score = r.Score
	}
	effects = append(effects, s.end(at, r, spec.PhaseSettled)...)
	if s.reached() {
		effects = append(effects, s.measure(r)...)
	}
	return effects
}

// pay gives the survivors of a round what [Earnings] says.
func (s *State) pay(r *spec.Round) (effects []Effect) {
	earnings := Earnings(s.Task.Spec, *r)
	paid := make(map[uint64]uint64, len(earnings)) // looked up, never walked: a map has no order
	for _, e := range earnings {
		paid[e.Node] += e.Amount
		r.Paid += e.Amount
		effects = append(effects, Pay{r.Number, e.Node, e.Amount}, Merit{r.Number, e.Node})
	}
	for i := range r.Trainers {
		r.Trainers[i].Paid = paid[r.Trainers[i].Node]
	}
	s.Task.Paid += r.Paid
	return effects
}

// abort ends the round without a model; what follows is a round with the next
// number, so that no statement of this one can be used in it.
func (s *State) abort(at Moment, r *spec.Round, why string) []Effect {
	s.Task.Aborted++
	return s.giveUp(at, r, why)
}

// dismiss ends a round that nobody needs any more, because the one before it reached
// the target. Its survivors have done their work and are paid for it.
func (s *State) dismiss(at Moment, r *spec.Round) []Effect {
	effects := s.pay(r)
	return append(effects, s.giveUp(at, r, "the round before reached the target")...)
}

func (s *State) giveUp(at Moment, r *spec.Round, why string) []Effect {
	r.Reason = why
	return append([]Effect{Abort{Round: r.Number, Why: why}}, s.end(at, r, spec.PhaseAborted)...)
}

// end closes a round in one of the final phases.
func (s *State) end(at Moment, r *spec.Round, phase spec.Phase) []Effect {
	var effects []Effect
	if r.Phase == spec.PhaseTrain {
		effects = s.unspent(r)
	}
	r.Phase, r.Since, r.Closed = phase, at.Time, at.Height
	if r.Number == s.Task.Scoring {
		s.Task.Scoring = 0
	} else {
		s.Task.Since = at.Time
	}
	return append(effects, Release{trainers(r)})
}

// measure records how good a model the survivors of a round helped to make.
func (s *State) measure(r *spec.Round) []Effect {
	survivors := survivors(r)
	if !r.Scored || len(survivors) == 0 {
		return nil
	}
	return []Effect{Measure{Nodes: survivors, Kind: s.Task.Spec.Kind(), Accuracy: r.Score}}
}
