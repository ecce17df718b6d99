package train

import (
	"fmt"
	"slices"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/model"
)

// ToScale is a table as a model sees it: its features, and the targets of a regression,
// brought to the scale that the model's file says, in memory of their own where there is
// one. A missing number, which is NaN in t, is a number in what it returns. It is an error
// if the file has no scale yet, or rows of another number of features.
func ToScale(f model.File, t data.Table) (data.Table, error) {
	scaler, err := f.Scaler()
	if err != nil || scaler.IsZero() {
		return t, err
	}
	if inputs := f.Data.Schema.Inputs(); t.Features != inputs {
		return t, fmt.Errorf("rows of %d features: the model's schema has %d", t.Features, inputs)
	}
	all := make([]int, t.Rows())
	for i := range all {
		all[i] = i
	}
	scaled := t.Select(all)
	for row := range slices.Chunk(scaled.X, scaled.Features) {
		scaler.Apply(row)
	}
	for i, y := range scaled.Targets {
		scaled.Targets[i] = scaler.Target(y)
	}
	return scaled, nil
}
