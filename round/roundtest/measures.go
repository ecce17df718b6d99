package roundtest

import (
	"fmt"

	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// columns names the inputs and classes of [digits] and states no bounds, so the trainers send
// statistics in the first round, by which the features are scaled.
func columns() spec.Data {
	schema := spec.Schema{Label: "digit"}
	for i := range 10 {
		schema.Classes = append(schema.Classes, fmt.Sprint(i))
	}
	for i := range 64 {
		schema.Columns = append(schema.Columns, spec.Column{Name: fmt.Sprintf("pixel %d", i), Kind: spec.ColumnNumber})
	}
	return spec.Data{Name: "digits", Features: spec.FeaturesStandard, Schema: schema}
}

// measures: the first round measures columns. If it is aborted, the next round does. Later rounds
// do not. The score of the untrained model does not count: it cannot reach the target.
func measures(w *twins) {
	asked := digits()
	asked.Data, asked.Target = columns(), spec.Target{Rounds: 2, Accuracy: 900_000, Patience: 1}
	id := openTask(w, asked)
	w.reach(behaviour{}, id, 1, spec.PhaseTrain)
	judged := round.Commit{Node: 1, Round: 1, Commitment: digest("judged"), Samples: 100, Correct: 1}
	w.wantRefused(id, judged, round.ErrSamples)
	w.until(behaviour{silent: []uint64{1, 2, 3, 4, 5}}, id, func(s round.State) bool { return s.Round.Phase == spec.PhaseAborted })
	w.reach(behaviour{}, id, 2, spec.PhaseTrain)
	w.reach(behaviour{}, id, 3, spec.PhaseTrain)
	if t := w.state(id).Task; t.Score != 0 || t.ScoredRound != 0 || t.Best != 0 || t.BestRound != 0 || t.Stale != 0 {
		w.Fatalf("the untrained model was scored, and its score counts: %+v", t)
	}
	if r, err := w.one.Round(id, 2); err != nil || !r.Scored || r.Score < asked.Target.Accuracy {
		w.Fatalf("round 2 is scored: %t, %s, %v; want a score of at least the target", r.Scored, r.Score, err)
	}
	w.wantAccepted(id, round.Commit{Node: 1, Round: 3, Commitment: digest("judged"), Samples: 100, Correct: 1})
	for i, want := range []bool{true, true, false} {
		if r, err := w.one.Round(id, uint64(i)+1); err != nil || r.Measures != want {
			w.Fatalf("round %d measures: %t, %v; want %t", r.Number, r.Measures, err, want)
		}
	}
	w.finish(behaviour{}, id, spec.TaskReached, 2*spec.Thing+15_625) // an aborted round costs 15625
}

// measuresNothing: a vote adopts a model, which has its own scale, while the first round measures
// columns. That round is aborted, and no later round measures.
func measuresNothing(w *twins) {
	asked := digits()
	asked.Data, asked.Governed = columns(), true
	id := openTask(w, asked)
	w.reach(behaviour{}, id, 1, spec.PhaseTrain)
	foreign := digest("foreign")
	w.wantDecision(id, round.Nominate{Proposal: 1, Model: foreign, Holder: 3}, nil)
	for _, aggregator := range []uint64{6, 7, 8} {
		w.wantAccepted(id, round.AttestModel{Node: aggregator, Model: foreign})
	}
	w.wantDecision(id, round.Amend{Proposal: 1, Model: foreign}, nil)
	w.until(behaviour{silent: []uint64{1, 2, 3, 4, 5}}, id, func(s round.State) bool { return s.Round.Phase == spec.PhaseAborted })
	w.reach(behaviour{}, id, 2, spec.PhaseTrain)
	if r := w.state(id).Round; r.Measures || r.Base != foreign {
		w.Fatalf("round 2 measures: %t, and begins with %s", r.Measures, r.Base.Short())
	}
}
