package spec_test

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/althing-network/althing/spec"
)

// tabled returns a task whose rows have a schema: two numbers and a category of three values.
func tabled(t *testing.T) spec.TaskSpec {
	t.Helper()
	task, err := spec.ParseTask([]byte(`name: penguins
model: {kind: softmax, inputs: 5, classes: 2}
data:
  name: penguins
  features: standard
  missing: impute
  schema:
    label: species
    classes: [adelie, gentoo]
    columns:
      - {name: mass, kind: number, min: "2000", max: "7e3"}
      - {name: island, kind: category, values: [biscoe, dream, torgersen]}
      - {name: bill, kind: number, min: "-1.5", max: "70.25"}
training: {rate: 0.1}
target: {rounds: 5}
escrow: 10_000_000
`))
	if err != nil {
		t.Fatal(err)
	}
	return task
}

// regression changes a task to one whose label is a number.
func regression(t *spec.TaskSpec) {
	t.Model = spec.Model{Kind: spec.ModelLinear, Loss: spec.LossMSE, Inputs: 5, Classes: 1}
	t.Data.Schema.Classes = nil
}

func private(t *spec.TaskSpec) {
	t.Privacy = spec.Privacy{Mode: spec.PrivacyLocal, Kind: spec.KindGaussian, Clip: spec.One, Noise: spec.One}
	t.Aggregation.Rule = spec.RuleMean
}

func TestSchemaOfATask(t *testing.T) {
	task := tabled(t)
	if got := task.Data.Schema.Inputs(); got != 5 {
		t.Errorf("%d inputs, want 5", got)
	}
	if task.Data.MeasuresColumns() || !task.Data.Scaled() || task.Data.Schema.Regression() {
		t.Errorf("learns %v, scaled %v, regression %v: want false, true, false", task.Data.MeasuresColumns(), task.Data.Scaled(), task.Data.Schema.Regression())
	}
	task.Data.Schema.Columns[0].Min, task.Data.Schema.Columns[0].Max = "", ""
	if !task.Data.MeasuresColumns() {
		t.Error("a number without bounds, and nothing is learned of it")
	}
	if task.Data.Features = spec.FeaturesNone; task.Data.MeasuresColumns() {
		t.Error("numbers are used as they are, and statistics are learned of them")
	}
	task = tabled(t)
	if regression(&task); !task.Data.MeasuresColumns() {
		t.Error("a label without bounds, and nothing is learned of it")
	}
	if err := task.Validate(); err != nil {
		t.Error(err)
	}
}

