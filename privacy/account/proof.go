package account

import "math"

// proof is what one accountant proves for one plan: for each epsilon >= 0 an upper bound on
// delta, which never rises with epsilon. Epsilons are only found by a search on this curve.
// So if a delta gives an epsilon, that epsilon gives back at most that delta.
type proof interface {
	// delta is the bound at an epsilon, and the order of the Renyi divergence that proves
	// it; 0 if none does.
	delta(epsilon float64) (delta, order float64)
	// startEpsilon is about the epsilon at which delta is reached; the search begins there.
	// It is infinite if no epsilon reaches delta.
	startEpsilon(delta float64) float64
}

// epsilonOf is the smallest epsilon at which a proof is at most delta, to the last digit
// of a float64.
func epsilonOf(c proof, delta float64) float64 {
	reached := func(epsilon float64) bool {
		d, _ := c.delta(epsilon)
		return d <= delta
	}
	const firstStep, growth, maxStep = 1e-10, 8, 1e12 // relative to the guess
	low, high := 0.0, c.startEpsilon(delta)
	guess := math.Max(high, firstStep)
	for step := firstStep; !reached(high); step *= growth {
		if step > maxStep || math.IsInf(high, 1) {
			return math.Inf(1)
		}
		low, high = high, guess*(1+step)
	}
	for step := firstStep; low < guess*(1-step); step *= growth {
		lower := guess * (1 - step)
		if !reached(lower) {
			low = lower
			break
		}
		high = lower
	}
	if low == 0 && reached(0) {
		return 0
	}
	return crossing(low, high, reached)
}

// crossing is the smallest float64 above low, up to high, at which reached is true. It must
// be true at high.
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
