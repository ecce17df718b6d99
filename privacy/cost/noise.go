package cost

import (
	"fmt"
	"math/big"
	"sort"
)

// Norm bounds what one unit contributes to a sum of integers, in quanta. It is
// counted after rounding and clipping, on the integers themselves.
type Norm struct {
	L1        uint64 // sum of absolute values; Laplace and Skellam noise need it
	L2Squared uint64 // sum of squares; Gaussian and Skellam noise need it
}

// reach is how far two neighbouring sums may lie apart.
type reach struct{ l1, l2Squared *big.Rat }

// stretched is the reach under an adjacency.
func (n Norm) stretched(by uint64) reach {
	scaled := func(bound, by uint64) *big.Rat {
		return new(big.Rat).SetInt(new(big.Int).Mul(integer(bound), integer(by)))
	}
	return reach{scaled(n.L1, by), scaled(n.L2Squared, by*by)}
}

// Noise is the law of the integers that are added to a sum: [Gaussian], [Laplace] or
// [Skellam]. All are symmetric about 0, which the proofs about sampling need.
type Noise interface {
	// Validate reports what is wrong with the noise, or with a norm beside it.
	Validate(Norm) error

	// whole is what one release costs when every unit takes part.
	whole(reach) (Amount, error)
	// worst is not below the Renyi divergence between neighbours of any order of [Orders].
	worst(reach) *big.Rat
	// moments are upper bounds of e^((l-1) d(l)) for l = 0..last, where d(l) is the Renyi
	// divergence of order l between neighbours. They fit in a number while worst is at
	// most largest.
	moments(r reach, last int) []*big.Float
}

// largest is the epsilon, or divergence, above which nothing is counted any more: e
// to the power of it times the largest order still fits in a number.
const largest = 1_000_000

var errLarge = fmt.Errorf("the noise is too small beside the norm: a divergence above %d is not counted: %w", largest, ErrOverflow)

// Gaussian is noise of a normal law with standard deviation Sigma, rounded to
// integers or not: rounding what a Gaussian mechanism gives reveals nothing more, so
// both cost the same. Its Renyi divergence of order alpha is alpha L2^2 / (2 sigma^2).
type Gaussian struct{ Sigma Fraction }

// Validate implements [Noise].
func (g Gaussian) Validate(n Norm) error {
	if n.L2Squared == 0 {
		return errNorm("squared L2", "Gaussian")
	}
	return wrap("sigma", g.Sigma.Validate())
}

// ratio is L2^2 / sigma^2.
func (g Gaussian) ratio(r reach) *big.Rat {
	sigma := g.Sigma.rat()
	return new(big.Rat).Quo(r.l2Squared, sigma.Mul(sigma, sigma))
}

func (g Gaussian) whole(r reach) (a Amount, err error) {
	rho, err := ceil(half(g.ratio(r)), uint64(OneNano))
	return Amount{Rho: Nano(rho)}, err
}

func (g Gaussian) worst(r reach) *big.Rat { return times(half(g.ratio(r)), largestOrder) }

func (g Gaussian) moments(r reach, last int) []*big.Float {
	z := half(g.ratio(r))
	return growing(quadratic{z, new(big.Rat).Neg(z), new(big.Rat)}, 2, last, ones()) // l (l-1) z
}

// Skellam is the difference of two Poisson numbers, of this variance. Sums of Skellam
// shares are Skellam noise of the sum of the variances. Its Renyi divergence of an
// integer order alpha is at most
//
//	alpha L2^2/2v + min( ((2 alpha - 1) L2^2 + 6 L1) / 4v^2, 3 L1 / 2v )
//
// (Agarwal, Kairouz, Liu: The Skellam mechanism for differentially private federated
// learning, NeurIPS 2021).
type Skellam struct{ Variance Fraction }

// Validate implements [Noise].
func (s Skellam) Validate(n Norm) error {
	if n.L2Squared == 0 {
		return errNorm("squared L2", "Skellam")
	}
	if n.L1 == 0 {
		return errNorm("L1", "Skellam")
	}
	return wrap("variance", s.Variance.Validate())
}

