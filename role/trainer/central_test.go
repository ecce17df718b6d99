package trainer_test

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/role/trainer"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// summed is a round of two trainers in the mode central, of whom one may collude, that
// has come to its training: the clip is 2^12 quanta, the noise an eighth of it.
func summed(t *testing.T, kind, unit string) (*sim.Node, role.Duty) {
	t.Helper()
	asked := noisy(kind, 1)
	asked.Selection.Trainers, asked.Selection.MinTrainers = 2, 2
	asked.Aggregation.Optimiser, asked.Aggregation.Rate, asked.Aggregation.Momentum = spec.ServerFedAvgM, spec.One, spec.One/2
	asked.Privacy = spec.Privacy{Mode: spec.PrivacyCentral, Kind: kind, Clip: spec.One, Noise: spec.One / 8, Divisor: 1, Unit: unit, Corrupt: 1}
	asked.Audit = spec.AuditAggregators
	n, err := sim.Digits(sim.Config{}, 2)
	if err != nil {
		t.Fatal(err)
	}
	for _, node := range n.Nodes[sim.FirstTrainer-1:] {
		limit := cost.Limit{Unit: cost.Unit(unit), Adjacency: cost.ZeroOut, Epsilon: 100 * cost.OneEpsilon, Delta: cost.OneDelta / 100_000}
		id, err := n.RegisterDataset(node.Owner, spec.PublicKeyOf(node.OwnerKey), limit)
		if err == nil {
			err = errors.Join(n.Grant(id, node.ID), n.Hold(node.ID, "digits", id))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := n.Open("consumer", asked); err != nil {
		t.Fatal(err)
	}
	task, r, err := n.Reach(t.Context(), 1, 1, spec.PhaseTrain)
	if err != nil {
		t.Fatal(err)
	}
	return n.Nodes[sim.FirstTrainer-1], role.Duty{Task: task, Round: r}
}

// left is what leaves a trainer whose rows a test may change.
func left(t *testing.T, kind string, change func(data.Table) data.Table) []int32 {
	t.Helper()
	node, duty := summed(t, kind, spec.UnitExample)
	node.Table = change(node.Table)
	event, err := do(t, node, duty)
	if err != nil {
		t.Fatal(err)
	}
	if done := event.(trainer.Trained); done.Samples != 0 || done.Correct != 0 {
		t.Errorf("it tells of %d samples, %d of them right", done.Samples, done.Correct)
	}
	return values(t, node.Tools.Store, node.Tools.Slot(theTask, 1))
}

// TestARowMovesTheSumByTheClip: with the same noise, the update of a table with a row
// less, or with a row that is absurd, differs by no more than the clip, in the norm that
// the noise protects, and a row that has no gradient adds nothing.
func TestARowMovesTheSumByTheClip(t *testing.T) {
	rows := func(table data.Table, count int) data.Table {
		all := make([]int, count)
		for i := range all {
			all[i] = i
		}
		return table.Select(all)
	}
	spoiled := func(value float32) func(data.Table) data.Table {
		return func(table data.Table) data.Table {
			table = rows(table, 50)
			for i := range table.Row(49) {
				table.Row(49)[i] = value
			}
			return table
		}
	}
	for _, kind := range []string{spec.KindGaussian, spec.KindLaplace} {
		without := left(t, kind, func(table data.Table) data.Table { return rows(table, 49) })
		for name, change := range map[string]func(data.Table) data.Table{
			"a row more":     func(table data.Table) data.Table { return rows(table, 50) },
			"a huge row":     spoiled(1e9),
			"an endless row": spoiled(float32(math.Inf(1))),
			"no number":      spoiled(float32(math.NaN())),
		} {
			var l1, l2 float64
			for i, v := range left(t, kind, change) {
				d := float64(v) - float64(without[i])
				l1, l2 = l1+math.Abs(d), math.Hypot(l2, d)
			}
			length := l2
			if kind == spec.KindLaplace {
				length = l1
			}
			if clip := 4096.0; length > clip*(1+1e-12) || name == "a row more" && length < clip/2 || name == "no number" && length != 0 {
				t.Errorf("%s, %s: it moves the sum by %g of %g", kind, name, length, clip)
			}
		}
	}
}

// TestARowThatDoesNotFitHidesNoOther: a file with one row more that is not of the task's
// schema gives the update of the file without it. Were the whole file refused for it, as
// that of a task without noise is, the update would tell by all gradients that the row is
// there.
func TestARowThatDoesNotFitHidesNoOther(t *testing.T) {
	node, _ := summed(t, spec.KindGaussian, spec.UnitExample)
	plain := filepath.Join(t.TempDir(), "rows.csv")
	if err := data.Save(plain, node.Table.View([]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11})); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(plain)
	if err != nil {
		t.Fatal(err)
	}
	header, _, _ := strings.Cut(string(text), "\n")
	schema := spec.Schema{Label: "label", Classes: []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}}
	for name := range strings.SplitSeq(header, ",") {
		if name != schema.Label {
			schema.Columns = append(schema.Columns, spec.Column{Name: name, Kind: spec.ColumnNumber})
		}
	}
	row := func(first, label string) string { // one of the file that Save writes
		cells := make([]string, 0, len(schema.Columns)+1)
		for name := range strings.SplitSeq(header, ",") {
			switch name {
			case schema.Label:
				cells = append(cells, label)
			case schema.Columns[0].Name:
				cells = append(cells, first)
			default:
				cells = append(cells, "1")
			}
		}
		return strings.Join(cells, ",") + "\n"
	}
	released := func(more string, read func(*data.File, spec.Data) (data.Table, error)) []int32 {
		file := &data.File{Path: filepath.Join(t.TempDir(), "rows.csv")}
		if err := os.WriteFile(file.Path, []byte(string(text)+more), 0o600); err != nil {
			t.Fatal(err)
		}
		node, duty := summed(t, spec.KindGaussian, spec.UnitExample)
		node.Tools.Fitting = func(asked spec.Data) (data.Table, error) {
			asked.Schema = schema
			return read(file, asked)
		}
		if _, err := do(t, node, duty); err != nil {
			t.Fatal(err)
		}
		return values(t, node.Tools.Store, node.Tools.Slot(theTask, 1))
	}
	want := released("", (*data.File).Fitting)
	for name, more := range map[string]string{
		"a class that is not listed": row("1", "10"),
		"a missing cell":             row("", "3"),
		"a huge number":              row("1e39", "3"),
	} {
		if !slices.Equal(want, released(more, (*data.File).Fitting)) {
			t.Errorf("%s: it changes the update", name)
		}
		length := 0.0
		for i, v := range released(more, (*data.File).Rows) {
			length = math.Hypot(length, float64(v)-float64(want[i]))
		}
		if clip := 4096.0; length < 2*clip {
			t.Errorf("%s: were all rows refused, the update would move by %g: want more than the clip %g", name, length, clip)
		}
	}
}

