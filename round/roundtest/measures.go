package roundtest

import (
	"fmt"

	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// columns names the inputs and classes of [digits], and states no bounds: the trainers
// tell statistics, by which features are brought to scale.
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

// measures has the first round measure columns, and the next one after it was aborted; no
// later one does. The score of the model that nobody has trained ends nothing and is not the
// task's.
func measures(w *twins) {
	asked := digits()
	asked.Data, asked.Target = columns(), spec.Target{Rounds: 2, Accuracy: 900_000, Patience: 1}
	id := single(w, asked)
	w.reach(cast{}, id, 1, spec.PhaseTrain)
	judged := round.Commit{Node: 1, Round: 1, Commitment: digest("judged"), Samples: 100, Correct: 1}
	w.refuse(id, judged, round.ErrSamples)
	w.until(cast{silent: []uint64{1, 2, 3, 4, 5}}, id, func(s round.State) bool { return s.Round.Phase == spec.PhaseAborted })
	w.reach(cast{}, id, 2, spec.PhaseTrain)
	w.reach(cast{}, id, 3, spec.PhaseTrain)
	if t := w.state(id).Task; t.Score != 0 || t.ScoredRound != 0 || t.Best != 0 || t.BestRound != 0 || t.Stale != 0 {
		w.Fatalf("the model that nobody has trained was scored, and the task says: %+v", t)
	}
	if r, err := w.one.Round(id, 2); err != nil || !r.Scored || r.Score < asked.Target.Accuracy {
		w.Fatalf("round 2 is scored %t, %s, %v: want more than the target", r.Scored, r.Score, err)
	}
	w.hear(id, round.Commit{Node: 1, Round: 3, Commitment: digest("judged"), Samples: 100, Correct: 1})
	for i, want := range []bool{true, true, false} {
		if r, err := w.one.Round(id, uint64(i)+1); err != nil || r.Measures != want {
			w.Fatalf("round %d measures: %t, %v; want %t", r.Number, r.Measures, err, want)
		}
	}
	w.finish(cast{}, id, spec.TaskReached, 2*spec.Thing+15_625) // a round that was aborted cost 15625
}

// measuresNothing has a vote adopt a model, which brings its own scale, while the first
// round measures and comes to nothing.
func measuresNothing(w *twins) {
	asked := digits()
	asked.Data, asked.Governed = columns(), true
	id := single(w, asked)
	w.reach(cast{}, id, 1, spec.PhaseTrain)
	foreign := digest("foreign")
	w.decided(id, round.Nominate{Proposal: 1, Model: foreign, Holder: 3}, nil)
	for _, aggregator := range []uint64{6, 7, 8} {
		w.hear(id, round.AttestModel{Node: aggregator, Model: foreign})
	}
	w.decided(id, round.Amend{Proposal: 1, Model: foreign}, nil)
	w.until(cast{silent: []uint64{1, 2, 3, 4, 5}}, id, func(s round.State) bool { return s.Round.Phase == spec.PhaseAborted })
	w.reach(cast{}, id, 2, spec.PhaseTrain)
	if r := w.state(id).Round; r.Measures || r.Base != foreign {
		w.Fatalf("round 2 measures: %t, and begins with %s", r.Measures, r.Base.Short())
	}
}
