package train

import "github.com/althing-network/althing/train/gemm"

// dense is a fully connected layer, y = W x + b, with its gradients.
type dense struct {
	kernel         gemm.Kernel
	in, out        int
	weight         gemm.Matrix // out x in
	bias           []float32   // out
	weightGradient []float32   // out x in; nil if the network is not trained
	biasGradient   []float32   // out
}

func newDense(p layerConfig) *dense {
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

func (d *dense) parameterGradients(dy, x []float32, rows int) {
	d.kernel.Multiply(gemm.Of(d.weightGradient, d.out, d.in), gemm.Of(dy, rows, d.out).T(), gemm.Of(x, rows, d.in))
	clear(d.biasGradient)
	for r := range rows {
		d.kernel.AddScaled(d.biasGradient, 1, dy[r*d.out:(r+1)*d.out])
	}
}

// addSquaredNorms does not compute a row's gradient. That is the outer product of dy and
// (x, 1), so the square of its norm is the product of their squared norms (Goodfellow
// 2015, "Efficient per-example gradient computations").
func (d *dense) addSquaredNorms(sums []float64, dy, x []float32) {
	for r := range sums {
		sums[r] += float64(square(dy[r*d.out:(r+1)*d.out]) * (square(x[r*d.in:(r+1)*d.in]) + 1))
	}
}

// clippedGradients multiplies each row's dy by its factor and computes the gradients from
// that.
func (d *dense) clippedGradients(factors []float64, dy, x []float32) {
	for r, f := range factors {
		if f != 1 {
			row := dy[r*d.out : (r+1)*d.out]
			for i, v := range row {
				row[i] = float32(float64(v) * f)
			}
		}
	}
	d.parameterGradients(dy, x, len(factors))
}
