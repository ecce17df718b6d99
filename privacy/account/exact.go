package account

import "math"

// exact is the curve of Gaussian releases without sampling: together they are one
// Gaussian whose means lie mu standard deviations apart (Balle and Wang 2018,
// Theorem 8).
type exact struct{ mu float64 }

func newExact(all []release) (proof, error) {
	square := 0.0
	for _, r := range all {
		g, ok := r.whole.(Gaussian)
		if !ok || r.rate < 1 {
			return nil, Exact.unsound("knows gaussians without sampling only")
		}
		square += r.steps / (g.Noise * g.Noise)
	}
	return exact{up(math.Sqrt(square))}, nil
}

func (c exact) near(delta float64) float64 {
	reached := func(epsilon float64) bool { return c.at(epsilon) <= delta }
	if reached(0) {
		return 0
	}
	high := c.mu * (c.mu/2 + math.Sqrt(-2*math.Log(delta)))
	for !reached(high) { // rounding may put it on the wrong side
		high = up(high) * 2
	}
	return crossing(0, high, reached)
}

// delta is positive at any epsilon: one that is too small for a float is the smallest.
func (c exact) delta(epsilon float64) (delta, order float64) {
	return math.Max(c.at(epsilon), math.SmallestNonzeroFloat64), 0
}

// at is above(x) - e^epsilon above(y) with x = epsilon/mu - mu/2 and y = x + mu; as
// y^2 - x^2 is 2 epsilon, no exponential needs to grow. The first term is rounded
// up and the second down.
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
