package model_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
)

// patients are rows of a classification, with all kinds of columns. If bounded is true, both
// numbers have bounds.
func patients(bounded bool) spec.Data {
	d := spec.Data{Features: spec.FeaturesStandard, Missing: spec.MissingImpute, Schema: spec.Schema{
		Label: `"sick"`, Classes: []string{"no", `yes\`},
		Columns: []spec.Column{
			{Name: "age", Kind: spec.ColumnNumber},
			{Name: "blood", Kind: spec.ColumnCategory, Values: []string{"A", "0<é"}},
			{Name: "pulse", Kind: spec.ColumnNumber},
		},
	}}
	if bounded {
		d.Schema.Columns[0].Min, d.Schema.Columns[0].Max = "0", "120"
		d.Schema.Columns[2].Min, d.Schema.Columns[2].Max = "-1.5e1", "2e2"
	}
	return d
}

// homes are rows of a regression: the label is a number.
func homes(bounded bool) spec.Data {
	d := spec.Data{Features: spec.FeaturesMinMax, Schema: spec.Schema{
		Label: "price", Columns: []spec.Column{{Name: "area", Kind: spec.ColumnNumber}},
	}}
	if bounded {
		d.Schema.Min, d.Schema.Max = "-1", "3"
		d.Schema.Columns[0].Min, d.Schema.Columns[0].Max = "0.1", "0.3"
	}
	return d
}

// modelFor is the smallest model for some rows.
func modelFor(d spec.Data) spec.Model {
	if d.Schema.Regression() {
		return spec.Model{Kind: spec.ModelLinear, Loss: spec.LossMSE, Inputs: uint32(d.Schema.Inputs()), Classes: 1}
	}
	return spec.Model{Kind: spec.ModelSoftmax, Inputs: uint32(d.Schema.Inputs()), Classes: uint32(len(d.Schema.Classes))}
}

// initial is model 0 for some rows.
func initial(t testing.TB, d spec.Data) model.File {
	t.Helper()
	f, err := model.Initial(spec.TaskSpec{Model: modelFor(d), Data: d})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// measured is a model for some rows with a measured scale.
func measured(t testing.TB, d spec.Data) model.File {
	t.Helper()
	f := initial(t, d)
	numbers, err := model.Numbers(d.Schema)
	if err != nil {
		t.Fatal(err)
	}
	statistics := make([]model.Statistics, len(numbers))
	for i := range statistics {
		statistics[i] = model.Uniform(float32(i), float32(i)+6)
	}
	if f.Scale, err = model.NewScale(d, statistics); err != nil {
		t.Fatal(err)
	}
	return f
}

// tabular are model files for rows with a schema. A key has the number of values behind the
// weights and the text with which the header states the rows.
func tabular(t testing.TB) map[string]model.File {
	plain := patients(false)
	plain.Features, plain.Missing = "", ""
	const sick, bounded = `"label":"\"sick\"","classes":["no","yes\\"],"columns":[{"name":"age","kind":"number"%s},{"name":"blood","kind":"category","values":["A","0<é"]},{"name":"pulse","kind":"number"%s}]}`,
		`,"min":"%s","max":"%s"`
	within := fmt.Sprintf(sick, fmt.Sprintf(bounded, "0", "120"), fmt.Sprintf(bounded, "-1.5e1", "2e2"))
	open := fmt.Sprintf(sick, "", "")
	return map[string]model.File{
		`0 {` + open: initial(t, plain),
		`0 {"features":"standard","missing":"impute",` + open:                                                                                          initial(t, patients(false)),
		`12 {"features":"standard","missing":"impute",` + open:                                                                                         measured(t, patients(false)),
		`12 {"features":"standard","missing":"impute",` + within:                                                                                       initial(t, patients(true)),
		`4 {"features":"minmax","label":"price","columns":[{"name":"area","kind":"number"}]}`:                                                          measured(t, homes(false)),
		`4 {"features":"minmax","label":"price","label_min":"-1","label_max":"3","columns":[{"name":"area","kind":"number","min":"0.1","max":"0.3"}]}`: initial(t, homes(true)),
	}
}

// TestHeaderStatesRows: the header states everything that a task says of its rows, except
// the name of the data set and the least numbers of rows. It is decoded with the scale.
func TestHeaderStatesRows(t *testing.T) {
	said := map[string]bool{}
	for want, f := range tabular(t) {
		f.State = spec.Digest{3}
		b, err := f.Encode()
		if err != nil {
			t.Fatal(err)
		}
		var h struct {
			Metadata map[string]string `json:"__metadata__"`
		}
		if err := json.Unmarshal([]byte(headerIn(b)), &h); err != nil {
			t.Fatal(err)
		}
		got := fmt.Sprintf("%d %s", len(f.Scale.Shift)+len(f.Scale.Width)+len(f.Scale.Missing), h.Metadata["rows"])
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
		opened, err := model.Open(b)
		if diff := cmp.Diff(f, opened, cmpopts.EquateEmpty()); err != nil || diff != "" {
			t.Errorf("%v (-encoded +opened):\n%s", err, diff)
		}
		f.Data.Name, f.Data.MinSamples, f.Data.MinHoldout = "patients", 5, 7 // not stated in the file
		if f.Data.Features == "" {
			f.Data.Features, f.Data.Missing = spec.FeaturesNone, spec.MissingRefuse // the same as empty words
		}
		decoded, err := model.Decode(f.Model, f.Data, b)
		if diff := cmp.Diff(opened, decoded); err != nil || diff != "" {
			t.Errorf("%v (-opened +decoded):\n%s", err, diff)
		}
		if size, err := f.Size(); err != nil || size != int64(len(b)) {
			t.Errorf("size %d (%v), want %d", size, err, len(b))
		}
		noteFields(said, reflect.ValueOf(opened.Data))
	}
	for _, field := range []string{"Name", "MinSamples", "MinHoldout"} {
		delete(said, "spec.Data."+field)
	}
	for name, something := range said {
		if !something {
			t.Errorf("no file of this test has a value in the field %s: add one", name)
		}
	}
}

// TestScaleBytes compares a whole file with a scale, byte for byte.
func TestScaleBytes(t *testing.T) {
	f := initial(t, homes(true))
	got, err := f.Encode()
	if err != nil {
		t.Fatal(err)
	}
	header := `{"__metadata__":{"format":"althing/1","model":"{\"kind\":\"linear\",\"inputs\":1,\"loss\":\"mse\",\"classes\":1,\"seed\":0}",` +
		`"rows":"{\"features\":\"minmax\",\"label\":\"price\",\"label_min\":\"-1\",\"label_max\":\"3\",` +
		`\"columns\":[{\"name\":\"area\",\"kind\":\"number\",\"min\":\"0.1\",\"max\":\"0.3\"}]}"},` +
		`"layers.0.weight":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]},` +
		`"layers.0.bias":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},` +
		`"rows.shift":{"dtype":"F32","shape":[2],"data_offsets":[8,16]},` +
		`"rows.width":{"dtype":"F32","shape":[2],"data_offsets":[16,24]}}`
	if diff := cmp.Diff(file(padded(header), []float32{0, 0, 0.1, -1, 0.20000002, 4}), got); diff != "" {
		t.Errorf("file (-want +got):\n%s", diff)
	}
}

// What encoding/json makes of these structs is what a header states of rows.
type (
	jsonRows struct {
		Features string       `json:"features,omitempty"`
		Missing  string       `json:"missing,omitempty"`
		Label    string       `json:"label"`
		Classes  []string     `json:"classes,omitempty"`
		Min      spec.Decimal `json:"label_min,omitempty"`
		Max      spec.Decimal `json:"label_max,omitempty"`
		Columns  []jsonColumn `json:"columns"`
	}
	jsonColumn struct {
		Name   string       `json:"name"`
		Kind   string       `json:"kind"`
		Values []string     `json:"values,omitempty"`
		Min    spec.Decimal `json:"min,omitempty"`
		Max    spec.Decimal `json:"max,omitempty"`
	}
)

// schemas draws rows with a schema.
func schemas() *rapid.Generator[spec.Data] {
	return rapid.Custom(func(t *rapid.T) spec.Data {
		texts := func(least int) []string {
			return rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z"\\é<&/:{} ]{1,6}`), least, 4, rapid.ID).Draw(t, "texts")
		}
		names := texts(2)
		d := spec.Data{
			Features: rapid.SampledFrom([]string{spec.FeaturesStandard, spec.FeaturesMinMax}).Draw(t, "features"),
			Missing:  rapid.SampledFrom([]string{"", spec.MissingImpute}).Draw(t, "missing"),
			Schema:   spec.Schema{Label: names[0]},
		}
		bounded := rapid.Bool().Draw(t, "bounded")
		if rapid.Bool().Draw(t, "classes") {
			d.Schema.Classes = texts(2)
		} else if bounded {
			d.Schema.Min, d.Schema.Max = "-2.5", "1e30"
		}
		for _, name := range names[1:] {
			c := spec.Column{Name: name, Kind: spec.ColumnNumber}
			if rapid.Bool().Draw(t, "category") {
				c.Kind, c.Values = spec.ColumnCategory, texts(1)
			} else if bounded {
				c.Min, c.Max = "0", "7e-40"
			}
			d.Schema.Columns = append(d.Schema.Columns, c)
		}
		return d
	})
}

func TestRowsAreWhatEncodingJSONWrites(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := schemas().Draw(rt, "rows")
		f := initial(t, d)
		if d.MeasuresColumns() && rapid.Bool().Draw(rt, "measured") {
			f = measured(t, d)
		}
		var columns []jsonColumn
		for _, c := range d.Schema.Columns {
			columns = append(columns, jsonColumn(c))
		}
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(jsonRows{d.Features, d.Missing, d.Schema.Label, d.Schema.Classes, d.Schema.Min, d.Schema.Max, columns}); err != nil {
			rt.Fatal(err)
		}
		encoded, err := f.Encode()
		if err != nil {
			rt.Fatal(err)
		}
		var h struct {
			Metadata struct {
				Rows string `json:"rows"`
			} `json:"__metadata__"`
		}
		if err := json.Unmarshal([]byte(headerIn(encoded)), &h); err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(strings.TrimSuffix(b.String(), "\n"), h.Metadata.Rows); diff != "" {
			rt.Fatalf("rows (-encoding/json +ours):\n%s", diff)
		}
		opened, err := model.Open(encoded)
		if err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(f, opened); diff != "" {
			rt.Fatalf("-encoded +opened:\n%s", diff)
		}
	})
}

func TestDecodeRefusesOtherRows(t *testing.T) {
	change := func(f model.File, change func(f *model.File)) model.File {
		f.Scale.Shift, f.Scale.Width, f.Scale.Missing = clone(f.Scale.Shift), clone(f.Scale.Width), clone(f.Scale.Missing)
		change(&f)
		return f
	}
	learnt, bounded := measured(t, patients(false)), initial(t, patients(true))
	other := patients(false)
	other.Schema.Columns[0], other.Schema.Columns[2] = other.Schema.Columns[2], other.Schema.Columns[0]
	for _, test := range []struct {
		name string
		file model.File
		want string
	}{
		{"a class more", change(learnt, func(f *model.File) { f.Model.Classes, f.Weights = 3, make([]float32, 15) }), "model.classes: 3: want 2, the number of classes in data.schema"},
		{"an input more", change(learnt, func(f *model.File) { f.Model.Inputs, f.Weights = 5, make([]float32, 12) }), "model.inputs: 5: want 4, the inputs that the columns of data.schema give"},
		{"a scale for rows that are used as they are", change(learnt, func(f *model.File) { f.Data.Features, f.Data.Missing = "", "" }), "it has a scale"},
		{"no scale where bounds give it", change(bounded, func(f *model.File) { f.Scale = model.Scale{} }), "it has no scale: want"},
		{"another scale than bounds give", change(bounded, func(f *model.File) { f.Scale.Shift[0]++ }), "input 0 has the shift 61 and the width 34.641018: want 60 and 34.641018"},
		{"too few shifts", change(learnt, func(f *model.File) { f.Scale.Shift = f.Scale.Shift[1:] }), "scale of 3 shifts"},
		{"nothing for missing numbers", change(learnt, func(f *model.File) { f.Scale.Missing = nil }), "0 values for missing numbers"},
		{"a width of zero", change(learnt, func(f *model.File) { f.Scale.Width[3] = 0 }), "input 3 has the shift 4 and the width 0"},
		{"a negative width", change(learnt, func(f *model.File) { f.Scale.Width[3] = -1 }), "input 3"},
		{"a shift that is no number", change(learnt, func(f *model.File) { f.Scale.Shift[0] = float32(math.NaN()) }), "has the shift NaN"},
		{"a missing number that is none", change(learnt, func(f *model.File) { f.Scale.Missing[0] = float32(math.Inf(1)) }), "is"},
		{"a category with a shift", change(learnt, func(f *model.File) { f.Scale.Shift[1] = 1 }), "input 1 has the shift 1 and the width 1: want 0 and 1"},
		{"a category with a width", change(learnt, func(f *model.File) { f.Scale.Width[2] = 2 }), "input 2"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := test.file.Encode(); !errors.Is(err, model.ErrModel) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("encode: error %v: want one that says %q", err, test.want)
			}
		})
	}
	good, err := learnt.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for name, d := range map[string]spec.Data{"without a schema": {}, `{\"name\":\"pulse\"`: other} {
		if _, err := model.Decode(learnt.Model, d, good); !errors.Is(err, model.ErrModel) || !strings.Contains(err.Error(), strings.ReplaceAll(name, `\`, "")) {
			t.Errorf("error %v: want one that says %s", err, name)
		}
	}
	// The same bytes with one value changed.
	for from, to := range map[float32]float32{3: float32(math.NaN()), 4: float32(math.Inf(-1)), 1.7320508: 0} {
		old, bad := file("", []float32{from})[8:], file("", []float32{to})[8:]
		at := bytes.LastIndex(good, old)
		if at < 0 {
			t.Fatalf("%v is not in the file", from)
		}
		b := bytes.Clone(good)
		copy(b[at:], bad)
		if _, err := model.Open(b); !errors.Is(err, model.ErrModel) {
			t.Errorf("%v for %v: error %v, want %v", to, from, err, model.ErrModel)
		}
	}
}

func clone(values []float32) []float32 { return append([]float32(nil), values...) }

// TestFileSizeIsTheLargest: FileSize is the largest size of a model file of a task: with a scale and a state if the task
// can have them.
func TestFileSizeIsTheLargest(t *testing.T) {
	for rows, f := range tabular(t) {
		task := spec.TaskSpec{Model: f.Model, Data: f.Data}
		largest := f
		if f.Data.MeasuresColumns() {
			largest = measured(t, f.Data)
		}
		for _, optimiser := range []string{spec.ServerNone, spec.ServerFedAdam} {
			if task.Aggregation.Optimiser = optimiser; task.Aggregation.Optimised() {
				largest.State = spec.Digest{1}
			}
			want, err := largest.Size()
			if got, err2 := model.FileSize(task); err != nil || err2 != nil || got != want {
				t.Errorf("%s: %d bytes, want %d (%v, %v)", rows, got, want, err, err2)
			}
		}
	}
}

// TestTheLongestSchemaIsRead: a file with the longest possible schema can be opened.
func TestTheLongestSchemaIsRead(t *testing.T) {
	d := spec.Data{Features: spec.FeaturesStandard, Missing: spec.MissingImpute, Schema: spec.Schema{Label: "y", Classes: []string{"no", "yes"}}}
	var values []string
	for c := ' '; c <= '~'; c++ {
		values = append(values, string(c))
	}
	left := spec.MaxSchemaBytes - 6
	for i := range spec.MaxColumns {
		c := spec.Column{Name: fmt.Sprintf("%03d", i), Kind: spec.ColumnNumber}
		if left -= len(c.Name); left > len(values)+3*(spec.MaxColumns-i) {
			c.Kind, c.Values = spec.ColumnCategory, values
			left -= len(values)
		}
		d.Schema.Columns = append(d.Schema.Columns, c)
	}
	f := measured(t, d)
	b, err := f.Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := model.Open(b)
	if diff := cmp.Diff(f, got); err != nil || diff != "" {
		t.Errorf("%v (-encoded +opened):\n%s", err, diff)
	}
	t.Logf("header of %d bytes", len(headerIn(b)))
}
