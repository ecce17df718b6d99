package model

import (
	"fmt"
	"strings"

	"github.com/althing-network/althing/spec"
)

// Tensor is one named block of a flat vector of weights.
type Tensor struct {
	Name   string // "layers.0.weight"
	Shape  []int  // row-major
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
	tensors, err := Layout(m)
	if err != nil {
		return 0, err
	}
	last := tensors[len(tensors)-1]
	return last.Offset + last.Len, nil
}

// Layers spells an architecture out: a preset is the list it is short for.
func Layers(m spec.Model) ([]spec.Layer, error) {
	stages, err := m.Stages()
	if err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	layers := make([]spec.Layer, len(stages))
	for i, s := range stages {
		layers[i] = s.Layer
	}
	return layers, nil
}

// Layout lists the tensors of an architecture in the order of the flat vector:
// for layer i of those with parameters, "layers.i.weight", then "layers.i.bias"
// of shape [out]. Weights have the shape [out, in] in a dense layer and [out, in,
// kernel, kernel] in a convolution. Shapes and order are those of PyTorch.
func Layout(m spec.Model) ([]Tensor, error) {
	stages, err := m.Stages()
	if err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	var tensors []Tensor
	offset := 0
	add := func(name string, length int, shape ...int) {
		tensors = append(tensors, Tensor{Name: fmt.Sprintf("layers.%d.%s", len(tensors)/2, name), Shape: shape, Offset: offset, Len: length})
		offset += length
	}
	for _, s := range stages {
		shape := s.Weight()
		if shape == nil {
			continue
		}
		out := shape[0]
		add("weight", s.FanIn()*out, shape...)
		add("bias", out, out)
	}
	return tensors, nil
}

// describe names an architecture for an error: "mlp 64-32-10 seed 7".
func describe(m spec.Model) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %d", m.Kind, m.Inputs)
	if m.Image != (spec.Image{}) {
		fmt.Fprintf(&b, " (%s)", m.Image)
	}
	for _, w := range m.Hidden {
		fmt.Fprintf(&b, "-%d", w)
	}
	for _, l := range m.Layers {
		fmt.Fprintf(&b, "-%s", l)
	}
	fmt.Fprintf(&b, "-%d", m.Classes)
	if m.Loss != "" {
		b.WriteString(" " + m.Loss)
	}
	fmt.Fprintf(&b, " seed %d", m.Seed)
	return b.String()
}
