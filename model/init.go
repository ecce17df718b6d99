package model

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/althing-network/althing/spec"
)

// stream separates the random numbers of initialisation from other uses of a task's seed. It
// spells "althing1".
const stream = 0x616c7468696e6731

// Initial is model 0 of a task, the same bytes on every machine: the weights of [Init], and the
// scale of the rows if it follows from bounds that the task's schema states.
func Initial(t spec.TaskSpec) (File, error) {
	weights, err := Init(t.Model)
	if err != nil {
		return File{}, err
	}
	f := File{Model: t.Model, Data: StatedRows(t.Data), Weights: weights}
	if f.Data.Scaled() && !f.Data.MeasuresColumns() {
		f.Scale, err = boundsScale(f.Data)
	}
	return f, err
}

// Init gives the weights of model 0, the same bits on every machine.
//
// The weights and biases of each layer are drawn in layout order from the uniform distribution
// on [-b, b) with b = sqrt(1/in), where in is the number of inputs of one output: PyTorch's
// default for Linear and Conv2d. A softmax and a linear model start at zero: their losses are
// convex, so no symmetry must be broken, and zero gives every class the same probability.
func Init(m spec.Model) ([]float32, error) {
	n, err := Size(m)
	if err != nil {
		return nil, err
	}
	weights := make([]float32, n)
	if m.Kind == spec.ModelSoftmax || m.Kind == spec.ModelLinear {
		return weights, nil
	}
	stages, err := m.Stages()
	if err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	source := rand.NewPCG(m.Seed, stream)
	rest := weights
	for _, s := range stages {
		in := s.FanIn()
		if in == 0 {
			continue
		}
		layer := rest[:(in+1)*int(s.Layer.Out)]
		rest = rest[len(layer):]
		// Division, square root and conversion are correctly rounded by IEEE 754.
		bound := float32(math.Sqrt(1 / float64(in)))
		for j := range layer {
			layer[j] = uniform(source, bound)
		}
	}
	return weights, nil
}

// uniform maps 24 random bits to [-bound, bound). The integer and its scaling
// by 2^-23 are exact in float32; only the last product rounds, once.
func uniform(source *rand.PCG, bound float32) float32 {
	k := int32(source.Uint64()>>40) - 1<<23
	unit := float32(k) * (1.0 / (1 << 23))
	return float32(unit * bound)
}
