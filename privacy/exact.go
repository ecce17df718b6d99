package privacy

import (
	"math"
	"math/big"
)

// Draw draws from the law exactly, by comparing random integers with integers
// (Canonne, Kamath and Steinke 2020, "The discrete Gaussian for differential
// privacy", algorithm 2). Its running time depends on the result.
func (d DiscreteLaplace) Draw(s *Stream) (int64, error) {
	if err := d.Validate(); err != nil {
		return 0, err
	}
	return s.laplace(d.A.Num, d.A.Den), nil
}

// laplace draws k with a probability proportional to e^(-|k| num/den).
func (s *Stream) laplace(num, den uint64) int64 {
	for {
		rest := s.below(den)
		if !s.exp(rest, den) {
			continue
		}
		whole := uint64(0)
		for s.exp(1, 1) {
			whole++
		}
		k := int64((rest + den*whole) / num)
		negative := s.Uint64()&1 == 1
		switch {
		case !negative:
			return k
		case k != 0: // 0 has one sign only
			return -k
		}
	}
}

// exp is true with probability e^-x, where x = num/den <= 1. Of independent events with
// the probabilities x/1, x/2, x/3 and so on, the first that does not happen has an odd
// index with exactly this probability (von Neumann).
func (s *Stream) exp(num, den uint64) bool {
	for k := uint64(1); ; k++ {
		if s.below(den) >= num || s.below(k) != 0 {
			return k&1 == 1
		}
	}
}

// Draw draws from the law exactly, by rejection sampling. It proposes an integer y from a
// discrete Laplace law and a uniform real u in [-1/2, 1/2), of which it draws only as many
// bits as the decision needs. It accepts them with the probability that makes y+u
// Gaussian, and returns y. docs/privacy-proofs.md has that probability. The running time depends
// on the result.
func (g RoundedGaussian) Draw(s *Stream) (int64, error) {
	if err := g.Validate(); err != nil {
		return 0, err
	}
	q := newExponent(g.Sigma)
	for {
		y := s.laplace(1, q.t)
		q.propose(y, s.Uint64())
		if q.accept(s) {
			return y, nil
		}
	}
}

// exponent is e(w) = (x+w)^2/(2 sigma^2) - x/t + sigma^2/(2 t^2) + 1/(2t), where e^-e(w) is
// the probability to accept a proposal. x is |y|; w is the uniform real in [-1/2, 1/2),
// with the sign of y; t is the scale of the discrete Laplace law. e(w) is never negative.
type exponent struct {
	sigma        Ratio
	t            uint64
	coefficients floatCoefficients
	approximate  float64 // e(w) by the first 64 bits of w, within maxFloatError; NaN if the error may be larger
	x, firstWord uint64  // |y|, and the first 64 bits of w + 1/2
	exactForm    *integerExponent
}

// floatCoefficients are the coefficients of e(w) as float64.
type floatCoefficients struct{ centre, square, linear float64 }

// maxFloatError is far above the error of e(w) in float64, as [exponent.propose] computes
// it. If a comparison is closer than that, integers decide.
const maxFloatError = 1e-8

func newExponent(sigma Ratio) exponent {
	t, of := sigma.Num/sigma.Den+1, float64(sigma.Num)/float64(sigma.Den)
	return exponent{sigma: sigma, t: t, coefficients: floatCoefficients{centre: of * (of / float64(t)), square: 1 / (2 * of * of), linear: 1 / float64(t)}}
}

// propose sets the proposal: an integer and the first 64 bits of the uniform real.
func (q *exponent) propose(y int64, word uint64) {
	q.x, q.firstWord, q.exactForm = magnitude(y), word, nil
	const maxExponent = 1 << 10     // below it x is less than 46 sigma + sigma^2/t, and the float error less than 2^-39
	half := float64(word) * 0x1p-64 // w + 1/2
	off := float64(q.x) - q.coefficients.centre + (half - 0.5)
	q.approximate = off*off*q.coefficients.square + half*q.coefficients.linear
	if q.approximate >= maxExponent {
		q.approximate = math.NaN()
	}
}

// accept is true with probability e^-e(w). If e(w) is at most an integer m, that is the
// probability of m independent events with probability e^-(e(w)/m) each.
func (q *exponent) accept(s *Stream) bool {
	m := math.Ceil(q.approximate + maxFloatError)
	if m != math.Ceil(q.approximate-maxFloatError) { // also if it is NaN
		return q.acceptUpTo(s, q.exact().ceiling())
	}
	return q.acceptUpTo(s, uint64(m))
}

func (q *exponent) acceptUpTo(s *Stream, m uint64) bool {
	for range m {
		if !q.exp(s, m) {
			return false
		}
	}
	return true
}

