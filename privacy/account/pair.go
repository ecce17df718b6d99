package account

import "math"

// pair is two distributions P and Q that dominate all neighbours of a mechanism:
// above gives the probabilities under P and under Q that the loss ln(P/Q) is more
// than t, for t from 0 on. Noise is symmetric, so exchanging P and Q only changes
// the sign of the loss: that the loss is less than -t has the probabilities
// exchanged.
type pair func(t float64) (p, q float64)

// pair of normals whose means lie 1/Noise standard deviations apart.
func (m Gaussian) pair() pair {
	mu := 1 / m.Noise
	return func(t float64) (p, q float64) { return above(t/mu - mu/2), above(t/mu + mu/2) }
}

// pair of Laplace distributions: the loss is Epsilon with probability 1/2 under P,
// and between, it has an exponential density.
func (m Laplace) pair() pair {
	return func(t float64) (p, q float64) {
		if t >= m.Epsilon {
			return 0, 0
		}
		x := (m.Epsilon - t) / 2
		return 1 - math.Exp(-x)/2, math.Exp(-m.Epsilon+x) / 2
	}
}

// pair of discrete Laplace distributions L1 apart: the loss is A(L1-2j) for j from 0
// to L1.
func (m DiscreteLaplace) pair() pair {
	d := float64(m.L1)
	both := 1 + math.Exp(-m.A)
	return func(t float64) (p, q float64) {
		// How many of the values of the loss are more than t; t is not negative, so
		// the last value, at j = L1, is never among them.
		j := math.Ceil((d - t/m.A) / 2)
		if j <= 0 {
			return 0, 0
		}
		return 1 - math.Exp(-m.A*j)/both, math.Exp(-m.A*(d-j+1)) / both
	}
}

// pair is nil: no pair is known that dominates vectors under Skellam noise.
func (Skellam) pair() pair { return nil }

// pair of randomised response.
func (m Pure) pair() pair {
	q := 1 / (1 + math.Exp(m.Epsilon))
	return func(t float64) (float64, float64) {
		if t >= m.Epsilon {
			return 0, 0
		}
		return 1 - q, q
	}
}

// tails are the distribution of the loss of one step in one direction: under P and
// under Q, how probable it is more than t, or less than -t, for t from 0 on.
type tails struct{ above, below pair }

// remove is the law when P has the unit and Q has not, add the other way round. They
// are the same where the unit is always there or has another in its place.
func (r release) remove() tails {
	base := r.sampled.pair()
	if r.rate == 1 {
		return tails{base, exchanged(base)}
	}
	// At t the loss of the mechanism is ln(1 + (e^t - 1)/rate), and P is the mixture
	// rate P + (1-rate) Q.
	mixed := func(p, q float64) (float64, float64) { return r.rate*p + (1-r.rate)*q, q }
	more := func(t float64) (float64, float64) {
		if t > 600 { // e^t is too large; the logarithm is this to the last digit
			return mixed(base(t - math.Log(r.rate)))
		}
		return mixed(base(math.Log1p(math.Expm1(t) / r.rate)))
	}
	if r.substituted {
		return tails{more, exchanged(more)}
	}
	return tails{more, func(t float64) (float64, float64) {
		left := math.Expm1(-t) / r.rate
		if left <= -1 {
			return 0, 0
		}
		q, p := base(-math.Log1p(left))
		return mixed(p, q)
	}}
}

func (r release) add() tails {
	l := r.remove()
	return tails{exchanged(l.below), exchanged(l.above)}
}

func exchanged(f pair) pair {
	return func(t float64) (p, q float64) {
		p, q = f(t)
		return q, p
	}
}

// beyond is a t at which the probability under P is at most a limit.
func (f pair) beyond(limit float64) float64 {
	over := func(t float64) float64 {
		p, _ := f(t)
		return p - limit
	}
	if over(0) <= 0 {
		return 0
	}
	low, high := 0.0, 1.0
	for over(high) > 0 {
		low, high = high, 2*high
	}
	for range 60 {
		if middle := (low + high) / 2; over(middle) > 0 {
			low = middle
		} else {
			high = middle
		}
	}
	return high
}
