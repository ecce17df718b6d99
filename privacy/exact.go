package privacy

import "math/big"

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
// y is taken with odds that make y+u a Gaussian; u is forgotten. docs/privacy.md has
// the odds. Its time depends on what it draws.
func (g RoundedGaussian) Draw(s *Stream) (int64, error) {
	if err := g.Validate(); err != nil {
		return 0, err
	}
	t := g.Sigma.Num/g.Sigma.Den + 1 // the scale of what is proposed
	q := newQuadratic(g.Sigma, t)
	for {
		y := s.laplace(1, t)
		q.propose(y)
		if q.accept(s) {
			return y, nil
		}
	}
}

// quadratic is the exponent e(w) = (x+w)^2/(2 sigma^2) - x/t + sigma^2/(2 t^2) + 1/(2t)
// of the odds e^-e(w), where x = |y| and w is the real in [-1/2, 1/2), measured away from
// zero. It is never negative. Times the denominator it is
// square (x+w)^2 - linear x + constant, all integers.
type quadratic struct {
	square, linear, constant, denominator *big.Int
	x                                     *big.Int
	real                                  real // w + 1/2
}

func newQuadratic(sigma Ratio, t uint64) *quadratic {
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
	return &quadratic{
		square:      product(q, q, tt, tt),
		linear:      linear,
		constant:    constant.Add(constant, product(p, p)),
		denominator: product(linear, tt),
	}
}

// propose begins anew with an integer and no bit of the real.
func (q *quadratic) propose(y int64) {
	q.x = new(big.Int).SetUint64(magnitude(y))
	q.real = real{bits: new(big.Int)}
}

// accept is true with odds of e^-e(w): where e(w) is at most m, with the odds of m
// independent events that have e^-(e(w)/m) each.
func (q *quadratic) accept(s *Stream) bool {
	q.real.refine(s)
	_, most := q.between()
	scale := new(big.Int).Lsh(q.denominator, 2*q.real.size)
	m := new(big.Int).Quo(most.Add(most, scale).Sub(most, big.NewInt(1)), scale).Uint64()
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

// happens is true with odds of e(w)/m, at most 1: a uniform real is compared with
// it, and both get more bits until they differ.
func (q *quadratic) happens(s *Stream, m uint64) bool {
	v := real{bits: new(big.Int)}
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
func (q *quadratic) between() (least, most *big.Int) {
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
