package privacy

import (
	"math"
	"math/big"
)

// Draw draws from the law exactly, by comparing random integers with integers
// (Canonne, Kamath and Steinke 2020, "The discrete Gaussian for differential
// privacy", algorithm 2). Its time depends on what it draws.
func (d DiscreteLaplace) Draw(s *Stream) (int64, error) {
	if err := d.Validate(); err != nil {
		return 0, err
	}
	return s.laplace(d.A.Num, d.A.Den), nil
}

// laplace draws k with odds of e^(-|k| num/den).
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

// exp is true with odds of e^-(num/den) for num <= den: of independent events with
// odds x/1, x/2, x/3 and so on, the first that does not happen has an odd number
// with just these odds (von Neumann).
func (s *Stream) exp(num, den uint64) bool {
	for k := uint64(1); ; k++ {
		if s.below(den) >= num || s.below(k) != 0 {
			return k&1 == 1
		}
	}
}

// Draw draws from the law exactly: an integer y, discrete Laplace, is proposed with
// a uniform real u in [-1/2, 1/2), of which only so many bits are drawn as decide, and
// y is taken with odds that make y+u a Gaussian; u is forgotten. docs/privacy-proofs.md has
// the odds. Its time depends on what it draws.
func (g RoundedGaussian) Draw(s *Stream) (int64, error) {
	if err := g.Validate(); err != nil {
		return 0, err
	}
	q := newQuadratic(g.Sigma)
	for {
		y := s.laplace(1, q.t)
		q.propose(y, s.Uint64())
		if q.accept(s) {
			return y, nil
		}
	}
}

// quadratic is the exponent e(w) = (x+w)^2/(2 sigma^2) - x/t + sigma^2/(2 t^2) + 1/(2t)
// of the odds e^-e(w), where x = |y| and w is the real in [-1/2, 1/2), measured away from
// zero, and t the scale of what is proposed. It is never negative.
type quadratic struct {
	sigma    Ratio
	t        uint64
	floats   floats
	about    float64 // e(w) by the first word of w, within doubt; NaN where floats know less
	x, first uint64  // |y|, and the first word of w + 1/2
	integers *integers
}

// floats are what a float64 of e(w) is made of.
type floats struct{ centre, square, linear float64 }

// doubt is far more than e(w) in floats is off by, as [quadratic.propose] makes it. What
// floats know within it is known; everything else is decided by integers.
const doubt = 1e-8

func newQuadratic(sigma Ratio) quadratic {
	t, of := sigma.Num/sigma.Den+1, float64(sigma.Num)/float64(sigma.Den)
	return quadratic{sigma: sigma, t: t, floats: floats{centre: of * (of / float64(t)), square: 1 / (2 * of * of), linear: 1 / float64(t)}}
}

// propose begins anew with an integer and the first word of the real.
func (q *quadratic) propose(y int64, word uint64) {
	q.x, q.first, q.integers = magnitude(y), word, nil
	const most = 1 << 10            // of e(w): then x is less than 46 sigma + sigma^2/t, and floats are off by less than 2^-39
	half := float64(word) * 0x1p-64 // w + 1/2
	off := float64(q.x) - q.floats.centre + (half - 0.5)
	q.about = off*off*q.floats.square + half*q.floats.linear
	if q.about >= most {
		q.about = math.NaN()
	}
}

// accept is true with odds of e^-e(w): where e(w) is at most m, with the odds of m
// independent events that have e^-(e(w)/m) each.
func (q *quadratic) accept(s *Stream) bool {
	m := math.Ceil(q.about + doubt)
	if m != math.Ceil(q.about-doubt) { // of NaN, too
		return q.acceptUpTo(s, q.exactly().ceiling())
	}
	return q.acceptUpTo(s, uint64(m))
}

func (q *quadratic) acceptUpTo(s *Stream, m uint64) bool {
	for range m {
		if !q.exp(s, m) {
			return false
		}
	}
	return true
}

// exp is true with odds of e^-(e(w)/m), as [Stream.exp] is for rationals.
func (q *quadratic) exp(s *Stream, m uint64) bool {
	for k := uint64(1); ; k++ {
		if s.below(k) != 0 || !q.happens(s, m) {
			return k&1 == 1
		}
	}
}

// happens is true with odds of e(w)/m, at most 1: a uniform real is compared with it. The
// first words of both decide, but for odds of 2^-60 or so, and floats of them nearly always.
func (q *quadratic) happens(s *Stream, m uint64) bool {
	word := s.Uint64()
	if q.integers == nil || q.integers.real.size == 64 {
		switch apart := float64(word)*0x1p-64 - q.about/float64(m); {
		case apart > doubt:
			return false
		case apart < -doubt:
			return true
		}
	}
	return q.exactly().happens(s, word, m)
}

// exactly is the same exponent in integers.
func (q *quadratic) exactly() *integers {
	if q.integers == nil {
		q.integers = newIntegers(q.sigma, q.t, q.x, q.first)
	}
	return q.integers
}

// integers are a quadratic's: times the denominator, e(w) is
// square (x+w)^2 - linear x + constant, all integers.
type integers struct {
	square, linear, constant, denominator *big.Int
	x                                     *big.Int
	real                                  real // w + 1/2
}

func newIntegers(sigma Ratio, t, x, first uint64) *integers {
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
	return &integers{
		square:      product(q, q, tt, tt),
		linear:      linear,
		constant:    constant.Add(constant, product(p, p)),
		denominator: product(linear, tt),
		x:           integer(x),
		real:        real{bits: integer(first), size: 64},
	}
}

// ceiling is the least integer that e(w) is at most, by the bits of w that are drawn.
func (q *integers) ceiling() uint64 {
	_, most := q.between()
	scale := new(big.Int).Lsh(q.denominator, 2*q.real.size)
	return new(big.Int).Quo(most.Add(most, scale).Sub(most, big.NewInt(1)), scale).Uint64()
}

// happens compares a uniform real, of which a first word is drawn, with e(w)/m: both get
// more bits until they differ.
func (q *integers) happens(s *Stream, first, m uint64) bool {
	v := real{bits: new(big.Int).SetUint64(first), size: 64}
	for {
		for v.size < q.real.size {
			v.refine(s)
		}
		least, most := q.between()
		// v lies in [bits, bits+1) / 2^size, and is compared with e(w)/m.
		unit := new(big.Int).Mul(q.denominator, new(big.Int).SetUint64(m))
		unit.Lsh(unit, q.real.size)
		at := new(big.Int).Mul(v.bits, unit)
		if at.Cmp(most) >= 0 {
			return false
		}
		if at.Add(at, unit).Cmp(least) <= 0 {
			return true
		}
		q.real.refine(s)
	}
}

// between is what e(w) lies between, times denominator and 4^size of the real.
func (q *integers) between() (least, most *big.Int) {
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
	least = near.Mul(near, q.square)
	most = far.Mul(far, q.square)
	return least.Add(least, rest), most.Add(most, rest)
}

// real is a uniform real in [0, 1) of which so many bits are drawn: it lies in
// [bits, bits+1) / 2^size.
type real struct {
	bits *big.Int
	size uint
}

// refine draws 64 bits more.
func (r *real) refine(s *Stream) {
	r.bits.Or(r.bits.Lsh(r.bits, 64), new(big.Int).SetUint64(s.Uint64()))
	r.size += 64
}
