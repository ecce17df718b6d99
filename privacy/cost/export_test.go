package cost

import "math/big"

// Unsampled is the curve of a release in which every unit takes part, which the ledger
// keeps as epsilon, rho and xi instead.
func Unsampled(noise Noise, norm Norm, adjacency Adjacency) (c Curve) {
	moments := noise.moments(norm.stretched(adjacency.Stretch()), largestOrder)
	for i, order := range Orders() {
		c[i] = divergence(moments[order], order)
	}
	return c
}

// Conversion is what is added to each order's divergence, in nanos.
func Conversion(delta Delta) [48]int64 { return convert(delta) }

// Exp and Ln are the numbers that everything is made of.
func Exp(x *big.Rat, upwards bool) *big.Float {
	if upwards {
		return exp(x, up)
	}
	return exp(x, down)
}

func Ln(x *big.Float) *big.Float { return ln(x, fineTerms) }
