package model_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
)

// TestInitGolden: the digests of model 0 are the same on every architecture and must never
// change, because a task states only the seed of its first model.
func TestInitGolden(t *testing.T) {
	for _, test := range []struct {
		name  string
		model spec.Model
		want  string
	}{
		{"small", small(), "ad1f59a60835480b30a493db859c3a42f4468adf0d2e8e198366a2b86bb3144d"},
		{"digits mlp", spec.Model{Kind: spec.ModelMLP, Inputs: 64, Hidden: []uint32{64}, Classes: 10, Seed: 1}, "c336f8168ef71b104c7cc8c81e2a0d9f587061101481a0d52ce48e5a99edbb0f"},
		{"digits softmax", spec.Model{Kind: spec.ModelSoftmax, Inputs: 64, Classes: 10, Seed: 1}, "d0e173293f0fe967fefa30473347e40f6a1453ad9eca8ee430c90069682ff7c5"},
		{"linear", spec.Model{Kind: spec.ModelLinear, Inputs: 10, Loss: spec.LossMSE, Classes: 1, Seed: 1}, "05a334387f19b87801bf57ae826b0503b6a7c161f9fad468f90fa462f99043cb"},
	} {
		t.Run(test.name, func(t *testing.T) {
			weights, err := model.Init(test.model)
			if err != nil {
				t.Fatal(err)
			}
			got, err := model.File{Model: test.model, Weights: weights}.Digest()
			if err != nil {
				t.Fatal(err)
			}
			if got.String() != test.want {
				t.Errorf("digest %s, want %s", got, test.want)
			}
		})
	}
}

// TestInitIsTorchsDefault: PyTorch's Linear draws weights and biases from
// U(-1/sqrt(in), 1/sqrt(in)), whose variance is 1/(3 in).
func TestInitIsTorchsDefault(t *testing.T) {
	m := spec.Model{Kind: spec.ModelMLP, Inputs: 400, Hidden: []uint32{100}, Classes: 50, Seed: 3}
	weights, err := model.Init(m)
	if err != nil {
		t.Fatal(err)
	}
	tensors, err := model.Layout(m)
	if err != nil {
		t.Fatal(err)
	}
	for i, in := range []float64{400, 400, 100, 100} {
		bound := math.Sqrt(1 / in)
		var sum, squares float64
		for _, v := range weights[tensors[i].Offset:][:tensors[i].Len] {
			if math.Abs(float64(v)) > bound {
				t.Fatalf("%s has %v: want at most %v", tensors[i].Name, v, bound)
			}
			sum += float64(v)
			squares += float64(v) * float64(v)
		}
		n := float64(tensors[i].Len)
		if n < 1000 {
			continue // too few for the moments to be close
		}
		if mean := sum / n; math.Abs(mean) > 0.05*bound {
			t.Errorf("%s has mean %v: want about 0", tensors[i].Name, mean)
		}
		if ratio := squares / n * 3 * in; math.Abs(ratio-1) > 0.05 {
			t.Errorf("%s has %v of the variance 1/(3 in)", tensors[i].Name, ratio)
		}
	}
}

func TestInitDependsOnTheSeed(t *testing.T) {
	one, two := small(), small()
	two.Seed++
	a, err := model.Init(one)
	if err != nil {
		t.Fatal(err)
	}
	b, err := model.Init(two)
	if err != nil {
		t.Fatal(err)
	}
	if cmp.Equal(a, b) {
		t.Error("two seeds give the same weights")
	}
	repeated, err := model.Init(one)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(a, repeated); diff != "" {
		t.Errorf("the same seed gives two models:\n%s", diff)
	}
}

func TestInitOfSoftmaxIsZero(t *testing.T) {
	weights, err := model.Init(spec.Model{Kind: spec.ModelSoftmax, Inputs: 5, Classes: 3, Seed: 9})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(make([]float32, 18), weights); diff != "" {
		t.Errorf("softmax starts at (-want +got):\n%s", diff)
	}
}
