package main

import (
	"context"
	"fmt"
	"math"
	"time"
)

// runner trains one task in one way.
type runner interface {
	// train trains from the task's first weights, and returns the CPU time of the epochs.
	train(ctx context.Context, epochs int) (time.Duration, error)
	// losses trains from the first weights on batches in the order of the rows, and returns
	// the loss of each batch before its step.
	losses(ctx context.Context, steps int) ([]float64, error)
}

// agreement is the largest relative difference between the losses of two runners. It fails if
// they do not compute the same training, because then their speeds cannot be compared.
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
	largest := 0.0
	for i := range left {
		d := math.Abs(left[i]-right[i]) / max(math.Abs(left[i]), math.Abs(right[i]), math.SmallestNonzeroFloat32)
		if !(d <= tolerance) {
			return d, fmt.Errorf("the losses of step %d are %v and %v: this is not the same training", i+1, left[i], right[i])
		}
		largest = max(largest, d)
	}
	return largest, nil
}

const (
	checkedSteps = 20   // steps of which losses are compared
	tolerance    = 1e-4 // sums of float32 in another order differ by about 1e-7
)

// contest lets runners take turns, so that other load on the machine affects all of them. It
// returns the epochs per CPU-second of each runner in each round.
func contest(ctx context.Context, runners []runner, rounds int, slice time.Duration, tick func()) ([][]float64, error) {
	epochs := make([]int, len(runners))
	for i, r := range runners {
		epochs[i] = 1
		for range 2 { // the first epoch is slower than the others
			took, err := r.train(ctx, epochs[i])
			if err != nil {
				return nil, err
			}
			epochs[i] = epochsPerSlice(epochs[i], took, slice)
		}
		tick()
	}
	speeds := make([][]float64, len(runners))
	for round := range rounds {
		for turn := range runners {
			i := (round + turn) % len(runners) // no runner is always the first
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

// epochsPerSlice is how many epochs fill a slice, from the time of some epochs.
func epochsPerSlice(epochs int, took, slice time.Duration) int {
	took = max(took, time.Microsecond)
	return max(1, int(math.Round(float64(epochs)*slice.Seconds()/took.Seconds())))
}
