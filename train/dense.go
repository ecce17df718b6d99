package train

import "github.com/althing-network/althing/train/gemm"

// dense is a fully connected layer, y = W x + b, and the gradients of the mean
// loss by its weights.
type dense struct {
	kernel         gemm.Kernel
	in, out        int
	weight         gemm.Matrix // out x in
	bias           []float32   // out
	weightGradient []float32   // out x in; nil in a network that only classifies
	biasGradient   []float32   // out
}

func newDense(p place) *dense {
	in, out := p.In.Values(), p.Out.Values()
	return &dense{
		kernel:         p.kernel,
		in:             in,
		out:            out,
		weight:         gemm.Of(p.weight, out, in),
		bias:           p.bias,
		weightGradient: p.weightGradient,
		biasGradient:   p.biasGradient,
	}
}

func (d *dense) forward(y, x []float32, rows int) {
	d.kernel.Multiply(gemm.Of(y, rows, d.out), gemm.Of(x, rows, d.in), d.weight.T())
	for r := range rows {
		d.kernel.AddScaled(y[r*d.out:(r+1)*d.out], 1, d.bias)
	}
}

func (d *dense) backward(dx, dy, _ []float32, rows int) {
	d.kernel.Multiply(gemm.Of(dx, rows, d.in), gemm.Of(dy, rows, d.out), d.weight)
}

func (d *dense) gradients(dy, x []float32, rows int) {
	d.kernel.Multiply(gemm.Of(d.weightGradient, d.out, d.in), gemm.Of(dy, rows, d.out).T(), gemm.Of(x, rows, d.in))
	clear(d.biasGradient)
	for r := range rows {
		d.kernel.AddScaled(d.biasGradient, 1, dy[r*d.out:(r+1)*d.out])
	}
}

// squares never looks at a row's gradient, which is the outer product of dy and x
// and of dy and 1: the square of its norm is the product of theirs (Goodfellow
// 2015, "Efficient per-example gradient computations").
func (d *dense) squares(sums []float64, dy, x []float32) {
	for r := range sums {
		sums[r] += float64(square(dy[r*d.out:(r+1)*d.out]) * (square(x[r*d.in:(r+1)*d.in]) + 1))
	}
}

// clipped scales what the gradients are made from, row by row.
func (d *dense) clipped(factors []float64, dy, x []float32) {
	for r, f := range factors {
		if f != 1 {
			row := dy[r*d.out : (r+1)*d.out]
			for i, v := range row {
				row[i] = float32(float64(v) * f)
			}
		}
	}
	d.gradients(dy, x, len(factors))
}
