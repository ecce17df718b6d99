package spec_test

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/spec"
)

func TestParseSchema(t *testing.T) {
	const alone = "label: sick\nclasses: [no, yes]\ncolumns:\n- {name: age, kind: number, min: 0, max: 120}\n"
	d, err := spec.ParseSchema([]byte(alone))
	want := spec.Schema{Label: "sick", Classes: []string{"no", "yes"}, Columns: []spec.Column{{Name: "age", Kind: spec.ColumnNumber, Min: "0", Max: "120"}}}
	if diff := cmp.Diff(spec.Data{Schema: want}, d); err != nil || diff != "" {
		t.Errorf("a schema alone: %v\n%s", err, diff)
	}
	json := `{"label": "sick", "classes": ["no", "yes"], "columns": [{"name": "age", "kind": "number", "min": "0", "max": "120"}]}`
	if d, err = spec.ParseSchema([]byte(json)); err != nil || cmp.Diff(want, d.Schema) != "" {
		t.Errorf("JSON: %v, %+v", err, d)
	}
	task := "name: people\nmodel: {kind: softmax, inputs: 1, classes: 2}\ndata:\n  name: people\n  features: standard\n  schema:\n    " +
		strings.ReplaceAll(strings.TrimSpace(alone), "\n", "\n    ") + "\ntraining: {rate: 0.1}\ntarget: {rounds: 3}\nescrow: 4000000\n"
	if d, err = spec.ParseSchema([]byte(task)); err != nil || cmp.Diff(want, d.Schema) != "" || d.Features != spec.FeaturesStandard {
		t.Errorf("a task file: %v, %+v", err, d)
	}
	for text, why := range map[string]string{
		"":                                "the file is empty",
		"label: sick\n":                   "schema file line 1: columns: missing",
		"lable: sick\n":                   "lable",
		"columns: {a: b}\n":               "want a list",
		"{}\n":                            "no field is set",
		"data: {name: people}\nname: x\n": "task file",
	} {
		if _, err := spec.ParseSchema([]byte(text)); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%q: %v, want %s", text, err, why)
		}
	}
}

// FuzzParseSchema wants every file to be refused with an error, or to give a schema that is
// valid and that a file of itself gives again.
func FuzzParseSchema(f *testing.F) {
	for _, seed := range []string{
		"", "{}", "label: sick\nclasses: [no, yes]\ncolumns:\n- {name: age, kind: number, min: 0, max: 120}\n",
		`{"label": "price", "label_min": "-1", "label_max": "2e3", "columns": [{"name": "heating", "kind": "category", "values": ["gas"]}]}`,
		"data: {name: people}\nname: x\n", "columns: {a: b}\n", "label: &a sick\ncolumns: *a\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		d, err := spec.ParseSchema(file)
		if err != nil {
			return
		}
		if err := d.Schema.Validate(); err != nil || d.Schema.IsZero() {
			t.Fatalf("it gives a schema that is refused: %v, %+v", err, d.Schema)
		}
		again, err := json.Marshal(d.Schema)
		if err != nil {
			t.Fatal(err)
		}
		if read, err := spec.ParseSchema(again); err != nil || cmp.Diff(d.Schema, read.Schema) != "" {
			t.Fatalf("read again from %s: %v, %+v", again, err, read.Schema)
		}
	})
}

// FuzzDecimal wants every number that is valid to be one that float32 holds.
func FuzzDecimal(f *testing.F) {
	for _, seed := range []string{"", "0", "-1.5", "2e-3", "+.5", "1e46", "1e45", "1e38", "3.4028235e38", "3.40282357e38", "1e-45", "0x1", "1_0", "1/2", "inf", "NaN", "--1", "1e+-2"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !spec.Decimal(text).Valid() {
			return
		}
		if x, err := strconv.ParseFloat(text, 32); err != nil || math.IsInf(x, 0) || x != x {
			t.Fatalf("%q is valid, and float32 makes %v of it: %v", text, x, err)
		}
	})
}
