package cost

import (
	"fmt"
	"math/big"
	"sort"
)

// Norm bounds what one unit contributes to a sum of integers, in quanta. It is the norm of
// the integers themselves, after rounding and clipping.
type Norm struct {
	L1        uint64 // sum of absolute values; needed for Laplace and Skellam noise
	L2Squared uint64 // sum of squares; needed for Gaussian and Skellam noise
}

// distances are upper bounds on the distance between two neighbouring sums.
type distances struct{ l1, l2Squared *big.Rat }

// stretched are the distances for an adjacency with this [Adjacency.Stretch].
func (n Norm) stretched(by uint64) distances {
	scaled := func(bound, by uint64) *big.Rat {
		return new(big.Rat).SetInt(new(big.Int).Mul(integer(bound), integer(by)))
	}
	return distances{scaled(n.L1, by), scaled(n.L2Squared, by*by)}
}

// Noise is the distribution of the integers that are added to a sum: [Gaussian], [Laplace]
// or [Skellam]. All are symmetric about 0, as the proofs about sampling require.
type Noise interface {
	// Validate reports what is wrong with the noise, or with the norm for this noise.
	Validate(Norm) error

	// unsampledCost is what one release costs if every unit takes part.
	unsampledCost(distances) (Amount, error)
	// maxDivergence is an upper bound on the Renyi divergences at all [Orders].
	maxDivergence(distances) *big.Rat
	// moments are upper bounds of e^((l-1) d(l)) for l = 0..last, where d(l) is the Renyi
	// divergence of order l between neighbours. They do not overflow if maxDivergence is at
	// most the constant maxDivergence.
	moments(r distances, last int) []*big.Float
}

// maxDivergence is the largest divergence that is counted: e to the power of it times the
// largest order does not overflow.
const maxDivergence = 1_000_000

var errTooLittleNoise = fmt.Errorf("the noise is too small for the norm: the divergence is above %d: %w", maxDivergence, ErrOverflow)

// Gaussian is normal noise with standard deviation Sigma, rounded to integers or not:
// rounding the output of a Gaussian mechanism reveals nothing more, so both cost the same.
// Its Renyi divergence of order alpha is alpha L2^2 / (2 sigma^2).
type Gaussian struct{ Sigma Fraction }

// Validate implements [Noise].
func (g Gaussian) Validate(n Norm) error {
	if n.L2Squared == 0 {
		return errMissingNorm("squared L2", "Gaussian")
	}
	return wrap("sigma", g.Sigma.Validate())
}

// ratio is L2^2 / sigma^2.
func (g Gaussian) ratio(r distances) *big.Rat {
	sigma := g.Sigma.rat()
	return new(big.Rat).Quo(r.l2Squared, sigma.Mul(sigma, sigma))
}

func (g Gaussian) unsampledCost(r distances) (a Amount, err error) {
	rho, err := ceil(half(g.ratio(r)), uint64(OneNano))
	return Amount{Rho: Nano(rho)}, err
}

func (g Gaussian) maxDivergence(r distances) *big.Rat { return times(half(g.ratio(r)), largestOrder) }

func (g Gaussian) moments(r distances, last int) []*big.Float {
	z := half(g.ratio(r))
	return appendExp(quadratic{z, new(big.Rat).Neg(z), new(big.Rat)}, 2, last, firstMoments()) // l (l-1) z
}

// Skellam is the difference of two Poisson variables, with this variance in total. A sum
// of Skellam shares is Skellam noise with the sum of their variances. Its Renyi divergence
// at an integer order alpha is at most
//
//	alpha L2^2/2v + min( ((2 alpha - 1) L2^2 + 6 L1) / 4v^2, 3 L1 / 2v )
//
// (Agarwal, Kairouz, Liu: The Skellam mechanism for differentially private federated
// learning, NeurIPS 2021).
type Skellam struct{ Variance Fraction }

// Validate implements [Noise].
func (s Skellam) Validate(n Norm) error {
	if n.L2Squared == 0 {
		return errMissingNorm("squared L2", "Skellam")
	}
	if n.L1 == 0 {
		return errMissingNorm("L1", "Skellam")
	}
	return wrap("variance", s.Variance.Validate())
}

// bounds are the two terms of the minimum, each as rho alpha + xi.
func (s Skellam) bounds(r distances) (fine, coarse line) {
	v := s.Variance.rat()
	gaussian := half(new(big.Rat).Quo(r.l2Squared, v))       // L2^2 / 2v
	squares := half(new(big.Rat).Quo(gaussian, v))           // L2^2 / 4v^2
	linear := half(times(new(big.Rat).Quo(r.l1, v), 3))      // 3 L1 / 2v
	fine.rho = new(big.Rat).Add(gaussian, times(squares, 2)) // (2 alpha - 1) L2^2 / 4v^2 has 2 alpha
	fine.xi = new(big.Rat).Sub(new(big.Rat).Quo(linear, v), squares)
	return fine, line{rho: gaussian, xi: linear}
}

