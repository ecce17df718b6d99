package data_test

import (
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/spec"
)

// Columns go by name: a table with two columns swapped, names and cells, gives the same
// rows under the schema of the other.
func TestColumnsGoByName(t *testing.T) {
	plain, permuted := filepath.Join("testdata", "tables", "plain.csv"), filepath.Join("testdata", "tables", "permuted.csv")
	report, err := data.Inspect(plain, data.Options{})
	if err != nil {
		t.Fatal(err)
	}
	schema, err := report.Schema()
	if err != nil {
		t.Fatal(err)
	}
	want, _, err := data.Read(plain, spec.Data{Schema: schema}, data.Options{})
	if err != nil {
		t.Fatal(err)
	}
	got, labelled, err := data.Read(permuted, spec.Data{Schema: schema}, data.Options{})
	if err != nil || !labelled {
		t.Fatal(labelled, err)
	}
	same := func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }
	if !slices.EqualFunc(want.X, got.X, same) || !slices.Equal(want.Y, got.Y) {
		t.Error("the rows differ")
	}
}
