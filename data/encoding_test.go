package data_test

import (
	"math"
	"slices"
	"testing"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/spec"
)

// visits are two rows under a schema, the first with a missing number, the second with a
// missing category.
func visits() data.Table {
	nan := float32(math.NaN())
	return data.Table{
		X: []float32{nan, 0, 1, 7, 0, 0}, Y: []int32{1, 0}, Features: 3, Classes: 2,
		Schema: spec.Schema{
			Label: "ill", Classes: []string{"no", "yes"},
			Columns: []spec.Column{
				{Name: "age", Kind: spec.ColumnNumber},
				{Name: "sex", Kind: spec.ColumnCategory, Values: []string{"f", "m"}},
			},
		},
	}
}

// The encoding of rows does not depend on the order of columns, values and classes in a
// schema, but it does depend on their names.
func TestNamedRowsAreTheSameInAnyOrder(t *testing.T) {
	secret, table := data.Secret{3}, visits()
	nan := table.X[0]
	turned := data.Table{
		X: []float32{1, 0, nan, 0, 0, 7}, Y: []int32{0, 1}, Features: 3, Classes: 2,
		Schema: spec.Schema{
			Label: "ill", Classes: []string{"yes", "no"},
			Columns: []spec.Column{
				{Name: "sex", Kind: spec.ColumnCategory, Values: []string{"m", "f"}},
				{Name: "age", Kind: spec.ColumnNumber},
			},
		},
	}
	for _, c := range []data.Table{table, turned} {
		if err := c.ValidateRaw(); err != nil {
			t.Fatal(err)
		}
		if c.Validate() == nil {
			t.Error("a missing number and a present one have the same encoding")
		}
	}
	if data.Commitment(secret, turned) != data.Commitment(secret, table) || !slices.Equal(data.Fingerprints(secret, turned), data.Fingerprints(secret, table)) {
		t.Error("the encoding depends on the order of columns")
	}
	for name, change := range map[string]func(*data.Table){
		"a column":     func(o *data.Table) { o.Schema.Columns[0].Name = "weight" },
		"a value":      func(o *data.Table) { o.Schema.Columns[1].Values[1] = "other" },
		"a class":      func(o *data.Table) { o.Schema.Classes[1] = "perhaps" },
		"the label":    func(o *data.Table) { o.Schema.Label = "well" },
		"a cell":       func(o *data.Table) { o.X[3] = 8 },
		"a category":   func(o *data.Table) { o.X[4] = 1 },
		"a row's word": func(o *data.Table) { o.Y[0] = 0 },
		"no schema":    func(o *data.Table) { o.Schema = spec.Schema{} },
		"targets": func(o *data.Table) {
			o.Schema.Classes, o.Classes, o.Y, o.Targets = nil, 1, []int32{0, 0}, []float32{1, 0}
		},
	} {
		other := visits()
		change(&other)
		if data.Commitment(secret, other) == data.Commitment(secret, table) {
			t.Errorf("%s has changed, and the commitment stays the same", name)
		}
	}
}

// Selections and splits keep targets with their rows.
func TestTargetsStayWithTheirRows(t *testing.T) {
	whole := data.Table{Features: 1, Classes: 1}
	for i := range 100 {
		whole.X, whole.Y = append(whole.X, float32(i)), append(whole.Y, 0)
		whole.Targets = append(whole.Targets, float32(2*i))
	}
	train, holdout, err := data.Holdout(data.Shuffle(whole, 1), spec.One/5, 1)
	if err != nil {
		t.Fatal(err)
	}
	parts, err := data.Dirichlet(train, 4, 0.5, 1)
	if err != nil {
		t.Fatal(err)
	}
	shards, err := data.Shards(holdout, 2)
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for _, part := range slices.Concat(parts, shards, []data.Table{holdout.Select([]int{1, 0})}) {
		if err := part.Validate(); err != nil {
			t.Fatal(err)
		}
		rows += part.Rows()
		for i := range part.Rows() {
			if part.Targets[i] != 2*part.Row(i)[0] {
				t.Errorf("row %v has the target %v", part.Row(i), part.Targets[i])
			}
		}
	}
	if rows != 102 || holdout.Rows() != 20 {
		t.Errorf("%d rows, %d of them held out", rows, holdout.Rows())
	}
	other := whole.Select([]int{0, 1})
	digest, prints := data.Digest(other), data.Fingerprints(data.Secret{}, other)
	other.Targets[1] = 5
	if data.Digest(other) == digest || data.Fingerprints(data.Secret{}, other)[1] == prints[1] {
		t.Error("a target has changed, and the fingerprint of its row stays the same")
	}
	other.Targets = other.Targets[:1]
	if other.Validate() == nil {
		t.Error("a row without a target is valid")
	}
}
