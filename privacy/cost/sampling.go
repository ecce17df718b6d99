package cost

import (
	"fmt"
	"math/big"
)

// One million parts make a whole sampling rate.
const wholeRate = 1_000_000

// Sampling is who takes part in one release. The zero value says everybody. It makes a
// release cheaper only while it is secret who was drawn, so participation that stands
// on a chain is no sampling.
type Sampling struct {
	Poisson  uint32 // each unit by itself, with this chance in parts per million
	Take, Of uint64 // so many of so many, each choice equally likely; both or neither
}

// Validate reports what is wrong with the sampling.
func (s Sampling) Validate() error {
	switch {
	case s.Poisson > wholeRate:
		return fmt.Errorf("a sampling rate of %d parts per million is above 1", s.Poisson)
	case s.Poisson > 0 && s.Of > 0:
		return fmt.Errorf("a sample is drawn by chance or in a fixed number, not both")
	case s.Of > 0 && (s.Take == 0 || s.Take > s.Of), s.Of == 0 && s.Take > 0:
		return fmt.Errorf("a sample of %d units of %d: want at least one and no more than there are", s.Take, s.Of)
	}
	return nil
}

// everybody reports whether all units take part.
func (s Sampling) everybody() bool {
	return s.Poisson == 0 && s.Of == 0 || s.Poisson == wholeRate || s.Of > 0 && s.Take == s.Of
}

// rate is the chance of one unit to take part.
func (s Sampling) rate() *big.Rat {
	if s.Of > 0 {
		return Fraction{s.Take, s.Of}.rat()
	}
	return Fraction{uint64(s.Poisson), wholeRate}.rat()
}

// thinned are the Renyi divergences of a release of which each unit is part with chance
// q, between neighbours of which one lacks a unit:
//
//	1/(alpha-1) ln sum over l of C(alpha,l) (1-q)^(alpha-l) q^l moment(l)
//
// It is exact for Gaussian noise (Mironov, Talwar, Zhang: Renyi differential privacy of
// the sampled Gaussian mechanism, 2019) and a bound for all symmetric noise (Zhu, Wang:
// Poisson subsampled Renyi differential privacy, ICML 2019, theorem 8). No average of
// moments is above the last one, so nothing costs more than without sampling.
func thinned(moments []*big.Float, q *big.Rat) (c Curve) {
	moment := thinnedMoments(moments, q)
	for i, order := range Orders() {
		c[i] = divergence(moment(order), order)
	}
	return c
}

// thinnedMoments are the sums above, by their order.
func thinnedMoments(moments []*big.Float, q *big.Rat) func(order int) *big.Float {
	stay := new(big.Rat).Sub(big.NewRat(1, 1), q)
	weigh(moments, new(big.Rat).Quo(q, stay))
	rest := quotient(stay, up)
	return func(order int) *big.Float {
		sum := binomialSum(moments, order)
		return sum.Mul(sum, power(rest, order, up))
	}
}

// thinnedTwice bounds the same between neighbours of which one has another unit in the
// place of one, by way of the data without either (Cauchy and Schwarz):
//
//	1/(2 alpha-2) ln (thinned moment(2 alpha) thinned moment(2 alpha-1))
//
// Orders of which the double is not kept are [Dead].
func thinnedTwice(moments []*big.Float, q *big.Rat) (c Curve) {
	moment := thinnedMoments(moments, q)
	for i, order := range Orders() {
		if 2*order > largestOrder {
			c[i] = Dead
			continue
		}
		both := moment(2 * order)
		c[i] = divergence(both.Mul(both, moment(2*order-1)), 2*order-1)
	}
	return c
}

// replaced bounds the Renyi divergences of a release of which each unit is part with
// chance q, drawn by whatever rule, where the other data, one or another unit, or a third
// in their place, give sums of which any two have these moments:
//
//	1/(alpha-1) ln (1 + C(alpha,2) q^2 min(4 (moment(2) - 1), 2 moment(2)) + 2 sum over l > 2 of C(alpha,l) q^l moment(l))
//
// (Wang, Balle, Kasiviswanathan: Subsampled Renyi differential privacy and analytical
// moments accountant, AISTATS 2019, theorem 9), or those without sampling where these
// are smaller.
func replaced(moments []*big.Float, q *big.Rat) (c Curve) {
	for i, order := range Orders() {
		c[i] = divergence(moments[order], order)
	}
	two, four := natural(2), natural(4)
	fewer := sub(number(up), moments[2], natural(1))
	fewer.Mul(fewer, four)
	for _, moment := range moments[2:] {
		moment.Mul(moment, two)
	}
	if fewer.Cmp(moments[2]) < 0 {
		moments[2] = fewer
	}
	moments[1] = number(up) // of order 1 nothing is moved
	weigh(moments, q)
	for i, order := range Orders() {
		c[i] = min(c[i], divergence(binomialSum(moments, order), order))
	}
	return c
}

// weigh multiplies moment l by factor^l.
func weigh(moments []*big.Float, factor *big.Rat) {
	weight, step := natural(1), quotient(factor, up)
	for _, moment := range moments {
		moment.Mul(moment, weight)
		weight.Mul(weight, step)
	}
}

// binomialSum is the sum over l = 0..n of C(n,l) terms[l], not below.
func binomialSum(terms []*big.Float, n int) *big.Float {
	sum, product, coefficient := number(up), number(up), number(up)
	choose, small := big.NewInt(1), new(big.Int)
	for l := 0; l <= n; l++ {
		add(sum, sum, product.Mul(coefficient.SetInt(choose), terms[l]))
		choose.Mul(choose, small.SetInt64(int64(n-l)))
		choose.Quo(choose, small.SetInt64(int64(l+1)))
	}
	return sum
}

// divergence is ln(moment) / (order-1), rounded up.
func divergence(moment *big.Float, order int) Nano {
	return Nano(roundUp(ln(moment, fineTerms), uint64(OneNano), uint64(order-1)))
}
