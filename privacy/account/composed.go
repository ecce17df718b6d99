package account

import "math"

// composed is the distribution of the sum of losses. It was computed as one of which
// each loss is more probable by e^(tilt*loss-generating), which is centred at the losses
// that matter, so that errors are small beside what is asked for.
type composed struct {
	step, tilt, generating float64
	first                  int // the losses are multiples of the step, from first*step on

	// For each loss, the mass at it and above, and the same with each loss above it
	// counted e^(loss-larger) times: the mass under Q over e^-loss.
	higher, lower []float64

	infinite float64
	lost     float64 // how far the masses above a loss may be too small, tilted
	rounding float64 // the relative error of weights, over all steps
}

// tailed is a composed distribution of the tilted masses.
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

// untilt is what tilted mass at a loss is multiplied by.
func (c composed) untilt(loss float64) float64 { return math.Exp(c.generating - c.tilt*loss) }

// delta at an epsilon. Below the window nothing is known.
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
	if !(delta < 1) { // also where a weight has no room in a float64
		return 1
	}
	return up(delta)
}

// above is the place of the first loss above an epsilon.
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
