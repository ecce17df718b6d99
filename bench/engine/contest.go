package main

import (
	"context"
	"fmt"
	"math"
	"time"
)

// runner trains one task in one way.
type runner interface {
	// train begins with the task's first weights, and returns the CPU time that
	// the epochs took.
	train(ctx context.Context, epochs int) (time.Duration, error)
	// losses are those of so many batches before they are learned, one after the
	// other in the order of the rows, again from the first.
	losses(ctx context.Context, steps int) ([]float64, error)
}

// agreement is the largest relative difference between two runners' losses.
// Runners that compute different things are not worth a comparison.
func agreement(ctx context.Context, a, b runner, steps int) (float64, error) {
	left, err := a.losses(ctx, steps)
	if err != nil {
		return 0, err
	}
	right, err := b.losses(ctx, steps)
	if err != nil {
		return 0, err
	}
	if len(left) != steps || len(right) != steps {
		return 0, fmt.Errorf("%d and %d losses: want %d", len(left), len(right), steps)
	}
	most := 0.0
	for i := range left {
		d := math.Abs(left[i]-right[i]) / max(math.Abs(left[i]), math.Abs(right[i]), math.SmallestNonzeroFloat32)
		if !(d <= tolerance) {
			return d, fmt.Errorf("the losses of step %d are %v and %v: this is not the same training", i+1, left[i], right[i])
		}
		most = max(most, d)
	}
	return most, nil
}

const (
	checked   = 20   // steps
	tolerance = 1e-4 // float32 in another order differs by 1e-7 or so
)

// contest lets runners take turns, so that what else the machine does hits all of
// them. It returns the epochs per CPU-second of each runner in each round.
func contest(ctx context.Context, runners []runner, rounds int, slice time.Duration, tick func()) ([][]float64, error) {
	epochs := make([]int, len(runners))
	for i, r := range runners {
		epochs[i] = 1
		for range 2 { // the first epoch is not like the others
			took, err := r.train(ctx, epochs[i])
			if err != nil {
				return nil, err
			}
			epochs[i] = enough(epochs[i], took, slice)
		}
		tick()
	}
	speeds := make([][]float64, len(runners))
	for round := range rounds {
		for turn := range runners {
			i := (round + turn) % len(runners) // nobody is always the first
			took, err := runners[i].train(ctx, epochs[i])
			if err != nil {
				return nil, err
			}
			speeds[i] = append(speeds[i], float64(epochs[i])/took.Seconds())
			tick()
		}
	}
	return speeds, nil
}

// enough is how many epochs fill a slice, when some took so long.
func enough(epochs int, took, slice time.Duration) int {
	took = max(took, time.Microsecond)
	return max(1, int(math.Round(float64(epochs)*slice.Seconds()/took.Seconds())))
}
