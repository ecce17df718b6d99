package model

import (
	"cmp"
	"fmt"
	"math"

	"github.com/althing-network/althing/spec"
)

// WarmStart is model 0 of a task that starts with the weights of another model, see [spec.Init];
// b is the file of that model. Its architecture and rows must be those of the task; the seed
// may differ. A scale that follows from bounds is computed anew, as in [Initial]; a measured scale
// is taken over, and must be there. The state of the other model's optimiser is not taken
// over. Errors wrap [ErrModel].
func WarmStart(t spec.TaskSpec, b []byte) (File, error) {
	from, err := Open(b)
	if err != nil {
		return File{}, err
	}
	from.Model.Seed, from.Model.Access = t.Model.Seed, t.Model.Access
	if difference := from.Model.Difference(t.Model); difference != "" {
		return File{}, fmt.Errorf("%w: its %s", ErrModel, difference)
	}
	if want, got := rows(t.Data), rows(from.Data); want != got {
		return File{}, fmt.Errorf("%w: its rows are %.200s: want %.200s", ErrModel, cmp.Or(got, "without a schema"), cmp.Or(want, "without a schema"))
	}
	f, err := Initial(t)
	if err != nil {
		return File{}, err
	}
	f.Weights = from.Weights
	if f.Data.MeasuresColumns() {
		if f.Scale = from.Scale; f.Scale.IsZero() {
			return File{}, fmt.Errorf("%w: it has no scale: no trainer has measured the rows of its task yet", ErrModel)
		}
	}
	return f, nil
}

// WarmStartSize is the largest size, in bytes, of a model file with which a task can start:
// with another seed, and with a state.
func WarmStartSize(t spec.TaskSpec) (int64, error) {
	t.Model.Seed, t.Aggregation.Optimiser = math.MaxUint64, spec.ServerFedAvgM
	return FileSize(t)
}
