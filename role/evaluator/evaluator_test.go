package evaluator_test

import (
	"errors"
	"testing"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/role/evaluator"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/sim/simtest"
	"github.com/althing-network/althing/spec"
)

// TestShardMustFit: an evaluator does not attest a hold-out shard that has another shape than the
// task's model, or too few rows.
func TestShardMustFit(t *testing.T) {
	hold := evaluator.ReadShard{Task: spec.Task{ID: 1, Spec: sim.DigitsTask(1)}}
	for name, table := range map[string]data.Table{
		"no rows":       {Features: 64, Classes: 10},
		"few features":  {Features: 63, Classes: 10, X: make([]float32, 63), Y: []int32{1}},
		"other classes": {Features: 64, Classes: 2, X: make([]float32, 64), Y: []int32{1}},
	} {
		if e, err := hold.Do(t.Context(), role.Tools{Rows: role.InMemory(table)}); err == nil {
			t.Errorf("%s: got %v, want an error", name, e)
		}
	}
	few := hold
	few.Task.Spec.Data.MinHoldout = 2
	one := data.Table{Features: 64, Classes: 10, X: make([]float32, 64), Y: []int32{1}}
	if e, err := few.Do(t.Context(), role.Tools{Rows: role.InMemory(one)}); err == nil {
		t.Errorf("one row of at least two: got %v, want an error", e)
	}
	fits := data.Table{Features: 64, Classes: 10, X: make([]float32, 64), Y: []int32{1}}
	e, err := hold.Do(t.Context(), role.Tools{Rows: role.InMemory(fits)})
	if want := (evaluator.ShardRead{Task: 1, Shard: data.Digest(fits)}); err != nil || e != role.Event(want) {
		t.Errorf("%v, %v; want %v", e, err, want)
	}
}

// TestScoreIsMeasuredOnTheShard: each evaluator's score and counts are those of the accepted model
// on its own shard, whose digest it attested.
func TestScoreIsMeasuredOnTheShard(t *testing.T) {
	n, err := sim.Digits(sim.Config{}, 2)
	if err != nil {
		t.Fatal(err)
	}
	id, err := n.Open("consumer", sim.DigitsTask(1))
	if err != nil {
		t.Fatal(err)
	}
	task, err := n.Finish(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	r, err := n.Round(id, 1)
	if err != nil {
		t.Fatal(err)
	}
	next, err := n.Stranger().Model(t.Context(), task, r.Next)
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for _, e := range r.Scores {
		tools := n.Nodes[e.Node-1].Tools
		judged, err := tools.Trainer.Evaluate(t.Context(), task.Spec.Model, next.Weights, n.Nodes[e.Node-1].Table)
		if err != nil || judged.Accuracy() != e.Score || judged.Samples == 0 {
			t.Errorf("evaluator %d has score %s, want %s of its shard, %v", e.Node, e.Score, judged.Accuracy(), err)
		}
		if !task.Spec.CountsFit(e.Counts) || !task.Spec.Model.ScoreFits(e.Score, e.Counts) {
			t.Errorf("evaluator %d has the counts %v, which do not fit the score %s", e.Node, e.Counts, e.Score)
		}
		rows += judged.Samples
		ready := task.Evaluators[r.Evaluator(e.Node)].Ready
		if ready != data.Digest(n.Nodes[e.Node-1].Table) {
			t.Errorf("evaluator %d attested %s", e.Node, ready.Short())
		}
	}
	if h := r.Holdout(); h.Told != len(r.Scores) || h.Rows != uint64(rows) {
		t.Errorf("the counts of all evaluators are %+v, want %d rows", h, rows)
	}
}

// TestCopiedScoreIsRefused: the chain refuses a score commitment that another evaluator made.
func TestCopiedScoreIsRefused(t *testing.T) {
	n := simtest.Open(t, 2, sim.DigitsTask(1))
	copier := n.Nodes[7]
	copier.Refuses = func(a role.Action) bool {
		s, ok := a.(role.Send)
		if !ok {
			return false
		}
		_, commits := s.Input.(round.CommitScore)
		return commits
	}
	simtest.Reach(t, n, 1, spec.PhaseScore)
	simtest.Step(t, n)
	_, r := simtest.Newest(t, n)
	commitment := r.Scores[0].Commitment
	if commitment.IsZero() || r.Phase != spec.PhaseScore {
		t.Fatalf("nothing to copy in phase %s: %v", r.Phase, r.Scores)
	}
	if err := n.Say(1, round.CommitScore{Node: copier.ID, Round: 1, Commitment: commitment}); !errors.Is(err, round.ErrCopied) {
		t.Errorf("got error %v, want %v", err, round.ErrCopied)
	}
	simtest.Finish(t, n)
	if r := simtest.SettledRounds(t, n)[0]; !r.Scored || r.Scores[3].Revealed != 0 {
		t.Errorf("scored %t, want true; the copier revealed at height %d, want 0", r.Scored, r.Scores[3].Revealed)
	}
}
