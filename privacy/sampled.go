package privacy

import (
	"fmt"

	"github.com/althing-network/althing/privacy/cost"
)

// wholeRate is a sampling rate of 1, in parts per million.
const wholeRate = 1_000_000

// Sampled is how the steps of a training are made private, each by noise of one party: a
// step draws a sample of the rows, sums the gradients of these, and releases the sum with
// noise (Abadi et al. 2016, "Deep learning with differential privacy", algorithm 1).
// What it costs holds against everybody, but not against who learns which rows were
// drawn.
type Sampled struct {
	Examples
	Rate    uint32 // the chance of each row to be drawn, by itself, in parts per million
	Divisor uint64 // of what is released: a constant, never the number of rows
}

// Validate refuses by name what would promise nothing: a bound of zero, no noise or
// shares of it, samples of nothing, sums that could overflow int64.
func (p Sampled) Validate() error {
	if err := p.validate(Ring{Bits: 64}); err != nil {
		return err
	}
	switch {
	case p.Rate == 0 || p.Rate > wholeRate:
		return fmt.Errorf("%w: a sampling rate of %d parts per million: want 1 to %d", ErrExamples, p.Rate, wholeRate)
	case p.Divisor == 0:
		return fmt.Errorf("%w: the divisor is 0: want at least 1", ErrExamples)
	}
	_, err := p.noise()
	return err
}

func (p Sampled) noise() (cost.Noise, error) {
	switch l := p.Noise.(type) {
	case RoundedGaussian:
		return cost.Gaussian{Sigma: cost.Fraction(l.Sigma)}, p.wants(L2)
	case DiscreteLaplace:
		return cost.Laplace{Rate: cost.Fraction(l.A)}, p.wants(L1)
	}
	return nil, fmt.Errorf("%w: %s: one party adds all noise of a step: want rounded Gaussian or discrete Laplace", ErrLaw, p.Noise)
}

// Release is what one step releases, as a book counts it.
func (p Sampled) Release() (cost.Release, error) {
	if err := p.Validate(); err != nil {
		return cost.Release{}, err
	}
	noise, err := p.noise()
	return p.release(noise, cost.Sampling{Poisson: p.Rate}), err
}

// SampledSum makes the steps of one training private. It is for one goroutine.
type SampledSum struct {
	sum
	rate    uint32
	quanta  float64 // of a 1 of what is released
	sampled []int
}

// Begin is the sum of no row. All randomness, of samples and of noise, is from the
// stream, which nobody else may draw from.
func (p Sampled) Begin(noise Sampler, s *Stream) (*SampledSum, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	sum, err := p.begin(noise, s)
	if err != nil {
		return nil, err
	}
	return &SampledSum{sum: sum, rate: p.Rate, quanta: float64(p.Divisor) * float64(uint64(1)<<p.Bits)}, nil
}

// Sample draws each of so many rows by itself, exactly with the chance that the rate
// says, and lists those that were drawn, in rising order, until it is called again. It
// begins a step: what is left of one that was not released is forgotten, for a row of it
// could be in the next sum twice.
func (s *SampledSum) Sample(rows int) []int {
	s.clear()
	s.sampled = s.sampled[:0]
	for row := range rows {
		if s.stream.below(wholeRate) < uint64(s.rate) {
			s.sampled = append(s.sampled, row)
		}
	}
	return s.sampled
}

// Release writes the sum of a step, in the order that keeps it private: integers were
// clipped and summed, integer noise is added to them, and only then they become floats,
// divided by the divisor and by the quanta of a 1. No sum leaves twice. It fails
// where gradient has another number of values than was summed, and then gives nothing.
func (s *SampledSum) Release(gradient []float32) error {
	if len(gradient) != len(s.sums) {
		return fmt.Errorf("%w: %d values are asked of a sum of %d", ErrExamples, len(gradient), len(s.sums))
	}
	for i, v := range s.noised() {
		gradient[i] = float32(float64(v) / s.quanta)
	}
	s.clear()
	return nil
}
