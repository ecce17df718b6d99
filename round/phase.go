package round

import (
	"cmp"
	"slices"

	"github.com/althing-network/althing/spec"
)

// advance closes the round's phase if it can be closed at this height.
func (s *State) advance(height int64) []Effect {
	s.Task.Due = s.closes()
	if height < s.Task.Due {
		return nil
	}
	return s.closePhase(height)
}

// progress is how far the answers in a phase have come. A trainer or an aggregator
// weighs 1, an evaluator its stake.
type progress struct {
	given  uint64 // weight of the answers so far
	asked  uint64 // weight of all that were asked for
	enough int64  // height at which only a grace was left for the rest; 0 before it
}

// closes is the height at which the phase ends, as far as the answers so far tell:
// at once when all asked have answered; when as many as needed have, after a grace
// of half the time those took; else at the deadline.
func (s *State) closes() int64 {
	p := s.progress()
	switch {
	case p.given >= p.asked:
		return s.Round.Since
	case p.enough > 0:
		took := p.enough - s.Round.Since
		return min(s.Round.Deadline, p.enough+max(1, took/2))
	}
	return s.Round.Deadline
}

// enoughTrainers is how many commitments leave only a grace for the rest.
func (s *State) enoughTrainers() uint64 {
	return max((2*uint64(s.Round.Asked)+2)/3, uint64(s.Task.Spec.Selection.MinTrainers))
}

// progress reads the round's count of commitments while trainers train, and the
// parts of the committee in every other phase.
func (s *State) progress() progress {
	quorum := uint64(s.Task.Spec.Selection.Quorum())
	var answers answers
	switch s.Round.Phase {
	case spec.PhaseTrain:
		return progress{
			given: uint64(s.Round.Commitments), asked: uint64(s.Round.Asked), enough: s.Round.Enough,
		}
	case spec.PhaseAttest:
		for _, a := range s.Round.Aggregates {
			answers.ask(a.Attested, 1)
		}
		answers.asked = quorum // 2f+1 bitmaps are enough: f+1 of them are honest
		return answers.progress(quorum)
	case spec.PhaseAggregate:
		for _, a := range s.Round.Aggregates {
			answers.ask(a.Committed, 1)
		}
		return answers.progress(quorum)
	case spec.PhaseReveal:
		for _, a := range s.Round.Aggregates {
			if a.Committed > 0 {
				answers.ask(a.Revealed, 1)
			}
		}
		if _, ok := s.accepted(); !ok {
			return answers.progress(answers.asked) // the rest may yet agree
		}
		return answers.progress(quorum)
	case spec.PhaseScore:
		for _, e := range s.Round.Scores {
			answers.ask(e.Committed, weight(e.Stake))
		}
	default: // spec.PhaseOpen
		for _, e := range s.Round.Scores {
			if e.Committed > 0 {
				answers.ask(e.Revealed, weight(e.Stake))
			}
		}
	}
	return answers.progress(s.scoreQuorum())
}

// answers are those of a committee in one phase.
type answers struct {
	given []answer
	asked uint64 // weight of all that were asked for
}

type answer struct {
	height int64
	weight uint64
}

// ask counts a member of which an answer is wanted; its height is 0 before it.
func (a *answers) ask(height int64, weight uint64) {
	a.asked += weight
	if height > 0 {
		a.given = append(a.given, answer{height, weight})
	}
}

// progress counts the answers in the order of their heights; only a grace is left
// for the rest once their weight is need.
func (a *answers) progress(need uint64) progress {
	slices.SortFunc(a.given, func(a, b answer) int { return cmp.Compare(a.height, b.height) })
	p := progress{asked: a.asked}
	for _, answer := range a.given {
		if p.given < need && p.given+answer.weight >= need {
			p.enough = answer.height
		}
		p.given += answer.weight
	}
	return p
}

// begin opens a phase.
func (s *State) begin(height int64, phase spec.Phase, blocks uint32) int64 {
	s.Round.Phase, s.Round.Since = phase, height
	s.Round.Deadline = height + int64(blocks)
	s.Task.Due = s.Round.Deadline
	return s.Round.Deadline
}

// closePhase leaves the phase that has just ended for the next one.
func (s *State) closePhase(height int64) []Effect {
	effects := s.silent(height)
	deadlines := s.Task.Spec.Deadlines
	switch s.Round.Phase {
	case spec.PhaseTrain:
		s.Round.Committed = s.committed()
		if s.progress().given < uint64(s.Task.Spec.Selection.MinTrainers) {
			return append(effects, s.abort(height, "too few trainers committed")...)
		}
		return append(effects, AskAttest{Deadline: s.begin(height, spec.PhaseAttest, deadlines.Attest)})
	case spec.PhaseAttest:
		return append(effects, s.survive(height)...)
	case spec.PhaseAggregate:
		if s.progress().given < uint64(s.Task.Spec.Selection.Quorum()) {
			return append(effects, s.abort(height, "too few aggregators committed")...)
		}
		return append(effects, AskReveal{Deadline: s.begin(height, spec.PhaseReveal, deadlines.Aggregate)})
	case spec.PhaseReveal:
		return append(effects, s.accept(height)...)
	case spec.PhaseScore:
		if s.progress().given < s.scoreQuorum() {
			return append(effects, s.settle(height)...)
		}
		return append(effects, AskOpenings{Deadline: s.begin(height, spec.PhaseOpen, deadlines.Evaluate)})
	default: // spec.PhaseOpen
		return append(effects, s.settle(height)...)
	}
}

// committed is the bitmap of the trainers that have committed. It is made once: a
// commitment that changed it would cost more in a larger round.
func (s *State) committed() []byte {
	committed := make([]bool, len(s.Round.Trainers))
	for i, t := range s.Round.Trainers {
		committed[i] = t.Height > 0
	}
	return spec.Bitmap(committed)
}

// silent gives a demerit to whoever let the phase's deadline pass.
func (s *State) silent(height int64) (effects []Effect) {
	if height < s.Round.Deadline {
		return nil
	}
	phase := s.Round.Phase
	demerit := func(node uint64, silent bool) {
		if silent {
			effects = append(effects, Demerit{Node: node, Why: "silent in phase " + string(phase)})
		}
	}
	for _, t := range s.Round.Trainers {
		demerit(t.Node, phase == spec.PhaseTrain && t.Height == 0)
	}
	for _, a := range s.Round.Aggregates {
		demerit(a.Node, phase == spec.PhaseAttest && a.Attested == 0 ||
			phase == spec.PhaseAggregate && a.Committed == 0 ||
			phase == spec.PhaseReveal && a.Committed > 0 && a.Revealed == 0)
	}
	for _, e := range s.Round.Scores {
		demerit(e.Node, phase == spec.PhaseScore && e.Committed == 0 ||
			phase == spec.PhaseOpen && e.Committed > 0 && e.Revealed == 0)
	}
	return effects
}
