package account

import "math"

// proof is what one accountant proves of one plan: a delta for each epsilon from 0 on,
// an upper bound that never rises. An epsilon is only ever found on it, so the delta
// of the epsilon of a delta is at most that delta.
type proof interface {
	// delta at an epsilon, and the order of the Renyi divergence that shows it; 0 if
	// none does.
	delta(epsilon float64) (delta, order float64)
	// near is about the epsilon at which a delta is reached, where the search for it
	// begins; infinite where none reaches it.
	near(delta float64) float64
}

// epsilonOf is the least epsilon at which a proof is at most delta, to the last digit
// of a float64.
func epsilonOf(c proof, delta float64) float64 {
	reached := func(epsilon float64) bool {
		d, _ := c.delta(epsilon)
		return d <= delta
	}
	const apart, growth, farthest = 1e-10, 8, 1e12 // of the guess, relatively
	low, high := 0.0, c.near(delta)
	guess := math.Max(high, apart)
	for by := apart; !reached(high); by *= growth {
		if by > farthest || math.IsInf(high, 1) {
			return math.Inf(1)
		}
		low, high = high, guess*(1+by)
	}
	for by := apart; low < guess*(1-by); by *= growth {
		less := guess * (1 - by)
		if !reached(less) {
			low = less
			break
		}
		high = less
	}
	if low == 0 && reached(0) {
		return 0
	}
	return crossing(low, high, reached)
}

// crossing is the least float64 between low and high, low left out, from which on
// something is reached. It is reached at high.
func crossing(low, high float64, reached func(float64) bool) float64 {
	for {
		middle := low + (high-low)/2
		if middle <= low || middle >= high {
			return high
		}
		if reached(middle) {
			high = middle
		} else {
			low = middle
		}
	}
}
