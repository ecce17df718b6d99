package train

import "github.com/althing-network/althing/train/gemm"

// relu replaces negative values by 0. It keeps NaN, so that the loss shows it. It works
// in place.
type relu struct {
	kernel gemm.Kernel
	width  int
}

func (l relu) forward(y, _ []float32, rows int) { l.kernel.Rectify(y[:rows*l.width]) }

// backward sets the gradient to 0 where the output is 0. The layer works in place, so x
// is the output.
func (l relu) backward(dx, _, x []float32, rows int) { l.kernel.Gate(dx[:rows*l.width], x) }
