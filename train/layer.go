package train

import (
	"fmt"
	"math/rand/v2"

	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train/gemm"
)

// layer is one step of a network. It may keep what forward found for the
// backward of the same rows.
type layer interface {
	// forward computes the outputs y of some rows from their inputs x.
	forward(y, x []float32, rows int)
	// backward computes the gradient dx by the inputs from dy, that by the outputs,
	// and the inputs x of the last forward.
	backward(dx, dy, x []float32, rows int)
}

// learner is a layer with parameters, which never works in place.
type learner interface {
	layer
	// gradients sets those by the parameters, summed over the rows, from the same
	// dy and x as backward.
	gradients(dy, x []float32, rows int)
	// squares adds to the sum of each row the square of the L2 norm of what this row
	// alone gives to the gradients.
	squares(sums []float64, dy, x []float32)
	// clipped sets the gradients to what the rows give, each times its factor. It
	// follows squares, and may overwrite dy.
	clipped(factors []float64, dy, x []float32)
}

// place is what a layer is built from: where it stands, and the memory of its
// parameters, if it has some.
type place struct {
	spec.Stage
	kernel                       gemm.Kernel
	batch                        int       // rows at most
	back                         bool      // backward is asked for
	weight, bias                 []float32 // parameters
	weightGradient, biasGradient []float32 // of the mean loss by them; nil where nothing is trained
	dice                         *rand.PCG // nil where nothing is trained
}

// newLayer builds the layer of a place, and says whether it works in place: then
// it is given the same memory for y and x, and for dx and dy.
func newLayer(p place) (l layer, inPlace bool, err error) {
	switch p.Layer.Kind {
	case spec.LayerDense:
		return newDense(p), false, nil
	case spec.LayerConv2D:
		return newConv2D(p), false, nil
	case spec.LayerMaxPool:
		return newMaxPool(p), false, nil
	case spec.LayerReLU:
		return relu{kernel: p.kernel, width: p.Out.Values()}, true, nil
	case spec.LayerDropout:
		return newDropout(p), true, nil
	}
	return nil, false, fmt.Errorf("the engine has no layer of the kind %q", p.Layer.Kind)
}
