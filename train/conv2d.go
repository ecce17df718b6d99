package train

import (
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train/gemm"
)

// conv2d slides kernels over an image: each output channel has one, and each of
// its values is the inner product of the kernel and the patch of the image under
// it, plus a bias. All patches of one row are laid out as a matrix, so that the
// rest is a product (im2col: Chellapilla, Puri and Simard 2006).
type conv2d struct {
	kernel                  gemm.Kernel
	in, out                 spec.Image
	side, stride, padding   int         // of the kernel
	places                  int         // of the kernel in one image
	weight                  gemm.Matrix // channels out x values in a patch
	bias                    []float32   // channels out
	weightGradient          gemm.Matrix
	flatGradient            []float32 // the same
	biasGradient            []float32
	patches, patchGradients []float32 // of one row: values in a patch x places
	kept                    int       // rows whose patches forward keeps for backward
}

// keep is how many floats of patches a layer keeps at most: 16 MiB of them. Those
// of other rows are laid out again, which costs a little time and no bit.
const keep = 4 << 20

func newConv2D(p place) *conv2d {
	patch, places := p.FanIn(), int(p.Out.Height*p.Out.Width)
	out, kept := int(p.Layer.Out), 0
	if p.dice != nil {
		kept = min(p.batch, keep/(patch*places))
	}
	return &conv2d{
		kernel:         p.kernel,
		in:             p.In,
		out:            p.Out,
		side:           int(p.Layer.Kernel),
		stride:         int(p.Layer.Stride),
		padding:        int(p.Layer.Padding),
		places:         places,
		weight:         gemm.Of(p.weight, out, patch),
		bias:           p.bias,
		weightGradient: gemm.Of(p.weightGradient, out, patch),
		flatGradient:   p.weightGradient,
		biasGradient:   p.biasGradient,
		patches:        make([]float32, (kept+1)*patch*places),
		patchGradients: make([]float32, patch*places),
		kept:           kept,
	}
}

func (c *conv2d) forward(y, x []float32, rows int) {
	in, out := c.in.Values(), c.out.Values()
	for r := range rows {
		yr := y[r*out : (r+1)*out]
		patches := c.patchesOf(r)
		c.unfold(patches, x[r*in:(r+1)*in])
		c.kernel.Multiply(gemm.Of(yr, len(c.bias), c.places), c.weight, c.matrix(patches))
		for o, b := range c.bias {
			channel := yr[o*c.places : (o+1)*c.places]
			for i := range channel {
				channel[i] += b
			}
		}
	}
}

func (c *conv2d) backward(dx, dy, _ []float32, rows int) {
	in, out := c.in.Values(), c.out.Values()
	for r := range rows {
		channels := gemm.Of(dy[r*out:(r+1)*out], len(c.bias), c.places)
		c.kernel.Multiply(c.matrix(c.patchGradients), c.weight.T(), channels)
		c.fold(dx[r*in : (r+1)*in])
	}
}

func (c *conv2d) gradients(dy, x []float32, rows int) {
	in, out := c.in.Values(), c.out.Values()
	clear(c.biasGradient)
	for r := range rows {
		channels := gemm.Of(dy[r*out:(r+1)*out], len(c.bias), c.places)
		patches := c.patchesOf(r)
		if r >= c.kept {
			c.unfold(patches, x[r*in:(r+1)*in])
		}
		if r == 0 {
			c.kernel.Multiply(c.weightGradient, channels, c.matrix(patches).T())
		} else {
			c.kernel.MultiplyAdd(c.weightGradient, channels, c.matrix(patches).T())
		}
		c.addUp(dy[r*out : (r+1)*out])
	}
}

// squares makes the gradients of one row at a time: sums over all places of the
// kernel, which have no shorter norm.
func (c *conv2d) squares(sums []float64, dy, x []float32) {
	in, out := c.in.Values(), c.out.Values()
	for r := range sums {
		channels, patches := dy[r*out:(r+1)*out], c.patchesOf(r)
		if r >= c.kept {
			c.unfold(patches, x[r*in:(r+1)*in])
		}
		c.kernel.Multiply(c.weightGradient, gemm.Of(channels, len(c.bias), c.places), c.matrix(patches).T())
		clear(c.biasGradient)
		c.addUp(channels)
		sums[r] += square(c.flatGradient) + square(c.biasGradient)
	}
}

// patchesOf is the memory for the patches of a row. Rows that are not kept share it.
func (c *conv2d) patchesOf(row int) []float32 {
	n, row := len(c.patchGradients), min(row, c.kept)
	return c.patches[row*n : (row+1)*n]
}

func (c *conv2d) matrix(patches []float32) gemm.Matrix {
	return gemm.Of(patches, len(patches)/c.places, c.places)
}

// addUp adds the gradients of each channel to that of its bias, four channels at
// a time to keep the processor busy.
func (c *conv2d) addUp(dy []float32) {
	n, o := c.places, 0
	for ; o+4 <= len(c.bias); o += 4 {
		sums := c.biasGradient[o : o+4]
		s0, s1, s2, s3 := sums[0], sums[1], sums[2], sums[3]
		d0, d1, d2, d3 := dy[o*n:(o+1)*n], dy[(o+1)*n:(o+2)*n], dy[(o+2)*n:(o+3)*n], dy[(o+3)*n:(o+4)*n]
		for i, v := range d0 {
			s0 += v
			s1 += d1[i]
			s2 += d2[i]
			s3 += d3[i]
		}
		sums[0], sums[1], sums[2], sums[3] = s0, s1, s2, s3
	}
	for ; o < len(c.bias); o++ {
		for _, v := range dy[o*n : (o+1)*n] {
			c.biasGradient[o] += v
		}
	}
}

// unfold copies what stands under each element of the kernel at each of its
// places: a line of patches an element, 0 where it hangs over the edge.
func (c *conv2d) unfold(lines, x []float32) {
	width := int(c.out.Width)
	c.lines(func(from, first, last int) {
		line := lines[:width]
		lines = lines[width:]
		clear(line[:first])
		clear(line[last:])
		line = line[first:last]
		if c.stride == 1 {
			copy(line, x[from:])
			return
		}
		for i := range line {
			line[i] = x[from+i*c.stride]
		}
	})
}

// fold adds each gradient to that of the pixel it was copied from, by rising
// index in the patches.
func (c *conv2d) fold(dx []float32) {
	clear(dx)
	width, lines := int(c.out.Width), c.patchGradients
	c.lines(func(from, first, last int) {
		line := lines[first:last]
		lines = lines[width:]
		if c.stride == 1 {
			pixels := dx[from : from+len(line)]
			for i, v := range line {
				pixels[i] += v
			}
			return
		}
		for i, v := range line {
			dx[from+i*c.stride] += v
		}
	})
}

// lines calls use for each line of patches in their order: places first to last
// of it see the image, beginning with the pixel at from, stride apart.
func (c *conv2d) lines(use func(from, first, last int)) {
	height, width := int(c.in.Height), int(c.in.Width)
	for channel := range int(c.in.Channels) {
		for ky := range c.side {
			for kx := range c.side {
				// Place i sees column i*stride + shift.
				shift := kx - c.padding
				first := min((max(0, -shift)+c.stride-1)/c.stride, int(c.out.Width))
				last := max(first, min(int(c.out.Width), (width-shift+c.stride-1)/c.stride))
				for oy := range int(c.out.Height) {
					row := oy*c.stride + ky - c.padding
					if row < 0 || row >= height || first == last {
						use(0, 0, 0)
						continue
					}
					use((channel*height+row)*width+first*c.stride+shift, first, last)
				}
			}
		}
	}
}
