package privacy

import (
	"errors"
	"fmt"

	"github.com/althing-network/althing/privacy/cost"
)

// ErrExamples is wrapped if the settings for sums of examples are not valid.
var ErrExamples = errors.New("sum of examples refused")

// Examples says how the gradients of many examples, the rows of a data set, are summed for
// a release. Each gradient is rounded to integers and clipped by itself, and the integers
// are added. So one example changes the sum by a vector that is within Bound, exactly.
// Every field is a constant of the task and none is computed from the rows: neighbouring
// data sets are summed in the same way.
type Examples struct {
	Values int    // per gradient
	Bits   uint   // a gradient's 1 is 2^Bits quanta; 0 to 30
	Bound  Bound  // on one example's gradient, in quanta
	Rows   uint64 // maximum number of examples in a sum, for any data set
	Noise  Law    // added to one release
}

const maxBitsPerUnit = 30 // for a 1 of a gradient

func (e Examples) validate(ring Ring) error {
	switch {
	case e.Values < 1:
		return fmt.Errorf("%w: gradients of %d values: want at least 1", ErrExamples, e.Values)
	case e.Bits > maxBitsPerUnit:
		return fmt.Errorf("%w: 2^%d quanta for a 1: want at most 2^%d", ErrExamples, e.Bits, maxBitsPerUnit)
	case e.Rows == 0:
		return fmt.Errorf("%w: a maximum of 0 examples: want at least 1", ErrExamples)
	case e.Noise == nil:
		return fmt.Errorf("%w: no law of noise is named", ErrLaw)
	}
	if err := e.Bound.Validate(); err != nil {
		return err
	}
	if err := e.Noise.Validate(); err != nil {
		return err
	}
	return ring.Fits(e.Rows, e.Bound.Largest(), 1, e.Noise.reach())
}

// release is the release of one sum, with the given noise in total.
func (e Examples) release(noise cost.Noise, sampling cost.Sampling) cost.Release {
	norm := cost.Norm{L1: e.Bound.Magnitudes(e.Values)}
	if e.Bound.Norm == L2 {
		norm.L2Squared = e.Bound.Limit
	}
	return cost.Release{Unit: cost.Example, Noise: noise, Norm: norm, Sampling: sampling}
}

// requireNorm reports an error if the bound is not in the norm that the noise protects.
func (e Examples) requireNorm(n Norm) error {
	if e.Bound.Norm != n {
		return fmt.Errorf("%w: %s protects what is bounded in %s, not in %s", ErrBound, e.Noise, n, e.Bound.Norm)
	}
	return nil
}

// sum is a running sum of examples in integers.
type sum struct {
	examples Examples
	noise    Sampler
	stream   *Stream
	row      row // of the example that is being added
	sums     []int64
}

// newSum is an empty sum. e must be valid.
func (e Examples) newSum(noise Sampler, s *Stream) (sum, error) {
	if noise == nil || noise.Law() != e.Noise {
		return sum{}, fmt.Errorf("%w: the sampler draws other noise than %s", ErrLaw, e.Noise)
	}
	return sum{examples: e, noise: noise, stream: s, row: newRow(e.Values), sums: make([]int64, e.Values)}, nil
}

// Add adds an example's gradient to the sum: rounded to the nearest integers, halves to
// even, and clipped to the bound. A gradient with a value that is not finite adds nothing.
// Add panics if the gradient has a wrong number of values.
func (s *sum) Add(gradient []float32) {
	if len(gradient) != len(s.sums) {
		panic(fmt.Sprintf("privacy: a gradient of %d values in a sum of %d", len(gradient), len(s.sums)))
	}
	s.row.addTo(s.sums, gradient, s.examples.Bits, s.examples.Bound)
}

// addNoise adds noise to the sums and returns them. They may be released once: the caller
// must discard or clear them afterwards.
func (s *sum) addNoise() []int64 {
	s.noise.Add(s.stream, s.sums)
	return s.sums
}

// clear sets the sums and the last example to 0.
func (s *sum) clear() {
	clear(s.row.quanta)
	clear(s.sums)
}
