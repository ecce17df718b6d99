package train_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// ToScale copies the rows of a view and scales the copy: the raw rows do not change.
func TestToScale(t *testing.T) {
	f := model.File{
		Data: spec.Data{Features: spec.FeaturesStandard, Missing: spec.MissingImpute, Schema: spec.Schema{Label: "price", Columns: []spec.Column{
			{Name: "area", Kind: spec.ColumnNumber}, {Name: "heating", Kind: spec.ColumnCategory, Values: []string{"gas", "oil"}},
		}}},
		Scale: model.Scale{Shift: []float32{10, 0, 0, 100}, Width: []float32{2, 1, 1, 50}, Missing: []float32{10, 0, 0}},
	}
	nan := float32(math.NaN())
	raw := data.Table{X: []float32{14, 1, 0, nan, 0, 1}, Y: []int32{0, 0}, Targets: []float32{200, 50}, Features: 3, Classes: 1}
	got, err := train.ToScale(f, raw.View([]int{1, 0}))
	if err != nil {
		t.Fatal(err)
	}
	want := data.Table{X: []float32{0, 0, 1, 2, 1, 0}, Y: []int32{0, 0}, Targets: []float32{-1, 2}, Features: 3, Classes: 1}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if raw.X[0] != 14 || raw.Targets[0] != 200 {
		t.Errorf("the raw rows are now %v and %v", raw.X, raw.Targets)
	}
	if err := got.Validate(); err != nil {
		t.Error(err)
	}
	raw.Features = 2
	if _, err := train.ToScale(f, raw); err == nil {
		t.Error("rows of 2 features: got no error, want 3")
	}
	f.Scale = model.Scale{}
	if _, err := train.ToScale(f, raw); err == nil {
		t.Error("a file without a scale: got no error")
	}
	plain, err := train.ToScale(model.File{}, raw)
	if err != nil || !cmp.Equal(plain.Targets, raw.Targets) || &plain.X[0] != &raw.X[0] {
		t.Errorf("without a schema the rows are copied or changed (error %v)", err)
	}
}
