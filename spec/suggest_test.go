package spec_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/spec"
)

// What is suggested for a table is a valid task, whether its label is a class or a number.
func TestSuggestTask(t *testing.T) {
	columns := []spec.Column{
		{Name: "age", Kind: spec.ColumnNumber},
		{Name: "island", Kind: spec.ColumnCategory, Values: []string{"Biscoe", "Dream", "Torgersen"}},
	}
	classes := spec.Data{Name: "penguins", Features: spec.FeaturesStandard, Schema: spec.Schema{Label: "species", Classes: []string{"Adelie", "Gentoo"}, Columns: columns}}
	number := classes
	number.Schema.Label, number.Schema.Classes = "mass", nil
	for _, c := range []struct {
		kind string
		data spec.Data
		want spec.Model
	}{
		{"", classes, spec.Model{Kind: spec.ModelSoftmax, Inputs: 4, Classes: 2}},
		{spec.ModelMLP, classes, spec.Model{Kind: spec.ModelMLP, Inputs: 4, Hidden: []uint32{32}, Classes: 2}},
		{"", number, spec.Model{Kind: spec.ModelLinear, Inputs: 4, Classes: 1, Loss: spec.LossMSE}},
		{spec.ModelMLP, number, spec.Model{Kind: spec.ModelMLP, Inputs: 4, Hidden: []uint32{32}, Classes: 1, Loss: spec.LossMSE}},
	} {
		got := spec.SuggestTask(c.kind, c.data)
		if err := got.Validate(); err != nil {
			t.Errorf("%q for the label %q: %v", c.kind, c.data.Schema.Label, err)
		}
		if diff := cmp.Diff(c.want, got.Model); diff != "" {
			t.Errorf("model (-want +got):\n%s", diff)
		}
	}
	if err := spec.SuggestTask(spec.ModelLinear, classes).Validate(); err == nil {
		t.Error("a linear model of classes is valid")
	}
}
