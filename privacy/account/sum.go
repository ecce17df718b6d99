package account

import "math"

// Probabilities that may be truncated: negligible is of the largest losses of all steps,
// relative to delta; negligibleBelow of the smallest losses, which are only raised;
// negligibleTilted of the tilted sum, on each side.
const (
	negligible       = 1e-7
	negligibleBelow  = 1e-10
	negligibleTilted = 1e-10
)

// Sizes of the grid of losses. The fineness is the number of grid steps per standard
// deviation. It is as large as possible with a transform of about usualLength values. If
// rare losses are far larger than usual ones, goodFineness is enough.
const (
	usualLength  = 1 << 16
	maxLength    = 1 << 18
	usualCells   = 1 << 15
	maxCells     = 1 << 17
	minFineness  = 16
	goodFineness = 100
	maxFineness  = 1000
)

// The width of the interval in which the losses of one step lie: at most such that its
// exponential does not overflow, and at least such that the grid points are different
// numbers.
const (
	minWidth = 1e-12
	maxWidth = 600
)

// sum is the losses of all steps before they are added up.
type sum struct {
	parts []losses
	steps []float64
	total float64 // steps
}

// discretise puts the losses of every part on the multiples of one step. In total a
// probability of at most truncated becomes an infinite loss. It fails if losses may be too
// large.
func discretise(all []release, laws []tails, truncated, leastStep float64) (s sum, ok bool) {
	s = sum{parts: make([]losses, len(laws)), steps: make([]float64, len(laws))}
	for i, r := range all {
		s.steps[i] = r.steps
		s.total += r.steps
	}
	low, high := make([]float64, len(laws)), make([]float64, len(laws))
	widest := minWidth
	for i, l := range laws {
		high[i] = l.above.beyond(truncated / s.total)
		low[i] = l.below.beyond(negligibleBelow / s.total)
		widest = math.Max(widest, low[i]+high[i])
	}
	if widest > maxWidth {
		return sum{}, false
	}
	fineness := math.Min(maxFineness, math.Max(minFineness, usualLength/(16*math.Sqrt(s.total))))
	// Too coarse a step makes the variance too large. So the step is computed again from the
	// variance until both agree.
	step := math.Max(leastStep, widest/4096)
	for try := range 6 {
		variance := 0.0
		for i, l := range laws {
			s.parts[i] = l.discretise(step, low[i], high[i])
			variance += s.steps[i] / s.total * s.parts[i].variance()
		}
		deviation := math.Sqrt(variance)
		want := math.Max(deviation/fineness, math.Min(widest/usualCells, deviation/goodFineness))
		want = math.Max(want, math.Max(leastStep, widest/maxCells))
		if step <= 1.1*want && (try > 0 || step >= 0.9*want) {
			break
		}
		step = want
	}
	return s, true
}

func (s sum) generating(tilt float64) (generating float64) {
	for i, d := range s.parts {
		generating += s.steps[i] * d.generating(tilt)
	}
	return generating
}

// bestTilt is about the tilt at which f of the generating function is smallest. Any tilt is
// sound; with a good one rounding errors are far below delta.
func (s sum) bestTilt(f func(generating, tilt float64) float64) float64 {
	scale := math.Log(1 / s.deviation())
	return math.Exp(argmin(scale-7, scale+9, 24, func(log float64) float64 {
		return f(s.generating(math.Exp(log)), math.Exp(log))
	}))
}

// deviation is the standard deviation of the sum.
func (s sum) deviation() float64 {
	variance := 0.0
	for i, d := range s.parts {
		variance += s.steps[i] * d.variance()
	}
	return math.Max(s.parts[0].step, math.Sqrt(variance))
}

// window is the interval in which the tilted sum lies, except with a negligible
// probability. It begins at wanted if that is lower.
func (s sum) window(tilt, wanted float64) (low, high float64) {
	return math.Min(wanted, s.tailBound(tilt, -1)), s.tailBound(tilt, 1)
}

// compose computes the distribution of the sum by products of Fourier transforms. Sums
// outside the window wrap around to its other end: those from below only add probability;
// those from above are counted as an infinite loss.
func (s sum) compose(tilt, low, high float64) composed {
	step := s.parts[0].step
	c := composed{step: step, tilt: tilt, generating: s.generating(tilt)}
	last := 0.0
	for i, d := range s.parts {
		last += s.steps[i] * float64(d.first+len(d.mass)-1)
		c.infinite += s.steps[i] * d.infinite
	}
	if bound := math.Ceil(high / step); bound < last {
		last = bound
		c.infinite += 2 * negligibleTilted * c.untilt(step*last) // twice, for the rounding of a bound
	}
	length := 2
	for float64(length) < last-low/step+1 && length < maxLength {
		length *= 2
	}
	c.first = int(last) - length + 1

	t := newTransform(length)
	product := make([]complex128, length)
	for i := range product {
		product[i] = 1
	}
	frequencies := make([]complex128, length)
	errors := 0.0
	for i, d := range s.parts {
		clear(frequencies)
		generating := d.generating(tilt)
		c.rounding += s.steps[i] * 4 * ulp * (2 + math.Abs(generating) + tilt*step*float64(max(-d.first, d.first+len(d.mass))))
		for j, p := range d.mass {
			frequencies[(d.first+j)&(length-1)] += complex(p*math.Exp(tilt*step*float64(d.first+j)-generating), 0)
		}
		square := 0.0
		for _, z := range frequencies {
			square += real(z) * real(z)
		}
		errors += s.steps[i] * math.Sqrt(square)
		t.forward(frequencies)
		for j, z := range frequencies {
			product[j] *= power(z, int(s.steps[i]))
		}
	}
	t.backward(product)
	c.rounding += relativeSlack + 4*ulp*(math.Abs(c.generating)+tilt*step*(math.Abs(last)+float64(length)))
	masses := make([]float64, length)
	square := 0.0
	for i := range masses {
		x := real(product[(c.first+i)&(length-1)])
		square += x * x
		masses[i] = math.Max(0, x)
	}
	relative := transformError(length)
	c.lost = relative*errors + (8*ulp*s.total+relative)*math.Sqrt(square)
	c.lost *= math.Min(math.Sqrt(float64(length)), 1/math.Sqrt(-math.Expm1(-2*tilt*step)))
	return c.tailed(masses)
}

// tailBound is a loss above (direction 1) or below (direction -1) which the tilted sum lies
// only with a negligible probability, by Chernoff's bound.
func (s sum) tailBound(tilt, direction float64) float64 {
	centre := s.generating(tilt)
	at := func(log float64) float64 {
		x := math.Exp(log)
		return (s.generating(tilt+direction*x) - centre - math.Log(negligibleTilted)) / x
	}
	scale := math.Log(1 / s.deviation())
	return direction * at(argmin(scale-4, scale+6, 16, at))
}