func TestValidateSchema(t *testing.T) {
	column := func(c spec.Column) func(*spec.TaskSpec) {
		return func(t *spec.TaskSpec) { t.Data.Schema.Columns[0] = c }
	}
	for name, c := range map[string]struct {
		change     func(t *spec.TaskSpec)
		field, why string // empty: it is accepted
	}{
		"as it is":                  {func(*spec.TaskSpec) {}, "", ""},
		"no label":                  {func(t *spec.TaskSpec) { t.Data.Schema.Label = "" }, "data.schema.label", "missing"},
		"one class":                 {func(t *spec.TaskSpec) { t.Data.Schema.Classes = []string{"adelie"} }, "data.schema.classes", `only one class, "adelie"`},
		"a class twice":             {func(t *spec.TaskSpec) { t.Data.Schema.Classes[1] = "adelie" }, "data.schema.classes", "listed twice"},
		"classes with bounds":       {func(t *spec.TaskSpec) { t.Data.Schema.Min = "1" }, "data.schema.classes", "no bounds"},
		"no columns":                {func(t *spec.TaskSpec) { t.Data.Schema.Columns = nil }, "data.schema.columns", "missing"},
		"a column twice":            {column(spec.Column{Name: "bill", Kind: spec.ColumnNumber}), "data.schema.columns.3", `"bill" is listed twice`},
		"the label as a column":     {column(spec.Column{Name: "species", Kind: spec.ColumnNumber}), "data.schema.columns.1", "is the label"},
		"an unknown kind":           {column(spec.Column{Name: "mass", Kind: "date"}), "data.schema.columns.1", `unknown kind "date"`},
		"one bound":                 {column(spec.Column{Name: "mass", Kind: spec.ColumnNumber, Min: "1"}), "data.schema.columns.1", "one bound"},
		"bounds in the wrong order": {column(spec.Column{Name: "mass", Kind: spec.ColumnNumber, Min: "2", Max: "1e0"}), "data.schema.columns.1", "is not below"},
		"bounds too close together": {column(spec.Column{Name: "mass", Kind: spec.ColumnNumber, Min: "1", Max: "1.00000001"}), "data.schema.columns.1", "too close"},
		"a label too close":         {func(t *spec.TaskSpec) { regression(t); t.Data.Schema.Min, t.Data.Schema.Max = "-1e-45", "0" }, "data.schema.label", "too close"},
		"bounds that are close":     {column(spec.Column{Name: "mass", Kind: spec.ColumnNumber, Min: "1", Max: "1.0000002"}), "", ""},
		"a bound that is no number": {column(spec.Column{Name: "mass", Kind: spec.ColumnNumber, Min: "0", Max: "1,5"}), "data.schema.columns.1", "want decimals"},
		"a bound beyond float32":    {column(spec.Column{Name: "mass", Kind: spec.ColumnNumber, Min: "0", Max: "3.40282357e38"}), "data.schema.columns.1", "want decimals"},
		"the largest bound":         {column(spec.Column{Name: "mass", Kind: spec.ColumnNumber, Min: "0", Max: "3.402823e38"}), "", ""},
		"an input too few":          {func(t *spec.TaskSpec) { t.Model.Inputs = 4 }, "model.inputs", "4: want 5, the inputs that the columns of data.schema give"},
		"a class too many":          {func(t *spec.TaskSpec) { t.Model.Classes = 3 }, "model.classes", "3: want 2, the number of classes in data.schema"},
		"a number, and two classes": {func(t *spec.TaskSpec) { t.Data.Schema.Classes = nil }, "model.classes", "2: want 1, because the label of data.schema is a number"},
		"a number":                  {regression, "", ""},
		"a number and no schema":    {func(t *spec.TaskSpec) { regression(t); t.Data = spec.Data{Name: "homes"} }, "model.classes", "a model that predicts a number needs data.schema"},
		"images":                    {func(t *spec.TaskSpec) { t.Model = pictures(); t.Data.Schema.Classes = []string{"a", "b", "c"} }, "model.image", "rows with a schema are not images"},
		"scaled without a schema":   {func(t *spec.TaskSpec) { t.Data.Schema, t.Data.Missing = spec.Schema{}, "" }, "data.features", "only rows with a schema"},
		"imputed without a schema":  {func(t *spec.TaskSpec) { t.Data.Schema = spec.Schema{} }, "data.missing", "only rows with a schema"},
		"imputed without a mean":    {func(t *spec.TaskSpec) { t.Data.Features = "" }, "data.missing", "needs the mean of each column, which is known only if data.features is standard or minmax"},
		"imputed without a number": {func(t *spec.TaskSpec) {
			t.Data.Features, t.Data.Schema.Columns, t.Model.Inputs = "", t.Data.Schema.Columns[1:2], 3
		}, "", ""},
		"one round, to measure":              {func(t *spec.TaskSpec) { regression(t); t.Target.Rounds = 1 }, "target.rounds", "want at least 2"},
		"one round to measure, one to train": {func(t *spec.TaskSpec) { regression(t); t.Target.Rounds = 2 }, "", ""},
		"one round of a model with a scale": {func(t *spec.TaskSpec) {
			regression(t)
			t.Target.Rounds, t.Model.Init = 1, spec.Init{Model: spec.Digest{1}, Holder: 1}
		}, "", ""},
		"one round, and all bounds": {func(t *spec.TaskSpec) { t.Target.Rounds = 1 }, "", ""},
		"private with bounds":       {private, "", ""},
		"private without bounds": {func(t *spec.TaskSpec) {
			private(t)
			t.Data.Schema.Columns[2].Min, t.Data.Schema.Columns[2].Max = "", ""
		}, "data.schema", `trainers of a private task do not reveal statistics of their columns: state min and max of the column "bill", or data.features: none`},
		"private label without bounds": {func(t *spec.TaskSpec) { private(t); regression(t) }, "data.schema", `state label_min and label_max of "species"`},
		"private and not scaled": {func(t *spec.TaskSpec) {
			private(t)
			t.Data.Features, t.Data.Missing = "", ""
			t.Data.Schema.Columns[2].Min, t.Data.Schema.Columns[2].Max = "", ""
		}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			task := tabled(t)
			c.change(&task)
			before := task
			err := task.Validate()
			if diff := cmp.Diff(before, task); diff != "" {
				t.Errorf("validating changes the task:\n%s", diff)
			}
			if c.field == "" {
				if err != nil {
					t.Errorf("refused: %v", err)
				}
				return
			}
			wrong, ok := errors.AsType[*spec.FieldError](err)
			if !ok || wrong.Field != c.field || !strings.Contains(wrong.Why, c.why) {
				t.Errorf("error %v: want one of %s that says %q", err, c.field, c.why)
			}
		})
	}
}

