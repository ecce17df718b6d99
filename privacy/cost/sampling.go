package cost

import (
	"fmt"
	"math/big"
)

// fullRate is a sampling rate of 1, in parts per million.
const fullRate = 1_000_000

// Sampling says which units take part in one release. With the zero value all do. Sampling
// makes a release cheaper only if it stays secret which units were drawn. Who takes part
// in a round is public on the chain, so that is not sampling.
type Sampling struct {
	Poisson  uint32 // probability of each unit to take part, independently, in parts per million
	Take, Of uint64 // Take of Of units take part, each choice equally likely; both 0 or both set
}

// Validate reports what is wrong with the sampling.
func (s Sampling) Validate() error {
	switch {
	case s.Poisson > fullRate:
		return fmt.Errorf("a sampling rate of %d parts per million: want at most %d", s.Poisson, fullRate)
	case s.Poisson > 0 && s.Of > 0:
		return fmt.Errorf("sampling has a rate and a fixed size: want one of them")
	case s.Of > 0 && (s.Take == 0 || s.Take > s.Of), s.Of == 0 && s.Take > 0:
		return fmt.Errorf("a sample of %d of %d units: want at least 1, and no more than there are", s.Take, s.Of)
	}
	return nil
}

// everybody reports whether all units take part.
func (s Sampling) everybody() bool {
	return s.Poisson == 0 && s.Of == 0 || s.Poisson == fullRate || s.Of > 0 && s.Take == s.Of
}

// rate is the probability that a unit takes part.
func (s Sampling) rate() *big.Rat {
	if s.Of > 0 {
		return Fraction{s.Take, s.Of}.rat()
	}
	return Fraction{uint64(s.Poisson), fullRate}.rat()
}

// poissonCurve is the Renyi divergences of a release in which each unit takes part with
// probability q, between neighbours of which one lacks a unit:
//
//	1/(alpha-1) ln sum over l of C(alpha,l) (1-q)^(alpha-l) q^l moment(l)
//
// It is exact for Gaussian noise (Mironov, Talwar, Zhang: Renyi differential privacy of
// the sampled Gaussian mechanism, 2019) and an upper bound for all symmetric noise (Zhu,
// Wang: Poisson subsampled Renyi differential privacy, ICML 2019, theorem 8). An average of
// moments is at most the last moment, so sampling never makes a release more expensive.
func poissonCurve(moments []*big.Float, q *big.Rat) (c Curve) {
	moment := poissonMoments(moments, q)
	for i, order := range Orders() {
		c[i] = divergence(moment(order), order)
	}
	return c
}

// poissonMoments are the sums in that formula, by order.
func poissonMoments(moments []*big.Float, q *big.Rat) func(order int) *big.Float {
	stay := new(big.Rat).Sub(big.NewRat(1, 1), q)
	multiplyByPowers(moments, new(big.Rat).Quo(q, stay))
	stayChance := quotient(stay, up)
	return func(order int) *big.Float {
		sum := binomialSum(moments, order)
		return sum.Mul(sum, power(stayChance, order, up))
	}
}

// poissonReplaceCurve bounds the divergences of such a release between neighbours that
// differ by one replaced unit, through the data without either unit (Cauchy and Schwarz):
//
//	1/(2 alpha-2) ln (sum(2 alpha) sum(2 alpha-1))
//
// with the sums of poissonMoments. It is [NoBound] at orders above half of the largest one.
func poissonReplaceCurve(moments []*big.Float, q *big.Rat) (c Curve) {
	moment := poissonMoments(moments, q)
	for i, order := range Orders() {
		if 2*order > largestOrder {
			c[i] = NoBound
			continue
		}
		both := moment(2 * order)
		c[i] = divergence(both.Mul(both, moment(2*order-1)), 2*order-1)
	}
	return c
}

// replaceCurve bounds the Renyi divergences of a release in which each unit takes part with
// probability q, drawn by any rule, between neighbours that differ by one replaced unit. The
// moments must hold between any two of the sums with the one unit, with the other, and with
// a third in their place:
//
//	1/(alpha-1) ln (1 + C(alpha,2) q^2 min(4 (moment(2) - 1), 2 moment(2)) + 2 sum over l > 2 of C(alpha,l) q^l moment(l))
//
// (Wang, Balle, Kasiviswanathan: Subsampled Renyi differential privacy and analytical
// moments accountant, AISTATS 2019, theorem 9), or the divergences without sampling if
// these are smaller.
func replaceCurve(moments []*big.Float, q *big.Rat) (c Curve) {
	for i, order := range Orders() {
		c[i] = divergence(moments[order], order)
	}
	two, four := natural(2), natural(4)
	alternative := sub(number(up), moments[2], natural(1))
	alternative.Mul(alternative, four)
	for _, moment := range moments[2:] {
		moment.Mul(moment, two)
	}
	if alternative.Cmp(moments[2]) < 0 {
		moments[2] = alternative
	}
	moments[1] = number(up) // the term of order 1 is 0
	multiplyByPowers(moments, q)
	for i, order := range Orders() {
		c[i] = min(c[i], divergence(binomialSum(moments, order), order))
	}
	return c
}

// multiplyByPowers multiplies moment l by factor^l.
func multiplyByPowers(moments []*big.Float, factor *big.Rat) {
	weight, step := natural(1), quotient(factor, up)
	for _, moment := range moments {
		moment.Mul(moment, weight)
		weight.Mul(weight, step)
	}
}

// binomialSum is the sum over l = 0..n of C(n,l) terms[l], rounded up.
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
	return Nano(roundUp(ln(moment, exactTerms), uint64(OneNano), uint64(order-1)))
}
