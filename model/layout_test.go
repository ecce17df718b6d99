package model_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
)

// small is the architecture most tests use: 3 to 2 to 2 wide, 14 weights.
func small() spec.Model {
	return spec.Model{Kind: spec.ModelMLP, Inputs: 3, Hidden: []uint32{2}, Classes: 2, Seed: 7}
}

// architectures draws any small architecture.
func architectures() *rapid.Generator[spec.Model] {
	return rapid.Custom(func(t *rapid.T) spec.Model {
		width := rapid.Uint32Range(1, 9)
		m := spec.Model{
			Kind:    spec.ModelSoftmax,
			Inputs:  width.Draw(t, "inputs"),
			Classes: rapid.Uint32Range(2, 9).Draw(t, "classes"),
			Seed:    rapid.Uint64().Draw(t, "seed"),
		}
		if rapid.Bool().Draw(t, "mlp") {
			m.Kind = spec.ModelMLP
			m.Hidden = rapid.SliceOfN(width, 1, 3).Draw(t, "hidden")
		}
		return m
	})
}

func TestLayout(t *testing.T) {
	got, err := model.Layout(small())
	if err != nil {
		t.Fatal(err)
	}
	want := []model.Tensor{
		{Name: "layers.0.weight", Shape: []int{2, 3}, Offset: 0, Len: 6},
		{Name: "layers.0.bias", Shape: []int{2}, Offset: 6, Len: 2},
		{Name: "layers.1.weight", Shape: []int{2, 2}, Offset: 8, Len: 4},
		{Name: "layers.1.bias", Shape: []int{2}, Offset: 12, Len: 2},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("layout of the small model (-want +got):\n%s", diff)
	}
}

func TestLayoutCoversTheVector(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := architectures().Draw(t, "model")
		tensors, err := model.Layout(m)
		if err != nil {
			t.Fatal(err)
		}
		end := 0
		for _, tensor := range tensors {
			product := 1
			for _, d := range tensor.Shape {
				product *= d
			}
			if tensor.Offset != end || tensor.Len != product {
				t.Fatalf("tensor %+v: want offset %d and length %d", tensor, end, product)
			}
			end += tensor.Len
		}
		if n, err := model.Size(m); err != nil || n != end {
			t.Fatalf("size %d (%v), but the tensors end at %d", n, err, end)
		}
	})
}

func TestValidate(t *testing.T) {
	for _, test := range []struct {
		name  string
		model spec.Model
		want  string
	}{
		{"no kind", spec.Model{Inputs: 1, Classes: 2}, "model.kind"},
		{"unknown kind", spec.Model{Kind: "cnn", Inputs: 1, Classes: 2}, `unknown kind "cnn"`},
		{"no inputs", spec.Model{Kind: spec.ModelSoftmax, Classes: 2}, "model.inputs"},
		{"no classes", spec.Model{Kind: spec.ModelSoftmax, Inputs: 1}, "model.classes"},
		{"softmax with a hidden layer", spec.Model{Kind: spec.ModelSoftmax, Inputs: 1, Hidden: []uint32{1}, Classes: 2}, "model.hidden"},
		{"mlp without one", spec.Model{Kind: spec.ModelMLP, Inputs: 1, Classes: 2}, "model.hidden"},
		{"empty hidden layer", spec.Model{Kind: spec.ModelMLP, Inputs: 1, Hidden: []uint32{0}, Classes: 2}, "width 0"},
		{"too large", spec.Model{Kind: spec.ModelSoftmax, Inputs: 1 << 20, Classes: 1 << 10}, "parameters"},
		{"product overflows", spec.Model{Kind: spec.ModelSoftmax, Inputs: 1<<32 - 1, Classes: 1<<32 - 1}, "want"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, sizeErr := model.Size(test.model)
			_, layoutErr := model.Layout(test.model)
			_, initErr := model.Init(test.model)
			for _, err := range []error{model.Validate(test.model), sizeErr, layoutErr, initErr} {
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("error %v: want one that says %q", err, test.want)
				}
			}
		})
	}
}

func TestSizeOfTheLargest(t *testing.T) {
	m := spec.Model{Kind: spec.ModelSoftmax, Inputs: 1<<16 - 1, Classes: 1 << 10}
	if n, err := model.Size(m); err != nil || n != spec.MaxParameters {
		t.Errorf("size %d (%v): want %d", n, err, spec.MaxParameters)
	}
}
