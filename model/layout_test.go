package model_test

import (
	"slices"
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
		switch kind := rapid.SampledFrom([]string{spec.ModelSoftmax, spec.ModelMLP, spec.ModelCNNSmall, spec.ModelLayers}).Draw(t, "kind"); kind {
		case spec.ModelMLP:
			m.Kind = kind
			m.Hidden = rapid.SliceOfN(width, 1, 3).Draw(t, "hidden")
		case spec.ModelCNNSmall, spec.ModelLayers:
			m.Kind = kind
			side := rapid.Uint32Range(4, 9)
			m.Image = spec.Image{Height: side.Draw(t, "height"), Width: side.Draw(t, "width"), Channels: width.Draw(t, "channels")}
			m.Inputs = m.Image.Height * m.Image.Width * m.Image.Channels
			if kind == spec.ModelLayers {
				m.Layers = layers(width, m.Classes).Draw(t, "layers")
				m.Loss = rapid.SampledFrom([]string{"", spec.LossMSE}).Draw(t, "loss")
			}
		}
		return m
	})
}

// layers draws a list of layers that fit on any image of at least 4 x 4.
func layers(width *rapid.Generator[uint32], classes uint32) *rapid.Generator[[]spec.Layer] {
	return rapid.Custom(func(t *rapid.T) []spec.Layer {
		conv := spec.Layer{Kind: spec.LayerConv2D, Out: width.Draw(t, "out"), Kernel: rapid.Uint32Range(1, 4).Draw(t, "kernel"), Stride: rapid.Uint32Range(0, 2).Draw(t, "stride")}
		conv.Padding = rapid.Uint32Range(0, conv.Kernel-1).Draw(t, "padding")
		list := []spec.Layer{
			conv,
			{Kind: spec.LayerReLU},
			{Kind: spec.LayerDropout, Rate: spec.PPM(rapid.Uint32Range(1, uint32(spec.One)-1).Draw(t, "rate"))},
			{Kind: spec.LayerDense, Out: classes},
		}
		if conv.Padding == conv.Kernel/2 && conv.Stride < 2 { // the image stays at least 4 x 4 or nearly
			list = slices.Insert(list, 1, spec.Layer{Kind: spec.LayerMaxPool, Size: rapid.Uint32Range(2, 3).Draw(t, "size")})
		}
		return list
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

// TestLayoutOfTheCNN: only layers with weights are numbered. The network of the FedAvg paper
// has 1,663,370 parameters (McMahan et al. 2017, section 3).
func TestLayoutOfTheCNN(t *testing.T) {
	m := spec.Model{Kind: spec.ModelCNN, Inputs: 784, Image: spec.Image{Height: 28, Width: 28, Channels: 1}, Classes: 10}
	got, err := model.Layout(m)
	if err != nil {
		t.Fatal(err)
	}
	want := []model.Tensor{
		{Name: "layers.0.weight", Shape: []int{32, 1, 5, 5}, Offset: 0, Len: 800},
		{Name: "layers.0.bias", Shape: []int{32}, Offset: 800, Len: 32},
		{Name: "layers.1.weight", Shape: []int{64, 32, 5, 5}, Offset: 832, Len: 51200},
		{Name: "layers.1.bias", Shape: []int{64}, Offset: 52032, Len: 64},
		{Name: "layers.2.weight", Shape: []int{512, 3136}, Offset: 52096, Len: 1605632},
		{Name: "layers.2.bias", Shape: []int{512}, Offset: 1657728, Len: 512},
		{Name: "layers.3.weight", Shape: []int{10, 512}, Offset: 1658240, Len: 5120},
		{Name: "layers.3.bias", Shape: []int{10}, Offset: 1663360, Len: 10},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("layout of the cnn (-want +got):\n%s", diff)
	}
	m.Kind = spec.ModelCNNSmall
	if n, err := model.Size(m); err != nil || n != 54314 {
		t.Errorf("cnnsmall has %d weights (%v): want 54314", n, err)
	}
}

// TestLayersOfAPreset: a preset and the list of its layers have the same initial weights.
func TestLayersOfAPreset(t *testing.T) {
	preset := spec.Model{Kind: spec.ModelCNNSmall, Inputs: 64, Image: spec.Image{Height: 8, Width: 8, Channels: 1}, Classes: 10, Seed: 3}
	layers, err := model.Layers(preset)
	if err != nil {
		t.Fatal(err)
	}
	listed := preset
	listed.Kind, listed.Layers = spec.ModelLayers, layers
	one, err := model.Init(preset)
	if err != nil {
		t.Fatal(err)
	}
	two, err := model.Init(listed)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(one, two); diff != "" {
		t.Errorf("weights of the preset and of its layers (-preset +layers):\n%s", diff)
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
		{"unknown kind", spec.Model{Kind: "rnn", Inputs: 1, Classes: 2}, `unknown kind "rnn"`},
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
