package round

import (
	"cmp"
	"slices"

	"github.com/althing-network/althing/spec"
)

// answer is one participant's answer in a phase. A trainer or an aggregator
// weighs 1, an evaluator its stake.
type answer struct {
	height int64
	weight uint64
}

// advance closes the round's phase if it can be closed at this height.
func (s *State) advance(height int64) []Effect {
	given, asked, need := s.answers()
	s.Task.Due = closesAt(s.Round.Since, s.Round.Deadline, given, asked, need)
	if height < s.Task.Due {
		return nil
	}
	return s.closePhase(height)
}

// answers are the ones given in the phase so far, the weight of all that were
// asked for, and the weight after which only a grace is left for the rest.
func (s *State) answers() (given []answer, asked, need uint64) {
	ask := func(height int64, weight uint64) {
		asked += weight
		if height > 0 {
			given = append(given, answer{height, weight})
		}
	}
	quorum := uint64(s.Task.Spec.Selection.Quorum())
	switch s.Round.Phase {
	case spec.PhaseTrain:
		for _, t := range s.Round.Trainers {
			ask(t.Height, 1)
		}
		return given, asked, max((2*asked+2)/3, uint64(s.Task.Spec.Selection.MinTrainers))
	case spec.PhaseAttest:
		for _, a := range s.Round.Aggregates {
			ask(a.Attested, 1)
		}
		return given, quorum, quorum // 2f+1 bitmaps are enough: f+1 of them are honest
	case spec.PhaseAggregate:
		for _, a := range s.Round.Aggregates {
			ask(a.Committed, 1)
		}
		return given, asked, quorum
	case spec.PhaseReveal:
		for _, a := range s.Round.Aggregates {
			if a.Committed > 0 {
				ask(a.Revealed, 1)
			}
		}
		if _, ok := s.accepted(); !ok {
			return given, asked, asked // the rest may yet agree
		}
		return given, asked, quorum
	case spec.PhaseScore:
		for _, e := range s.Round.Scores {
			ask(e.Committed, weight(e.Stake))
		}
	default: // spec.PhaseOpen
		for _, e := range s.Round.Scores {
			if e.Committed > 0 {
				ask(e.Revealed, weight(e.Stake))
			}
		}
	}
	return given, asked, s.scoreQuorum()
}

// closesAt is the height at which a phase ends, as far as the answers so far
// tell: at once when all asked have answered; when as many as needed have,
// after a grace of half the time those took; else at the deadline.
func closesAt(since, deadline int64, given []answer, asked, need uint64) int64 {
	slices.SortFunc(given, func(a, b answer) int { return cmp.Compare(a.height, b.height) })
	at, weight := deadline, uint64(0)
	for _, a := range given {
		if weight < need && weight+a.weight >= need {
			took := a.height - since
			at = min(deadline, a.height+max(1, took/2))
		}
		weight += a.weight
	}
	if weight >= asked {
		return since
	}
	return at
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
		if s.weightGiven() < uint64(s.Task.Spec.Selection.MinTrainers) {
			return append(effects, s.abort(height, "too few trainers committed")...)
		}
		return append(effects, AskAttest{Deadline: s.begin(height, spec.PhaseAttest, deadlines.Attest)})
	case spec.PhaseAttest:
		return append(effects, s.survive(height)...)
	case spec.PhaseAggregate:
		if s.weightGiven() < uint64(s.Task.Spec.Selection.Quorum()) {
			return append(effects, s.abort(height, "too few aggregators committed")...)
		}
		return append(effects, AskReveal{Deadline: s.begin(height, spec.PhaseReveal, deadlines.Aggregate)})
	case spec.PhaseReveal:
		return append(effects, s.accept(height)...)
	case spec.PhaseScore:
		if s.weightGiven() < s.scoreQuorum() {
			return append(effects, s.settle(height)...)
		}
		return append(effects, AskOpenings{Deadline: s.begin(height, spec.PhaseOpen, deadlines.Evaluate)})
	default: // spec.PhaseOpen
		return append(effects, s.settle(height)...)
	}
}

// weightGiven is how much of what the phase asked for was answered.
func (s *State) weightGiven() (weight uint64) {
	given, _, _ := s.answers()
	for _, a := range given {
		weight += a.weight
	}
	return weight
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
