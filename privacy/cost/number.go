package cost

import "math/big"

// Numbers of 192 bits with an exponent, each operation rounded in the direction
// that its result is asked for. Package math/big does them with integers, so every
// machine finds the same bits; no operation has an error above 2^-191 of its result.

const (
	precision = 192
	// logPrecision and logSlack: a logarithm is computed to the nearest with more bits
	// and then moved by 2^-200, far more than its error: it sums 52 terms below 1,
	// each within 2^-255, and an exponent below 2^31 times ln 2, within 2^-224.
	logPrecision = 256
	logTerms     = 52
	logSlack     = 200

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

// ln is the logarithm of x > 0, at most 2^-199 above it, and never below.
func ln(x *big.Float) *big.Float {
	wide := func() *big.Float { return new(big.Float).SetPrec(logPrecision) }
	m := wide()
	exponent := x.MantExp(m)
	// x = m 2^exponent with m between 3/4 and 3/2, and ln m = 2 artanh((m-1)/(m+1)).
	if m.Cmp(wide().SetRat(big.NewRat(3, 4))) < 0 {
		m.Add(m, m)
		exponent--
	}
	one := wide().SetUint64(1)
	t := wide().Quo(wide().Sub(m, one), wide().Add(m, one))
	square, odd := wide().Mul(t, t), wide()
	sum := wide()
	for k := uint64(logTerms); k > 0; k-- { // t (1 + t^2 (1/3 + t^2 (1/5 + ...)))
		sum.Add(sum, wide().Quo(one, odd.SetUint64(2*k-1)))
		if k > 1 {
			sum.Mul(sum, square)
		}
	}
	sum.Mul(sum, t)
	sum.Add(sum, sum)
	if exponent != 0 {
		two, _ := wide().SetString(ln2)
		sum.Add(sum, two.Mul(two, wide().SetInt64(int64(exponent))))
	}
	sum.Add(sum, wide().SetMantExp(one, -logSlack))
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
