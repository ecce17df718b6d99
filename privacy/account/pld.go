package account

import (
	"math"
	"slices"
)

// pld composes the distributions of the privacy loss, in each of several ways to bound
// the plan, of which the best counts.
type pld []way

// way is one bound: the worse of its directions.
type way []*direction

func newPLD(all []release) (proof, error) {
	for _, r := range all {
		if r.whole.pair() == nil {
			return nil, PLD.unsound("needs a pair of distributions that dominates all neighbours, and none is known for %v", r.whole)
		}
	}
	// Without replacement under zero-out, the sampled mechanism has neighbours twice
	// as far apart as the whole one, which may then be the better bound. It depends on
	// the other parts which, so all ways are tried, or two if they are too many.
	ways := [][]release{all}
	var choices []int
	for i, r := range all {
		if r.sampled != r.whole {
			choices = append(choices, i)
		}
	}
	if len(choices) <= maxChoices {
		for _, i := range choices {
			for _, way := range slices.Clone(ways) {
				ways = append(ways, unsampled(way, i))
			}
		}
	} else {
		ways = append(ways, unsampled(all, choices...))
	}
	var best pld
	for _, way := range ways {
		best = append(best, newWay(way))
	}
	return best, nil
}

// maxChoices is for how many parts all ways to count them are tried.
const maxChoices = 3

func unsampled(all []release, parts ...int) []release {
	all = slices.Clone(all)
	for _, i := range parts {
		all[i] = all[i].unsampled()
	}
	return all
}

func newWay(all []release) way {
	remove, add := make([]tails, len(all)), make([]tails, len(all))
	oneWay := true
	for i, r := range all {
		remove[i], add[i] = r.remove(), r.add()
		oneWay = oneWay && (r.rate == 1 || r.substituted)
	}
	anchors := newAnchors(all)
	w := way{{all: all, laws: remove, anchors: anchors}}
	if !oneWay {
		w = append(w, &direction{all: all, laws: add, anchors: anchors})
	}
	return w
}

func (c pld) delta(epsilon float64) (delta, order float64) {
	delta = 1
	for _, w := range c {
		delta = math.Min(delta, w.delta(epsilon))
	}
	return delta, 0
}

func (c pld) near(delta float64) float64 {
	epsilon := math.Inf(1)
	for _, w := range c {
		epsilon = math.Min(epsilon, w.near(delta))
	}
	return epsilon
}

func (w way) delta(epsilon float64) (delta float64) {
	for _, d := range w {
		delta = math.Max(delta, d.delta(epsilon))
	}
	return delta
}

func (w way) near(delta float64) (epsilon float64) {
	for _, d := range w {
		epsilon = math.Max(epsilon, d.near(delta))
	}
	return epsilon
}
