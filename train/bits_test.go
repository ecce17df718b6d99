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

// trainings are all optimisers, each alone, with what can be added to the gradient,
// and with rows clipped besides.
func trainings() map[string]spec.Training {
	all := map[string]spec.Training{}
	for name, t := range optimisers() {
		all[name] = t
		t.WeightDecay, t.Proximal = 1_000, 10_000
		all[name+" with penalties"] = t
		t.Clip = 500_000
		all[name+" with penalties and a bound"] = t
	}
	return all
}

// kinds are a small job of each kind of model. Its batches do not divide its rows.
func kinds(t *testing.T) map[string]train.Job {
	t.Helper()
	jobs := map[string]train.Job{
		spec.ModelSoftmax: digitsJob(t, spec.ModelSoftmax),
		spec.ModelMLP:     digitsJob(t, spec.ModelMLP),
	}
	for _, name := range []string{"cnnsmall", "all", "mse", "dropouts"} {
		jobs[name] = pictures(t, architectures()[name], 23)
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

// goldenOptimisers are the digests of the weights of all kinds, in the order of
// their names. They hold on every architecture.
func goldenOptimisers() map[string]string {
	return map[string]string{
		"adam with penalties and a bound":     "f58de4d368023c629a346b492592aefa3b11c2f99abd40e9db907b4e527d3a00",
		"adam with penalties":                 "dd7120abb55ff27d595bd5e2239fe5d84ba76aaf517ee0bfe17ad42f4deeb355",
		"adam":                                "c8c787f2a059a0559c33e78ea259a3eb24c8bfb20a284029ebc32f1dc8bd6075",
		"momentum with penalties and a bound": "b2aafa99999a27ee24f24cec5fd17fa84092087cb82a5ed369353484d1aea502",
		"momentum with penalties":             "c863ad7ad1734b37bace575f17a3d25448f65e030f4133e6690cbe5afc2e3eea",
		"momentum":                            "33832f997ffb562a9ef1796d5b69303b6a5262bab1567001c724423776954649",
		"nesterov with penalties and a bound": "ef4e39c6d4797cae356539731271c71d7520c783f35d9abda4cb23527285554b",
		"nesterov with penalties":             "c0b92cf4d284df0602ad94feb864c09150abf9491dcccd3c03fbe08ba537fae8",
		"nesterov":                            "6f0351e70a26afa787e14674604af26ff6cb4ad04e68c14d3cc9243fda53aed8",
		"sgd with penalties and a bound":      "436b53b4012cdf3b31780065050bf13e13af77bbdeb1af9845334d96a39de50c",
		"sgd with penalties":                  "eb5cbef063463d359be9b8b2c2edb0449de41823aa68aa1daf92a8156356b2b0",
		"sgd":                                 "cdf6e6f04f392b031516bd0db56cc53a5df68e138a5191c41c35d7d6950b7803",
	}
}

// Neither the kernel, if it is strict, nor the number of processors nor the
// architecture changes a bit of what any optimiser makes of any model.
func TestStrictBitsOfEveryOptimiser(t *testing.T) {
	jobs, want := kinds(t), goldenOptimisers()
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

// everyStrict does something with every strict kernel, on one processor and on two.
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

// goldenLayers is the digest of the weights of all small architectures, with and
// without rows clipped, in the order of their names: every layer, and every way
// backward through it. It holds on every architecture.
const goldenLayers = "4116a96ec7332a3c6f69c81c9b15a2b3777337f46eedd1948467ca6e9695447c"

func TestStrictBitsOfEveryLayer(t *testing.T) {
	models := architectures()
	everyStrict(func(engine train.Engine, machine string) {
		var weights []float32
		for _, name := range slices.Sorted(maps.Keys(models)) {
			for _, clip := range []spec.PPM{0, 500_000} {
				job := pictures(t, models[name], 7)
				job.Training.Batch, job.Training.Epochs, job.Training.Rate, job.Training.Clip = 3, 3, 50_000, clip
				result, err := engine.Train(context.Background(), job, nil)
				if err != nil {
					t.Fatal(name, err)
				}
				weights = append(weights, result.Weights...)
			}
		}
		if got := digest(weights).String(); got != goldenLayers {
			t.Errorf("%s: digest %s, want %s", machine, got, goldenLayers)
		}
	})
}
