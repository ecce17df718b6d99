package spec_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/spec"
)

func TestParseRows(t *testing.T) {
	const alone = "label: sick\nclasses: [no, yes]\ncolumns:\n- {name: age, kind: number, min: 0, max: 120}\n"
	d, err := spec.ParseRows([]byte(alone))
	want := spec.Schema{Label: "sick", Classes: []string{"no", "yes"}, Columns: []spec.Column{{Name: "age", Kind: spec.ColumnNumber, Min: "0", Max: "120"}}}
	if diff := cmp.Diff(spec.Data{Schema: want}, d); err != nil || diff != "" {
		t.Errorf("a schema alone: %v\n%s", err, diff)
	}
	json := `{"label": "sick", "classes": ["no", "yes"], "columns": [{"name": "age", "kind": "number", "min": "0", "max": "120"}]}`
	if d, err = spec.ParseRows([]byte(json)); err != nil || cmp.Diff(want, d.Schema) != "" {
		t.Errorf("JSON: %v, %+v", err, d)
	}
	task := "name: people\nmodel: {kind: softmax, inputs: 1, classes: 2}\ndata:\n  name: people\n  features: standard\n  schema:\n    " +
		strings.ReplaceAll(strings.TrimSpace(alone), "\n", "\n    ") + "\ntraining: {rate: 0.1}\ntarget: {rounds: 3}\nescrow: 4000000\n"
	if d, err = spec.ParseRows([]byte(task)); err != nil || cmp.Diff(want, d.Schema) != "" || d.Features != spec.FeaturesStandard {
		t.Errorf("a task file: %v, %+v", err, d)
	}
	for text, why := range map[string]string{
		"":                                "the file is empty",
		"label: sick\n":                   "data.schema.columns: missing",
		"lable: sick\n":                   "lable",
		"columns: {a: b}\n":               "want a list",
		"{}\n":                            "it says nothing",
		"data: {name: people}\nname: x\n": "task file",
	} {
		if _, err := spec.ParseRows([]byte(text)); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%q: %v, want %s", text, err, why)
		}
	}
}
