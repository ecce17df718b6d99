package train_test

import (
	"context"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"testing"

	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
	"github.com/althing-network/althing/train/gemm"
)

// trainings are all optimisers: each alone, with both penalties, and with both penalties
// and clipped rows.
func trainings() map[string]spec.Training {
	all := map[string]spec.Training{}
	for name, t := range optimisers() {
		all[name] = t
		t.WeightDecay, t.Proximal = 1_000, 10_000
		all[name+penalties] = t
		t.Clip = 500_000
		all[name+clipped] = t
	}
	return all
}

const (
	penalties = " with penalties"
	clipped   = penalties + " and a bound"
)

// smallJobs has a small job for each kind of model. The number of rows is not a multiple of
// the batch.
func smallJobs(t *testing.T) map[string]train.Job {
	t.Helper()
	jobs := map[string]train.Job{
		spec.ModelSoftmax: digitsJob(t, spec.ModelSoftmax),
		spec.ModelMLP:     digitsJob(t, spec.ModelMLP),
	}
	for _, name := range []string{"cnnsmall", "all", "mse", "dropouts"} {
		jobs[name] = randomJob(t, architectures()[name], 23)
	}
	first := make([]int, 23)
	for i := range first {
		first[i] = i
	}
	for name, job := range jobs {
		job.Table = job.Table.Select(first)
		job.Training.Batch, job.Training.Epochs = 5, 3
		jobs[name] = job
	}
	return jobs
}

// goldenOptimisers are the digests of the weights of all small jobs, in the order of their
// names, for each optimiser. They hold on every architecture.
func goldenOptimisers() map[string]string {
	all := map[string]string{}
	for name, twin := range twinOptimisers() {
		all[name], all[name+penalties], all[name+clipped] = twin.golden[0], twin.golden[1], twin.golden[2]
	}
	return all
}

// No optimiser gives other bits for any model with another strict kernel, another number of
// processors or on another architecture.
func TestStrictBitsOfEveryOptimiser(t *testing.T) {
	jobs, want := smallJobs(t), goldenOptimisers()
	everyStrict(func(engine train.Engine, machine string) {
		for name, training := range trainings() {
			var weights []float32
			for _, kind := range slices.Sorted(maps.Keys(jobs)) {
				result, err := engine.Train(context.Background(), with(jobs[kind], training), nil)
				if err != nil {
					t.Fatal(name, kind, err)
				}
				weights = append(weights, result.Weights...)
			}
			if got := digest(weights).String(); got != want[name] {
				t.Errorf("%s on %s: digest %s, want %s", name, machine, got, want[name])
			}
		}
	})
}

// everyStrict calls do with every strict kernel, on one processor and on two.
func everyStrict(do func(engine train.Engine, machine string)) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, kernel := range gemm.All() {
		if !kernel.Strict() {
			continue
		}
		for _, processors := range []int{1, 2} {
			runtime.GOMAXPROCS(processors)
			do(train.Engine{Kernel: &kernel}, fmt.Sprintf("%s and %d processors", kernel, processors))
		}
	}
}

// goldenLayers is the digest of the weights of all architectures that predict a class, with
// and without clipped rows, in the order of their names: it covers every layer and each
// implementation of its backward pass. goldenNumbers is the digest of those that predict a
// number. They hold on every architecture.
const (
	goldenLayers  = "4116a96ec7332a3c6f69c81c9b15a2b3777337f46eedd1948467ca6e9695447c"
	goldenNumbers = "6ea1c4801f4dbf7bfdfbe585ef4c46b8d9dea0b3ce8f21f4e13629b898b51236"
)

func TestStrictBitsOfEveryLayer(t *testing.T) {
	models := architectures()
	everyStrict(func(engine train.Engine, machine string) {
		var classes, numbers []float32
		for _, name := range slices.Sorted(maps.Keys(models)) {
			for _, clip := range []spec.PPM{0, 500_000} {
				job := randomJob(t, models[name], 7)
				job.Training.Batch, job.Training.Epochs, job.Training.Rate, job.Training.Clip = 3, 3, 50_000, clip
				result, err := engine.Train(context.Background(), job, nil)
				if err != nil {
					t.Fatal(name, err)
				}
				if models[name].Regression() {
					numbers = append(numbers, result.Weights...)
				} else {
					classes = append(classes, result.Weights...)
				}
			}
		}
		if got := digest(classes).String(); got != goldenLayers {
			t.Errorf("%s: digest %s, want %s", machine, got, goldenLayers)
		}
		if got := digest(numbers).String(); got != goldenNumbers {
			t.Errorf("%s: digest %s of models that predict a number, want %s", machine, got, goldenNumbers)
		}
	})
}
