package main

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// side has the figures of all trainings of one program in one mode.
type side struct {
	name       string
	accuracies []float64
	speeds     []float64 // sampled rows per CPU-second
}

// result is the result of one setting.
type result struct {
	setting  string
	ours     side
	theirs   []side // Opacus's modes; first hooks, its default
	ourPrice price
	rdp, prv float64       // Opacus's
	made     time.Duration // CPU time to make our sampler of noise, once per task
}

// measure trains once with each seed. Both sides take turns, so that other load on the machine
// affects both. The first training is a warm-up and is not counted.
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

// misses lists the missed targets. The targets: our median accuracy is at least Opacus's
// lowest; our epsilon by RDP is at most its RDP, and by PLD within 1% of its PRV; we are
// twice as fast as its default mode.
func (r result) misses() (all []string) {
	usual := r.theirs[0]
	miss := func(when bool, format string, words ...any) {
		if when {
			all = append(all, r.setting+": "+fmt.Sprintf(format, words...))
		}
	}
	got, lowest := median(r.ours.accuracies), slices.Min(usual.accuracies)
	miss(got < lowest-1e-6, "accuracy %.3f: want at least %.3f, Opacus's lowest", got, lowest)
	miss(r.ourPrice.rdp > r.rdp*(1+1e-6), "epsilon %.6f by RDP: want at most %.6f, as Opacus", r.ourPrice.rdp, r.rdp)
	miss(r.ourPrice.pld > 1.01*r.prv || r.ourPrice.pld < 0.99*r.prv, "epsilon %.4f by PLD: want within 1%% of %.4f, Opacus's by PRV", r.ourPrice.pld, r.prv)
	ratio := median(r.ours.speeds) / median(usual.speeds)
	miss(ratio < 2, "%.2f times as many rows per CPU-second as Opacus: want 2", ratio)
	return all
}