func (s Skellam) unsampledCost(r distances) (a Amount, err error) {
	bound, coarse := s.bounds(r)
	if bound.at(2).Cmp(coarse.at(2)) >= 0 { // then at every order, because its rho is larger
		bound = coarse
	}
	if bound.xi.Sign() < 0 {
		bound.xi = new(big.Rat)
	}
	rho, err := ceil(bound.rho, uint64(OneNano))
	if err != nil {
		return Amount{}, err
	}
	xi, err := ceil(bound.xi, uint64(OneNano))
	return Amount{Rho: Nano(rho), Xi: Nano(xi)}, err
}

func (s Skellam) maxDivergence(r distances) *big.Rat {
	_, coarse := s.bounds(r)
	return coarse.at(largestOrder)
}

func (s Skellam) moments(r distances, last int) []*big.Float {
	fine, coarse := s.bounds(r)
	// From some order on the coarse bound is smaller, because it rises more slowly.
	change := 2 + sort.Search(last-1, func(i int) bool { return fine.at(2+i).Cmp(coarse.at(2+i)) > 0 })
	return appendExp(coarse.exponent(), change, last, appendExp(fine.exponent(), 2, change-1, firstMoments()))
}

// Laplace is noise with scale 1/Rate: discrete, with P(k) proportional to e^(-rate |k|),
// which is also the sum of Polya shares, or continuous. It is pure: epsilon is Rate times
// the L1 norm.
type Laplace struct{ Rate Fraction }

// Validate implements [Noise].
func (l Laplace) Validate(n Norm) error {
	if n.L1 == 0 {
		return errMissingNorm("L1", "Laplace")
	}
	return wrap("rate", l.Rate.Validate())
}

func (l Laplace) epsilon(r distances) *big.Rat { return new(big.Rat).Mul(l.Rate.rat(), r.l1) }

func (l Laplace) unsampledCost(r distances) (a Amount, err error) {
	epsilon := l.epsilon(r)
	micro, err := ceil(epsilon, uint64(OneEpsilon))
	if err != nil {
		return Amount{}, err
	}
	rho, err := ceil(half(epsilon.Mul(epsilon, epsilon)), uint64(OneNano))
	return Amount{Epsilon: Epsilon(micro), PureRho: Nano(rho)}, err
}

func (l Laplace) maxDivergence(r distances) *big.Rat { return l.epsilon(r) }

// moments are those of discrete Laplace noise at a distance of epsilon/rate in one
// coordinate, which is the worst case. With t = e^-rate and
//
//	c = 1/(1+t) (1 + (1-t) / (t^-(2l-1) - 1))
//
// moment l is c e^((l-1) epsilon) + (1-c) e^(-l epsilon). Continuous noise has smaller ones.
func (l Laplace) moments(r distances, last int) []*big.Float {
	rate, epsilon := l.Rate.rat(), l.epsilon(r)
	one := natural(1)
	t := number(down).Quo(one, exp(rate, up))
	tailUp, tailDown := sub(number(up), one, t), add(number(down), one, t) // 1-t, 1+t
	odd, step := exp(rate, down), exp(new(big.Rat).Add(rate, rate), down)
	growthUp, growthDown := exp(epsilon, up), exp(epsilon, down)
	growth, decayUp, decayDown := natural(1), natural(1), number(down).SetUint64(1)
	decayStepUp, decayStepDown := number(up).Quo(one, growthDown), number(down).Quo(one, growthUp)

	moments := firstMoments()
	for order := 1; order <= last; order++ {
		decayUp.Mul(decayUp, decayStepUp)       // e^(-l epsilon), rounded up
		decayDown.Mul(decayDown, decayStepDown) // and rounded down
		if order > 1 {
			odd.Mul(odd, step)           // t^-(2l-1), rounded down
			growth.Mul(growth, growthUp) // e^((l-1) epsilon), rounded up
			c := number(up).Quo(tailUp, sub(number(down), odd, one))
			c.Quo(add(c, c, one), tailDown)
			moment := sub(number(up), growth, decayDown)
			moment.Mul(moment, c)
			moments = append(moments, add(moment, moment, decayUp))
		}
	}
	return moments
}

func errMissingNorm(bound, noise string) error {
	return fmt.Errorf("the bound on the %s norm is 0: %s noise needs one", bound, noise)
}

func wrap(what string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
