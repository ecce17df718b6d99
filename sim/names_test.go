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

// openFiles is a network whose evaluators hold plain.csv, and whose trainers hold a file
// each of the folder of tables, or of another.
func openFiles(t *testing.T, asked spec.TaskSpec, evaluator string, trainers ...string) *sim.Network {
	t.Helper()
	n := sim.New(sim.Config{})
	join := func(r spec.Role, path string) {
		m := sim.Member{Roles: r, Data: "people"}
		if path != "" {
			m.Rows, m.File = data.Table{Y: make([]int32, 120)}, &data.File{Path: path} // the table says how many there are
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

// TestAttackPermutedColumns: three of four trainers hold two columns in each other's place,
// names and cells, as people do who made their files by themselves. Off: the task says
// nothing of names, and they wreck the model and are paid. On: it states a schema, and the
// model is bit for bit the one of four files in one order.
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
			t.Fatalf("%d of round 3 survive: %v", r.Survivors(), err)
		}
		return right(t, file, rows), task.Model
	}
	honest, _ := play(false, "plain.csv")
	wrecked, _ := play(false, "permuted.csv")
	if honest < 880_000 || wrecked > 600_000 {
		t.Fatalf("without names %s of the rows are right where all files are alike, and %s with the attack: it does not work even undefended", honest, wrecked)
	}
	_, want := play(true, "plain.csv")
	if got, model := play(true, "permuted.csv"); model != want || got < 880_000 {
		t.Errorf("with names %s of the rows are right, and the model is %s: want %s", got, model.Short(), want.Short())
	}
}

// TestRowsOfAnotherSchema: a trainer whose file lacks a column, and one whose cell holds
// what its column cannot, say so and do not train; an evaluator with such a file does not
// get ready, and its log names the first difference and the columns that there are.
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
			t.Fatalf("round %d: %d survive, and two say %q and %q: %v", number, r.Survivors(), r.Trainers[2].Declined, r.Trainers[3].Declined, err)
		}
	}
	for i, want := range map[int]string{2: `no column is named "bmi"; the file has "age", "mass", "bp", "label"`, 3: `line 2: column 2 (bmi): `} {
		if errs := n.Nodes[sim.FirstTrainer-1+i].Errs; len(errs) == 0 || !errors.Is(errs[0], data.ErrMisfit) || !strings.Contains(errs[0].Error(), want) {
			t.Errorf("trainer %d says %v: want %s", i+1, errs, want)
		}
	}
	n = openFiles(t, learning(schema, spec.FeaturesStandard, 2), renamed, table("plain.csv"))
	if task, err = n.Finish(t.Context(), 1); err != nil || task.State != spec.TaskFailed {
		t.Errorf("evaluators without rows: task %s, %v", task.State, err)
	}
	if errs := n.Nodes[sim.Aggregators].Errs; len(errs) == 0 || !strings.Contains(errs[0].Error(), `hold-out shard does not fit task 1: `) || !strings.Contains(errs[0].Error(), `no column is named "bmi"`) {
		t.Errorf("an evaluator says %v", errs)
	}
}

// grows claims a row more in its statistics than in its commitment.
type grows struct{}

func (grows) Process(_ context.Context, _ spec.Slot, values []int32, _ uint32) error {
	values[0]++
	return nil
}

// credulous takes whatever a trainer sends.
type credulous struct{ blob.Policy }

func (credulous) CheckUpdate(context.Context, blob.Ref, blob.Entry, io.Reader) error { return nil }

// TestAttackImpossibleStatistics: a trainer sends statistics that no rows have, of a column
// with more rows than it says it has. No aggregator takes them, so it does not survive and
// is not paid. Where all take them, they count for nothing: all leave out the same.
func TestAttackImpossibleStatistics(t *testing.T) {
	schema := schemaOf(t, "plain.csv")
	plain := table("plain.csv")
	play := func(lies, taken bool) (spec.Round, spec.Digest) {
		n := openFiles(t, learning(schema, spec.FeaturesStandard, 2), plain, plain, plain, plain)
		liar := n.Nodes[sim.FirstTrainer-1]
		if lies {
			liar.Machines = func() []role.Machine {
				return []role.Machine{&trainer.Machine{Node: liar.ID, Processors: []trainer.Processor{grows{}}}}
			}
			liar.Restart()
		}
		for _, node := range n.Nodes[:sim.Aggregators] {
			if taken {
				node.Policy = credulous{node.Policy}
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
			t.Errorf("an auditor finds %s: %v", next.Short(), err)
		}
		return r, r.Next
	}
	honest, want := play(false, false)
	if honest.Survivors() != 3 {
		t.Fatalf("%d of 3 survive, whose columns are alike", honest.Survivors())
	}
	r, got := play(true, false)
	if r.Survivors() != 2 || r.Trainers[0].Survivor || r.Trainers[0].Paid > 0 || got != want {
		t.Errorf("%d survive, the liar is one: %t; the model is %s: want %s", r.Survivors(), r.Trainers[0].Survivor, got.Short(), want.Short())
	}
	if r, got = play(true, true); r.Survivors() != 3 || got != want {
		t.Errorf("where all take them %d survive, the model is %s: want %s", r.Survivors(), got.Short(), want.Short())
	}
}

// TestAttackAbsurdStatistics: one of six trainers has a row of 1e30, which rows may have.
// Off: the column's scale is useless to everybody. On: the schema states bounds for that
// column, to which all rows are brought, and the lie moves its scale no further than that.
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
		t.Fatalf("the width is %v: the attack does not work even undefended", s.Width[0])
	}
	bounded := schema
	bounded.Columns = append([]spec.Column(nil), schema.Columns...)
	bounded.Columns[0].Min, bounded.Columns[0].Max = "-10", "10"
	if s := play(bounded); s.Width[0] > 3 || s.Width[1] > 3 {
		t.Errorf("with bounds the widths are %v", s.Width)
	}
}
