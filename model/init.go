package model

import (
	"math"
	"math/rand/v2"

	"github.com/althing-network/althing/spec"
)

// stream keeps the random numbers of initialisation apart from any other use
// of a task's seed. It spells "althing1".
const stream = 0x616c7468696e6731

// Init gives the weights of model 0. Everyone who knows the architecture
// computes the same bits.
//
// An mlp draws the weights and biases of each layer from the uniform
// distribution on [-b, b), b = sqrt(1/in), in layout order: PyTorch's default
// for Linear. A softmax starts at zero: its loss is convex, so no symmetry has
// to be broken, and zero calls every class equally likely.
func Init(m spec.Model) ([]float32, error) {
	n, err := Size(m)
	if err != nil {
		return nil, err
	}
	weights := make([]float32, n)
	if m.Kind == spec.ModelSoftmax {
		return weights, nil
	}
	source := rand.NewPCG(m.Seed, stream)
	rest := weights
	w := widths(m)
	for i := range w[1:] {
		in, out := int(w[i]), int(w[i+1])
		layer := rest[:in*out+out]
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
