package account

import (
	"math"
	"slices"
)

// pld composes the distributions of the privacy loss.
type pld struct {
	all        []release
	directions [][]law // one law for each release
}

func newPLD(all []release) (counter, error) {
	for _, r := range all {
		if r.whole.pair() == nil {
			return nil, PLD.unsound("needs a pair of distributions that dominates all neighbours, and none is known for %v", r.whole)
		}
	}
	// Without replacement under zero-out, the sampled mechanism has neighbours twice
	// as far apart as the whole one, which may then be the better bound.
	whole := slices.Clone(all)
	for i, r := range all {
		if r.sampled != r.whole {
			whole[i] = r.unsampled()
		}
	}
	if !slices.Equal(whole, all) {
		return either{composePLD(all), composePLD(whole)}, nil
	}
	return composePLD(all), nil
}

func composePLD(all []release) pld {
	c := pld{all: all}
	remove, add := make([]law, len(all)), make([]law, len(all))
	oneWay := true
	for i, r := range all {
		remove[i], add[i] = r.remove(), r.add()
		oneWay = oneWay && (r.rate == 1 || r.substituted)
	}
	c.directions = append(c.directions, remove)
	if !oneWay {
		c.directions = append(c.directions, add)
	}
	return c
}

// either is two bounds on one plan.
type either [2]counter

func (e either) epsilon(delta float64) (epsilon, reached, order float64) {
	first, _, _ := e[0].epsilon(delta)
	second, _, _ := e[1].epsilon(delta)
	return math.Min(first, second), delta, 0
}

func (e either) delta(epsilon float64) (delta, order float64) {
	first, _ := e[0].delta(epsilon)
	second, _ := e[1].delta(epsilon)
	return math.Min(first, second), 0
}

func (c pld) epsilon(delta float64) (epsilon, reached, order float64) {
	for _, laws := range c.directions {
		composed, ok := c.compose(laws, delta*negligible, func(generating, tilt float64) float64 { return toEpsilon(tilt+1, generating/tilt, delta) })
		if !ok {
			return math.Inf(1), delta, 0
		}
		epsilon = math.Max(epsilon, composed.epsilon(delta))
	}
	return up(epsilon), delta, 0
}

func (c pld) delta(epsilon float64) (delta, order float64) {
	guess, _ := curve(c.all, Orders()).Delta(epsilon)
	for _, laws := range c.directions {
		truncated := math.Max(guess*negligible*1e-3, 1e-290)
		composed, ok := c.compose(laws, truncated, func(generating, tilt float64) float64 { return toLogDelta(tilt+1, generating/tilt, epsilon) })
		if !ok {
			return 1, 0
		}
		delta = math.Max(delta, composed.delta(epsilon))
	}
	return math.Min(1, up(delta)), 0
}

// What may be lost to truncation: above, as a part of delta; below, in all, where it
// only moves losses up.
const (
	negligible      = 1e-7
	negligibleBelow = 1e-10
)

// How fine the losses are: as many steps to a standard deviation as fit, so that the
// transform has about usualLength values. A step may have at most maxCells.
const (
	usualLength = 1 << 16
	maxLength   = 1 << 20
	maxCells    = 1 << 19
	minFineness = 16
	maxFineness = 1000
)

// The losses of one step lie in an interval at least, and at most, this wide: its
// exponential must be a number, and its parts different ones.
const (
	leastWidth = 1e-12
	mostWidth  = 600
)

// compose adds up the losses of all steps. Mass up to truncated may be put at an
// infinite loss. It is most accurate where bound is least, a bound by the generating
// function on what is asked for. It fails if one step may lose too much.
func (c pld) compose(laws []law, truncated float64, bound func(generating, tilt float64) float64) (composed, bool) {
	s, ok := c.discretise(laws, truncated)
	if !ok {
		return composed{}, false
	}
	return s.compose(s.bestTilt(bound), truncated), true
}

// sum is the losses of all steps before they are added up.
type sum struct {
	parts []losses
	steps []float64
	total float64 // steps
}

