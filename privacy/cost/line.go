package cost

import "math/big"

// line is the bound rho alpha + xi on the Renyi divergence of order alpha.
type line struct{ rho, xi *big.Rat }

func (l line) at(order int) *big.Rat {
	return new(big.Rat).Add(times(l.rho, int64(order)), l.xi)
}

// exponent is (l-1) times the bound at order l.
func (l line) exponent() quadratic {
	return quadratic{l.rho, new(big.Rat).Sub(l.xi, l.rho), new(big.Rat).Neg(l.xi)}
}

// quadratic is a l^2 + b l + c.
type quadratic struct{ a, b, c *big.Rat }

func (q quadratic) at(l int) *big.Rat {
	slope := new(big.Rat).Add(times(q.a, int64(l)), q.b)
	return slope.Add(times(slope, int64(l)), q.c)
}

// appendExp appends upper bounds of e^q(l) for l = from..to to values. Exponents and their
// differences must not be negative there. Each value is its predecessor times a factor, and
// each factor is its predecessor times a constant, so three exponentials are enough.
func appendExp(q quadratic, from, to int, values []*big.Float) []*big.Float {
	if from > to {
		return values
	}
	value := exp(q.at(from), up)
	factor := exp(new(big.Rat).Sub(q.at(from+1), q.at(from)), up)
	curvature := exp(new(big.Rat).Add(q.a, q.a), up)
	for range to - from + 1 {
		values = append(values, number(up).Set(value))
		value.Mul(value, factor)
		factor.Mul(factor, curvature)
	}
	return values
}

// firstMoments are the moments of orders 0 and 1, which are 1 for every law.
func firstMoments() []*big.Float { return []*big.Float{natural(1), natural(1)} }

func times(r *big.Rat, n int64) *big.Rat { return new(big.Rat).Mul(r, big.NewRat(n, 1)) }

func half(r *big.Rat) *big.Rat { return new(big.Rat).Mul(r, big.NewRat(1, 2)) }
