package account

import (
	"math"
	"sort"
)

// anchors are the epsilons of a plan for which the sum of its losses is computed, each time
// with the tilt that is most accurate there. They depend on the plan alone, so all questions
// about a plan are answered from the same sums.
type anchors struct {
	epsilons []float64 // rising, from 0 on
	deltas   []float64 // upper bounds on delta at these epsilons, from Renyi divergences
}

// newAnchors puts an anchor at 0, and further ones about two standard deviations of a normal
// law apart: each sum is accurate that far.
func newAnchors(all []release) anchors {
	const minDelta = 1e-280
	a := anchors{epsilons: []float64{0}, deltas: []float64{1}}
	rdp := divergences(all, Orders())
	for k := 1.0; ; k++ {
		delta := math.Exp(-2 * k * k)
		if delta < minDelta {
			return a
		}
		if epsilon, _ := rdp.atDelta(delta); epsilon > a.epsilons[len(a.epsilons)-1] && epsilon < math.Inf(1) {
			a.epsilons, a.deltas = append(a.epsilons, epsilon), append(a.deltas, delta)
		}
	}
}

// below is the index of the last anchor that is not above an epsilon.
func (a anchors) below(epsilon float64) int {
	return sort.Search(len(a.epsilons), func(k int) bool { return a.epsilons[k] > epsilon }) - 1
}

// direction is the bound on delta for the losses in one direction, add or remove. It is a
// curve made of the bounds of its anchors: between two anchors the smaller of their bounds,
// but not less than the upper anchor's bound at the upper anchor. So the curve never rises,
// although the single bounds have steps and errors.
type direction struct {
	all  []release
	laws []tails
	anchors
	sums map[int]composed // cache by anchor; empty if an anchor has no bound
}

func (d *direction) delta(epsilon float64) float64 {
	k := d.below(epsilon)
	for k > 0 && d.at(k).empty() {
		k--
	}
	here := d.at(k).delta(epsilon)
	if k+1 == len(d.epsilons) || d.at(k+1).empty() {
		return here
	}
	next := d.at(k + 1)
	return math.Max(math.Min(here, next.delta(epsilon)), next.delta(d.epsilons[k+1]))
}

// startEpsilon finds the two anchors between which delta is reached and searches there. It
// begins at the anchor that is probably the lower one.
func (d *direction) startEpsilon(delta float64) float64 {
	const typicalExcess = 30 // factor by which Renyi divergences usually overstate delta
	k := sort.Search(len(d.deltas), func(k int) bool { return d.deltas[k] < typicalExcess*delta }) - 1
	k = max(k, 0)
	at := func(k int) float64 { return d.at(k).delta(d.epsilons[k]) }
	for k > 0 && (d.at(k).empty() || at(k) <= delta) {
		k--
	}
	if d.at(k).empty() {
		return math.Inf(1)
	}
	if at(k) <= delta {
		return 0
	}
	for ; k+1 < len(d.epsilons) && !d.at(k+1).empty(); k++ {
		if at(k+1) <= delta {
			return crossing(d.epsilons[k], d.epsilons[k+1], func(epsilon float64) bool { return d.delta(epsilon) <= delta })
		}
	}
	high := d.epsilons[k] + d.at(k).step
	for d.delta(high) > delta {
		if high > maxParameter { // the probability of infinite losses alone exceeds delta
			return math.Inf(1)
		}
		high *= 2
	}
	return crossing(d.epsilons[k], high, func(epsilon float64) bool { return d.delta(epsilon) <= delta })
}

// at is the sum of losses that is most accurate at anchor k.
func (d *direction) at(k int) composed {
	c, ok := d.sums[k]
	if !ok {
		c = d.compose(k)
		if d.sums == nil {
			d.sums = map[int]composed{}
		}
		d.sums[k] = c
	}
	return c
}

// compose computes the distribution of the sum of the losses of all steps, with the tilt
// that minimises the bound from the generating function at anchor k. If the window would be
// too long, it takes a coarser grid.
func (d *direction) compose(k int) composed {
	epsilon, next := d.epsilons[k], d.deltas[min(k+1, len(d.deltas)-1)]
	bound := func(generating, tilt float64) float64 { return toLogDelta(tilt+1, generating/tilt, epsilon) }
	truncated := next * negligible
	s, ok := discretise(d.all, d.laws, truncated, 0)
	if !ok {
		return composed{}
	}
	tilt := s.bestTilt(bound)
	low, high := s.window(tilt, epsilon)
	if least := (high - low) / (0.95 * maxLength); least > s.parts[0].step {
		if s, ok = discretise(d.all, d.laws, truncated, least); !ok {
			return composed{}
		}
		low, high = s.window(tilt, epsilon)
	}
	return s.compose(tilt, low, high)
}

// empty reports whether the losses were too large to compose.
func (c composed) empty() bool { return len(c.higher) == 0 }
