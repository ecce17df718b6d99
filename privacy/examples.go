package privacy

import (
	"errors"
	"fmt"

	"github.com/althing-network/althing/privacy/cost"
)

// ErrExamples is wrapped by the refusal of sums of examples that would promise nothing.
var ErrExamples = errors.New("sum of examples refused")

// Examples is how the gradients of many examples, the rows of a data set, become a sum
// that can be released: each gradient is made integers and clipped by itself, and the
// integers are added up. So one example changes the sum by a vector within Bound,
// exactly. Each number is a constant of the task, and none is computed from the rows:
// data sets of one row more or less are summed alike.
type Examples struct {
	Values int    // of a gradient
	Bits   uint   // a gradient's 1 is 2^Bits quanta; 0 to 30
	Bound  Bound  // of one example's gradient, in quanta
	Rows   uint64 // so many examples are summed at most, in all data sets there may be
	Noise  Law    // of one release
}

const maxBits = 30

func (e Examples) validate(ring Ring) error {
	switch {
	case e.Values < 1:
		return fmt.Errorf("%w: gradients of %d values: want at least 1", ErrExamples, e.Values)
	case e.Bits > maxBits:
		return fmt.Errorf("%w: 2^%d quanta a 1: want at most 2^%d", ErrExamples, e.Bits, maxBits)
	case e.Rows == 0:
		return fmt.Errorf("%w: 0 examples at most: want at least 1", ErrExamples)
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

// release is one with noise of some law in all.
func (e Examples) release(noise cost.Noise, sampling cost.Sampling) cost.Release {
	norm := cost.Norm{L1: e.Bound.Magnitudes(e.Values)}
	if e.Bound.Norm == L2 {
		norm.L2Squared = e.Bound.Limit
	}
	return cost.Release{Unit: cost.Example, Noise: noise, Norm: norm, Sampling: sampling}
}

// wants refuses a bound of another norm than a law protects.
func (e Examples) wants(n Norm) error {
	if e.Bound.Norm != n {
		return fmt.Errorf("%w: %s protects what is bounded in %s, not in %s", ErrBound, e.Noise, n, e.Bound.Norm)
	}
	return nil
}

// sum adds up examples in integers.
type sum struct {
	examples Examples
	noise    Sampler
	stream   *Stream
	row      row // one example's
	sums     []int64
}

// begin is an empty sum of valid examples.
func (e Examples) begin(noise Sampler, s *Stream) (sum, error) {
	if noise == nil || noise.Law() != e.Noise {
		return sum{}, fmt.Errorf("%w: the sampler is not of %s", ErrLaw, e.Noise)
	}
	return sum{examples: e, noise: noise, stream: s, row: newRow(e.Values), sums: make([]int64, e.Values)}, nil
}

// Add adds an example's gradient to the sum: as integers, the nearest ones and of two
// the even one, clipped to the bound. One with a value that is no finite number adds
// nothing. It panics when the gradient has another number of values.
func (s *sum) Add(gradient []float32) {
	if len(gradient) != len(s.sums) {
		panic(fmt.Sprintf("privacy: a gradient of %d values in a sum of %d", len(gradient), len(s.sums)))
	}
	s.row.addTo(s.sums, gradient, s.examples.Bits, s.examples.Bound)
}

// noised adds noise to the sums. They may leave then, once: whoever calls it forgets or
// clears them afterwards.
func (s *sum) noised() []int64 {
	s.noise.Add(s.stream, s.sums)
	return s.sums
}

// clear forgets the sums and the last example.
func (s *sum) clear() {
	clear(s.row.quanta)
	clear(s.sums)
}