// A bound is accepted if float32 can hold it.
func TestDecimal(t *testing.T) {
	for text, valid := range map[spec.Decimal]bool{
		"0": true, "-1.5": true, "2e-3": true, "+7E+2": true, "1e-45": true, "0.000001": true,
		"340282350000000000000000000000": true, "3.4028235e38": true, "3.4028236e38": false, "1e39": false,
		"": false, ".5": false, "5.": false, "1_000": false, "1,5": false, "0x10": false, "1e": false, "--1": false, "1e46": false, "NaN": false, "Inf": false, "1/3": false,
	} {
		if got := text.Valid(); got != valid {
			t.Errorf("%q is a number: %v, want %v", text, got, valid)
		}
	}
}

// TestBoundsAreTwoNumbers: accepted bounds are two different float32 numbers. Bounds that are more than a
// few steps of float32 apart are not refused.
func TestBoundsAreTwoNumbers(t *testing.T) {
	task := tabled(t)
	rapid.Check(t, func(t *rapid.T) {
		low := math.Float32frombits(rapid.Uint32().Draw(t, "bits"))
		if size := math.Abs(float64(low)); !(size < 1e38) {
			t.Skip()
		}
		high := low
		for range rapid.IntRange(0, 6).Draw(t, "steps") {
			high = math.Nextafter32(high, math.MaxFloat32)
		}
		part := rapid.Float64Range(-1, 1).Draw(t, "part of a step")
		from, to := fmt.Sprintf("%.20e", low), fmt.Sprintf("%.20e", float64(high)+part*float64(math.Nextafter32(high, math.MaxFloat32)-high))
		column := &task.Data.Schema.Columns[0]
		column.Kind, column.Min, column.Max = spec.ColumnNumber, spec.Decimal(from), spec.Decimal(to)
		err := task.Data.Schema.Validate()
		a, errA := strconv.ParseFloat(from, 32)
		b, errB := strconv.ParseFloat(to, 32)
		if errA != nil || errB != nil || !column.Min.Valid() || !column.Max.Valid() {
			t.Skip() // too long, or below 1e-45
		}
		if err == nil && a >= b {
			t.Fatalf("%s and %s are accepted, and are %v and %v", from, to, a, b)
		}
		if far := low; err != nil {
			for range 3 {
				far = math.Nextafter32(far, math.MaxFloat32)
			}
			if b > float64(far) {
				t.Fatalf("%s and %s are refused: %v", from, to, err)
			}
		}
	})
}
