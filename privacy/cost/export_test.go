package cost

import "math/big"

// Unsampled is the curve of a release in which every unit takes part. The ledger keeps
// epsilon, rho and xi for it instead.
func Unsampled(noise Noise, norm Norm, adjacency Adjacency) (c Curve) {
	moments := noise.moments(norm.stretched(adjacency.Stretch()), largestOrder)
	for i, order := range Orders() {
		c[i] = divergence(moments[order], order)
	}
	return c
}

// Conversion is what is added to the divergence at each order, in units of 1e-9.
func Conversion(delta Delta) [48]int64 { return convert(delta) }

// Exp is e^x, rounded up or down.
func Exp(x *big.Rat, upwards bool) *big.Float {
	if upwards {
		return exp(x, up)
	}
	return exp(x, down)
}

func Ln(x *big.Float) *big.Float { return ln(x, exactTerms) }
