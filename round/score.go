package round

import (
	"cmp"
	"slices"

	"github.com/althing-network/althing/spec"
)

// median is the stake-weighted lower median of the revealed scores: the least score such that
// the scores at or below it have half of the revealed stake.
//
// It needs two thirds of the stake of all evaluators, including those that are silent or not
// ready. So evaluators with less than a third of all stake have less than half of the
// revealed stake, and cannot move the median out of the range of the others' scores.
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
	return 0, false // there is no evaluator
}

// scoreQuorum is two thirds of the evaluators' stake.
func (s *State) scoreQuorum() uint64 {
	var all uint64
	for _, m := range s.Task.Evaluators {
		all += weight(m.Stake)
	}
	return (2*all + 2) / 3
}

// weight is the weight of an evaluator: its stake, at least 1 uthing.
func weight(stake uint64) uint64 { return max(stake, 1) }
