package round

import (
	"fmt"
	"slices"

	"github.com/althing-network/althing/spec"
)

// closes is when the phase of a round ends, by the answers so far. It ends at once when all
// asked have answered, or when so many trainers have declined that too few are left. When
// enough have answered, it ends after a grace period, so in a later block. Else it ends at
// the deadline. The grace period is half the time until enough had answered; for training
// it follows from the rounds before, see [State.grace].
func (s *State) closes(r *spec.Round) spec.Time {
	switch p := s.progress(r); {
	case p.given >= p.asked || s.fewLeft(r):
		return r.Since
	case r.Enough > 0 && r.Phase == spec.PhaseTrain && r.Grace > 0:
		return min(r.Deadline, r.Enough.After(r.Grace))
	case r.Enough > 0:
		took := spec.Duration(r.Enough - r.Since)
		return min(r.Deadline, r.Enough.After(max(spec.Millisecond, took/2)))
	}
	return r.Deadline
}

// held reports whether a round must wait in its phase: no model is accepted before the model
// from which it was trained is scored.
func (s *State) held(r *spec.Round) bool {
	if s.Task.Scoring == 0 || r.Number == s.Task.Scoring || r.Phase != spec.PhaseReveal {
		return false
	}
	_, agreed := s.agreement(r)
	return agreed
}

// progress counts the answers in a phase. The weight of a trainer or an aggregator is 1, the
// weight of an evaluator is its stake.
type progress struct {
	given uint64 // weight of the answers so far
	need  uint64 // weight of answers after which the others have only a grace period
	asked uint64 // weight of all who were asked
}

// progress counts the answers in the phase of a round. While trainers train it reads only the
// round's counters, in every other phase only the parts of the committee.
func (s *State) progress(r *spec.Round) (p progress) {
	count := func(answered int64, weight uint64) { // answered: the height, 0 before it
		p.asked += weight
		if answered > 0 {
			p.given += weight
		}
	}
	p.need = uint64(s.Task.Spec.Selection.Quorum())
	switch r.Phase {
	case spec.PhaseTrain:
		p.given, p.asked = uint64(r.Commitments), uint64(r.Asked-r.Declines)
		p.need = max((2*p.asked+2)/3, uint64(s.Task.Spec.Selection.MinTrainers))
	case spec.PhaseAttest:
		for _, a := range r.Aggregates {
			count(a.Attested, 1)
		}
		p.asked = p.need // 2f+1 bitmaps are enough: f+1 of them are honest
	case spec.PhaseProve:
		p.given, p.asked = uint64(r.Proofs), uint64(r.Unheld)
		p.need = p.asked
	case spec.PhaseAggregate:
		for _, a := range r.Aggregates {
			count(a.Committed, 1)
		}
	case spec.PhaseReveal:
		for _, a := range r.Aggregates {
			if a.Committed > 0 {
				count(a.Revealed, 1)
			}
		}
		if _, ok := s.agreement(r); !ok {
			p.need = p.asked // the missing answers may still make an agreement
		}
	case spec.PhaseScore:
		p.need = s.scoreQuorum()
		for _, e := range r.Scores {
			count(e.Committed, weight(e.Stake))
		}
	case spec.PhaseOpen:
		p.need = s.scoreQuorum()
		for _, e := range r.Scores {
			if e.Committed > 0 {
				count(e.Revealed, weight(e.Stake))
			}
		}
	case spec.PhaseSettled, spec.PhaseAborted: // nobody is asked for anything
	}
	return p
}

// begin opens a phase of a duration, and returns its deadline.
func (s *State) begin(at Moment, r *spec.Round, phase spec.Phase, lasts spec.Duration) spec.Time {
	r.Phase, r.Since, r.Enough = phase, at.Time, 0
	r.Deadline = at.Time.After(lasts)
	return r.Deadline
}

