package round

import (
	"slices"

	"github.com/althing-network/althing/spec"
)

// closes is when the phase of a round ends, as far as the answers so far tell: at
// once when all asked have answered; when as many as needed have, after a grace of
// half the time those took, so in a later block; else at the deadline.
func (s *State) closes(r *spec.Round) spec.Time {
	switch p := s.progress(r); {
	case p.given >= p.asked:
		return r.Since
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
		p.given, p.asked = uint64(r.Commitments), uint64(r.Asked)
		p.need = max((2*p.asked+2)/3, uint64(s.Task.Spec.Selection.MinTrainers))
	case spec.PhaseAttest:
		for _, a := range r.Aggregates {
			count(a.Attested, 1)
		}
		p.asked = p.need // 2f+1 bitmaps are enough: f+1 of them are honest
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
			return append(effects, s.abort(at, r, "too few trainers committed")...)
		}
		return append(effects, s.closeTraining(at, r)...)
	case spec.PhaseAttest:
		return append(effects, s.survive(at, r)...)
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

// closeTraining has those who have committed upload.
func (s *State) closeTraining(at Moment, r *spec.Round) []Effect {
	r.Committed = committed(r)
	effects := s.unspent(r)
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

// silent gives a demerit to whoever let the phase's deadline pass.
func (s *State) silent(at Moment, r *spec.Round) (effects []Effect) {
	if at.Time < r.Deadline {
		return nil
	}
	phase := r.Phase
	demerit := func(node uint64, silent bool) {
		if silent {
			effects = append(effects, Demerit{Round: r.Number, Node: node, Why: "silent in phase " + string(phase)})
		}
	}
	for _, t := range r.Trainers {
		demerit(t.Node, phase == spec.PhaseTrain && t.Height == 0)
	}
	for _, a := range r.Aggregates {
		demerit(a.Node, phase == spec.PhaseAttest && a.Attested == 0 ||
			phase == spec.PhaseAggregate && a.Committed == 0 ||
			phase == spec.PhaseReveal && a.Committed > 0 && a.Revealed == 0)
	}
	for _, e := range r.Scores {
		demerit(e.Node, phase == spec.PhaseScore && e.Committed == 0 ||
			phase == spec.PhaseOpen && e.Committed > 0 && e.Revealed == 0)
	}
	return effects
}