// bounds are the two sides of the minimum as rho alpha + xi.
func (s Skellam) bounds(r reach) (fine, coarse line) {
	v := s.Variance.rat()
	gaussian := half(new(big.Rat).Quo(r.l2Squared, v))       // L2^2 / 2v
	squares := half(new(big.Rat).Quo(gaussian, v))           // L2^2 / 4v^2
	linear := half(times(new(big.Rat).Quo(r.l1, v), 3))      // 3 L1 / 2v
	fine.rho = new(big.Rat).Add(gaussian, times(squares, 2)) // (2 alpha - 1) L2^2 / 4v^2 has 2 alpha
	fine.xi = new(big.Rat).Sub(new(big.Rat).Quo(linear, v), squares)
	return fine, line{rho: gaussian, xi: linear}
}

func (s Skellam) whole(r reach) (a Amount, err error) {
	bound, coarse := s.bounds(r)
	if bound.at(2).Cmp(coarse.at(2)) >= 0 { // and so at every order, for its rho is larger
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

func (s Skellam) worst(r reach) *big.Rat {
	_, coarse := s.bounds(r)
	return coarse.at(largestOrder)
}

func (s Skellam) moments(r reach, last int) []*big.Float {
	fine, coarse := s.bounds(r)
	// From some order on the coarse bound is the smaller one, for it rises less.
	change := 2 + sort.Search(last-1, func(i int) bool { return fine.at(2+i).Cmp(coarse.at(2+i)) > 0 })
	return growing(coarse.exponent(), change, last, growing(fine.exponent(), 2, change-1, ones()))
}

// Laplace is noise of scale 1/Rate, discrete (P(k) in proportion to e^(-rate |k|), the
// sum of Polya shares) or continuous. It is purely private: epsilon is Rate times the
// L1 norm.
type Laplace struct{ Rate Fraction }

// Validate implements [Noise].
func (l Laplace) Validate(n Norm) error {
	if n.L1 == 0 {
		return errNorm("L1", "Laplace")
	}
	return wrap("rate", l.Rate.Validate())
}

func (l Laplace) epsilon(r reach) *big.Rat { return new(big.Rat).Mul(l.Rate.rat(), r.l1) }

func (l Laplace) whole(r reach) (a Amount, err error) {
	epsilon := l.epsilon(r)
	micro, err := ceil(epsilon, uint64(OneEpsilon))
	if err != nil {
		return Amount{}, err
	}
	rho, err := ceil(half(epsilon.Mul(epsilon, epsilon)), uint64(OneNano))
	return Amount{Epsilon: Epsilon(micro), PureRho: Nano(rho)}, err
}

func (l Laplace) worst(r reach) *big.Rat { return l.epsilon(r) }

// moments of discrete Laplace noise, t = e^-rate, at a distance of epsilon/rate in one
// coordinate, which is the worst way to lie so far apart: with
//
//	c = 1/(1+t) (1 + (1-t) / (t^-(2l-1) - 1))
//
// it is c e^((l-1) epsilon) + (1-c) e^(-l epsilon). Continuous noise has less.
func (l Laplace) moments(r reach, last int) []*big.Float {
	rate, epsilon := l.Rate.rat(), l.epsilon(r)
	one := natural(1)
	t := number(down).Quo(one, exp(rate, up))
	tailUp, tailDown := sub(number(up), one, t), add(number(down), one, t) // 1-t, 1+t
	odd, step := exp(rate, down), exp(new(big.Rat).Add(rate, rate), down)
	growUp, growDown := exp(epsilon, up), exp(epsilon, down)
	risen, fellUp, fellDown := natural(1), natural(1), number(down).SetUint64(1)
	shrinkUp, shrinkDown := number(up).Quo(one, growDown), number(down).Quo(one, growUp)

	moments := ones()
	for order := 1; order <= last; order++ {
		fellUp.Mul(fellUp, shrinkUp)       // e^(-l epsilon), not below
		fellDown.Mul(fellDown, shrinkDown) // and not above
		if order > 1 {
			odd.Mul(odd, step)       // t^-(2l-1), not above
			risen.Mul(risen, growUp) // e^((l-1) epsilon), not below
			c := number(up).Quo(tailUp, sub(number(down), odd, one))
			c.Quo(add(c, c, one), tailDown)
			moment := sub(number(up), risen, fellDown)
			moment.Mul(moment, c)
			moments = append(moments, add(moment, moment, fellUp))
		}
	}
	return moments
}

func errNorm(bound, noise string) error {
	return fmt.Errorf("the bound on the %s norm is 0: %s noise needs one", bound, noise)
}

func wrap(what string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