// TestOnlyTheBuiltInEngineSeesRows: an outside trainer is refused by name where the unit
// is the example, and nothing is stored. Where it is the client it may train, and what
// leaves is within the clip of what would leave had nothing been trained.
func TestOnlyTheBuiltInEngineSeesRows(t *testing.T) {
	hostile := stub(func(base []float32) ([]float32, error) {
		for i := range base {
			base[i] += 1000
		}
		return base, nil
	})
	node, duty := summed(t, spec.KindGaussian, spec.UnitExample)
	node.Tools.Trainer = hostile
	_, err := do(t, node, duty)
	if !errors.Is(err, spec.ErrPrivacy) || !errors.Is(err, role.ErrFinal) || !strings.Contains(err.Error(), "trainer is a trainer_test.stub") {
		t.Errorf("got %v", err)
	}
	if labels, err := node.Tools.Store.Labels(t.Context()); err != nil || len(labels) != 0 {
		t.Errorf("the store holds %v (%v)", labels, err)
	}
	var got [2][]int32
	for i, engine := range []train.Trainer{stub(still), hostile} {
		node, duty := summed(t, spec.KindGaussian, spec.UnitClient)
		node.Tools.Trainer = engine
		if _, err := do(t, node, duty); err != nil {
			t.Fatal(err)
		}
		got[i] = values(t, node.Tools.Store, node.Tools.Slot(theTask, 1))
	}
	length := 0.0
	for i, v := range got[1] {
		length = math.Hypot(length, float64(v)-float64(got[0][i]))
	}
	if clip := 4096.0; length > clip || length < clip/2 {
		t.Errorf("raw weights move the update by %g: want almost %g, and no more", length, clip)
	}
}

// TestTooManyRowsForASum: rows could add up to more than an update holds. How many there
// are decides nothing: at the edge, below it and far above it, a row more moves what leaves by
// the clip at most, and all of it is there.
func TestTooManyRowsForASum(t *testing.T) {
	const clip = 1 << 24 // quanta: 32 rows
	moved := func(count int) []int32 {
		node, duty := summed(t, spec.KindGaussian, spec.UnitExample)
		duty.Task.Spec.Privacy.Clip, duty.Task.Spec.Privacy.Noise = 4096*spec.One, 1
		rows := make([]int, count)
		table := node.Table.Select([]int{0})
		for i := range table.X {
			table.X[i] *= 1e6 // its gradient is far above the clip
		}
		node.Table = table.Select(rows) // the same row again and again
		if _, err := do(t, node, duty); err != nil {
			t.Fatal(err)
		}
		return values(t, node.Tools.Store, node.Tools.Slot(theTask, 1))
	}
	length := func(a, b []int32) (l float64) {
		for i := range a {
			l = math.Hypot(l, float64(a[i])-float64(b[i]))
		}
		return l
	}
	none := moved(0)
	for _, count := range []int{31, 32, 33, 400} {
		one, more := moved(count), moved(count+1)
		if l := length(one, more); l > clip*(1+1e-9) {
			t.Errorf("%d rows and one more: what leaves moves by %g of %d", count, l, clip)
		}
		if l := length(none, one); count <= 33 && l < 0.99*float64(min(count, 32))*clip || count > 33 && l < 32*clip {
			t.Errorf("%d rows move what leaves by %g, of %d each", count, l, clip)
		}
	}
	large := 0.0
	for i, v := range moved(40_000) {
		large = max(large, math.Abs(float64(v)-float64(none[i])))
	}
	if large != spec.MaxRows {
		t.Errorf("40000 rows move a value by %g: want it cut at %d", large, spec.MaxRows)
	}
}
