package round

import (
	"fmt"
	"slices"

	"github.com/althing-network/althing/spec"
)

// closes is when the phase of a round ends, as far as the answers so far tell: at
// once when all asked have answered, or so many trainers have declined that too few are
// left; when as many as needed have, after a grace, so in a later block; else at the
// deadline. The grace is half the time that those took, or in the training what the
// rounds before have taught, see [State.grace].
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

// held reports whether a round has to wait where it is: no model is accepted before
// the model it was trained from is scored.
func (s *State) held(r *spec.Round) bool {
	if s.Task.Scoring == 0 || r.Number == s.Task.Scoring || r.Phase != spec.PhaseReveal {
		return false
	}
	_, agreed := s.agreement(r)
	return agreed
}

// progress is how far the answers in a phase have come. A trainer or an aggregator
// weighs 1, an evaluator its stake.
type progress struct {
	given uint64 // weight of the answers so far
	need  uint64 // weight that leaves only a grace for the rest
	asked uint64 // weight of all that were asked for
}

// progress reads the round's count of commitments while trainers train, and the
// parts of the committee in every other phase.
func (s *State) progress(r *spec.Round) (p progress) {
	count := func(height int64, weight uint64) {
		p.asked += weight
		if height > 0 {
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
			p.need = p.asked // the rest may yet agree
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

// begin opens a phase.
func (s *State) begin(at Moment, r *spec.Round, phase spec.Phase, lasts spec.Duration) spec.Time {
	r.Phase, r.Since, r.Enough = phase, at.Time, 0
	r.Deadline = at.Time.After(lasts)
	return r.Deadline
}

// closePhase leaves the phase that has just ended for the next one.
func (s *State) closePhase(at Moment, r *spec.Round) []Effect {
	effects := s.silent(at, r)
	deadlines, given := s.Task.Spec.Deadlines, s.progress(r).given
	switch r.Phase {
	case spec.PhaseTrain:
		if given < uint64(s.Task.Spec.Selection.MinTrainers) {
			return append(effects, s.abort(at, r, few(r))...)
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

// fewLeft reports whether so many trainers have declined that a round cannot come to
// anything.
func (s *State) fewLeft(r *spec.Round) bool {
	return r.Declines > 0 && (r.Phase == spec.PhaseTrain || r.Phase == spec.PhaseAborted) && r.Asked-r.Declines < s.Task.Spec.Selection.MinTrainers
}

// few says why a round has too few commitments, with the causes of those that declined,
// the most frequent ones first.
func few(r *spec.Round) string {
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

// grace is how long the training of the next round waits for slow trainers once enough
// have committed, as the times of the round before it teach. Where one that is asked again
// was left out there, the wait is the task's patience in medians
// of the times. One that was left out twice in a row is waited for no more: then the wait
// is what the slowest took. Without times it is 0, which stands for half of what those
// took that are enough.
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

// closeTraining has those who have committed upload.
func (s *State) closeTraining(at Moment, r *spec.Round) []Effect {
	r.Committed = committed(r)
	effects := append(s.unspent(r), s.excuse(r)...)
	return append(effects, AskAttest{r.Number, s.begin(at, r, spec.PhaseAttest, s.Task.Spec.Deadlines.Attest)})
}

// unspent gives back what is reserved for trainers that have not committed.
func (s *State) unspent(r *spec.Round) []Effect {
	unspent := slices.DeleteFunc(slices.Clone(r.Trainers), func(t spec.Contribution) bool { return t.Dataset == 0 || t.Height > 0 })
	if len(unspent) == 0 {
		return nil
	}
	return []Effect{GiveBack{r.Number, datasets(unspent)}}
}

// datasets are whose privacy some trainers spend.
func datasets(trainers []spec.Contribution) []uint64 {
	ids := make([]uint64, len(trainers))
	for i, t := range trainers {
		ids[i] = t.Dataset
	}
	return ids
}

// committed is the bitmap of the trainers that have committed. It is made once: a
// commitment that changed it would cost more in a larger round.
func committed(r *spec.Round) []byte {
	committed := make([]bool, len(r.Trainers))
	for i, t := range r.Trainers {
		committed[i] = t.Height > 0
	}
	return spec.Bitmap(committed)
}