func (c pld) discretise(laws []law, truncated float64) (s sum, ok bool) {
	s = sum{parts: make([]losses, len(laws)), steps: make([]float64, len(laws))}
	for i, r := range c.all {
		s.steps[i] = r.steps
		s.total += r.steps
	}
	low, high := make([]float64, len(laws)), make([]float64, len(laws))
	widest := leastWidth
	for i, l := range laws {
		high[i] = l.above.beyond(truncated / s.total)
		low[i] = l.below.beyond(negligibleBelow / s.total)
		widest = math.Max(widest, low[i]+high[i])
	}
	if widest > mostWidth {
		return sum{}, false
	}
	fineness := math.Min(maxFineness, math.Max(minFineness, usualLength/(16*math.Sqrt(s.total))))
	// A first, rough step makes the variance too large, so the step is found anew
	// until it agrees with its variance.
	step := widest / 4096
	for range 8 {
		variance := 0.0
		for i, l := range laws {
			s.parts[i] = l.discretise(step, low[i], high[i])
			variance += s.steps[i] / s.total * s.parts[i].variance()
		}
		want := math.Max(math.Sqrt(variance)/fineness, widest/maxCells)
		if step <= 1.1*want {
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

// bestTilt is where f of the generating function is about least. Any tilt is sound;
// a good one puts rounding errors far below delta.
func (s sum) bestTilt(f func(generating, tilt float64) float64) float64 {
	scale := math.Log(1 / s.deviation())
	return math.Exp(least(scale-7, scale+9, 24, func(log float64) float64 {
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

// compose multiplies the transforms. Sums outside the window come back in at its
// other end: those from below only add mass, those from above are counted at an
// infinite loss.
func (s sum) compose(tilt, truncated float64) composed {
	step := s.parts[0].step
	c := composed{step: step, tilt: tilt, generating: s.generating(tilt)}
	last := 0.0
	for i, d := range s.parts {
		last += s.steps[i] * float64(d.first+len(d.mass)-1)
		c.infinite += s.steps[i] * d.infinite
	}
	if bound := math.Ceil(s.upperBound(tilt, truncated) / step); bound < last {
		last = bound
		c.infinite += truncated
	}
	length := 2
	for width := last - s.lowerBound(tilt)/step; float64(length) < width+1 && length < maxLength; {
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
		generating, square := d.generating(tilt), 0.0
		c.rounding += s.steps[i] * 4 * ulp * (2 + math.Abs(generating) + tilt*step*float64(max(-d.first, d.first+len(d.mass))))
		for j, p := range d.mass {
			w := p * math.Exp(tilt*step*float64(d.first+j)-generating)
			frequencies[(d.first+j)&(length-1)] += complex(w, 0)
			square += w * w
		}
		errors += s.steps[i] * math.Sqrt(square)
		t.forward(frequencies)
		for j, z := range frequencies {
			product[j] *= power(z, int(s.steps[i]))
		}
	}
	t.backward(product)
	c.rounding += relativeSlack + 4*ulp*(math.Abs(c.generating)+tilt*step*(math.Abs(last)+float64(length)))
	c.mass = make([]float64, length)
	square := 0.0
	for i := range c.mass {
		x := real(product[(c.first+i)&(length-1)])
		square += x * x
		c.mass[i] = math.Max(0, x)
	}
	relative := transformError(length)
	c.lost = relative*errors + (8*ulp*s.total+relative)*math.Sqrt(square)
	c.lost *= math.Min(math.Sqrt(float64(length)), 1/math.Sqrt(-math.Expm1(-2*tilt*step)))
	return c
}

// upperBound is a loss that the sum exceeds with at most a given probability, by
// Chernoff's bound.
func (s sum) upperBound(tilt, probability float64) float64 {
	at := func(log float64) float64 {
		x := tilt * math.Exp(log)
		return (s.generating(x) - math.Log(probability)) / x
	}
	return at(least(0, 3, 12, at))
}

// lowerBound is a loss below which the tilted sum hardly ever lies.
func (s sum) lowerBound(tilt float64) float64 {
	centre := s.generating(tilt)
	at := func(log float64) float64 {
		x := math.Exp(log)
		return -(math.Log(negligibleBelow) + centre - s.generating(tilt-x)) / x
	}
	scale := math.Log(1 / s.deviation())
	return -at(least(scale-4, scale+6, 16, at))
}

// epsilon is the least one at which delta is reached.
func (c composed) epsilon(delta float64) float64 {
	higher, lower, shrink := 0.0, 0.0, math.Exp(-c.step) // sums over the losses above
	for i := len(c.mass) - 1; i >= 0; i-- {
		loss := float64(c.first+i) * c.step
		untilt := math.Exp(c.generating - c.tilt*loss)
		if loss <= 0 || c.total(higher, lower, untilt) > delta {
			return c.within(loss, higher, lower, delta)
		}
		mass := c.mass[i] * untilt
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

func (c composed) total(higher, lower, untilt float64) float64 {
	return (math.Max(0, higher-lower)+c.lost*untilt)*(1+c.rounding) + c.infinite
}

// delta at an epsilon.
func (c composed) delta(epsilon float64) float64 {
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
