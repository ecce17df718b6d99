package train_test

import (
	"context"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
	"github.com/althing-network/althing/train/gemm"
)

// optimisers are all optimisers, at rates at which a small network does not diverge.
func optimisers() map[string]spec.Training {
	all := map[string]spec.Training{}
	for name, twin := range twinOptimisers() {
		all[name] = twin.example
	}
	return all
}

// with sets a job's training but keeps its batch and epochs.
func with(job train.Job, optimiser spec.Training) train.Job {
	optimiser.Batch, optimiser.Epochs = job.Training.Batch, job.Training.Epochs
	job.Training = optimiser
	return job
}

// Every optimiser agrees with its definition, with and without penalties. Optimisers such as
// Adam are left out: if a gradient is near 0, a rounding error decides the direction of a
// whole step.
func TestOptimisersAgreeWithTheirTwins(t *testing.T) {
	for name, optimiser := range optimisers() {
		if twinOptimisers()[name].signs {
			continue
		}
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				job := with(jobs().Draw(t, "job"), optimiser)
				// Keep units away from 0, where a rounding error decides the derivative of ReLU.
				for i := range job.Weights {
					job.Weights[i] = 0.5 + job.Weights[i]/4
				}
				// Keep them small, so that the loss has the compared digits in float32.
				for i, x := range job.Table.X {
					job.Table.X[i] = float32(math.Abs(float64(x))) / 4
				}
				job.Training.WeightDecay = spec.PPM(rapid.SampledFrom([]uint32{0, 1, 30_000}).Draw(t, "decay"))
				job.Training.Proximal = spec.PPM(rapid.SampledFrom([]uint32{0, 1, 300_000}).Draw(t, "proximal"))
				compareWithTwin(t, job)
			})
		})
	}
}

// Every architecture with every optimiser.
func TestArchitecturesAgreeWithTheirTwinsUnderEveryOptimiser(t *testing.T) {
	for name, m := range architectures() {
		for rule, optimiser := range optimisers() {
			t.Run(name+" "+rule, func(t *testing.T) {
				job := with(randomJob(t, m, 7), optimiser)
				job.Training.Batch, job.Training.Epochs = 3, 2
				job.Training.WeightDecay, job.Training.Proximal = 10_000, 100_000
				compareWithTwin(t, job)
			})
		}
	}
}

// Adam's first step moves each weight by the rate, whatever the size of the gradient.
func TestAdamsFirstStepIsItsRate(t *testing.T) {
	for _, size := range []float32{1e-3, 1, 1e3} {
		job := train.Job{
			Model:    spec.Model{Kind: spec.ModelSoftmax, Inputs: 1, Classes: 2},
			Training: spec.Training{Optimiser: spec.OptimiserAdam, Batch: 1, Epochs: 1, Rate: 10_000, Momentum: 900_000},
			Weights:  make([]float32, 4),
			Table:    data.Table{X: []float32{size}, Y: []int32{0}, Features: 1, Classes: 2},
		}
		result, err := train.Engine{}.Train(context.Background(), job, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []float64{0.01, -0.01, 0.01, -0.01} {
			if got := float64(result.Weights[i]); math.Abs(got-want) > 1e-6 {
				t.Errorf("pixel of %v: weight %d moved by %v, want %v", size, i, got, want)
			}
		}
	}
}

// FedProx keeps the weights near their start, the more the larger its term is.
func TestProximalTermKeepsWeightsNear(t *testing.T) {
	last := math.Inf(1)
	for _, proximal := range []spec.PPM{0, 100_000, spec.One, 10 * spec.One} {
		job := digitsJob(t, spec.ModelMLP)
		job.Training.Epochs, job.Training.Proximal = 5, proximal
		result, err := train.Engine{}.Train(context.Background(), job, nil)
		if err != nil {
			t.Fatal(err)
		}
		far := distanceOf(result.Weights, job.Weights)
		if far >= last {
			t.Errorf("with mu %s the weights move by %v, with a smaller mu by %v", proximal, far, last)
		}
		last = far
	}
}

func distanceOf(a, b []float32) float64 {
	d := make([]float64, len(a))
	for i := range a {
		d[i] = float64(a[i]) - float64(b[i])
	}
	return norm(d)
}

// An optimiser's state ends with its job.
func TestOptimiserStateEndsWithTheJob(t *testing.T) {
	for name, optimiser := range optimisers() {
		job := with(digitsJob(t, spec.ModelSoftmax), optimiser)
		var first []float32
		for range 2 {
			result, err := train.Engine{}.Train(context.Background(), job, nil)
			if err != nil {
				t.Fatal(err)
			}
			if first != nil && !slices.Equal(first, result.Weights) {
				t.Errorf("%s: a second run of the same job gives other weights", name)
			}
			first = result.Weights
		}
	}
}

// The gradient of FedProx is exactly 0 for weights that have not moved. Adam would make a
// whole step of a rounding error.
func TestProximalTermIsZeroAtTheStart(t *testing.T) {
	m := layered(spec.Image{Height: 1, Width: 1, Channels: 40}, 10, spec.Layer{Kind: spec.LayerDense, Out: 10})
	job := randomJob(t, m, 5)
	clear(job.Table.X) // no weight but the biases has a gradient
	job.Training = spec.Training{Optimiser: spec.OptimiserAdam, Batch: 5, Epochs: 3, Rate: 100_000, Momentum: 900_000, Proximal: 1_300_000}
	for i := range job.Weights {
		job.Weights[i] *= 10
	}
	for _, kernel := range gemm.All() {
		result, err := train.Engine{Kernel: &kernel}.Train(context.Background(), job, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(result.Weights[:400], job.Weights[:400]) {
			t.Errorf("%s: weights move without a gradient", kernel)
		}
	}
}
