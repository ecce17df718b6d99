package account

import "math"

// zcdp is (xi, rho)-zCDP: the Renyi divergence is at most xi + rho*order (Bun and
// Steinke 2016, Definition 1.1). It is converted to epsilon and delta at the best order.
type zcdp struct {
	xi, rho  float64
	integers bool // only at integer orders
}

func newZCDP(all []release) (proof, error) {
	var c zcdp
	for _, r := range all {
		if r.rate < 1 {
			return nil, ZCDP.unsound("has no bound for sampling")
		}
		xi, rho := r.whole.concentrated()
		c.xi += r.steps * xi
		c.rho += r.steps * rho
		c.integers = c.integers || !r.whole.fractional()
	}
	c.xi, c.rho = up(c.xi), up(c.rho)
	return c, nil
}

func (c zcdp) startEpsilon(delta float64) float64 {
	at := func(order float64) float64 { return toEpsilon(order, c.xi+c.rho*order, delta) }
	return at(c.best(1+math.Sqrt(-math.Log(delta)/c.rho), at))
}

func (c zcdp) delta(epsilon float64) (delta, order float64) {
	at := func(order float64) float64 { return toLogDelta(order, c.xi+c.rho*order, epsilon) }
	order = c.best(1+math.Max((epsilon-c.xi)/c.rho, 1)/2, at)
	return probability(at(order)), order
}

// best is about the order at which f is smallest, near a first guess. Every order is sound,
// so an inaccurate result only makes the bound less tight.
func (c zcdp) best(guess float64, f func(float64) float64) float64 {
	middle := math.Log(guess - 1)
	order := 1 + math.Exp(argmin(middle-3, middle+3, 60, func(x float64) float64 { return f(1 + math.Exp(x)) }))
	if !c.integers {
		return order
	}
	low := math.Max(2, math.Floor(order))
	if f(low) <= f(low+1) {
		return low
	}
	return low + 1
}
