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

// optimisers are all there are, at rates a small network survives.
func optimisers() map[string]spec.Training {
	all := map[string]spec.Training{}
	for name, twin := range twinOptimisers() {
		all[name] = twin.example
	}
	return all
}

// with gives a job an optimiser, and leaves its batches and epochs.
func with(job train.Job, optimiser spec.Training) train.Job {
	optimiser.Batch, optimiser.Epochs = job.Training.Batch, job.Training.Epochs
	job.Training = optimiser
	return job
}

// Every optimiser, with and without what is added to the gradient, does what its
// definition says. Those are not among them of which rounding decides the direction
// of a whole step where a gradient is near 0, as of Adam.
func TestOptimisersAgreeWithTheirTwins(t *testing.T) {
	for name, optimiser := range optimisers() {
		if twinOptimisers()[name].signs {
			continue
		}
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				job := with(jobs().Draw(t, "job"), optimiser)
				// Away from the kinks of ReLU, where one rounding decides a slope.
				for i := range job.Weights {
					job.Weights[i] = 0.5 + job.Weights[i]/4
				}
				// And small, so that no loss grows to where a float32 lacks the digits compared.
				for i, x := range job.Table.X {
					job.Table.X[i] = float32(math.Abs(float64(x))) / 4
				}
				job.Training.WeightDecay = spec.PPM(rapid.SampledFrom([]uint32{0, 1, 30_000}).Draw(t, "decay"))
				job.Training.Proximal = spec.PPM(rapid.SampledFrom([]uint32{0, 1, 300_000}).Draw(t, "proximal"))
				agree(t, job)
			})
		})
	}
}

// Every architecture with every optimiser.
func TestArchitecturesAgreeWithTheirTwinsUnderEveryOptimiser(t *testing.T) {
	for name, m := range architectures() {
		for rule, optimiser := range optimisers() {
			t.Run(name+" "+rule, func(t *testing.T) {
				job := with(pictures(t, m, 7), optimiser)
				job.Training.Batch, job.Training.Epochs = 3, 2
				job.Training.WeightDecay, job.Training.Proximal = 10_000, 100_000
				agree(t, job)
			})
		}
	}
}

// Adam's first step is as long as its rate, whatever the gradient.
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

// FedProx holds the weights near where they began, more so the larger its term.
func TestProximalTermHoldsWeights(t *testing.T) {
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
			t.Errorf("with mu of %s the weights moved by %v, with less by %v", proximal, far, last)
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

// What an optimiser remembers ends with its job.
func TestOptimisersForget(t *testing.T) {
	for name, optimiser := range optimisers() {
		job := with(digitsJob(t, spec.ModelSoftmax), optimiser)
		var first []float32
		for range 2 {
			result, err := train.Engine{}.Train(context.Background(), job, nil)
			if err != nil {
				t.Fatal(err)
			}
			if first != nil && !slices.Equal(first, result.Weights) {
				t.Errorf("%s: the second time the same job gives other weights", name)
			}
			first = result.Weights
		}
	}
}

// FedProx's term is nothing where nothing has moved. Adam would take a rounding there
// for a gradient, and make a step of it.
func TestProximalTermLeavesWhatHasNotMoved(t *testing.T) {
	m := layered(spec.Image{Height: 1, Width: 1, Channels: 40}, 10, spec.Layer{Kind: spec.LayerDense, Out: 10})
	job := pictures(t, m, 5)
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
