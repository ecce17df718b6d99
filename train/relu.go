package train

import "github.com/althing-network/althing/train/gemm"

// relu replaces what is negative by 0, and leaves NaN so that it is noticed. It
// works in place.
type relu struct {
	kernel gemm.Kernel
	width  int
}

func (l relu) forward(y, _ []float32, rows int) { l.kernel.Rectify(y[:rows*l.width]) }

// backward stops the gradient where the output is 0; x is the output.
func (l relu) backward(dx, _, x []float32, rows int) { l.kernel.Gate(dx[:rows*l.width], x) }
