package train_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// Ghost clipping, which does not compute row gradients, agrees with the twin, which does. All
// rows exceed the smallest bounds, some the middle ones and none the largest. Penalties are
// not clipped.
func TestClippingAgreesWithItsDefinition(t *testing.T) {
	for name, m := range architectures() {
		for _, bound := range []spec.PPM{1, 10_000, 300_000, spec.One, 4 * spec.One, 100 * spec.One} {
			t.Run(name+" "+bound.String(), func(t *testing.T) {
				job := randomJob(t, m, 7)
				job.Training.Batch, job.Training.Epochs, job.Training.Rate = 3, 2, 50_000
				job.Training.Clip, job.Training.WeightDecay, job.Training.Proximal = bound, 10_000, 100_000
				compareWithTwin(t, job)
			})
		}
	}
}

// Rows and parameters are so many that a convolution does not store the gradients of all rows.
func TestClippingManyRowsAgreesWithItsDefinition(t *testing.T) {
	m := layered(spec.Image{Height: 1, Width: 1, Channels: 512}, 2,
		spec.Layer{Kind: spec.LayerConv2D, Out: 512, Kernel: 1},
		spec.Layer{Kind: spec.LayerDense, Out: 2},
	)
	job := randomJob(t, m, 18) // 262,656 floats per gradient: 15 gradients are stored
	job.Training.Clip = spec.One
	compareWithTwin(t, job)
}

// A bound that no row reaches changes the result only by rounding.
func TestHugeBoundClipsNothing(t *testing.T) {
	for name, m := range architectures() {
		job := randomJob(t, m, 7)
		job.Training.Batch, job.Training.Epochs, job.Training.Rate = 3, 2, 50_000
		free, err := train.Engine{}.Train(context.Background(), job, nil)
		if err != nil {
			t.Fatal(err)
		}
		job.Training.Clip = 4_000 * spec.One
		bound, err := train.Engine{}.Train(context.Background(), job, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i, w := range bound.Weights {
			if math.Abs(float64(w-free.Weights[i])) > 2e-6 {
				t.Errorf("%s: weight %d is %v with a bound, %v without", name, i, w, free.Weights[i])
				break
			}
		}
	}
}

// No row moves the weights by more than rate x bound / rows, whatever it contains: the test
// compares a step with the row and a step without it.
func TestNoRowMovesWeightsFartherThanTheBound(t *testing.T) {
	all := architectures()
	names := []string{"dense", "conv strided", "convs", "maxpool", "relu twice", "mse", "linear", "cnn of a number", "cnnsmall"}
	rapid.Check(t, func(t *rapid.T) {
		m := all[rapid.SampledFrom(names).Draw(t, "architecture")]
		rows := rapid.IntRange(2, 6).Draw(t, "rows")
		job := randomJob(t, m, rows)
		job.Training.Clip = spec.PPM(rapid.Uint32Range(1_000, 10_000_000).Draw(t, "bound"))
		size := rapid.SampledFrom([]float32{0, 1e-20, 1, 100, 1e5, 1e10, 1e15, 1e25, 1e30, 1e35, 1e37}).Draw(t, "size")
		source := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "values"), 1))
		odd := rapid.IntRange(0, rows-1).Draw(t, "row")
		row := job.Table.X[odd*job.Table.Features:][:job.Table.Features]
		for i := range row {
			row[i] = size * float32(source.NormFloat64())
		}
		job.Table.Y[odd] = source.Int32N(int32(job.Table.Classes))
		if job.Table.Targets != nil {
			job.Table.Targets[odd] = size * float32(source.NormFloat64())
		}
		others := job
		var rest []int
		for i := range rows {
			if i != odd {
				rest = append(rest, i)
			}
		}
		others.Table = job.Table.Select(rest)
		with, err := train.Engine{}.Train(context.Background(), job, nil)
		if size > 1e15 && errors.Is(err, train.ErrTraining) {
			return // no weight moved: a number overflowed
		}
		if err != nil {
			t.Fatal(err)
		}
		without, err := train.Engine{}.Train(context.Background(), others, nil)
		if err != nil {
			t.Fatal(err)
		}
		moved := make([]float64, len(job.Weights))
		for i, w := range job.Weights {
			moved[i] = float64(rows)*(float64(with.Weights[i])-float64(w)) - float64(rows-1)*(float64(without.Weights[i])-float64(w))
		}
		// The tolerance is for the 24 bits of precision of the weights.
		bound := float64(job.Training.Clip) / 1e6
		if got := norm(moved); got > bound*(1+1e-4)+1e-6*math.Sqrt(float64(len(moved))) {
			t.Errorf("a row moves the weights as a gradient of norm %v does, the bound is %v", got, bound)
		}
		if got := distanceOf(with.Weights, job.Weights); got > bound*(1+1e-4)+1e-6*math.Sqrt(float64(len(moved))) {
			t.Errorf("a step has norm %v, the bound is %v", got, bound)
		}
	})
}

