package train

import (
	"fmt"
	"slices"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/model"
)

// ToScale is a table as a model sees it: the features, and the targets of a regression, are
// scaled as the model's file says, and missing numbers, NaN in t, are filled in. If the file
// has a scale, the result is a copy; else it is t itself. It is an error if the file needs a
// scale and has none yet, or if the table has another number of features than the file.
func ToScale(f model.File, t data.Table) (data.Table, error) {
	scaler, err := f.Scaler()
	if err != nil || scaler.IsZero() {
		return t, err
	}
	if inputs := f.Data.Schema.Inputs(); t.Features != inputs {
		return t, fmt.Errorf("the table has %d features: the model's schema has %d", t.Features, inputs)
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
