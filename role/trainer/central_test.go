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
	"github.com/althing-network/althing/sim/simtest"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// centralRound returns the first of two trainers of a task in the mode central, and its duty in
// round 1, which trains. One trainer may collude. The clip is 2^12 quanta, the noise an eighth
// of it.
func centralRound(t *testing.T, kind, unit string) (*sim.Node, role.Duty) {
	t.Helper()
	asked := localTask(kind, 1)
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
	task, r := simtest.Reach(t, n, 1, spec.PhaseTrain)
	return n.Nodes[sim.FirstTrainer-1], role.Duty{Task: task, Round: r}
}

// centralUpdate returns the update of a trainer whose rows were changed before the training.
func centralUpdate(t *testing.T, kind string, change func(data.Table) data.Table) []int32 {
	t.Helper()
	node, duty := centralRound(t, kind, spec.UnitExample)
	node.Table = change(node.Table)
	event, err := trainOnce(t, node, duty)
	if err != nil {
		t.Fatal(err)
	}
	if done := event.(trainer.Trained); done.Samples != 0 || done.Correct != 0 {
		t.Errorf("the trainer tells %d samples, %d of them correct: want 0 and 0", done.Samples, done.Correct)
	}
	return readUpdate(t, node.Tools.Store, node.Tools.Slot(firstTask, 1))
}

// TestOneRowMovesTheSumByAtMostTheClip: with the same noise, the updates of two tables that
// differ in one row, however extreme, differ by at most the clip in the norm that the noise
// protects. A row without a finite gradient adds nothing.
func TestOneRowMovesTheSumByAtMostTheClip(t *testing.T) {
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
		without := centralUpdate(t, kind, func(table data.Table) data.Table { return rows(table, 49) })
		for name, change := range map[string]func(data.Table) data.Table{
			"a row more":      func(table data.Table) data.Table { return rows(table, 50) },
			"a huge row":      spoiled(1e9),
			"an infinite row": spoiled(float32(math.Inf(1))),
			"a row of NaN":    spoiled(float32(math.NaN())),
		} {
			var l1, l2 float64
			for i, v := range centralUpdate(t, kind, change) {
				d := float64(v) - float64(without[i])
				l1, l2 = l1+math.Abs(d), math.Hypot(l2, d)
			}
			length := l2
			if kind == spec.KindLaplace {
				length = l1
			}
			if clip := 4096.0; length > clip*(1+1e-12) || name == "a row more" && length < clip/2 || name == "a row of NaN" && length != 0 {
				t.Errorf("%s, %s: it moves the sum by %g, the clip is %g", kind, name, length, clip)
			}
		}
	}
}

// TestARowThatDoesNotFitHidesNoOther: a file with one more row that does not fit the task's
// schema gives the same update as the file without that row. A task without noise refuses the
// whole file; here that would remove all gradients, and so reveal that the row is there.
func TestARowThatDoesNotFitHidesNoOther(t *testing.T) {
	node, _ := centralRound(t, spec.KindGaussian, spec.UnitExample)
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
	row := func(first, label string) string { // a row as data.Save writes it
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
		node, duty := centralRound(t, spec.KindGaussian, spec.UnitExample)
		node.Tools.Fitting = func(asked spec.Data) (data.Table, error) {
			asked.Schema = schema
			return read(file, asked)
		}
		if _, err := trainOnce(t, node, duty); err != nil {
			t.Fatal(err)
		}
		return readUpdate(t, node.Tools.Store, node.Tools.Slot(firstTask, 1))
	}
	want := released("", (*data.File).Fitting)
	for name, more := range map[string]string{
		"a class that is not listed": row("1", "10"),
		"a missing cell":             row("", "3"),
		"a huge number":              row("1e39", "3"),
	} {
		if !slices.Equal(want, released(more, (*data.File).Fitting)) {
			t.Errorf("%s: the row changes the update", name)
		}
		length := 0.0
		for i, v := range released(more, (*data.File).Rows) {
			length = math.Hypot(length, float64(v)-float64(want[i]))
		}
		if clip := 4096.0; length < 2*clip {
			t.Errorf("%s: refusing the whole file moves the update by %g: want more than twice the clip %g, or the test shows nothing", name, length, clip)
		}
	}
}

