package roundtest

import (
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// Scenarios of scores: missing ones, wrong ones, and scores that do not improve.

// unscored: trainers are paid even if nobody commits to a score, and even if nobody opens one.
func unscored(w *twins) {
	id := openTask(w, digits())
	evaluators := behaviour{silent: []uint64{10, 11, 12, 13}}
	w.reach(behaviour{}, id, 1, spec.PhaseScore)
	w.reach(evaluators, id, 2, spec.PhaseTrain)
	w.wantBlamed(10, "") // nobody scored, so it may be that nobody could
	w.reach(behaviour{}, id, 2, spec.PhaseOpen)
	if t := w.finish(evaluators, id, spec.TaskSpent, 1_760_000); t.Score != 0 || t.Accepted != 2 {
		w.Fatalf("nobody scored, and the score is %s after %d rounds", t.Score, t.Accepted)
	}
	w.wantBlamed(10, "")
	w.wantAnnounced("unscored")
}

// wrongCounts: evaluators commit to a score that differs from their counts, to counts of the
// wrong number of classes, and to counts of too few rows. None of these can be opened. The
// counts of the honest evaluator are recorded in the round.
func wrongCounts(w *twins) {
	asked := digits()
	asked.Target.Rounds, asked.Data.MinHoldout = 1, 100
	asked.Escrow = 2 * spec.Thing
	id := openTask(w, asked)
	w.reach(behaviour{}, id, 1, spec.PhaseScore)
	honest := behaviour{}.owed(w.state(id))
	said := map[uint64]round.RevealScore{
		11: {Score: spec.One, Counts: countsInOneClass(99, 99)},
		12: {Score: 900_000, Counts: countsInOneClass(1000, 899)},
		13: {Score: 900_000, Counts: []spec.Count{{Rows: 1000, Correct: 900}}},
	}
	next := w.state(id).Round.Next
	for node, open := range said {
		c := spec.ScoreCommitment(spec.Slot{Chain: Chain, Task: id, Round: 1, Node: node}, next, open.Score, open.Counts, salt(node))
		w.wantAccepted(id, round.CommitScore{Node: node, Round: 1, Commitment: c})
	}
	w.wantAccepted(id, honest[0])
	w.reach(behaviour{}, id, 1, spec.PhaseOpen)
	for node, want := range map[uint64]error{11: round.ErrHoldout, 12: round.ErrCounted, 13: round.ErrCounts} {
		open := said[node]
		open.Node, open.Round, open.Salt = node, 1, salt(node)
		w.wantRefused(id, open, want)
	}
	open := behaviour{}.owed(w.state(id))[0].(round.RevealScore)
	w.wantAccepted(id, open)
	w.until(behaviour{silent: []uint64{11, 12, 13}}, id, func(s round.State) bool { return s.Task.State.Final() })
	if t := w.state(id).Task; t.ScoredRound != 0 || t.Best != 0 || t.BestRound != 0 {
		w.Fatalf("one of four evaluators opened its score, and the task has one: %+v", t)
	}
	_, err := w.one.Round(id, 1)
	r, otherErr := w.other.Round(id, 1)
	if err != nil || otherErr != nil || r.Holdout().Rows != 1000 || len(r.Holdout().Classes) != 10 {
		w.Fatalf("%v, %v: the hold-out is %+v", err, otherErr, r.Holdout())
	}
}

// outOfPatience: a task ends when two models in a row were scored and none was better. If the
// next round is running then, its trainers are paid for what they have delivered. A round
// without a score does not count.
func outOfPatience(w *twins) {
	asked := digits()
	asked.Target = spec.Target{Rounds: 8, Patience: 2}
	asked.Escrow = 9 * spec.Thing
	id := openTask(w, asked)
	w.reach(behaviour{}, id, 3, spec.PhaseScore) // 0.511, then 0.961
	w.until(behaviour{silent: []uint64{10, 11, 12, 13}}, id, func(s round.State) bool { return s.Task.Accepted == 3 && !s.Running() || s.Round.Number == 4 })
	if t := w.state(id).Task; t.Stale != 0 || t.ScoredRound != 2 || t.BestRound != 2 {
		w.Fatalf("nobody scored round 3: %+v", t)
	}
	t := w.finish(behaviour{}, id, spec.TaskSpent, 4_880_000) // the evaluators of round 3 stay unpaid
	if t.Accepted != 5 || t.Reason != "no better model in 2 rounds" || t.BestRound != 2 || t.ScoredRound != 5 || t.Stale != 2 {
		w.Fatalf("after %d models: %+v", t.Accepted, t)
	}
	if n, _ := w.one.Node(1); len(n.Measured) != 1 || n.Measured[0].Accuracy != t.Score {
		w.Fatalf("a survivor's record is %+v", n.Measured)
	}
	asked.Overlap = true
	w.populate(5, 4, 4, 4)
	second := w.task("bob", asked)
	w.until(behaviour{}, second, func(s round.State) bool { return s.Task.State.Final() })
	if t := w.state(second).Task; t.State != spec.TaskSpent || t.Round != 5 || t.Accepted != 4 || t.BestRound != 2 {
		w.Fatalf("rounds overlap: %+v", t)
	}
	w.wantAnnounced("the round before was the last in which a better model was waited for")
}
