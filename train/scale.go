package train

import (
	"slices"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/model"
)

// ToScale is a table as a model sees it: its rows, and labels that are
// numbers, brought to the scale that the model's file says, in memory of its own where there is one. Missing numbers, which are NaN in the
// table, are none in what it returns. A file that has no scale yet is an error.
func ToScale(f model.File, t data.Table) (data.Table, error) {
	scaler, err := f.Scaler()
	if err != nil || scaler.IsZero() {
		return t, err
	}
	all := make([]int, t.Rows())
	for i := range all {
		all[i] = i
	}
	scaled := t.Select(all)
	for row := range slices.Chunk(scaled.X, scaled.Features) {
		scaler.Apply(row)
	}
	for i, target := range scaled.Targets {
		scaled.Targets[i] = scaler.Target(target)
	}
	return scaled, nil
}
