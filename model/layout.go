package model

import (
	"fmt"
	"strings"

	"github.com/althing-network/althing/spec"
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
	if err := m.Validate(); err != nil {
		return fmt.Errorf("model: %w", err)
	}
	return nil
}

// Size is the number of weights of an architecture, at most [spec.MaxParameters].
func Size(m spec.Model) (int, error) {
	if err := Validate(m); err != nil {
		return 0, err
	}
	n := 0
	w := widths(m)
	for i, out := range w[1:] {
		n += (int(w[i]) + 1) * int(out)
	}
	return n, nil
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
