package account

import (
	"math"
	"slices"
)

// composed is the distribution of the sum of losses, multiplied by e^(tilt*loss -
// generating) so that it is centred where it is asked.
type composed struct {
	step, tilt, generating float64
	first                  int       // mass[i] is at (first+i)*step
	mass                   []float64 // tilted
	infinite               float64
	lost                   float64 // how far the masses above a loss may be too small, tilted
	rounding               float64 // the relative error of weights, over all steps
}

// epsilon is the least one at which delta is reached.
func (c composed) epsilon(delta float64) float64 {
	higher, lower, shrink := 0.0, 0.0, math.Exp(-c.step) // sums over the losses above
	for i, tilted := range slices.Backward(c.mass) {
		loss := float64(c.first+i) * c.step
		untilt := math.Exp(c.generating - c.tilt*loss)
		if loss <= 0 || c.total(higher, lower, untilt) > delta {
			return c.within(loss, higher, lower, delta)
		}
		mass := tilted * untilt
		higher += mass
		lower = (lower + mass) * shrink
	}
	return math.Max(0, float64(c.first)*c.step)
}

// within finds epsilon between a loss, where delta is exceeded or which is not
// positive, and the next one.
func (c composed) within(loss, higher, lower, delta float64) float64 {
	over := func(epsilon float64) float64 {
		return c.total(higher, lower*math.Exp(epsilon-loss), math.Exp(c.generating-c.tilt*epsilon)) - delta
	}
	low := math.Max(0, loss)
	if over(low) <= 0 {
		return low
	}
	high := loss + c.step
	if over(high) > 0 { // at the end of the window
		return math.Inf(1)
	}
	return crossing(low, high, over)
}

// total is delta: higher is the mass at the losses above an epsilon, lower the same
// of e^(epsilon-loss), untilt what tilted mass at epsilon is to be multiplied by.
func (c composed) total(higher, lower, untilt float64) float64 {
	summing := 8 * ulp * float64(len(c.mass)) * higher
	return (math.Max(0, higher-lower)+summing+c.lost*untilt)*(1+c.rounding) + c.infinite
}

// delta at an epsilon. Below the window nothing is known.
func (c composed) delta(epsilon float64) float64 {
	if epsilon < float64(c.first)*c.step {
		return 1
	}
	higher, lower := 0.0, 0.0
	for i, tilted := range slices.Backward(c.mass) {
		loss := float64(c.first+i) * c.step
		if loss <= epsilon {
			break
		}
		mass := tilted * math.Exp(c.generating-c.tilt*loss)
		higher += mass
		lower += mass * math.Exp(epsilon-loss)
	}
	return math.Min(1, c.total(higher, lower, math.Exp(c.generating-c.tilt*epsilon)))
}
