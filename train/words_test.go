package train_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
	"github.com/althing-network/althing/train/gemm"
)

// checkNetwork checks that a network's gradient is the derivative of its loss, that it agrees
// with its twin with and without a bound, on every kernel, in training and in evaluation, and
// that steps do not allocate.
func checkNetwork(t *testing.T, m spec.Model) {
	t.Helper()
	job := randomJob(t, m, 3)
	result, err := train.Engine{}.Train(context.Background(), job, nil)
	if err != nil {
		t.Fatal(err)
	}
	if slices.Equal(result.Weights, job.Weights) {
		t.Error("a step changes nothing")
	}
	checkGradient(t, job, result, len(job.Weights)/200+1)
	job = randomJob(t, m, 7)
	job.Training.Batch, job.Training.Epochs, job.Training.Rate = 3, 3, 50_000
	compareWithTwin(t, job)
	job.Training.Clip = 300_000
	compareWithTwin(t, job)
	job.Training.Rate = 1000
	checkAllocations(t, "with a bound", job)
	job.Training.Clip = 0
	checkAllocations(t, "without a bound", job)
}

// Every kind of layer that a task may name can be built, trained and evaluated, as the first
// layer and behind others, and gives the same bits everywhere.
func TestEveryKindOfLayer(t *testing.T) {
	image := spec.Image{Height: 5, Width: 7, Channels: 2}
	before := spec.Layer{Kind: spec.LayerConv2D, Out: 3, Kernel: 3, Padding: 1}
	last := spec.Layer{Kind: spec.LayerDense, Out: 3}
	for _, word := range spec.LayerKinds() {
		t.Run(word.Name, func(t *testing.T) {
			kind, ok := twinKinds()[word.Name]
			if !ok || kind.example.Kind != word.Name {
				t.Fatalf("the tests know no layer %q: add its twin to twinKinds", word.Name)
			}
			examples := []spec.Model{layered(image, 3, kind.example, last), layered(image, 3, before, kind.example, last)}
			for _, m := range examples {
				checkNetwork(t, m)
			}
			everyStrict(func(engine train.Engine, machine string) {
				var weights []float32
				for _, m := range examples {
					for _, clip := range []spec.PPM{0, 500_000} {
						job := randomJob(t, m, 7)
						job.Training.Batch, job.Training.Epochs, job.Training.Rate, job.Training.Clip = 3, 3, 50_000, clip
						result, err := engine.Train(context.Background(), job, nil)
						if err != nil {
							t.Fatal(err)
						}
						weights = append(weights, result.Weights...)
					}
				}
				if got := digest(weights).String(); got != kind.golden {
					t.Errorf("%s: digest %s, want %q", machine, got, kind.golden)
				}
			})
		})
	}
}

// twinOptimisers has every optimiser, and each agrees with its twin.
func TestEveryOptimiser(t *testing.T) {
	for _, word := range spec.Optimisers() {
		if twin, ok := twinOptimisers()[word.Name]; !ok || twin.example.Optimiser != word.Name {
			t.Errorf("the tests know no optimiser %q: add its twin to twinOptimisers", word.Name)
			continue
		}
		job := with(randomJob(t, architectures()["all"], 7), optimisers()[word.Name])
		job.Training.Batch, job.Training.Epochs = 3, 3
		compareWithTwin(t, job)
	}
}

func TestEveryLoss(t *testing.T) {
	for _, word := range append([]spec.Word{{Name: ""}}, spec.Losses()...) {
		if twinLosses()[word.Name] == nil {
			t.Errorf("the tests know no loss %q: add its twin to twinLosses", word.Name)
			continue
		}
		m := architectures()["dense"]
		m.Loss = word.Name
		checkNetwork(t, m)
	}
}

// The tests of this package train every kind of model.
func TestEveryKindOfModel(t *testing.T) {
	tried := map[string]bool{spec.ModelLayers: true}
	for _, m := range architectures() {
		tried[m.Kind] = true
	}
	for _, job := range smallJobs(t) {
		tried[job.Model.Kind] = true
	}
	for _, word := range spec.ModelKinds() {
		if !tried[word.Name] {
			t.Errorf("the tests train no model of the kind %q: add one to architectures", word.Name)
		}
	}
}

func TestEveryArithmetic(t *testing.T) {
	for _, word := range spec.Arithmetics() {
		job := randomJob(t, architectures()["all"], 7)
		job.Training.Arithmetic, job.Training.Rate = word.Name, 50_000
		result, err := train.Engine{}.Train(context.Background(), job, nil)
		if err != nil {
			t.Error(err)
			continue
		}
		w := newTwin(job.Model, job.Weights)
		w.train(job)
		for i, v := range result.Weights {
			if math.Abs(float64(v)-w.weights[i]) > 1e-4 {
				t.Fatalf("%s: weight %d is %v, the twin has %v", word.Name, i, v, w.weights[i])
			}
		}
		kernel, err := train.KernelOf(word.Name)
		if want := gemm.Best(word.Name != spec.ArithmeticFused); err != nil || kernel != want {
			t.Errorf("%s: kernel %s (%v), want %s", word.Name, kernel, err, want)
		}
	}
}

// A word that the engine does not know is an error, even if package spec knows it: the engine
// never takes it for another word and never panics.
func TestUnknownWordsAreErrors(t *testing.T) {
	_, kernel := train.KernelOf("strange")
	for name, err := range map[string]error{
		"layer":      train.NewLayer("strange"),
		"optimiser":  train.NewOptimiser("strange"),
		"loss":       train.LossOf("strange"),
		"arithmetic": kernel,
		// The empty word is unknown too, except for a loss.
		"no layer":     train.NewLayer(""),
		"no optimiser": train.NewOptimiser(""),
	} {
		if err == nil || !strings.HasPrefix(err.Error(), "the engine has no ") {
			t.Errorf("%s: got error %v", name, err)
		}
	}
}
