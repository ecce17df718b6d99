package train_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// What noise is given is the sum of the rows' clipped gradients, once a step, before
// anything else is added.
func TestNoiseIsGivenTheSumOfClippedGradients(t *testing.T) {
	for name, m := range architectures() {
		t.Run(name, func(t *testing.T) {
			job := pictures(t, m, 7) // steps of 3, 3 and 1 rows
			job.Training.Batch, job.Training.Epochs, job.Training.Rate = 3, 2, 50_000
			job.Training.Clip, job.Training.WeightDecay, job.Training.Proximal = 300_000, 10_000, 100_000
			w := newTwin(m, job.Weights)
			w.train(job)
			var steps []int
			job.Noise = func(step int, sum []float32) error {
				steps = append(steps, step)
				want := w.sums[step-1]
				if len(sum) != len(want) {
					t.Fatalf("step %d: %d values, want one for each of %d weights", step, len(sum), len(want))
				}
				for i, v := range sum {
					if math.Abs(float64(v)-want[i]) > 1e-4 {
						t.Fatalf("step %d: the sum by weight %d is %v, the twin has %v", step, i, v, want[i])
					}
				}
				return nil
			}
			if _, err := (train.Engine{}).Train(context.Background(), job, nil); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]int{1, 2, 3, 4, 5, 6}, steps); diff != "" {
				t.Errorf("steps (-want +got):\n%s", diff)
			}
		})
	}
}

// Noise that changes nothing changes no bit.
func TestNoNoiseChangesNoBit(t *testing.T) {
	for name, training := range trainings() {
		if training.Clip == 0 {
			continue
		}
		for kind, job := range kinds(t) {
			job = with(job, training)
			var digests [2]spec.Digest
			for i, noise := range []func(int, []float32) error{nil, func(int, []float32) error { return nil }} {
				job.Noise = noise
				result, err := train.Engine{}.Train(context.Background(), job, nil)
				if err != nil {
					t.Fatal(err)
				}
				digests[i] = digest(result.Weights)
			}
			if digests[0] != digests[1] {
				t.Errorf("%s, %s: digest %s without noise, %s with noise of nothing", kind, name, digests[0], digests[1])
			}
		}
	}
}

// What noise leaves in the sum is all that the optimiser sees of the rows: the
// mean of it moves the weights, and penalties come behind it.
func TestNoiseIsWhatTheOptimiserSees(t *testing.T) {
	for _, decay := range []spec.PPM{0, 100_000} {
		job := pictures(t, architectures()["all"], 4)
		job.Training.Clip, job.Training.Rate, job.Training.WeightDecay = spec.One, 500_000, decay
		job.Noise = func(_ int, sum []float32) error {
			for i := range sum {
				sum[i] = float32(i % 3)
			}
			return nil
		}
		result, err := train.Engine{}.Train(context.Background(), job, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i, w := range job.Weights {
			want := float64(w) - 0.5*(float64(i%3)/4+float64(decay)/1e6*float64(w))
			if math.Abs(float64(result.Weights[i])-want) > 1e-6 {
				t.Fatalf("decay %s: weight %d is %v, want %v", decay, i, result.Weights[i], want)
			}
		}
	}
}

func TestNoiseThatFailsEndsTheTraining(t *testing.T) {
	broken := errors.New("no dice")
	job := pictures(t, architectures()["all"], 7)
	job.Training.Batch, job.Training.Clip = 3, spec.One
	calls := 0
	job.Noise = func(step int, _ []float32) error {
		if calls++; step == 2 {
			return broken
		}
		return nil
	}
	result, err := train.Engine{}.Train(context.Background(), job, nil)
	if !errors.Is(err, broken) || !errors.Is(err, train.ErrTraining) || err.Error() != "training: noise at step 2 of 3: no dice" {
		t.Errorf("got error %v", err)
	}
	if result.Weights != nil || calls != 2 {
		t.Errorf("%d weights after %d calls, want none after 2", len(result.Weights), calls)
	}
}

// Without a bound one row moves the sum as far as it likes, and noise of no size
// hides it; with a bound it moves it no farther.
func TestNoiseWantsABound(t *testing.T) {
	job := pictures(t, architectures()["dense"], 4)
	quiet := slices.Clone(job.Table.X)
	sumOf := func(x []float32, clip spec.PPM) []float32 {
		var sum []float32
		job.Table.X, job.Training.Clip = x, clip
		job.Noise = func(_ int, s []float32) error {
			sum = slices.Clone(s)
			return nil
		}
		if _, err := (train.Engine{}).Train(context.Background(), job, nil); err != nil {
			t.Fatal(err)
		}
		return sum
	}
	loud := slices.Clone(quiet)
	for i := range job.Table.Features {
		loud[i] *= 1000
	}
	// The largest bound there is holds none of these rows back.
	if free := distanceOf(sumOf(quiet, math.MaxUint32), sumOf(loud, math.MaxUint32)); free < 100 {
		t.Errorf("a loud row moves the sum by %v only", free)
	}
	// A row goes, another comes: twice the bound.
	if held := distanceOf(sumOf(quiet, spec.One), sumOf(loud, spec.One)); held > 2.001 {
		t.Errorf("a bound of 1 lets a row move the sum by %v", held)
	}
	job.Training.Clip = 0
	_, err := train.Engine{}.Train(context.Background(), job, nil)
	if want := "training: noise without training.clip: no bound holds what one row does to the sum, so no noise hides it"; err == nil || err.Error() != want {
		t.Errorf("got error %v, want %s", err, want)
	}
}
