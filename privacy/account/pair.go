package account

import "math"

// pair is two distributions P and Q that dominate all neighbours of a mechanism. For
// t >= 0 it returns the probabilities, under P and under Q, that the loss ln(P/Q) is more
// than t. Noise is symmetric, so swapping P and Q only changes the sign of the loss: the
// probabilities that the loss is less than -t are the same two, swapped.
type pair func(t float64) (p, q float64)

// pair is two normal distributions whose means are 1/Noise standard deviations apart.
func (m Gaussian) pair() pair {
	mu := 1 / m.Noise
	return func(t float64) (p, q float64) { return above(t/mu - mu/2), above(t/mu + mu/2) }
}

// pair is two Laplace distributions. Under P the loss is Epsilon with probability 1/2;
// between -Epsilon and Epsilon it has an exponential density.
func (m Laplace) pair() pair {
	return func(t float64) (p, q float64) {
		if t >= m.Epsilon {
			return 0, 0
		}
		x := (m.Epsilon - t) / 2
		return 1 - math.Exp(-x)/2, math.Exp(-m.Epsilon+x) / 2
	}
}

// pair is two discrete Laplace distributions L1 apart. The loss is A(L1-2j) for a j from
// 0 to L1.
func (m DiscreteLaplace) pair() pair {
	d := float64(m.L1)
	both := 1 + math.Exp(-m.A)
	return func(t float64) (p, q float64) {
		// j is how many values of the loss are more than t. Because t >= 0, the last value,
		// -A L1, is never among them.
		j := math.Ceil((d - t/m.A) / 2)
		if j <= 0 {
			return 0, 0
		}
		return 1 - math.Exp(-m.A*j)/both, math.Exp(-m.A*(d-j+1)) / both
	}
}

// pair is nil: no pair is known that dominates all neighbours of vectors with Skellam
// noise.
func (Skellam) pair() pair { return nil }

// pair is the two distributions of randomised response.
func (m Pure) pair() pair {
	q := 1 / (1 + math.Exp(m.Epsilon))
	return func(t float64) (float64, float64) {
		if t >= m.Epsilon {
			return 0, 0
		}
		return 1 - q, q
	}
}

// tails are the distribution of the loss of one step in one direction: the probabilities,
// under P and under Q, that it is more than t (above) or less than -t (below), for t >= 0.
type tails struct{ above, below pair }

// remove is the distribution of the loss if P is with the unit and Q without it; add is the
// reverse. They are equal if the unit always takes part or is replaced by another one.
func (r release) remove() tails {
	base := r.sampled.pair()
	if r.rate == 1 {
		return tails{base, swapped(base)}
	}
	// At t the loss of the mechanism is ln(1 + (e^t - 1)/rate), and P is the mixture
	// rate P + (1-rate) Q.
	mixed := func(p, q float64) (float64, float64) { return r.rate*p + (1-r.rate)*q, q }
	more := func(t float64) (float64, float64) {
		if t > 600 { // e^t may overflow; t - ln(rate) is the same to the last digit
			return mixed(base(t - math.Log(r.rate)))
		}
		return mixed(base(math.Log1p(math.Expm1(t) / r.rate)))
	}
	if r.substituted {
		return tails{more, swapped(more)}
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
	return tails{swapped(l.below), swapped(l.above)}
}

func swapped(f pair) pair {
	return func(t float64) (p, q float64) {
		p, q = f(t)
		return q, p
	}
}

// beyond is a t such that the probability under P of a loss above t is at most limit.
func (f pair) beyond(limit float64) float64 {
	excess := func(t float64) float64 {
		p, _ := f(t)
		return p - limit
	}
	if excess(0) <= 0 {
		return 0
	}
	low, high := 0.0, 1.0
	for excess(high) > 0 {
		low, high = high, 2*high
	}
	for range 60 {
		if middle := (low + high) / 2; excess(middle) > 0 {
			low = middle
		} else {
			high = middle
		}
	}
	return high
}
