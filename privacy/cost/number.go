package cost

import "math/big"

// Numbers of 192 bits with an exponent, each operation rounded in the direction
// that its result is asked for. Package math/big does them with integers, so every
// machine finds the same bits; no operation has an error above 2^-191 of its result.

const (
	precision = 192

	ln2 = "0.6931471805599453094172321214581765680755001343602552541206800094933936219696947156058633269964186875"
)

// direction is the side of the true value on which a result lies.
type direction = big.RoundingMode

const (
	up   direction = big.ToPositiveInf
	down direction = big.ToNegativeInf
)

// number is a new zero whose results are rounded in a direction.
func number(d direction) *big.Float { return new(big.Float).SetPrec(precision).SetMode(d) }

// natural is n, exactly.
func natural(n uint64) *big.Float { return number(up).SetUint64(n) }

// quotient is r, rounded.
func quotient(r *big.Rat, d direction) *big.Float {
	num, den := new(big.Float).SetInt(r.Num()), new(big.Float).SetInt(r.Denom())
	return number(d).Quo(num, den)
}

// add makes z the sum of two numbers that are not negative.
func add(z, x, y *big.Float) *big.Float {
	if x.Cmp(y) < 0 {
		x, y = y, x
	}
	return z.Add(x, beside(x, y, z.Mode() == up))
}

// sub makes z the difference of two numbers, of which x is not the smaller one and y not
// negative.
func sub(z, x, y *big.Float) *big.Float {
	return z.Sub(x, beside(x, y, z.Mode() == down))
}

// beside is y, or where it is too far below x to matter, the nearest number above or
// below that is simple. Package math/big writes the larger number out until its digits
// stand above those of the smaller one, which may lie a billion places below.
func beside(x, y *big.Float, above bool) *big.Float {
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

// power is base^n, rounded; base is positive.
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

// exp is e^x for x >= 0. The argument is halved until it is below 2^-8, where 24
// terms of the series suffice, and the result is squared as often.
func exp(x *big.Rat, d direction) *big.Float {
	const small, terms = 8, 24
	halvings := max(0, x.Num().BitLen()-x.Denom().BitLen()+1+small)
	y := quotient(x, d)
	y.SetMantExp(y, -halvings)
	// 1 + y/1 (1 + y/2 (1 + ... y/24 rest)), where rest is between 1 and 2.
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

// fineTerms is how many terms of its series make a logarithm as fine as a number is.
const fineTerms = 52

// ln is the logarithm of x > 0, never below it and at most 2^(9 - 4 terms) above. It is
// computed to the nearest with 5 bits for each term of a series, and then moved up by
// more than its error: each term is below a 25th of the one before it, and the exponent
// of x, below 2^31 and where terms are few below 2^8, is multiplied by ln 2.
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

// roundUp is the least integer that is not below x >= 0 divided by n, or most where
// it is larger. What is negative counts as 0.
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
	if !integer.IsUint64() || integer.Uint64() > most {
		return most
	}
	return integer.Uint64()
}
