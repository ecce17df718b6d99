package round

import (
	"cmp"
	"slices"

	"github.com/althing-network/althing/spec"
)

// median is the stake-weighted lower median of the revealed scores: the least
// score such that those at or below it hold half of the revealed stake.
//
// It needs two thirds of the stake of the whole committee, of those too who are
// not ready or silent: whoever holds less than a third of that holds less than
// half of what was revealed, and cannot move the median out of the range of the
// others' scores.
func (s *State) median(r *spec.Round) (spec.PPM, bool) {
	var scores []spec.Evaluation
	var revealed uint64
	for _, e := range r.Scores {
		if e.Revealed > 0 {
			revealed += weight(e.Stake)
			scores = append(scores, e)
		}
	}
	if revealed < s.scoreQuorum() {
		return 0, false
	}
	slices.SortFunc(scores, func(a, b spec.Evaluation) int {
		return cmp.Or(cmp.Compare(a.Score, b.Score), cmp.Compare(a.Node, b.Node))
	})
	var below uint64
	for _, e := range scores {
		if below += weight(e.Stake); 2*below >= revealed {
			return e.Score, true
		}
	}
	return 0, false // a committee of nobody
}

// scoreQuorum is two thirds of the evaluators' stake.
func (s *State) scoreQuorum() uint64 {
	var all uint64
	for _, m := range s.Task.Evaluators {
		all += weight(m.Stake)
	}
	return (2*all + 2) / 3
}

// weight is what an evaluator's stake counts; without any it counts as 1 uthing.
func weight(stake uint64) uint64 { return max(stake, 1) }
