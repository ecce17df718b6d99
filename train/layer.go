package train

import (
	"fmt"
	"math/rand/v2"

	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train/gemm"
)

// layer is one layer of a network. It may keep state of a forward pass for the
// backward pass over the same rows.
//
// Names follow the calculus: x are inputs, y outputs, and dx and dy the gradients of
// the loss with respect to them, rows x width each.
type layer interface {
	// forward computes the outputs y of the rows from their inputs x.
	forward(y, x []float32, rows int)
	// backward computes dx from dy and from the inputs x of the last forward pass.
	backward(dx, dy, x []float32, rows int)
}

// trainable is a layer with parameters. It never works in place.
type trainable interface {
	layer
	// parameterGradients sets the gradients with respect to the parameters, summed over
	// the rows, from the same dy and x as backward.
	parameterGradients(dy, x []float32, rows int)
	// addSquaredNorms adds to each row's sum the square of the L2 norm of the parameter
	// gradient of this row alone.
	addSquaredNorms(sums []float64, dy, x []float32)
	// clippedGradients sets the parameter gradients to the sum of the rows' gradients,
	// each times its factor. It is called after addSquaredNorms and may overwrite dy.
	clippedGradients(factors []float64, dy, x []float32)
}

// layerConfig is all that a layer is built from, with the memory of its parameters, if
// it has any.
type layerConfig struct {
	spec.Stage
	kernel                       gemm.Kernel
	batch                        int       // maximum number of rows
	needsInputGradient           bool      // backward will be called
	weight, bias                 []float32 // parameters
	weightGradient, biasGradient []float32 // of the mean loss; nil if the network is not trained
	random                       *rand.PCG // for dropout; nil if the network is not trained
}

// newLayer builds a layer. If it works in place, y and x must be the same memory, and
// so must dx and dy.
func newLayer(p layerConfig) (l layer, inPlace bool, err error) {
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
