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

// plainRows are the rows of plain.csv with their schema.
func plainRows(t *testing.T) data.Table {
	t.Helper()
	rows, _, err := data.Read(table("plain.csv"), spec.Data{Schema: schemaOf(t, "plain.csv")}, data.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// modelOf is the model that a round of task 1 made.
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
		t.Fatalf("model of round %d, which is in phase %s: %v", number, r.Phase, err)
	}
	return file
}

// TestMeasuringRoundIsRetried: the first measuring round aborts, and the next round measures
// again, while trainers crash. The scale is the same as in a network without failures, the
// weights are those of model 0, and trainers give no score.
func TestMeasuringRoundIsRetried(t *testing.T) {
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
			t.Errorf("round 1 is in phase %s, measures: %t (%v): want aborted, true", r.Phase, r.Measures, err)
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
	zero, err := model.Initial(task.Spec)
	if err != nil {
		t.Fatal(err)
	}
	for i, w := range got.Weights {
		if w != zero.Weights[i] {
			t.Fatalf("weight %d is %v: want %v, as in model 0", i, w, zero.Weights[i])
		}
	}
	if r, err := n.Round(1, second); err != nil || !r.Measures || r.Survivors() != 4 || r.Trainers[0].Paid == 0 {
		t.Errorf("round %d measures: %t, %d trainers survive, the first is paid %d uthing (%v): want true, 4, some", second, r.Measures, r.Survivors(), r.Trainers[0].Paid, err)
	} else if score, known := r.FederatedScore(); known {
		t.Errorf("the measuring round has the federated score %s: want none", score)
	}
	r, err := n.Round(1, second+1)
	if err != nil || r.Measures || r.Survivors() != 4 {
		t.Errorf("round %d measures: %t, %d trainers survive (%v): want false, 4", r.Number, r.Measures, r.Survivors(), err)
	}
	if _, known := r.FederatedScore(); !known {
		t.Error("the first training round has no federated score of the model that it begins with")
	}
}

// TestWithheldRowsAreNotMeasured: a node that withholds the number of its rows declines the
// measuring round, which would reveal the number, and trains in the next round.
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
			t.Errorf("round %d: declined as %q, survives: %t; want %q, %t", number, c.Declined, c.Survivor, want.Declined, want.Survivor)
		}
	}
}

// TestMissingCellsAreImputed: a missing number is ignored when columns are measured, and is
// replaced by the mean of its column when a model is trained.
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
		t.Errorf("round 3: %d trainers survive (%v): want 4", r.Survivors(), err)
	}
	if s := modelOf(t, n, 3).Scale; len(s.Missing) != 3 || s.Missing[1] != s.Shift[1] {
		t.Errorf("the scale is %+v: want the mean of column 1 in place of its missing numbers", s)
	}
}

// TestRegressionTrains: a label in the millions is learned, because labels are brought to
// scale as features are. The score is R2.
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
		t.Errorf("task %s (%s) with score %s: %v, %v: want spent with at least 90%%", task.State, task.Reason, task.Score, err, n.Errs())
	}
	file := modelOf(t, n, 6)
	scaled, err := train.ToScale(file, rows)
	if err != nil {
		t.Fatal(err)
	}
	judged, err := train.Engine{}.Evaluate(t.Context(), file.Model, file.Weights, scaled)
	if err != nil || judged.Score() < 900_000 {
		t.Errorf("the score on all rows is %s (%v): want at least 90%%", judged.Score(), err)
	}
}

// TestPrivateTaskUsesBoundsOfSchema: in a private task rows are brought to scale by the
// bounds of the schema, and nothing is measured. A trainer whose rows do not fit the schema
// does not say so, because a single row could reveal it: it sends noise.
func TestPrivateTaskUsesBoundsOfSchema(t *testing.T) {
	rows := plainRows(t)
	asked := learning(rows.Schema, spec.FeaturesStandard, 1)
	asked.Aggregation.Rule, asked.Overlap = spec.RuleMean, false
	asked.Privacy = spec.Privacy{Mode: spec.PrivacyLocal, Kind: spec.KindLaplace, Clip: spec.One, Noise: spec.One}
	if err := asked.Validate(); err == nil {
		t.Error("a private task that measures its scale is valid: want an error")
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
		id, err := n.RegisterDataset(node.Owner, spec.PublicKeyOf(node.OwnerKey), limit)
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
		t.Errorf("round 1 measures: %t, %d trainers survive (%v): want false, 3", r.Measures, r.Survivors(), err)
	}
	if s := modelOf(t, n, 1).Scale; s.IsZero() || s.Shift[0] != 0 {
		t.Errorf("the scale is %+v: want one with a shift of 0 in column 0", s)
	}
}

// TestNominatedModelHasAScale: a task that measures its scale does not adopt a model without
// a scale: an offer of it is refused, and no aggregator attests it.
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
			t.Errorf("attesting a nominee with a scale (%t): %v", fits, err)
		}
		b, err := role.ReadBlob(t.Context(), tools.Store, d)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := aggregator.Offer(t.Context(), n.Stranger().Store, task, 1, b); fits != (err == nil) {
			t.Errorf("offering a model with a scale (%t): %v", fits, err)
		}
	}
}
