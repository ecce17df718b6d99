package account

import (
	"math"
	"sort"
)

// anchors are the epsilons of a plan at which its losses are composed anew. They follow
// from the plan alone, so all that is asked of it is answered from the same sums.
type anchors struct {
	epsilons []float64 // rising, from 0 on
	deltas   []float64 // what the Renyi divergence proves there; more than is true
}

// newAnchors puts an anchor at 0 and then one about every two standard deviations of a
// normal law, as seen in its tail: each sum is accurate that far.
func newAnchors(all []release) anchors {
	const least = 1e-280
	a := anchors{epsilons: []float64{0}, deltas: []float64{1}}
	rdp := divergences(all, Orders())
	for k := 1.0; ; k++ {
		delta := math.Exp(-2 * k * k)
		if delta < least {
			return a
		}
		if epsilon, _ := rdp.atDelta(delta); epsilon > a.epsilons[len(a.epsilons)-1] && epsilon < math.Inf(1) {
			a.epsilons, a.deltas = append(a.epsilons, epsilon), append(a.deltas, delta)
		}
	}
}

// below is the last anchor that is not above an epsilon.
func (a anchors) below(epsilon float64) int {
	return sort.Search(len(a.epsilons), func(k int) bool { return a.epsilons[k] > epsilon }) - 1
}

// direction is the bound on the losses in one direction, a curve that is made of the
// bounds of its anchors. Between two anchors it is the smaller one of their bounds, but
// not less than the upper anchor's bound at the upper anchor: so it never rises, although
// the bounds have steps and errors of their own.
type direction struct {
	all  []release
	laws []tails
	anchors
	sums map[int]composed // those that were needed; no masses where there is no bound
}

func (d *direction) delta(epsilon float64) float64 {
	k := d.below(epsilon)
	for k > 0 && d.at(k).useless() {
		k--
	}
	here := d.at(k).delta(epsilon)
	if k+1 == len(d.epsilons) || d.at(k+1).useless() {
		return here
	}
	next := d.at(k + 1)
	return math.Max(math.Min(here, next.delta(epsilon)), next.delta(d.epsilons[k+1]))
}

// near goes from the anchor that is probably below to the one that is.
func (d *direction) near(delta float64) float64 {
	const loose = 30 // as much as Renyi divergences usually overstate delta
	k := sort.Search(len(d.deltas), func(k int) bool { return d.deltas[k] < loose*delta }) - 1
	k = max(k, 0)
	at := func(k int) float64 { return d.at(k).delta(d.epsilons[k]) }
	for k > 0 && (d.at(k).useless() || at(k) <= delta) {
		k--
	}
	if d.at(k).useless() {
		return math.Inf(1)
	}
	if at(k) <= delta {
		return 0
	}
	for ; k+1 < len(d.epsilons) && !d.at(k+1).useless(); k++ {
		if at(k+1) <= delta {
			return crossing(d.epsilons[k], d.epsilons[k+1], func(epsilon float64) bool { return d.delta(epsilon) <= delta })
		}
	}
	high := d.epsilons[k] + d.at(k).step
	for d.delta(high) > delta {
		if high > mostParameter { // infinite losses alone are more probable
			return math.Inf(1)
		}
		high *= 2
	}
	return crossing(d.epsilons[k], high, func(epsilon float64) bool { return d.delta(epsilon) <= delta })
}

// at is the sum that is most accurate at one anchor.
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

// compose adds up the losses of all steps, tilted so that a bound by the generating
// function at the anchor is least. A window that would be too long is made of longer
// steps.
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

// useless reports whether no loss could be composed.
func (c composed) useless() bool { return len(c.higher) == 0 }
