package sim_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/role/aggregator"
	"github.com/althing-network/althing/role/trainer"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/spec"
)

// openFiles is a network whose nodes read their rows from files: all evaluators from the
// same one, each trainer from its own. A task is open in it.
func openFiles(t *testing.T, asked spec.TaskSpec, evaluator string, trainers ...string) *sim.Network {
	t.Helper()
	n := sim.New(sim.Config{})
	join := func(r spec.Role, path string) {
		m := sim.Member{Roles: r, Data: "people"}
		if path != "" {
			m.Rows, m.File = data.Table{Y: make([]int32, 120)}, &data.File{Path: path} // of the table only the number of rows is used
		}
		if _, err := n.Join(m); err != nil {
			t.Fatal(err)
		}
	}
	for range sim.Aggregators {
		join(spec.Aggregator, "")
	}
	for range sim.Evaluators {
		join(spec.Evaluator, evaluator)
	}
	for _, path := range trainers {
		join(spec.Trainer, path)
	}
	if _, err := n.Open("alice", asked); err != nil {
		t.Fatal(err)
	}
	return n
}

func table(name string) string { return filepath.Join(tables, name) }

// TestAttackPermutedColumns: the files of three of four trainers have two columns (names and
// cells) in the other order, as happens when people make their files independently. Without
// the defence, when the task states no column names, these trainers wreck the model and are
// paid. With it, the task states a schema, and the model is bit for bit the same as from
// four files with the same order.
func TestAttackPermutedColumns(t *testing.T) {
	schema := schemaOf(t, "plain.csv")
	rows, _, err := data.Read(table("plain.csv"), spec.Data{Schema: schema}, data.Options{})
	if err != nil {
		t.Fatal(err)
	}
	play := func(named bool, others string) (spec.PPM, spec.Digest) {
		asked := learning(schema, spec.FeaturesNone, 3)
		if !named {
			asked.Data.Schema = spec.Schema{}
		}
		n := openFiles(t, asked, table("plain.csv"), table("plain.csv"), table(others), table(others), table(others))
		task, err := n.Finish(t.Context(), 1)
		if err != nil || task.State != spec.TaskSpent || n.Errs() != nil {
			t.Fatalf("task %s (%s): %v, %v", task.State, task.Reason, err, n.Errs())
		}
		file, err := n.Stranger().Model(t.Context(), task, task.Model)
		if err != nil {
			t.Fatal(err)
		}
		r, err := n.Round(1, 3)
		if err != nil || r.Survivors() != 4 || r.Trainers[3].Paid == 0 {
			t.Fatalf("round 3: %d trainers survive, the last is paid %d uthing (%v): want 4, some", r.Survivors(), r.Trainers[3].Paid, err)
		}
		return accuracyOn(t, file, rows), task.Model
	}
	honest, _ := play(false, "plain.csv")
	wrecked, _ := play(false, "permuted.csv")
	if honest < 880_000 || wrecked > 600_000 {
		t.Fatalf("without the defence the attack fails: accuracy %s with equal files, %s with permuted ones", honest, wrecked)
	}
	_, want := play(true, "plain.csv")
	if got, model := play(true, "permuted.csv"); model != want || got < 880_000 {
		t.Errorf("with a schema the accuracy is %s and the model %s: want at least 88%% and %s", got, model.Short(), want.Short())
	}
}

