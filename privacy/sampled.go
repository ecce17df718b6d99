package privacy

import (
	"fmt"

	"github.com/althing-network/althing/privacy/cost"
)

// wholeRate is a sampling rate of 1, in parts per million.
const wholeRate = 1_000_000

// Sampled says how one party makes the steps of a training private. Each step draws a
// sample of the rows, sums their gradients, and releases the sum with noise (Abadi et al.
// 2016, "Deep learning with differential privacy", algorithm 1). The guarantee holds
// against everybody who does not learn which rows were drawn.
type Sampled struct {
	Examples
	Rate    uint32 // probability that a row is drawn, in parts per million, independently of others
	Divisor uint64 // the released sum is divided by this constant, never by the number of rows
}

// Validate checks bound, noise, sampling rate and divisor, and that no sum can overflow
// int64. The error names what is wrong.
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
	_, err := p.costNoise()
	return err
}

func (p Sampled) costNoise() (cost.Noise, error) {
	switch l := p.Noise.(type) {
	case RoundedGaussian:
		return cost.Gaussian{Sigma: cost.Fraction(l.Sigma)}, p.requireNorm(L2)
	case DiscreteLaplace:
		return cost.Laplace{Rate: cost.Fraction(l.A)}, p.requireNorm(L1)
	}
	return nil, fmt.Errorf("%w: %s: want rounded Gaussian or discrete Laplace, because one party adds all noise of a step", ErrLaw, p.Noise)
}

// Release is one step's release as a book of privacy/cost counts it.
func (p Sampled) Release() (cost.Release, error) {
	if err := p.Validate(); err != nil {
		return cost.Release{}, err
	}
	noise, err := p.costNoise()
	return p.release(noise, cost.Sampling{Poisson: p.Rate}), err
}

// SampledSum makes the steps of one training private. It must not be used concurrently.
type SampledSum struct {
	sum
	rate    uint32
	quanta  float64 // of the sum, in a 1 of the released gradient
	sampled []int
}

// Begin returns an empty sum. Samples and noise are drawn from the stream; nobody else may
// draw from it.
func (p Sampled) Begin(noise Sampler, s *Stream) (*SampledSum, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	sum, err := p.newSum(noise, s)
	if err != nil {
		return nil, err
	}
	return &SampledSum{sum: sum, rate: p.Rate, quanta: float64(p.Divisor) * float64(uint64(1)<<p.Bits)}, nil
}

// Sample begins a step. It draws each row from 0 to rows-1 independently, with exactly the
// probability that the rate says, and returns the drawn rows in rising order. The slice is
// valid until the next call. Sample discards the sum of a step that was not released:
// otherwise a row could be in the next sum twice.
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

// Release ends a step: it adds integer noise to the clipped and summed integers, and only
// then converts them to floats, divided by the divisor and by the quanta of a 1. It clears
// the sum, so no sum is released twice. If gradient has a wrong number of values, Release
// fails and writes nothing.
func (s *SampledSum) Release(gradient []float32) error {
	if len(gradient) != len(s.sums) {
		return fmt.Errorf("%w: cannot release a sum of %d values as a gradient of %d", ErrExamples, len(s.sums), len(gradient))
	}
	for i, v := range s.addNoise() {
		gradient[i] = float32(float64(v) / s.quanta)
	}
	s.clear()
	return nil
}
