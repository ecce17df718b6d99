package account

import "math"

// composed is the distribution of the sum of losses. It was computed from a tilted one, in
// which each loss is e^(tilt*loss-generating) times as probable. The tilted distribution is
// centred at the losses that matter, so that its errors are small beside the result.
type composed struct {
	step, tilt, generating float64
	first                  int // the losses are multiples of step, from first*step on

	// For each loss: higher is the probability of this loss and all larger ones. lower is
	// the same with each larger loss weighted by e^(loss-larger), which is the probability
	// under Q divided by e^-loss.
	higher, lower []float64

	infinite float64 // probability of an infinite loss
	lost     float64 // how much higher may be too small, tilted
	rounding float64 // relative error of the weights, over all steps
}

// tailed sets higher and lower from the tilted probabilities.
func (c composed) tailed(tilted []float64) composed {
	c.higher, c.lower = make([]float64, len(tilted)), make([]float64, len(tilted))
	higher, lower, shrink := 0.0, 0.0, math.Exp(-c.step)
	for i := len(tilted) - 1; i >= 0; i-- {
		mass := tilted[i] * c.untilt(c.loss(i))
		higher += mass
		lower = lower*shrink + mass
		c.higher[i], c.lower[i] = higher, lower
	}
	return c
}

func (c composed) loss(i int) float64 { return float64(c.first+i) * c.step }

// untilt is the factor from the tilted probability of a loss to its probability.
func (c composed) untilt(loss float64) float64 { return math.Exp(c.generating - c.tilt*loss) }

// delta is a bound on delta at an epsilon; 1 below the window.
func (c composed) delta(epsilon float64) float64 {
	if len(c.higher) == 0 || epsilon < float64(c.first)*c.step {
		return 1
	}
	higher, lower := 0.0, 0.0
	if i := c.above(epsilon); i < len(c.higher) {
		higher, lower = c.higher[i], c.lower[i]*math.Exp(epsilon-c.loss(i))
	}
	summing := 8 * ulp * float64(len(c.higher)) * higher
	delta := (math.Max(0, higher-lower)+summing+c.lost*c.untilt(epsilon))*(1+c.rounding) + c.infinite
	if !(delta < 1) { // also if a weight overflowed
		return 1
	}
	return up(delta)
}

// above is the index of the first loss above an epsilon.
func (c composed) above(epsilon float64) int {
	i := int(math.Min(epsilon/c.step, float64(c.first+len(c.higher)))) - c.first
	for i > 0 && c.loss(i-1) > epsilon {
		i--
	}
	for i < len(c.higher) && c.loss(i) <= epsilon {
		i++
	}
	return i
}
