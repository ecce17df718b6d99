package privacy

import (
	"fmt"

	"github.com/althing-network/althing/privacy/cost"
)

// Shared is how the rows of many parties become one sum, to which each party adds a share
// of the noise: each sums the gradients of all its rows, and what it gives out is this
// sum and its share, as integers of 32 bits. Noise is whole in the sum of as many honest
// parties as the law has shares, so what it costs holds against those who see that sum
// and no less of it: a single party's is hardly protected.
type Shared struct {
	Examples // Rows of one party: of more of them the sum is cut, see [Shared.Sum]
}

// Validate refuses by name what would promise nothing: a bound of zero, noise that has no
// shares, and sums that could leave the integers of 32 bits.
func (p Shared) Validate() error {
	if err := p.validate(Ring{Bits: 32}); err != nil {
		return err
	}
	_, err := p.noise()
	return err
}

func (p Shared) noise() (cost.Noise, error) {
	switch l := p.Noise.(type) {
	case Skellam:
		return cost.Skellam{Variance: cost.Fraction{Num: l.Variance, Den: 1}}, p.wants(L2)
	case Polya:
		return cost.Laplace{Rate: cost.Fraction(l.A)}, p.wants(L1)
	}
	return nil, fmt.Errorf("%w: %s: shares of it do not add up to it: want Skellam or Polya", ErrLaw, p.Noise)
}

// Release is what the sum of all parties releases, as a book counts it: each row takes
// part, so that no chance makes it cheaper.
func (p Shared) Release() (cost.Release, error) {
	if err := p.Validate(); err != nil {
		return cost.Release{}, err
	}
	noise, err := p.noise()
	return p.release(noise, cost.Sampling{}), err
}

// Sum is what one party gives out: the sum of the gradients of its rows with its share of
// the noise, in quanta. It calls pass, which gives add the gradient of each row, once.
// Where pass fails, so does Sum, and gives nothing: a part of a sum is never continued, for
// a row would be in it twice. The noise is from the stream.
//
// Each value of the sum is cut where it is larger than those of Rows rows can be, before
// there is noise in it. So it fits, whatever the number of rows is, nothing is decided by
// that number, and where there are no more than Rows nothing is cut. Cutting moves two
// numbers no further apart than they were: |cut(a) - cut(b)| <= |a - b|. So neighbouring
// data sets, also at the edge of Rows, have sums that differ by no more than one row's
// gradient in each value, and with it in each norm; the cost is the same. The sums before
// it are exact: 2^62 over the largest value is more rows than a machine holds.
func (p Shared) Sum(noise Sampler, s *Stream, pass func(add func(gradient []float32)) error) ([]int32, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	sum, err := p.begin(noise, s)
	if err != nil {
		return nil, err
	}
	if err := pass(sum.Add); err != nil {
		return nil, err
	}
	most := int64(p.Rows * p.Bound.Largest()) // Validate knows that it fits
	for i, v := range sum.sums {
		sum.sums[i] = max(-most, min(v, most))
	}
	update := make([]int32, p.Values)
	for i, v := range sum.noised() {
		update[i] = int32(v)
	}
	return update, nil
}
