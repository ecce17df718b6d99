package cost_test

import (
	"math"

	"github.com/althing-network/althing/privacy/cost"
)

// plainEpsilon is the epsilon of an amount by the textbook formula, in float64.
func plainEpsilon(a cost.Amount, delta cost.Delta) float64 {
	epsilon := math.Inf(1)
	pure, xi, rho := float64(a.Epsilon)/1e6, float64(a.Xi)/1e9, float64(a.Rho)/1e9
	if a.Rho == 0 && a.Curve.Zero() {
		epsilon = pure + xi
	}
	for i, order := range cost.Orders() {
		if a.Curve[i] >= cost.NoBound {
			continue
		}
		alpha := float64(order)
		d := min(pure, alpha*float64(a.PureRho)/1e9) + xi + alpha*rho + float64(a.Curve[i])/1e9
		e := d + math.Log1p(-1/alpha) - (math.Log(float64(delta)/1e18)+math.Log(alpha))/(alpha-1)
		epsilon = min(epsilon, max(0, e))
	}
	return epsilon
}
