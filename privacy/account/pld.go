package account

import (
	"math"
	"slices"
)

// pld has several bounds from composed distributions of the privacy loss. The smallest one
// counts.
type pld []pldBound

// pldBound is one bound: the larger one of its directions.
type pldBound []*direction

func newPLD(all []release) (proof, error) {
	for _, r := range all {
		if r.whole.pair() == nil {
			return nil, PLD.unsound("needs a pair of distributions that dominates all neighbours: none is known for %v", r.whole)
		}
	}
	// Without replacement under zero-out, neighbours are twice as far apart in the sampled
	// mechanism as in the whole one. So the bound without sampling may be smaller. Which one
	// is smaller depends on the other parts, so all combinations are tried; if there are too
	// many, only all parts with sampling and all without.
	alternatives := [][]release{all}
	var choices []int
	for i, r := range all {
		if r.sampled != r.whole {
			choices = append(choices, i)
		}
	}
	if len(choices) <= maxTriedChoices {
		for _, i := range choices {
			for _, bound := range slices.Clone(alternatives) {
				alternatives = append(alternatives, unsampled(bound, i))
			}
		}
	} else {
		alternatives = append(alternatives, unsampled(all, choices...))
	}
	var best pld
	for _, bound := range alternatives {
		best = append(best, newPLDBound(bound))
	}
	return best, nil
}

// maxTriedChoices is for how many parts all combinations are tried.
const maxTriedChoices = 3

func unsampled(all []release, parts ...int) []release {
	all = slices.Clone(all)
	for _, i := range parts {
		all[i] = all[i].unsampled()
	}
	return all
}

func newPLDBound(all []release) pldBound {
	remove, add := make([]tails, len(all)), make([]tails, len(all))
	symmetric := true
	for i, r := range all {
		remove[i], add[i] = r.remove(), r.add()
		symmetric = symmetric && (r.rate == 1 || r.substituted)
	}
	anchors := newAnchors(all)
	bound := pldBound{{all: all, laws: remove, anchors: anchors}}
	if !symmetric {
		bound = append(bound, &direction{all: all, laws: add, anchors: anchors})
	}
	return bound
}

func (c pld) delta(epsilon float64) (delta, order float64) {
	delta = 1
	for _, bound := range c {
		delta = math.Min(delta, bound.delta(epsilon))
	}
	return delta, 0
}

func (c pld) startEpsilon(delta float64) float64 {
	epsilon := math.Inf(1)
	for _, bound := range c {
		epsilon = math.Min(epsilon, bound.startEpsilon(delta))
	}
	return epsilon
}

func (w pldBound) delta(epsilon float64) (delta float64) {
	for _, d := range w {
		delta = math.Max(delta, d.delta(epsilon))
	}
	return delta
}

func (w pldBound) startEpsilon(delta float64) (epsilon float64) {
	for _, d := range w {
		epsilon = math.Max(epsilon, d.startEpsilon(delta))
	}
	return epsilon
}
