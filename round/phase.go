package round

import (
	"slices"

	"github.com/althing-network/althing/spec"
)

// advance closes the round's phase if it can be closed at this height.
func (s *State) advance(height int64) []Effect {
	var answers []int64 // heights of the answers given
	asked, need := len(s.Round.Aggregates), s.Task.Spec.Selection.Quorum()
	switch s.Round.Phase {
	case spec.PhaseTrain:
		for _, t := range s.Round.Trainers {
			answers = answered(answers, t.Height)
		}
		asked = len(s.Round.Trainers)
		need = max((2*asked+2)/3, int(s.Task.Spec.Selection.MinTrainers))
	case spec.PhaseAttest:
		for _, a := range s.Round.Aggregates {
			answers = answered(answers, a.Attested)
		}
		asked = need // 2f+1 bitmaps close the phase: f+1 of them are honest
	case spec.PhaseAggregate:
		for _, a := range s.Round.Aggregates {
			answers = answered(answers, a.Committed)
		}
	case spec.PhaseReveal:
		asked = 0
		for _, a := range s.Round.Aggregates {
			answers = answered(answers, a.Revealed)
			if a.Committed > 0 {
				asked++
			}
		}
		if _, ok := s.accepted(); !ok {
			need = asked // wait for the rest: they may yet agree
		}
	case spec.PhaseScore:
		for _, e := range s.Round.Scores {
			answers = answered(answers, e.Committed)
		}
		asked = len(s.Round.Scores)
		need = (2*asked + 2) / 3
	case spec.PhaseOpen:
		asked = 0
		for _, e := range s.Round.Scores {
			answers = answered(answers, e.Revealed)
			if e.Committed > 0 {
				asked++
			}
		}
		need = (2*asked + 2) / 3
	}
	if at := closesAt(s.Round.Since, s.Round.Deadline, answers, asked, need); height < at {
		s.Task.Due = at
		return nil
	}
	s.Task.Due = height
	return s.closePhase(height)
}

func answered(answers []int64, height int64) []int64 {
	if height > 0 {
		answers = append(answers, height)
	}
	return answers
}

// closesAt is the height at which a phase ends, as far as the answers so far
// tell: at once when all asked have answered; when need of them have, after a
// grace of half the time those took; else at the deadline.
func closesAt(since, deadline int64, answers []int64, asked, need int) int64 {
	if len(answers) >= asked {
		return since
	}
	if len(answers) < need || need == 0 {
		return deadline
	}
	slices.Sort(answers)
	took := answers[need-1] - since
	return min(deadline, since+took+max(1, took/2))
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
	deadlines := s.Task.Spec.Deadlines
	late := height >= s.Round.Deadline
	switch s.Round.Phase {
	case spec.PhaseTrain:
		effects := s.silent(late, len(s.Round.Trainers), func(i int) (uint64, bool) {
			return s.Round.Trainers[i].Node, s.Round.Trainers[i].Height == 0
		})
		committed := 0
		for _, t := range s.Round.Trainers {
			if t.Height > 0 {
				committed++
			}
		}
		if committed < int(s.Task.Spec.Selection.MinTrainers) {
			return append(effects, s.abort(height, "too few trainers committed")...)
		}
		return append(effects, AskAttest{Deadline: s.begin(height, spec.PhaseAttest, deadlines.Attest)})
	case spec.PhaseAttest:
		effects := s.silent(late, len(s.Round.Aggregates), func(i int) (uint64, bool) {
			return s.Round.Aggregates[i].Node, s.Round.Aggregates[i].Attested == 0
		})
		return append(effects, s.survive(height)...)
	case spec.PhaseAggregate:
		effects := s.silent(late, len(s.Round.Aggregates), func(i int) (uint64, bool) {
			return s.Round.Aggregates[i].Node, s.Round.Aggregates[i].Committed == 0
		})
		return append(effects, AskReveal{Deadline: s.begin(height, spec.PhaseReveal, deadlines.Aggregate)})
	case spec.PhaseReveal:
		effects := s.silent(late, len(s.Round.Aggregates), func(i int) (uint64, bool) {
			a := s.Round.Aggregates[i]
			return a.Node, a.Committed > 0 && a.Revealed == 0
		})
		return append(effects, s.accept(height)...)
	case spec.PhaseScore:
		effects := s.silent(late, len(s.Round.Scores), func(i int) (uint64, bool) {
			return s.Round.Scores[i].Node, s.Round.Scores[i].Committed == 0
		})
		return append(effects, AskOpenings{Deadline: s.begin(height, spec.PhaseOpen, deadlines.Evaluate)})
	default: // spec.PhaseOpen
		effects := s.silent(late, len(s.Round.Scores), func(i int) (uint64, bool) {
			e := s.Round.Scores[i]
			return e.Node, e.Committed > 0 && e.Revealed == 0
		})
		return append(effects, s.settle(height)...)
	}
}

// silent gives a demerit to whoever let a deadline pass.
func (s *State) silent(late bool, n int, at func(i int) (node uint64, silent bool)) (effects []Effect) {
	for i := range n {
		if node, silent := at(i); silent && late {
			effects = append(effects, Demerit{Node: node, Why: "silent in phase " + s.Round.Phase.String()})
		}
	}
	return effects
}
