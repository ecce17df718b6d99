package account

import "math"

// exact is the curve of Gaussian releases without sampling. Together they are one Gaussian
// mechanism with mu = sensitivity / standard deviation (Balle and Wang 2018, Theorem 8).
type exact struct{ mu float64 }

func newExact(all []release) (proof, error) {
	square := 0.0
	for _, r := range all {
		g, ok := r.whole.(Gaussian)
		if !ok || r.rate < 1 {
			return nil, Exact.unsound("is only for gaussians without sampling")
		}
		square += r.steps / (g.Noise * g.Noise)
	}
	return exact{up(math.Sqrt(square))}, nil
}

func (c exact) startEpsilon(delta float64) float64 {
	reached := func(epsilon float64) bool { return c.at(epsilon) <= delta }
	if reached(0) {
		return 0
	}
	high := c.mu * (c.mu/2 + math.Sqrt(-2*math.Log(delta)))
	for !reached(high) { // only if rounding made high slightly too small
		high = up(high) * 2
	}
	return crossing(0, high, reached)
}

// delta is positive at every epsilon, at least the smallest float64.
func (c exact) delta(epsilon float64) (delta, order float64) {
	return math.Max(c.at(epsilon), math.SmallestNonzeroFloat64), 0
}

// at is above(x) - e^epsilon above(y) with x = epsilon/mu - mu/2 and y = x + mu. Because
// y^2 - x^2 is 2 epsilon, it is computed without growing exponentials. The first term is
// rounded up and the second down.
func (c exact) at(epsilon float64) float64 {
	x, y := epsilon/c.mu-c.mu/2, epsilon/c.mu+c.mu/2
	lost := 4 * ulp * y
	x, y = x-lost, y+lost
	const more, less = 1 + relativeSlack, 1 - relativeSlack
	if x > 0 {
		return math.Exp(-x*x/2) * (mills(x)*more - mills(y)*less)
	}
	return math.Min(1, above(x)*more-math.Exp(-x*x/2)*mills(y)*less)
}
