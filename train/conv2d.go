package train

import "github.com/althing-network/althing/train/gemm"

// conv2d slides kernels over an image. Each output channel has one kernel; each of its
// values is the inner product of the kernel and the patch of the image under it, plus a
// bias. The patches of an image are the rows of a matrix, so the convolution is a matrix
// product (im2col: Chellapilla, Puri and Simard 2006). No patch is copied: the matrix is
// a view of the zero-padded image. The bias is the weight of one extra value in each
// patch, which is always 1.
type conv2d struct {
	kernel         gemm.Kernel
	batch          int         // maximum number of rows
	in             int         // values per image
	channels       int         // of the output
	patch          int         // values per patch
	positions      int         // of the kernel on the image, which are the values per output channel
	weight         gemm.Matrix // channels x patch
	bias           gemm.Matrix // 1 x channels
	weightGradient []float32   // channels x patch; nil if the network is not trained
	biasGradient   []float32   // channels

	image            frame        // one image and a channel of ones
	patches          gemm.Pattern // of the framed image: positions x (patch + 1)
	elements         gemm.Pattern // of the framed image: patch x positions
	ones             gemm.Matrix  // 1 x positions
	transposed       gemm.Matrix  // weights: patch x channels
	biases           gemm.Matrix  // 1 x channels
	weightsAndBiases gemm.Matrix  // both in the same memory: (patch + 1) x channels
	sums             []float32    // gradient by the weights: patch x channels
	values           gemm.Matrix  // outputs of one image, or gradients by them: positions x channels
	back             convBackward // nil if the input gradient is not needed
	rowGradients     []float32    // one gradient per stored row, and a last one for all others: see rowGradient
}

func newConv2D(p layerConfig) *conv2d {
	side, stride, padding := int(p.Layer.Kernel), int(p.Layer.Stride), int(p.Layer.Padding)
	height, width := int(p.Out.Height), int(p.Out.Width)
	channels, patch, positions := int(p.Out.Channels), p.FanIn(), height*width
	rowStride := gemm.RowStride(channels)
	c := &conv2d{
		kernel:         p.kernel,
		batch:          p.batch,
		in:             p.In.Values(),
		channels:       channels,
		patch:          patch,
		positions:      positions,
		weight:         gemm.Of(p.weight, channels, patch),
		bias:           gemm.Of(p.bias, 1, channels),
		weightGradient: p.weightGradient,
		biasGradient:   p.biasGradient,
		image:          newFrame(p.In, padding, padding, 1),
		values:         gemm.View(make([]float32, positions*rowStride), positions, channels, rowStride),
		back:           newConvBackward(p),
	}
	weightsAndBiases := make([]float32, (patch+1)*rowStride)
	c.transposed = gemm.View(weightsAndBiases, patch, channels, rowStride)
	c.biases = gemm.View(weightsAndBiases[patch*rowStride:], 1, channels, rowStride)
	c.weightsAndBiases = gemm.View(weightsAndBiases, patch+1, channels, rowStride)
	ones := c.image.channel(int(p.In.Channels))
	for i := range ones {
		ones[i] = 1
	}
	c.ones = gemm.Of(ones, 1, c.positions)
	values := append(c.image.grid(int(p.In.Channels), side, side, 1), int32(c.image.at(int(p.In.Channels), 0, 0)))
	c.patches = gemm.NewPattern(c.image.grid(1, height, 1, stride), width, stride, values)
	if p.random != nil {
		c.elements = gemm.NewPattern(c.image.grid(int(p.In.Channels), side, 1, 1), side, 1, c.image.grid(1, height, width, stride))
		c.sums = make([]float32, patch*channels)
	}
	return c
}

func (c *conv2d) forward(y, x []float32, rows int) {
	c.kernel.Copy(c.transposed, c.weight.T())
	c.kernel.Copy(c.biases, c.bias)
	for r := range rows {
		c.image.fill(x[r*c.in : (r+1)*c.in])
		c.kernel.MultiplyPicked(c.values, c.patches.Of(c.image.floats), c.weightsAndBiases)
		c.kernel.Copy(c.output(y, r), c.values.T())
	}
}

func (c *conv2d) backward(dx, dy, _ []float32, rows int) { c.back.run(dx, dy, rows) }

func (c *conv2d) parameterGradients(dy, x []float32, rows int) {
	clear(c.sums)
	clear(c.biasGradient)
	for r := range rows {
		c.addRowGradient(c.sums, c.biasGradient, dy, x, r)
	}
	c.storeWeightGradient()
}

// addRowGradient adds the gradient of one row to sums, the gradient by the weights, patch x
// channels, and to bias, the gradient by the biases, position by position.
func (c *conv2d) addRowGradient(sums, bias, dy, x []float32, row int) {
	c.image.fill(x[row*c.in : (row+1)*c.in])
	c.kernel.Copy(c.values, c.output(dy, row).T())
	c.kernel.MultiplyAddPicked(gemm.Of(sums, c.patch, c.channels), c.elements.Of(c.image.floats), c.values)
	c.kernel.MultiplyAdd(gemm.Of(bias, 1, c.channels), c.ones, c.values)
}

// storeWeightGradient copies sums to the weight gradient, which has another layout.
func (c *conv2d) storeWeightGradient() {
	c.kernel.Copy(gemm.Of(c.weightGradient, c.channels, c.patch), gemm.Of(c.sums, c.patch, c.channels).T())
}

// output is a row's output in y, or the gradient by it: channels x positions.
func (c *conv2d) output(y []float32, row int) gemm.Matrix {
	n := c.channels * c.positions
	return gemm.Of(y[row*n:(row+1)*n], c.channels, c.positions)
}
