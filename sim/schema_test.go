package sim_test

import (
	"path/filepath"
	"testing"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// tables is the folder of small example tables.
const tables = "../data/testdata/tables"

// schemaOf is the schema that Inspect finds for one of the tables.
func schemaOf(t *testing.T, name string) spec.Schema {
	t.Helper()
	report, err := data.Inspect(filepath.Join(tables, name), data.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := report.Schema()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// learning is a task for a softmax model over rows of a schema; features says how numbers
// are brought to scale.
func learning(s spec.Schema, features string, rounds uint32) spec.TaskSpec {
	asked := sim.DigitsTask(rounds)
	asked.Name = "people"
	asked.Model = spec.Model{Kind: spec.ModelSoftmax, Inputs: uint32(s.Inputs()), Classes: uint32(len(s.Classes))}
	asked.Data = spec.Data{Name: "people", Features: features, Schema: s}
	asked.Training.Epochs, asked.Training.Rate = 10, spec.One
	return asked
}

// people is a network whose nodes have the rows of a table: four evaluators share one
// fifth, the trainers the rest.
func people(t *testing.T, c sim.Config, table data.Table, trainers int) *sim.Network {
	t.Helper()
	train, holdout, err := data.Holdout(table, spec.One/5, 1)
	if err != nil {
		t.Fatal(err)
	}
	n := sim.New(c)
	join := func(m sim.Member) {
		m.Data = "people"
		if _, err := n.Join(m); err != nil {
			t.Fatal(err)
		}
	}
	for range sim.Aggregators {
		join(sim.Member{Roles: spec.Aggregator})
	}
	deal := func(rows data.Table, parts int, r spec.Role) {
		shards, err := data.Shards(rows, parts)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range shards {
			join(sim.Member{Roles: r, Rows: s})
		}
	}
	deal(holdout, sim.Evaluators, spec.Evaluator)
	deal(train, trainers, spec.Trainer)
	return n
}

// TestHugeScaleTrains: a task over a column with values near 1e30 fails if numbers are used
// as they are. It learns if the first round measures the scale of numbers.
func TestHugeScaleTrains(t *testing.T) {
	schema := schemaOf(t, "huge_scale.csv")
	table, _, err := data.Read(filepath.Join(tables, "huge_scale.csv"), spec.Data{Schema: schema}, data.Options{})
	if err != nil {
		t.Fatal(err)
	}
	const rounds = 8
	for _, features := range []string{spec.FeaturesNone, spec.FeaturesStandard, spec.FeaturesMinMax} {
		n := people(t, sim.Config{}, table, 6)
		if _, err := n.Open("alice", learning(schema, features, rounds)); err != nil {
			t.Fatal(err)
		}
		task, err := n.Finish(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		if features == spec.FeaturesNone {
			if task.State != spec.TaskFailed {
				t.Errorf("features %q: the task is %s: want failed", features, task.State)
			}
			continue
		}
		if task.State != spec.TaskSpent || n.Errs() != nil {
			t.Errorf("features %q: the task is %s (%s), %v: want spent", features, task.State, task.Reason, n.Errs())
		}
		file, err := n.Stranger().Model(t.Context(), task, task.Model)
		if err != nil || file.Scale.IsZero() || file.Scale.Width[0] < 1e29 {
			t.Errorf("features %q: the model has the scale %v (%v): want a width of at least 1e29", features, file.Scale, err)
		}
		if got := accuracyOn(t, file, table); got < 850_000 {
			t.Errorf("features %q: accuracy %s on all rows: want at least 85%%", features, got)
		}
		for number := uint64(1); number <= rounds; number++ {
			r, err := n.Round(1, number)
			if err != nil || r.Measures != (number == 1) || r.Survivors() != 6 {
				t.Errorf("round %d measures: %t, %d trainers survive (%v): want only round 1 to measure, and 6 survivors", number, r.Measures, r.Survivors(), err)
			}
		}
	}
}

// accuracyOn is the accuracy of a model on a table.
func accuracyOn(t *testing.T, f model.File, table data.Table) spec.PPM {
	t.Helper()
	scaled, err := train.ToScale(f, table)
	if err != nil {
		t.Fatal(err)
	}
	judged, err := train.Engine{}.Evaluate(t.Context(), f.Model, f.Weights, scaled)
	if err != nil {
		t.Fatal(err)
	}
	return judged.Accuracy()
}