// TestOnlyTheBuiltInEngineSeesRows: if the unit is the example, an outside engine is refused by
// name and nothing is stored. If the unit is the client, it may train, and its update is within
// the clip of the update of a training that changes nothing.
func TestOnlyTheBuiltInEngineSeesRows(t *testing.T) {
	hostile := stubEngine(func(base []float32) ([]float32, error) {
		for i := range base {
			base[i] += 1000
		}
		return base, nil
	})
	node, duty := centralRound(t, spec.KindGaussian, spec.UnitExample)
	node.Tools.Trainer = hostile
	_, err := trainOnce(t, node, duty)
	if !errors.Is(err, spec.ErrPrivacy) || !errors.Is(err, role.ErrFinal) || !strings.Contains(err.Error(), "trainer is a trainer_test.stubEngine") {
		t.Errorf("got error %v, want one that names the engine", err)
	}
	if labels, err := node.Tools.Store.Labels(t.Context()); err != nil || len(labels) != 0 {
		t.Errorf("the store holds %v (%v), want nothing", labels, err)
	}
	var got [2][]int32
	for i, engine := range []train.Trainer{stubEngine(unchanged), hostile} {
		node, duty := centralRound(t, spec.KindGaussian, spec.UnitClient)
		node.Tools.Trainer = engine
		if _, err := trainOnce(t, node, duty); err != nil {
			t.Fatal(err)
		}
		got[i] = readUpdate(t, node.Tools.Store, node.Tools.Slot(firstTask, 1))
	}
	length := 0.0
	for i, v := range got[1] {
		length = math.Hypot(length, float64(v)-float64(got[0][i]))
	}
	if clip := 4096.0; length > clip || length < clip/2 {
		t.Errorf("weights of a hostile engine move the update by %g: want almost %g, and no more", length, clip)
	}
}

// TestTooManyRowsForASum: rows can add up to more than an update can hold. Below that bound, at
// it and far above it, one more row moves the update by at most the clip.
func TestTooManyRowsForASum(t *testing.T) {
	const clip = 1 << 24 // quanta: 32 rows
	updateOf := func(count int) []int32 {
		node, duty := centralRound(t, spec.KindGaussian, spec.UnitExample)
		duty.Task.Spec.Privacy.Clip, duty.Task.Spec.Privacy.Noise = 4096*spec.One, 1
		rows := make([]int, count)
		table := node.Table.Select([]int{0})
		for i := range table.X {
			table.X[i] *= 1e6 // its gradient is far above the clip
		}
		node.Table = table.Select(rows) // the same row in every place
		if _, err := trainOnce(t, node, duty); err != nil {
			t.Fatal(err)
		}
		return readUpdate(t, node.Tools.Store, node.Tools.Slot(firstTask, 1))
	}
	length := func(a, b []int32) (l float64) {
		for i := range a {
			l = math.Hypot(l, float64(a[i])-float64(b[i]))
		}
		return l
	}
	none := updateOf(0)
	for _, count := range []int{31, 32, 33, 400} {
		one, more := updateOf(count), updateOf(count+1)
		if l := length(one, more); l > clip*(1+1e-9) {
			t.Errorf("%d rows and one more: the update moves by %g, want at most %d", count, l, clip)
		}
		if l := length(none, one); count <= 33 && l < 0.99*float64(min(count, 32))*clip || count > 33 && l < 32*clip {
			t.Errorf("%d rows move the update by %g: want %d for each row, up to 32 rows", count, l, clip)
		}
	}
	large := 0.0
	for i, v := range updateOf(40_000) {
		large = max(large, math.Abs(float64(v)-float64(none[i])))
	}
	if large != spec.MaxRows {
		t.Errorf("40000 rows move a value by %g: want it capped at %d", large, spec.MaxRows)
	}
}
