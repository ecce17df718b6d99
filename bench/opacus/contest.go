package main

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// side is one program in one mode: the figures of all its trainings.
type side struct {
	name       string
	accuracies []float64
	speeds     []float64 // rows of samples a CPU-second
}

// result is what one setting gave.
type result struct {
	setting  string
	ours     side
	theirs   []side // hooks first, which is Opacus's usual mode
	ourPrice price
	rdp, prv float64       // Opacus's
	made     time.Duration // our sampler of noise, once a task
}

// measure trains once with each seed, and both sides take turns, so that what else the
// machine does hits each of them. A training before the first is forgotten.
func measure(ctx context.Context, s setting, seeds int, peer opacus, modes []string) (r result, err error) {
	o, err := newOurs(s)
	if err != nil {
		return r, err
	}
	r.setting, r.ours.name, r.made = s.name, "ours", o.made
	if r.ourPrice, err = o.costs(); err != nil {
		return r, err
	}
	if r.rdp, r.prv, err = peer.costs(s); err != nil {
		return r, err
	}
	if err := peer.load(s); err != nil {
		return r, err
	}
	runs := []func(seed uint64) (trained, error){func(seed uint64) (trained, error) { return o.train(ctx, seed) }}
	sides := []side{r.ours}
	for _, mode := range modes {
		runs = append(runs, func(seed uint64) (trained, error) { return peer.train(s, mode, seed) })
		sides = append(sides, side{name: "opacus " + mode})
	}
	rows := share(s.rate) * float64(s.rows.Rows()) * float64(s.steps)
	for seed := range uint64(seeds + 1) {
		for i, run := range runs {
			if err := ctx.Err(); err != nil {
				return r, err
			}
			t, err := run(seed)
			if err != nil {
				return r, fmt.Errorf("%s, %s: %w", s.name, sides[i].name, err)
			}
			if seed > 0 {
				sides[i].accuracies = append(sides[i].accuracies, t.accuracy)
				sides[i].speeds = append(sides[i].speeds, rows/t.took.Seconds())
			}
		}
	}
	r.ours, r.theirs = sides[0], sides[1:]
	return r, nil
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	n := len(v)
	return (v[(n-1)/2] + v[n/2]) / 2
}

// misses lists what was asked of a result and is not so: our median accuracy within what
// Opacus's seeds reach, or above; our epsilon by RDP not above its RDP, by PLD within a
// hundredth of its PRV; twice as many rows a CPU-second as its usual mode.
func (r result) misses() (all []string) {
	usual := r.theirs[0]
	miss := func(when bool, format string, words ...any) {
		if when {
			all = append(all, r.setting+": "+fmt.Sprintf(format, words...))
		}
	}
	got, least := median(r.ours.accuracies), slices.Min(usual.accuracies)
	miss(got < least-1e-6, "accuracy %.3f, Opacus's least is %.3f", got, least)
	miss(r.ourPrice.rdp > r.rdp*(1+1e-6), "epsilon %.6f by RDP, Opacus says %.6f", r.ourPrice.rdp, r.rdp)
	miss(r.ourPrice.pld > 1.01*r.prv || r.ourPrice.pld < 0.99*r.prv, "epsilon %.4f by PLD, Opacus says %.4f by PRV", r.ourPrice.pld, r.prv)
	ratio := median(r.ours.speeds) / median(usual.speeds)
	miss(ratio < 2, "%.2f times as many rows a CPU-second as Opacus: want 2", ratio)
	return all
}
