package model

import (
	"cmp"
	"fmt"
	"math"

	"github.com/althing-network/althing/spec"
)

// Warm is model 0 of a task that starts with the weights of another model, from the bytes
// of that one's file: see [spec.Init]. Architecture and rows must be the task's, but for the
// seed. A scale that follows from bounds is made anew, as in [Zero]; one that trainers have
// measured is taken over, and must be there. What a server's optimiser remembers behind the
// other model is left there. An error wraps [ErrModel].
func Warm(t spec.TaskSpec, b []byte) (File, error) {
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
	f, err := Zero(t)
	if err != nil {
		return File{}, err
	}
	f.Weights = from.Weights
	if f.Data.Learns() {
		if f.Scale = from.Scale; f.Scale.IsZero() {
			return File{}, fmt.Errorf("%w: it has no scale: no trainer has measured the rows of its task yet", ErrModel)
		}
	}
	return f, nil
}

// WarmStartSize is the most bytes that the file of a model has with whose weights a task can
// start: that of a task which differs in its seed, and whose server remembers something.
func WarmStartSize(t spec.TaskSpec) (int64, error) {
	t.Model.Seed, t.Aggregation.Optimiser = math.MaxUint64, spec.ServerFedAvgM
	return FileSize(t)
}
