package train_test

import (
	"context"
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
		"adam with penalties and a bound":     "ec984d3d2bfcd9c9a906acf76d9915f7eaf6f0d2a28ac517b6039a1a8d4ca9e2",
		"adam with penalties":                 "4e031e47466d5991d1c63ea3a3cd3e6c5d0aebab9c161fb24d8cd00a25298a41",
		"adam":                                "c8c787f2a059a0559c33e78ea259a3eb24c8bfb20a284029ebc32f1dc8bd6075",
		"momentum with penalties and a bound": "23c218e978b12bd2d1cb7a9602abf62eab128e4a386e89d10322300a9c336923",
		"momentum with penalties":             "f0996aa3f9ff7b38e7dfa6a80ef9c57c3bada6a0f9a4698217b5f160cd194582",
		"momentum":                            "33832f997ffb562a9ef1796d5b69303b6a5262bab1567001c724423776954649",
		"nesterov with penalties and a bound": "30734cd11dd019f0544bf8a8fab5311a301898426d409206f86f6c27fc90954f",
		"nesterov with penalties":             "04c6d616f2d8f7409bf1a7357d7689ddffcefd56e5d23c1ddf9deeff53122c3a",
		"nesterov":                            "6f0351e70a26afa787e14674604af26ff6cb4ad04e68c14d3cc9243fda53aed8",
		"sgd with penalties and a bound":      "79604b2050022b4cd3f484fd6a2a3efc7ec4af86cf66e863259e4c4f41b84b7c",
		"sgd with penalties":                  "32fd20b80770c03a58b272a0fbb0c97cbbab6617f68806a89981020f90886509",
		"sgd":                                 "cdf6e6f04f392b031516bd0db56cc53a5df68e138a5191c41c35d7d6950b7803",
	}
}

// Neither the kernel, if it is strict, nor the number of processors nor the
// architecture changes a bit of what any optimiser makes of any model.
func TestStrictBitsOfEveryOptimiser(t *testing.T) {
	jobs, want := kinds(t), goldenOptimisers()
	for name, training := range trainings() {
		for _, kernel := range gemm.All() {
			for _, processors := range []int{1, 2} {
				if !kernel.Strict() {
					continue
				}
				before := runtime.GOMAXPROCS(processors)
				var weights []float32
				for _, kind := range slices.Sorted(maps.Keys(jobs)) {
					result, err := train.Engine{Kernel: &kernel}.Train(context.Background(), with(jobs[kind], training), nil)
					if err != nil {
						t.Fatal(name, kind, err)
					}
					weights = append(weights, result.Weights...)
				}
				runtime.GOMAXPROCS(before)
				if got := digest(weights).String(); got != want[name] {
					t.Errorf("%s on %s and %d processors: digest %s, want %s", name, kernel, processors, got, want[name])
				}
			}
		}
	}
}