// closePhase ends the phase of a round and begins the next one.
func (s *State) closePhase(at Moment, r *spec.Round) []Effect {
	effects := s.silent(at, r)
	deadlines, given := s.Task.Spec.Deadlines, s.progress(r).given
	switch r.Phase {
	case spec.PhaseTrain:
		if given < uint64(s.Task.Spec.Selection.MinTrainers) {
			return append(effects, s.abort(at, r, tooFewCommitted(r))...)
		}
		return append(effects, s.closeTraining(at, r)...)
	case spec.PhaseAttest:
		return append(effects, s.survive(at, r)...)
	case spec.PhaseProve:
		return append(effects, s.abort(at, r, r.Reason)...)
	case spec.PhaseAggregate:
		if given < uint64(s.Task.Spec.Selection.Quorum()) {
			return append(effects, s.abort(at, r, "too few aggregators committed")...)
		}
		return append(effects, AskReveal{r.Number, s.begin(at, r, spec.PhaseReveal, deadlines.Aggregate)})
	case spec.PhaseReveal:
		return append(effects, s.accept(at, r)...)
	case spec.PhaseScore:
		if given < s.scoreQuorum() {
			return append(effects, s.settle(at, r)...)
		}
		return append(effects, AskOpenings{r.Number, s.begin(at, r, spec.PhaseOpen, deadlines.Evaluate)})
	default: // spec.PhaseOpen
		return append(effects, s.settle(at, r)...)
	}
}

// fewLeft reports whether so many trainers have declined that the round cannot give a model.
func (s *State) fewLeft(r *spec.Round) bool {
	return r.Declines > 0 && (r.Phase == spec.PhaseTrain || r.Phase == spec.PhaseAborted) && r.Asked-r.Declines < s.Task.Spec.Selection.MinTrainers
}

// tooFewCommitted says that a round has too few commitments, with the reasons of the trainers
// that declined, the most frequent first. The chain stores the text.
func tooFewCommitted(r *spec.Round) string {
	why := "too few trainers committed"
	if r.Declines == 0 {
		return why
	}
	type cause struct {
		spec.Decline
		times int
	}
	var causes []cause
	for _, d := range spec.Declines() {
		c := cause{Decline: d}
		for _, t := range r.Trainers {
			if t.Declined == d {
				c.times++
			}
		}
		if c.times > 0 {
			causes = append(causes, c)
		}
	}
	slices.SortStableFunc(causes, func(a, b cause) int { return b.times - a.times })
	for i, c := range causes {
		sep := "; "
		if i > 0 {
			sep = ", "
		}
		why += fmt.Sprintf("%s%d declined: %s", sep, c.times, c.Why())
	}
	return why
}

// grace is the grace period for the training of the next round, from the times that trainers
// took in the round before: the task's patience times the median. It is no longer than the
// slowest trainer took, unless the next round asks a trainer that missed that round and was
// not late before. So a slow trainer gets one round with the full patience; one that is left
// out twice in a row is not waited for. Without times it is 0, which stands for half the time
// until enough have committed.
func (s *State) grace(next []spec.Contribution) spec.Duration {
	var times []spec.Duration
	for _, t := range s.Round.Trainers {
		if t.Height > 0 {
			times = append(times, t.Took)
		}
	}
	if len(times) == 0 {
		return 0
	}
	slices.Sort(times)
	median, slowest := times[(len(times)-1)/2], times[len(times)-1]
	patience := spec.Duration(s.Task.Spec.Selection.Patience.Of(uint64(median)))
	if slices.ContainsFunc(next, func(t spec.Contribution) bool { return t.Missed == 1 }) {
		return max(spec.Millisecond, patience)
	}
	return max(spec.Millisecond, min(patience, slowest))
}

// closeTraining asks the trainers that have committed to upload.
func (s *State) closeTraining(at Moment, r *spec.Round) []Effect {
	r.Committed = committed(r)
	effects := append(s.unspent(r), s.excuse(r)...)
	return append(effects, AskAttest{r.Number, s.begin(at, r, spec.PhaseAttest, s.Task.Spec.Deadlines.Attest)})
}

// unspent gives back the reserved releases of trainers that have not committed.
func (s *State) unspent(r *spec.Round) []Effect {
	unspent := slices.DeleteFunc(slices.Clone(r.Trainers), func(t spec.Contribution) bool { return t.Dataset == 0 || t.Height > 0 })
	if len(unspent) == 0 {
		return nil
	}
	return []Effect{GiveBack{r.Number, datasets(unspent)}}
}

// datasets lists the data sets that pay for some trainers.
func datasets(trainers []spec.Contribution) []uint64 {
	ids := make([]uint64, len(trainers))
	for i, t := range trainers {
		ids[i] = t.Dataset
	}
	return ids
}

// committed is the bitmap of the trainers that have committed. It is computed once, when
// training ends: updating it with each commitment would make commitments more expensive in a
// large round.
func committed(r *spec.Round) []byte {
	bits := make([]bool, len(r.Trainers))
	for i, t := range r.Trainers {
		bits[i] = t.Height > 0
	}
	return spec.Bitmap(bits)
}