// TestRowsOfAnotherSchema: a trainer whose file lacks a column, and one with a cell that is
// invalid in its column, decline and do not train. An evaluator with a file that lacks a
// column does not get ready, and its error names the first difference and the columns that
// the file has.
func TestRowsOfAnotherSchema(t *testing.T) {
	schema := schemaOf(t, "plain.csv")
	write := func(change func(string) string) string {
		b, err := os.ReadFile(table("plain.csv"))
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "rows.csv")
		if err := os.WriteFile(path, []byte(change(string(b))), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	renamed := write(func(s string) string { return strings.Replace(s, "bmi", "mass", 1) })
	spoiled := write(func(s string) string { return strings.Replace(s, "0.256", "heavy", 1) })
	n := openFiles(t, learning(schema, spec.FeaturesStandard, 2), table("plain.csv"), table("plain.csv"), table("permuted.csv"), renamed, spoiled)
	task, err := n.Finish(t.Context(), 1)
	if err != nil || task.State != spec.TaskSpent {
		t.Fatalf("task %s (%s): %v", task.State, task.Reason, err)
	}
	for number := uint64(1); number <= 2; number++ {
		r, err := n.Round(1, number)
		if err != nil || r.Survivors() != 2 || r.Trainers[2].Declined != spec.DeclineRows || r.Trainers[3].Declined != spec.DeclineRows {
			t.Fatalf("round %d: %d trainers survive, two declined as %q and %q (%v): want 2, rows, rows", number, r.Survivors(), r.Trainers[2].Declined, r.Trainers[3].Declined, err)
		}
	}
	for i, want := range map[int]string{2: `no column is named "bmi"; the file has "age", "mass", "bp", "label"`, 3: `line 2: column 2 (bmi): `} {
		if errs := n.Nodes[sim.FirstTrainer-1+i].Errs; len(errs) == 0 || !errors.Is(errs[0], data.ErrMisfit) || !strings.Contains(errs[0].Error(), want) {
			t.Errorf("trainer %d: got errors %v, want %s", i+1, errs, want)
		}
	}
	n = openFiles(t, learning(schema, spec.FeaturesStandard, 2), renamed, table("plain.csv"))
	if task, err = n.Finish(t.Context(), 1); err != nil || task.State != spec.TaskFailed {
		t.Errorf("evaluators without fitting rows: task %s (%v): want failed", task.State, err)
	}
	if errs := n.Nodes[sim.Aggregators].Errs; len(errs) == 0 || !strings.Contains(errs[0].Error(), `hold-out shard does not fit task 1: `) || !strings.Contains(errs[0].Error(), `no column is named "bmi"`) {
		t.Errorf("evaluator: got errors %v, want one that names the first difference", errs)
	}
}

// extraRow is a processor that adds one row to the count in a trainer's statistics, so they
// contradict its commitment.
type extraRow struct{}

func (extraRow) Process(_ context.Context, _ spec.Slot, values []int32, _ uint32) error {
	values[0]++
	return nil
}

// uncheckedPolicy accepts every update without checking its content.
type uncheckedPolicy struct{ blob.Policy }

func (uncheckedPolicy) CheckUpdate(context.Context, blob.Ref, blob.Entry, io.Reader) error {
	return nil
}

// TestAttackImpossibleStatistics: a trainer sends statistics that are impossible: they count
// more rows than the trainer has. No aggregator accepts them, so the trainer does not
// survive and is not paid. If all aggregators accept them, they still have no effect: each
// aggregator leaves them out of the sum.
func TestAttackImpossibleStatistics(t *testing.T) {
	schema := schemaOf(t, "plain.csv")
	plain := table("plain.csv")
	play := func(lies, taken bool) (spec.Round, spec.Digest) {
		n := openFiles(t, learning(schema, spec.FeaturesStandard, 2), plain, plain, plain, plain)
		liar := n.Nodes[sim.FirstTrainer-1]
		if lies {
			liar.Machines = func() []role.Machine {
				return []role.Machine{&trainer.Machine{Node: liar.ID, Processors: []trainer.Processor{extraRow{}}}}
			}
			liar.Restart()
		}
		for _, node := range n.Nodes[:sim.Aggregators] {
			if taken {
				node.Policy = uncheckedPolicy{node.Policy}
			}
		}
		task, err := n.Finish(t.Context(), 1)
		if err != nil || task.State != spec.TaskSpent {
			t.Fatalf("task %s (%s): %v, %v", task.State, task.Reason, err, n.Errs())
		}
		r, err := n.Round(1, 1)
		if err != nil {
			t.Fatal(err)
		}
		if next, err := aggregator.Verify(t.Context(), n.Stranger(), task, r); err != nil || next != r.Next {
			t.Errorf("an auditor computes model %s (%v): want %s", next.Short(), err, r.Next.Short())
		}
		return r, r.Next
	}
	honest, want := play(false, false)
	if honest.Survivors() != 3 {
		t.Fatalf("%d honest trainers survive: want 3", honest.Survivors())
	}
	r, got := play(true, false)
	if r.Survivors() != 2 || r.Trainers[0].Survivor || r.Trainers[0].Paid > 0 || got != want {
		t.Errorf("%d trainers survive, the liar among them: %t; the model is %s: want 2, false, %s", r.Survivors(), r.Trainers[0].Survivor, got.Short(), want.Short())
	}
	if r, got = play(true, true); r.Survivors() != 3 || got != want {
		t.Errorf("if aggregators accept impossible statistics, %d trainers survive and the model is %s: want 3 and %s", r.Survivors(), got.Short(), want.Short())
	}
}

// TestAttackAbsurdStatistics: one of six trainers has a row with the value 1e30, which is a
// valid value. Without the defence it makes the column's scale useless for everybody. With
// it, the schema states bounds for that column, all rows are clamped to them, and the lie
// moves the scale only within the bounds.
func TestAttackAbsurdStatistics(t *testing.T) {
	schema := schemaOf(t, "plain.csv")
	rows, _, err := data.Read(table("plain.csv"), spec.Data{Schema: schema}, data.Options{})
	if err != nil {
		t.Fatal(err)
	}
	play := func(schema spec.Schema) model.Scale {
		rows.Schema = schema
		n := people(t, sim.Config{}, rows, 6)
		liar := n.Nodes[len(n.Nodes)-1]
		liar.Table = liar.Table.Select([]int{0, 1, 2, 3})
		liar.Table.Row(0)[0] = 1e30
		if _, err := n.Open("alice", learning(schema, spec.FeaturesStandard, 2)); err != nil {
			t.Fatal(err)
		}
		task, err := n.Finish(t.Context(), 1)
		if err != nil || task.State != spec.TaskSpent {
			t.Fatalf("task %s (%s): %v, %v", task.State, task.Reason, err, n.Errs())
		}
		file, err := n.Stranger().Model(t.Context(), task, task.Model)
		if err != nil {
			t.Fatal(err)
		}
		return file.Scale
	}
	if s := play(schema); s.Width[0] < 1e28 {
		t.Fatalf("without the defence the attack fails: the width is %v", s.Width[0])
	}
	bounded := schema
	bounded.Columns = append([]spec.Column(nil), schema.Columns...)
	bounded.Columns[0].Min, bounded.Columns[0].Max = "-10", "10"
	if s := play(bounded); s.Width[0] > 3 || s.Width[1] > 3 {
		t.Errorf("with bounds the widths are %v: want at most 3", s.Width)
	}
}
