package cost

import "math/big"

// This file computes with floats of 192 bits; each operation is rounded in a given
// direction. Package math/big implements them with integers, so every machine finds the
// same bits. No operation has a relative error above 2^-191.

const (
	precision = 192

	ln2 = "0.6931471805599453094172321214581765680755001343602552541206800094933936219696947156058633269964186875"
)

// direction is the rounding direction: the side of the true value on which a result lies.
type direction = big.RoundingMode

const (
	up   direction = big.ToPositiveInf
	down direction = big.ToNegativeInf
)

// number is a new 0 whose operations are rounded in the direction.
func number(d direction) *big.Float { return new(big.Float).SetPrec(precision).SetMode(d) }

// natural is exactly n.
func natural(n uint64) *big.Float { return number(up).SetUint64(n) }

// quotient is r, rounded in the direction.
func quotient(r *big.Rat, d direction) *big.Float {
	num, den := new(big.Float).SetInt(r.Num()), new(big.Float).SetInt(r.Denom())
	return number(d).Quo(num, den)
}

// add sets z to x + y, both of which must not be negative.
func add(z, x, y *big.Float) *big.Float {
	if x.Cmp(y) < 0 {
		x, y = y, x
	}
	return z.Add(x, roundedIfTiny(x, y, z.Mode() == up))
}

// sub sets z to x - y, for x >= y >= 0.
func sub(z, x, y *big.Float) *big.Float {
	return z.Sub(x, roundedIfTiny(x, y, z.Mode() == down))
}

// roundedIfTiny is y. If y is too far below x to matter, it is instead a power of two above
// y, or 0. Otherwise math/big would extend the larger number down to the digits of the
// smaller one, which may be a billion places below.
func roundedIfTiny(x, y *big.Float, above bool) *big.Float {
	lowest := x.MantExp(nil) - 2*precision
	switch {
	case y.Sign() == 0 || y.MantExp(nil) > lowest:
		return y
	case above:
		return new(big.Float).SetMantExp(natural(1), lowest)
	default:
		return new(big.Float)
	}
}

// power is base^n, rounded in the direction, for base > 0.
func power(base *big.Float, n int, d direction) *big.Float {
	square, result := number(d).Set(base), number(d).SetUint64(1)
	for ; n > 0; n /= 2 {
		if n%2 == 1 {
			result.Mul(result, square)
		}
		square.Mul(square, square)
	}
	return result
}

// exp is e^x for x >= 0, rounded in the direction. It halves the argument until it is below
// 2^-8, where 24 terms of the series are enough, and squares the result as often.
func exp(x *big.Rat, d direction) *big.Float {
	const small, terms = 8, 24
	halvings := max(0, x.Num().BitLen()-x.Denom().BitLen()+1+small)
	y := quotient(x, d)
	y.SetMantExp(y, -halvings)
	// 1 + y/1 (1 + y/2 (1 + ... y/24 r)), where the remainder r is between 1 and 2.
	sum, one, k := natural(1), natural(1), natural(0)
	if d == up {
		sum.SetUint64(2)
	}
	sum.SetMode(d)
	for term := uint64(terms); term > 0; term-- {
		sum.Quo(sum.Mul(sum, y), k.SetUint64(term))
		sum.Add(sum, one)
	}
	for range halvings {
		sum.Mul(sum, sum)
	}
	return sum
}

// exactTerms is how many terms of its series give a logarithm the full precision.
const exactTerms = 52

// ln is an upper bound on the logarithm of x > 0, at most 2^(9 - 4 terms) above it. It is
// computed with 5 bits of precision per term of a series, rounded to nearest, and then
// raised by more than its error. Each term is below 1/25 of its predecessor. The exponent of
// x, which is multiplied by ln 2, is below 2^31, and below 2^8 if there are few terms.
func ln(x *big.Float, terms int) *big.Float {
	wide := func() *big.Float { return new(big.Float).SetPrec(uint(5 * terms)) }
	m := new(big.Float)
	exponent := x.MantExp(m)
	// x = m 2^exponent with m between 3/4 and 3/2, and ln m = 2 artanh((m-1)/(m+1)).
	if m.Cmp(wide().SetRat(big.NewRat(3, 4))) < 0 {
		m.Add(m, m)
		exponent--
	}
	one := wide().SetUint64(1)
	t := wide().Quo(wide().Sub(m, one), wide().Add(m, one))
	square, odd, part := wide().Mul(t, t), wide(), wide()
	sum := wide()
	for k := uint64(terms); k > 0; k-- { // t (1 + t^2 (1/3 + t^2 (1/5 + ...)))
		sum.Add(sum.Mul(sum, square), part.Quo(one, odd.SetUint64(2*k-1)))
	}
	sum.Mul(sum, t)
	sum.Add(sum, sum)
	if exponent != 0 {
		two, _ := wide().SetString(ln2)
		sum.Add(sum, two.Mul(two, wide().SetInt64(int64(exponent))))
	}
	sum.Add(sum, wide().SetMantExp(one, 8-4*terms))
	return number(up).Set(sum)
}

// roundUp is x scale / n, rounded up to an integer and at most maxAmount. A negative x
// counts as 0.
func roundUp(x *big.Float, scale, n uint64) uint64 {
	if x.Sign() <= 0 {
		return 0
	}
	scaled := number(up).Mul(x, natural(scale))
	scaled.Quo(scaled, natural(n))
	integer, accuracy := scaled.Int(nil)
	if accuracy == big.Below {
		integer.Add(integer, big.NewInt(1))
	}
	if !integer.IsUint64() || integer.Uint64() > maxAmount {
		return maxAmount
	}
	return integer.Uint64()
}
