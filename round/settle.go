package round

import (
	"slices"

	"github.com/althing-network/althing/spec"
)

// survive decides which updates are in the sum: those that f+1 bitmaps hold, so that at least
// one honest aggregator can serve them to the others.
func (s *State) survive(at Moment, r *spec.Round) []Effect {
	faulty, bitmaps := s.Task.Spec.Selection.Faulty(), 0
	for _, a := range r.Aggregates {
		if a.Attested > 0 {
			bitmaps++
		}
	}
	for i := range r.Trainers {
		r.Trainers[i].Survivor = heldBy(*r, i) > faulty
	}
	survivors := survivors(r)
	switch {
	case bitmaps < s.Task.Spec.Selection.Quorum():
		return s.dispute(at, r, "too few aggregators attested")
	case len(survivors) == 0:
		return s.dispute(at, r, ErrNoUpdates.Error())
	case s.done() != "":
		return s.dismiss(at, r)
	case len(survivors) < int(s.Task.Spec.Selection.MinTrainers):
		return s.dispute(at, r, "too few updates survived")
	}
	return []Effect{AskAggregate{r.Number, survivors, s.begin(at, r, spec.PhaseAggregate, s.Task.Spec.Deadlines.Aggregate)}}
}

// dispute aborts a round with too few updates. Before that, the trainers whose updates too
// few aggregators hold may show receipts, for as long as they had to upload.
func (s *State) dispute(at Moment, r *spec.Round, why string) []Effect {
	for _, t := range r.Trainers {
		if t.Height > 0 && !t.Survivor && t.Proved == 0 {
			r.Unheld++
		}
	}
	if r.Unheld == 0 {
		return s.abort(at, r, why)
	}
	r.Reason = why
	return []Effect{AskReceipts{r.Number, s.begin(at, r, spec.PhaseProve, s.Task.Spec.Deadlines.Attest)}}
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

// accept makes the model on which the aggregators agreed the model of the task, and slashes
// every aggregator that revealed another one. From now on the next round may train on it.
func (s *State) accept(at Moment, r *spec.Round) []Effect {
	next, ok := s.agreement(r)
	if !ok {
		return s.abort(at, r, "aggregators did not agree")
	}
	r.Next, s.Task.Model = next, next
	s.Task.Accepted++
	s.Task.Aborted = 0
	if r.Number >= s.Task.Adopted.Round { // the round has begun with the adopted model, if there is one
		s.Task.Adopted = spec.Adoption{}
	}
	var effects []Effect
	for _, a := range r.Aggregates {
		if a.Revealed > 0 && a.Digest != next {
			fault := spec.Fault{Round: r.Number, Node: a.Node, Kind: spec.FaultWrongAggregate, Digest: a.Digest}
			s.record(fault)
			effects = append(effects, Accuse{fault}, Demerit{r.Number, a.Node, fault.Kind}, Slash{r.Number, a.Node, fault.Kind, s.Task.Tariff.WrongAggregate})
		}
	}
	return append(effects, AskScores{r.Number, next, s.begin(at, r, spec.PhaseScore, s.Task.Spec.Deadlines.Evaluate)})
}

// record adds the first fault of each node and kind to the task, so that the task does not
// grow with each fault of a node. The records of the rounds show the others.
func (s *State) record(fault spec.Fault) {
	if s.listed(fault) < 0 {
		s.Task.Faults = append(s.Task.Faults, fault)
	}
}

// listed is the index of a fault in the task's list, or -1. Each round with an equivocation is
// listed; of any other kind the list has one fault per node.
func (s *State) listed(fault spec.Fault) int {
	return slices.IndexFunc(s.Task.Faults, func(f spec.Fault) bool {
		return f.Node == fault.Node && f.Kind == fault.Kind && (f.Round == fault.Round || f.Kind != spec.FaultEquivocation)
	})
}

// settle records a round's score and pays. A round without a score is paid, too: else a
// consumer could avoid paying trainers by withholding the hold-out.
func (s *State) settle(at Moment, r *spec.Round) []Effect {
	r.Score, r.Scored = s.median(r)
	effects := []Effect{Publish{Round: r.Number, Model: r.Next, Score: r.Score, Scored: r.Scored}}
	effects = append(effects, s.pay(r, Reward(s.Task, *r))...)
	effects = append(effects, merits(r)...)
	effects = append(effects, s.judge(r)...)
	if r.Scored && !r.Measures { // the model of a round that measures is untrained, and ends no task
		s.compare(r)
	}
	effects = append(effects, s.end(at, r, spec.PhaseSettled)...)
	if s.done() != "" {
		effects = append(effects, s.measure(r)...)
	}
	return effects
}

// compare records the score of a model, and whether it is the best of the task.
func (s *State) compare(r *spec.Round) {
	t := &s.Task
	t.Score, t.ScoredRound, t.Stale = r.Score, r.Number, t.Stale+1
	if t.BestRound == 0 || r.Score > t.Best {
		t.Best, t.BestRound, t.Stale = r.Score, r.Number, 0
	}
}

// merits raise the reputation of every node that did its work in a round that gave a model.
func merits(r *spec.Round) (effects []Effect) {
	for _, t := range r.Trainers {
		if t.Survivor {
			effects = append(effects, Merit{r.Number, t.Node, "update survived"})
		}
	}
	for _, a := range r.Aggregates {
		if a.Revealed > 0 && a.Digest == r.Next {
			effects = append(effects, Merit{r.Number, a.Node, "model agreed on"})
		}
	}
	for _, e := range r.Scores {
		if e.Revealed > 0 {
			effects = append(effects, Merit{r.Number, e.Node, "score opened"})
		}
	}
	return effects
}

// abort ends the round without a model, gives demerits and pays the nodes that served. The
// next try is a round with the next number, so no statement of this round is valid in it.
func (s *State) abort(at Moment, r *spec.Round, why string) []Effect {
	effects := s.judge(r)
	delivery, fee := Delivery(s.Task, *r), Fee(s.Task, *r)
	s.Task.Delivered += delivery.Total()
	s.Task.Fees += fee.Total()
	effects = append(effects, s.pay(r, delivery)...)
	effects = append(effects, s.pay(r, fee)...)
	s.Task.Aborted++
	return append(effects, s.giveUp(at, r, why)...)
}

// dismiss ends a round that is no longer needed, because the round before has ended the task.
// Its survivors have done their work and are paid for it. Without survivors it costs the fee
// of an aborted round.
func (s *State) dismiss(at Moment, r *spec.Round) []Effect {
	effects := s.judge(r)
	if len(survivors(r)) == 0 {
		fee := Fee(s.Task, *r)
		s.Task.Fees += fee.Total()
		return append(append(effects, s.pay(r, fee)...), s.giveUp(at, r, s.done())...)
	}
	effects = append(effects, s.pay(r, Reward(s.Task, *r))...)
	for _, t := range r.Trainers {
		if t.Survivor {
			effects = append(effects, Merit{r.Number, t.Node, "update survived"})
		}
	}
	return append(effects, s.giveUp(at, r, s.done())...)
}

// giveUp closes an aborted round. The record keeps only the trainers that committed or
// declined; if none did, it keeps no participants.
func (s *State) giveUp(at Moment, r *spec.Round, why string) []Effect {
	r.Reason = why
	effects := append([]Effect{Abort{Round: r.Number, Why: why}}, s.end(at, r, spec.PhaseAborted)...)
	r.Trainers = slices.DeleteFunc(r.Trainers, func(t spec.Contribution) bool { return t.Height == 0 && t.Declined == "" })
	if len(r.Trainers) == 0 {
		r.Aggregates, r.Scores = nil, nil
	}
	return effects
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

// measure records the score of a round's model for its survivors.
func (s *State) measure(r *spec.Round) []Effect {
	survivors := survivors(r)
	if !r.Scored || len(survivors) == 0 {
		return nil
	}
	return []Effect{Measure{Nodes: survivors, Kind: s.Task.Spec.Kind(), Accuracy: r.Score}}
}