// exp is true with probability e^-(e(w)/m), as [Stream.exp] is for rationals.
func (q *exponent) exp(s *Stream, m uint64) bool {
	for k := uint64(1); ; k++ {
		if s.below(k) != 0 || !q.event(s, m) {
			return k&1 == 1
		}
	}
}

// event is true with probability e(w)/m, which is at most 1: it compares a uniform real
// with e(w)/m. Nearly always floats of their first 64 bits decide; integers of the first
// 64 bits fail to decide with a probability of about 2^-60.
func (q *exponent) event(s *Stream, m uint64) bool {
	word := s.Uint64()
	if q.exactForm == nil || q.exactForm.real.size == 64 {
		switch difference := float64(word)*0x1p-64 - q.approximate/float64(m); {
		case difference > maxFloatError:
			return false
		case difference < -maxFloatError:
			return true
		}
	}
	return q.exact().event(s, word, m)
}

// exact is the same exponent in integers.
func (q *exponent) exact() *integerExponent {
	if q.exactForm == nil {
		q.exactForm = newIntegerExponent(q.sigma, q.t, q.x, q.firstWord)
	}
	return q.exactForm
}

// integerExponent is e(w) with integer coefficients:
// denominator e(w) = square (x+w)^2 - linear x + constant.
type integerExponent struct {
	square, linear, constant, denominator *big.Int
	x                                     *big.Int
	real                                  lazyReal // w + 1/2
}

func newIntegerExponent(sigma Ratio, t, x, first uint64) *integerExponent {
	integer := func(v uint64) *big.Int { return new(big.Int).SetUint64(v) }
	product := func(factors ...*big.Int) *big.Int {
		p := big.NewInt(1)
		for _, f := range factors {
			p.Mul(p, f)
		}
		return p
	}
	p, q := product(integer(sigma.Num), integer(sigma.Num)), product(integer(sigma.Den), integer(sigma.Den))
	two, tt := big.NewInt(2), integer(t)
	linear := product(two, p, q, tt)
	constant := product(p, q, tt)
	return &integerExponent{
		square:      product(q, q, tt, tt),
		linear:      linear,
		constant:    constant.Add(constant, product(p, p)),
		denominator: product(linear, tt),
		x:           integer(x),
		real:        lazyReal{bits: integer(first), size: 64},
	}
}

// ceiling is the smallest integer that is at least e(w), as far as the bits of w that are
// drawn tell.
func (q *integerExponent) ceiling() uint64 {
	_, high := q.bounds()
	scale := new(big.Int).Lsh(q.denominator, 2*q.real.size)
	return new(big.Int).Quo(high.Add(high, scale).Sub(high, big.NewInt(1)), scale).Uint64()
}

// event compares a uniform real, of which the first 64 bits are drawn, with e(w)/m. It
// draws more bits of both until they differ.
func (q *integerExponent) event(s *Stream, first, m uint64) bool {
	v := lazyReal{bits: new(big.Int).SetUint64(first), size: 64}
	for {
		for v.size < q.real.size {
			v.refine(s)
		}
		low, high := q.bounds()
		// v lies in [bits, bits+1) / 2^size, and is compared with e(w)/m.
		unit := new(big.Int).Mul(q.denominator, new(big.Int).SetUint64(m))
		unit.Lsh(unit, q.real.size)
		at := new(big.Int).Mul(v.bits, unit)
		if at.Cmp(high) >= 0 {
			return false
		}
		if at.Add(at, unit).Cmp(low) <= 0 {
			return true
		}
		q.real.refine(s)
	}
}

// bounds are a lower and an upper bound on e(w), times denominator and 4^size of the real.
func (q *integerExponent) bounds() (low, high *big.Int) {
	size := q.real.size
	near := new(big.Int).Lsh(q.x, size) // (x + w) 2^size lies in [near, far)
	near.Add(near, q.real.bits)
	near.Sub(near, new(big.Int).Lsh(big.NewInt(1), size-1))
	far := new(big.Int).Add(near, big.NewInt(1))
	near.Mul(near, near)
	far.Mul(far, far)
	if near.Cmp(far) > 0 { // below zero
		near, far = far, near
	}
	rest := new(big.Int).Sub(q.constant, new(big.Int).Mul(q.linear, q.x))
	rest.Lsh(rest, 2*size)
	low = near.Mul(near, q.square)
	high = far.Mul(far, q.square)
	return low.Add(low, rest), high.Add(high, rest)
}

// lazyReal is a uniform real in [0, 1) of which size bits are drawn so far: it lies in
// [bits, bits+1) / 2^size.
type lazyReal struct {
	bits *big.Int
	size uint
}

// refine draws 64 more bits.
func (r *lazyReal) refine(s *Stream) {
	r.bits.Or(r.bits.Lsh(r.bits, 64), new(big.Int).SetUint64(s.Uint64()))
	r.size += 64
}
