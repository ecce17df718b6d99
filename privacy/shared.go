package privacy

import (
	"fmt"

	"github.com/althing-network/althing/privacy/cost"
)

// Shared says how the rows of many parties become one private sum. Each party sums the
// gradients of all its rows, adds a share of the noise, and gives out the result as 32-bit
// integers. The noise is complete in the sum of as many honest parties as the law has
// shares. So the guarantee holds against those who see only that sum; a single party's
// output is hardly protected.
type Shared struct {
	Examples // Rows is the maximum per party: the sum of more rows is cut, see [Shared.Sum]
}

// Validate checks bound and noise, and that no sum can overflow 32-bit integers. The error
// names what is wrong.
func (p Shared) Validate() error {
	if err := p.validate(Ring{Bits: 32}); err != nil {
		return err
	}
	_, err := p.costNoise()
	return err
}

func (p Shared) costNoise() (cost.Noise, error) {
	switch l := p.Noise.(type) {
	case Skellam:
		return cost.Skellam{Variance: cost.Fraction{Num: l.Variance, Den: 1}}, p.requireNorm(L2)
	case Polya:
		return cost.Laplace{Rate: cost.Fraction(l.A)}, p.requireNorm(L1)
	}
	return nil, fmt.Errorf("%w: %s: want Skellam or Polya, because only their shares add up to the whole noise", ErrLaw, p.Noise)
}

// Release is the release of the sum of all parties, as a book of privacy/cost counts it.
// Every row takes part, so there is no amplification by sampling.
func (p Shared) Release() (cost.Release, error) {
	if err := p.Validate(); err != nil {
		return cost.Release{}, err
	}
	noise, err := p.costNoise()
	return p.release(noise, cost.Sampling{}), err
}

// Sum is what one party gives out: the sum of the gradients of its rows plus its share of
// the noise, in quanta. It calls pass once, which must call add with the gradient of each
// row. If pass fails, so does Sum, and it returns no sum: a partial sum is never continued,
// because a row would be in it twice. The noise is drawn from the stream.
//
// Before it adds noise, Sum limits each value to the largest magnitude that Rows rows can
// reach. So the sum always fits, no decision depends on the number of rows, and the sum of
// at most Rows rows is unchanged. Cutting never increases a distance: |cut(a) - cut(b)| <=
// |a - b|. So the sums of neighbouring data sets, also of those with more than Rows rows,
// differ in each value by at most one row's gradient, and so in each norm: the cost is the
// same. Sums before the cut are exact: they could overflow only with more rows than any
// machine holds, 2^62 divided by the largest value.
func (p Shared) Sum(noise Sampler, s *Stream, pass func(add func(gradient []float32)) error) ([]int32, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	sum, err := p.newSum(noise, s)
	if err != nil {
		return nil, err
	}
	if err := pass(sum.Add); err != nil {
		return nil, err
	}
	limit := int64(p.Rows * p.Bound.Largest()) // Validate has checked that it fits
	for i, v := range sum.sums {
		sum.sums[i] = max(-limit, min(v, limit))
	}
	update := make([]int32, p.Values)
	for i, v := range sum.addNoise() {
		update[i] = int32(v)
	}
	return update, nil
}
