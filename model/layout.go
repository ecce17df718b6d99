package model

import (
	"fmt"
	"strings"

	"github.com/althing-network/althing/spec"
)

const (
	// MaxParameters bounds a model: 64 Mi weights, 256 MiB.
	MaxParameters = 64 << 20
	// MaxHidden bounds the number of hidden layers.
	MaxHidden = 64
)

// Tensor is one named block of a flat vector of weights.
type Tensor struct {
	Name   string // "layers.0.weight"
	Shape  []int  // [out, in] row-major for weights, [out] for biases
	Offset int    // index of the first weight in the vector
	Len    int    // number of weights: the product of Shape
}

// Validate reports the first reason why an architecture has no layout.
func Validate(m spec.Model) error {
	_, err := Size(m)
	return err
}

// Size is the number of weights of an architecture.
func Size(m spec.Model) (int, error) {
	if err := validateKind(m); err != nil {
		return 0, err
	}
	var n uint64
	w := widths(m)
	for i, out := range w[1:] {
		in := w[i]
		if in == 0 || out == 0 {
			return 0, fmt.Errorf("model layer %d is %d to %d wide: want at least 1", i, in, out)
		}
		layer := uint64(in)*uint64(out) + uint64(out) // below 2^64 for any widths
		if layer > MaxParameters || n+layer > MaxParameters {
			return 0, fmt.Errorf("model layer %d of %d to %d exceeds %d parameters", i, in, out, MaxParameters)
		}
		n += layer
	}
	return int(n), nil
}

func validateKind(m spec.Model) error {
	switch m.Kind {
	case spec.ModelSoftmax:
		if len(m.Hidden) != 0 {
			return fmt.Errorf("model %s has %d hidden layers: want none", m.Kind, len(m.Hidden))
		}
	case spec.ModelMLP:
		if len(m.Hidden) == 0 || len(m.Hidden) > MaxHidden {
			return fmt.Errorf("model %s has %d hidden layers: want 1 to %d", m.Kind, len(m.Hidden), MaxHidden)
		}
	default:
		return fmt.Errorf("unknown model kind %q: want %s or %s", m.Kind, spec.ModelSoftmax, spec.ModelMLP)
	}
	return nil
}

// Layout lists the tensors of an architecture in the order of the flat vector:
// for each dense layer i, "layers.i.weight" of shape [out, in], then
// "layers.i.bias" of shape [out]. Names and shapes are those of PyTorch.
func Layout(m spec.Model) ([]Tensor, error) {
	if err := Validate(m); err != nil {
		return nil, err
	}
	var tensors []Tensor
	offset := 0
	add := func(name string, length int, shape ...int) {
		tensors = append(tensors, Tensor{Name: name, Shape: shape, Offset: offset, Len: length})
		offset += length
	}
	w := widths(m)
	for i := range w[1:] {
		in, out := int(w[i]), int(w[i+1])
		add(fmt.Sprintf("layers.%d.weight", i), in*out, out, in)
		add(fmt.Sprintf("layers.%d.bias", i), out, out)
	}
	return tensors, nil
}

// widths are the inputs, the hidden layers and the classes.
func widths(m spec.Model) []uint32 {
	w := make([]uint32, 0, len(m.Hidden)+2)
	w = append(w, m.Inputs)
	w = append(w, m.Hidden...)
	return append(w, m.Classes)
}

// describe names an architecture for an error: "mlp 64-32-10 seed 7".
func describe(m spec.Model) string {
	var b strings.Builder
	b.WriteString(m.Kind)
	separator := ' '
	for _, w := range widths(m) {
		fmt.Fprintf(&b, "%c%d", separator, w)
		separator = '-'
	}
	fmt.Fprintf(&b, " seed %d", m.Seed)
	return b.String()
}
