package train

import "github.com/althing-network/althing/train/gemm"

// dense is a fully connected layer, y = W x + b, and the gradients of the mean
// loss by its weights.
type dense struct {
	kernel         gemm.Kernel
	in, out        int
	weight         gemm.Matrix // out x in
	bias           []float32   // out
	weightGradient gemm.Matrix // out x in
	biasGradient   []float32   // out
}

// forward computes y (rows x out) from x (rows x in).
func (d *dense) forward(y, x []float32, rows int) {
	d.kernel.Multiply(gemm.Of(y, rows, d.out), gemm.Of(x, rows, d.in), d.weight.T())
	for r := range rows {
		d.kernel.AddScaled(y[r*d.out:(r+1)*d.out], 1, d.bias)
	}
}

// gradient computes the gradients of weight and bias from dy (rows x out), the
// gradient by the layer's output, and its input x (rows x in).
func (d *dense) gradient(dy, x []float32, rows int) {
	d.kernel.Multiply(d.weightGradient, gemm.Of(dy, rows, d.out).T(), gemm.Of(x, rows, d.in))
	clear(d.biasGradient)
	for r := range rows {
		d.kernel.AddScaled(d.biasGradient, 1, dy[r*d.out:(r+1)*d.out])
	}
}

// backward computes dx (rows x in), the gradient by the layer's input, from dy.
func (d *dense) backward(dx, dy []float32, rows int) {
	d.kernel.Multiply(gemm.Of(dx, rows, d.in), gemm.Of(dy, rows, d.out), d.weight)
}