// A row without a loss has a gradient of norm 0. Clipping must not divide by it.
func TestClippingLeavesARowWithoutGradient(t *testing.T) {
	m := layered(spec.Image{Height: 1, Width: 1, Channels: 3}, 2, spec.Layer{Kind: spec.LayerDense, Out: 2})
	m.Loss = spec.LossMSE
	job := randomJob(t, m, 4)
	clear(job.Weights)
	job.Weights[6] = 1 // the bias of class 0: rows of class 0 have the right scores
	clear(job.Table.Y)
	job.Training.Clip = 1
	result, err := train.Engine{}.Train(context.Background(), job, nil)
	if err != nil {
		t.Fatal(err)
	}
	if result.Loss != 0 || !slices.Equal(result.Weights, job.Weights) {
		t.Errorf("loss %v, weights %v, want 0 and no move", result.Loss, result.Weights)
	}
	job.Table.Y[2] = 1
	compareWithTwin(t, job)
}

// Training fails if a gradient overflows in the backward pass, for it has no norm to clip.
func TestClippingFailsIfAGradientIsNotFinite(t *testing.T) {
	m := layered(spec.Image{Height: 1, Width: 1, Channels: 1}, 10, spec.Layer{Kind: spec.LayerDense, Out: 1}, spec.Layer{Kind: spec.LayerDense, Out: 10})
	job := randomJob(t, m, 6)
	job.Training.Batch, job.Training.Clip = 3, spec.One
	clear(job.Weights)
	clear(job.Table.Y)
	for i := range 10 { // the gradient by the scores is -0.9 and nine times 0.1
		job.Weights[2+i] = 3e38
	}
	job.Weights[2] = -3e38
	result, err := train.Engine{}.Train(context.Background(), job, nil)
	if want := "training: a row's gradient has norm +Inf at step 1 of 2"; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got error %v, want %s", err, want)
	}
	if result.Weights != nil {
		t.Error("a failed training returns weights")
	}
}

func TestOptimisersAndBoundsDoNotAllocate(t *testing.T) {
	for name, training := range trainings() {
		for _, kind := range []string{"mlp", "all"} {
			checkAllocations(t, kind+", "+name, with(smallJobs(t)[kind], training))
		}
	}
}

// Training with clipped rows still learns.
func TestClippingLearnsDigits(t *testing.T) {
	_, holdout := digits(t)
	job := digitsJob(t, spec.ModelMLP)
	job.Training.Epochs, job.Training.Clip, job.Training.Rate = 30, 500_000, 200_000
	result, err := train.Engine{}.Train(context.Background(), job, nil)
	if err != nil {
		t.Fatal(err)
	}
	e, err := train.Engine{}.Evaluate(context.Background(), job.Model, result.Weights, holdout)
	if err != nil {
		t.Fatal(err)
	}
	if t.Logf("accuracy %s", e.Accuracy()); e.Accuracy() < 940_000 {
		t.Errorf("accuracy %s, want at least 0.94", e.Accuracy())
	}
}
