package train

import "github.com/althing-network/althing/train/gemm"

// conv2d slides kernels over an image: each output channel has one, and each of
// its values is the inner product of the kernel and the patch of the image under
// it, plus a bias. All patches of an image are the rows of a matrix, so that the
// rest is a product (im2col: Chellapilla, Puri and Simard 2006); but no patch is
// copied: the matrix is a view of the image, zeros around it. The bias is the
// weight of one more value in each patch, which is always 1.
type conv2d struct {
	kernel         gemm.Kernel
	batch          int         // rows at most
	in             int         // values in an image
	channels       int         // that come out
	patch          int         // values in a patch
	places         int         // of the kernel on an image
	weight         gemm.Matrix // channels out x values in a patch
	bias           gemm.Matrix // 1 x channels out
	weightGradient []float32   // channels out x values in a patch; nil in a network that only classifies
	biasGradient   []float32   // channels out

	image    frame        // an image, and a channel of ones
	patches  gemm.Pattern // of the framed image: places x values in a patch, and 1
	elements gemm.Pattern // of the framed image: values in a patch x places
	ones     gemm.Matrix  // 1 x places
	turned   gemm.Matrix  // weights: values in a patch x channels out
	biases   gemm.Matrix  // 1 x channels out
	factors  gemm.Matrix  // both: values in a patch, and 1, x channels out
	sums     []float32    // weight gradient: values in a patch x channels out
	values   gemm.Matrix  // of one image, or gradients by them: places x channels out
	back     backward     // nil where it is not asked for
	own      []float32    // gradients of a row each: see ownOf
}

func newConv2D(p place) *conv2d {
	side, stride, padding := int(p.Layer.Kernel), int(p.Layer.Stride), int(p.Layer.Padding)
	height, width := int(p.Out.Height), int(p.Out.Width)
	channels, patch, places := int(p.Out.Channels), p.FanIn(), height*width
	apart := gemm.Spread(channels)
	c := &conv2d{
		kernel:         p.kernel,
		batch:          p.batch,
		in:             p.In.Values(),
		channels:       channels,
		patch:          patch,
		places:         places,
		weight:         gemm.Of(p.weight, channels, patch),
		bias:           gemm.Of(p.bias, 1, channels),
		weightGradient: p.weightGradient,
		biasGradient:   p.biasGradient,
		image:          newFrame(p.In, padding, padding, 1),
		values:         gemm.View(make([]float32, places*apart), places, channels, apart),
		back:           newBackward(p),
	}
	factors := make([]float32, (patch+1)*apart)
	c.turned = gemm.View(factors, patch, channels, apart)
	c.biases = gemm.View(factors[patch*apart:], 1, channels, apart)
	c.factors = gemm.View(factors, patch+1, channels, apart)
	ones := c.image.channel(int(p.In.Channels))
	for i := range ones {
		ones[i] = 1
	}
	c.ones = gemm.Of(ones, 1, c.places)
	values := append(c.image.grid(int(p.In.Channels), side, side, 1), int32(c.image.at(int(p.In.Channels), 0, 0)))
	c.patches = gemm.NewPattern(c.image.grid(1, height, 1, stride), width, stride, values)
	if p.dice != nil {
		c.elements = gemm.NewPattern(c.image.grid(int(p.In.Channels), side, 1, 1), side, 1, c.image.grid(1, height, width, stride))
		c.sums = make([]float32, patch*channels)
	}
	return c
}

func (c *conv2d) forward(y, x []float32, rows int) {
	c.kernel.Copy(c.turned, c.weight.T())
	c.kernel.Copy(c.biases, c.bias)
	for r := range rows {
		c.image.fill(x[r*c.in : (r+1)*c.in])
		c.kernel.MultiplyPicked(c.values, c.patches.Of(c.image.floats), c.factors)
		c.kernel.Copy(c.output(y, r), c.values.T())
	}
}

func (c *conv2d) backward(dx, dy, _ []float32, rows int) { c.back.run(dx, dy, rows) }

func (c *conv2d) gradients(dy, x []float32, rows int) {
	clear(c.sums)
	clear(c.biasGradient)
	for r := range rows {
		c.add(c.sums, c.biasGradient, dy, x, r)
	}
	c.finish()
}

// add adds what a row gives to the gradients by the weights, values in a patch x
// channels out, and by the biases, place by place.
func (c *conv2d) add(sums, bias, dy, x []float32, row int) {
	c.image.fill(x[row*c.in : (row+1)*c.in])
	c.kernel.Copy(c.values, c.output(dy, row).T())
	c.kernel.MultiplyAddPicked(gemm.Of(sums, c.patch, c.channels), c.elements.Of(c.image.floats), c.values)
	c.kernel.MultiplyAdd(gemm.Of(bias, 1, c.channels), c.ones, c.values)
}

// finish sets the weight gradient to the sums.
func (c *conv2d) finish() {
	c.kernel.Copy(gemm.Of(c.weightGradient, c.channels, c.patch), gemm.Of(c.sums, c.patch, c.channels).T())
}

// output is what comes out for a row, or the gradients by it: channels out x places.
func (c *conv2d) output(y []float32, row int) gemm.Matrix {
	n := c.channels * c.places
	return gemm.Of(y[row*n:(row+1)*n], c.channels, c.places)
}
