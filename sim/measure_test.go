package sim_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/privacy/terms"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/role/aggregator"
	"github.com/althing-network/althing/role/trainer"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// plainRows is the rows of plain.csv with their schema.
func plainRows(t *testing.T) data.Table {
	t.Helper()
	rows, _, err := data.Read(table("plain.csv"), spec.Data{Schema: schemaOf(t, "plain.csv")}, data.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// modelOf is the model that a round of task 1 has made.
func modelOf(t *testing.T, n *sim.Network, number uint64) model.File {
	t.Helper()
	task, err := n.Task(1)
	if err != nil {
		t.Fatal(err)
	}
	r, err := n.Round(1, number)
	if err != nil {
		t.Fatal(err)
	}
	file, err := n.Stranger().Model(t.Context(), task, r.Next)
	if err != nil {
		t.Fatalf("round %d, which is %s: %v", number, r.Phase, err)
	}
	return file
}

// TestMeasuredAgain: a measuring round comes to nothing, and the next one measures again;
// trainers crash in it. The scale is that of a network in which nothing happened, weights
// are those of model 0, and nothing is judged.
func TestMeasuredAgain(t *testing.T) {
	rows := plainRows(t)
	play := func(broken bool) (*sim.Network, uint64) {
		n := people(t, sim.Config{}, rows, 4)
		asked := learning(rows.Schema, spec.FeaturesStandard, 2)
		asked.Selection.MinTrainers = 4
		if broken {
			lazy := n.Nodes[sim.FirstTrainer-1]
			lazy.Refuses = func(a role.Action) bool {
				work, trains := a.(trainer.Train)
				return trains && work.Round.Number == 1
			}
			n.CrashIn(sim.FirstTrainer, 1, 2, spec.PhaseTrain, 0, time.Second)
		}
		if _, err := n.Open("alice", asked); err != nil {
			t.Fatal(err)
		}
		task, err := n.Finish(t.Context(), 1)
		if err != nil || task.State != spec.TaskSpent {
			t.Fatalf("task %s (%s): %v, %v", task.State, task.Reason, err, n.Errs())
		}
		if !broken {
			return n, 1
		}
		if r, err := n.Round(1, 1); err != nil || r.Phase != spec.PhaseAborted || !r.Measures {
			t.Errorf("round 1 is %s and measures: %t, %v", r.Phase, r.Measures, err)
		}
		return n, 2
	}
	n, first := play(false)
	want := modelOf(t, n, first)
	n, second := play(true)
	got := modelOf(t, n, second)
	if a, err := want.Digest(); err != nil {
		t.Error(err)
	} else if b, err := got.Digest(); err != nil || a != b {
		t.Errorf("the model is %s, %v: want %s", b.Short(), err, a.Short())
	}
	task, err := n.Task(1)
	if err != nil {
		t.Fatal(err)
	}
	zero, err := model.Zero(task.Spec)
	if err != nil {
		t.Fatal(err)
	}
	for i, w := range got.Weights {
		if w != zero.Weights[i] {
			t.Fatalf("weight %d has moved to %v", i, w)
		}
	}
	if r, err := n.Round(1, second); err != nil || !r.Measures || r.Survivors() != 4 || r.Trainers[0].Paid == 0 {
		t.Errorf("round %d measures: %t, %d survive and are paid %d, %v", second, r.Measures, r.Survivors(), r.Trainers[0].Paid, err)
	} else if score, known := r.FederatedScore(); known {
		t.Errorf("its federated score is %s", score)
	}
	r, err := n.Round(1, second+1)
	if err != nil || r.Measures || r.Survivors() != 4 {
		t.Errorf("round %d measures: %t, %d survive, %v", r.Number, r.Measures, r.Survivors(), err)
	}
	if _, known := r.FederatedScore(); !known {
		t.Error("nobody has judged the model with which the first training round begins")
	}
}

// TestWithheldRowsAreNotMeasured: a node that tells nobody how many rows it has takes no
// part in the measuring round, which would tell it, and trains in the next one.
func TestWithheldRowsAreNotMeasured(t *testing.T) {
	rows := plainRows(t)
	n := people(t, sim.Config{}, rows, 3)
	shy, err := n.Join(sim.Member{Roles: spec.Trainer, Rows: rows.Select([]int{0, 1, 2, 3, 4, 5}), Data: "people", Withhold: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.Open("alice", learning(rows.Schema, spec.FeaturesStandard, 2)); err != nil {
		t.Fatal(err)
	}
	if task, err := n.Finish(t.Context(), 1); err != nil || task.State != spec.TaskSpent {
		t.Fatalf("task %s (%s): %v", task.State, task.Reason, err)
	}
	for number, want := range map[uint64]spec.Contribution{1: {Declined: spec.DeclinePolicy}, 2: {Survivor: true}} {
		r, err := n.Round(1, number)
		if err != nil {
			t.Fatal(err)
		}
		if c := r.Trainers[r.Trainer(shy.ID)]; c.Declined != want.Declined || c.Survivor != want.Survivor {
			t.Errorf("round %d: it declined as %q, and survives: %t", number, c.Declined, c.Survivor)
		}
	}
}

// TestMissingCellsAreImputed: a missing number counts for nothing when columns are measured,
// and stands for the mean of its column when a model is trained.
func TestMissingCellsAreImputed(t *testing.T) {
	rows := plainRows(t)
	n := people(t, sim.Config{}, rows, 4)
	holed := n.Nodes[sim.FirstTrainer-1]
	holed.Table = holed.Table.Select([]int{0, 1, 2, 3, 4, 5, 6, 7})
	holed.Table.Row(0)[1] = float32(math.NaN())
	asked := learning(rows.Schema, spec.FeaturesStandard, 3)
	asked.Data.Missing = spec.MissingImpute
	if _, err := n.Open("alice", asked); err != nil {
		t.Fatal(err)
	}
	if task, err := n.Finish(t.Context(), 1); err != nil || task.State != spec.TaskSpent || n.Errs() != nil {
		t.Fatalf("task %s (%s): %v, %v", task.State, task.Reason, err, n.Errs())
	}
	r, err := n.Round(1, 3)
	if err != nil || r.Survivors() != 4 {
		t.Errorf("%d survive: %v", r.Survivors(), err)
	}
	if s := modelOf(t, n, 3).Scale; len(s.Missing) != 3 || s.Missing[1] != s.Shift[1] {
		t.Errorf("the scale is %+v", s)
	}
}

// TestRegressionTrains: a label that is a number in the millions is learned, because it is
// brought to scale as the features are, and scores what its R2 is.
func TestRegressionTrains(t *testing.T) {
	source := rand.New(rand.NewPCG(1, 2))
	rows := data.Table{Features: 2, Classes: 1, Schema: spec.Schema{Label: "price", Columns: []spec.Column{
		{Name: "area", Kind: spec.ColumnNumber}, {Name: "year", Kind: spec.ColumnNumber},
	}}}
	for range 300 {
		area, year := 50+100*source.Float32(), 1900+120*source.Float32()
		rows.X, rows.Y = append(rows.X, area, year), append(rows.Y, 0)
		rows.Targets = append(rows.Targets, 20_000*area+5_000*year+50_000*float32(source.NormFloat64()))
	}
	n := people(t, sim.Config{}, rows, 4)
	asked := learning(rows.Schema, spec.FeaturesStandard, 6)
	asked.Model = spec.Model{Kind: spec.ModelLinear, Inputs: 2, Classes: 1, Loss: spec.LossMSE}
	asked.Training.Rate = spec.One / 20
	if _, err := n.Open("alice", asked); err != nil {
		t.Fatal(err)
	}
	task, err := n.Finish(t.Context(), 1)
	if err != nil || task.State != spec.TaskSpent || n.Errs() != nil || task.Score < 900_000 {
		t.Errorf("task %s (%s) at %s: %v, %v", task.State, task.Reason, task.Score, err, n.Errs())
	}
	file := modelOf(t, n, 6)
	scaled, err := train.ToScale(file, rows)
	if err != nil {
		t.Fatal(err)
	}
	judged, err := train.Engine{}.Evaluate(t.Context(), file.Model, file.Weights, scaled)
	if err != nil || judged.Score() < 900_000 {
		t.Errorf("of all rows the score is %s, %v", judged.Score(), err)
	}
}

// TestPrivateRowsByBounds: in a private task rows are brought to scale by the bounds of the
// schema, and nothing is measured. A trainer whose rows do not fit does not say so, which
// one row could tell: what leaves it is noise.
func TestPrivateRowsByBounds(t *testing.T) {
	rows := plainRows(t)
	asked := learning(rows.Schema, spec.FeaturesStandard, 1)
	asked.Aggregation.Rule, asked.Overlap = spec.RuleMean, false
	asked.Privacy = spec.Privacy{Mode: spec.PrivacyLocal, Kind: spec.KindLaplace, Clip: spec.One, Noise: spec.One}
	if err := asked.Validate(); err == nil {
		t.Error("a private task may learn its scale")
	}
	bounded := rows.Schema
	bounded.Columns = append([]spec.Column(nil), rows.Schema.Columns...)
	for i := range bounded.Columns {
		bounded.Columns[i].Min, bounded.Columns[i].Max = "-4", "4"
	}
	asked.Data.Schema, rows.Schema = bounded, bounded
	release, err := terms.Release(asked)
	if err != nil {
		t.Fatal(err)
	}
	n := people(t, sim.Config{}, rows, 3)
	n.Nodes[sim.FirstTrainer-1].Table = data.Table{X: []float32{1}, Y: []int32{0}, Features: 1, Classes: 2}
	for _, node := range n.Nodes[sim.FirstTrainer-1:] {
		limit := cost.Limit{Unit: release.Unit, Adjacency: cost.ZeroOut, Epsilon: 1000 * cost.OneEpsilon, Delta: cost.OneDelta / 100_000}
		id, err := n.RegisterDataset(node.Owner, spec.PublicKeyOf(node.Signs), limit)
		if err == nil {
			err = errors.Join(n.Grant(id, node.ID), n.Hold(node.ID, "people", id))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := n.Open("alice", asked); err != nil {
		t.Fatal(err)
	}
	if task, err := n.Finish(t.Context(), 1); err != nil || task.State != spec.TaskSpent || n.Errs() != nil {
		t.Fatalf("task %s (%s): %v, %v", task.State, task.Reason, err, n.Errs())
	}
	if r, err := n.Round(1, 1); err != nil || r.Measures || r.Survivors() != 3 {
		t.Errorf("it measures: %t, %d survive, %v", r.Measures, r.Survivors(), err)
	}
	if s := modelOf(t, n, 1).Scale; s.IsZero() || s.Shift[0] != 0 {
		t.Errorf("the scale is %+v", s)
	}
}

// TestNominatedModelHasAScale: a task that learns its scale goes on with no model that has
// none: who offers it is refused, and no aggregator attests it.
func TestNominatedModelHasAScale(t *testing.T) {
	rows := plainRows(t)
	n := people(t, sim.Config{}, rows, 3)
	if _, err := n.Open("alice", learning(rows.Schema, spec.FeaturesStandard, 2)); err != nil {
		t.Fatal(err)
	}
	task, err := n.Finish(t.Context(), 1)
	if err != nil || task.State != spec.TaskSpent {
		t.Fatalf("task %s (%s): %v", task.State, task.Reason, err)
	}
	first, err := n.Round(1, 1)
	if err != nil {
		t.Fatal(err)
	}
	tools := n.Stranger()
	for d, fits := range map[spec.Digest]bool{first.Base: false, first.Next: true} {
		task.Nominee = spec.Nominee{Proposal: 1, Model: d}
		_, err := (aggregator.Obtain{Task: task}).Do(t.Context(), tools)
		if fits != (err == nil) || !fits && (!errors.Is(err, model.ErrModel) || !errors.Is(err, role.ErrFinal)) {
			t.Errorf("a nominee with a scale, %t: %v", fits, err)
		}
		b, err := role.ReadBlob(t.Context(), tools.Store, d)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := aggregator.Offer(t.Context(), n.Stranger().Store, task, 1, b); fits != (err == nil) {
			t.Errorf("an offer with a scale, %t: %v", fits, err)
		}
	}
}
