package train

import (
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train/gemm"
)

// backprojection goes through a convolution backward, from the gradients by what
// comes out to those by what went in. The gradient by a pixel is one sum over the
// weights that touch it, by rising index: of output channels, kernel rows, kernel
// columns. That is a convolution again (Dumoulin and Visin 2016, chapter 4), of the
// gradients with the kernels turned around. Where the stride is more than 1,
// pixels that differ by multiples of it meet the same elements of the kernel, and
// each such class of pixels is a convolution of its own.
type backprojection struct {
	kernel  gemm.Kernel
	in, out spec.Image
	weights []float32 // channels out x channels in x side x side
	side    int
	slopes  frame // gradients of one image
	classes []pixels
}

// pixels are those of one class: a grid on the image.
type pixels struct {
	y, x          int // the first
	step          int // from one to the next
	height, width int
	elements      []int        // of the kernel that touch them, by index
	patches       gemm.Pattern // of the framed gradients: pixels x weights
	turned        []float32    // weights: those of all output channels x channels in, apart
	apart         int          // from one row of them to the next
	values        []float32    // gradients: pixels x channels in
}

func newBackprojection(p place) *backprojection {
	side, stride, padding := int(p.Layer.Kernel), int(p.Layer.Stride), int(p.Layer.Padding)
	// A pixel meets at most so many places, and the last ones meet none after the last.
	reach := (side+stride-1)/stride - 1
	b := &backprojection{
		kernel:  p.kernel,
		in:      p.In,
		out:     p.Out,
		weights: p.weight,
		side:    side,
		slopes:  newFrame(p.Out, reach, reach+1, 0),
	}
	for y := range stride {
		for x := range stride {
			b.add(y, x, stride, padding, reach)
		}
	}
	return b
}

// add makes a class: that of the pixels which elements y, x and so on of the
// kernel touch.
func (b *backprojection) add(y, x, stride, padding, reach int) {
	// Pixel y of the class is row y*stride + phase - padding of the image.
	first := func(phase int) int { return max(0, padding-phase+stride-1) / stride }
	count := func(phase, size int) int { return max(0, (padding+size-1-phase+stride)/stride-first(phase)) }
	c := pixels{
		y: first(y)*stride + y - padding, x: first(x)*stride + x - padding, step: stride,
		height: count(y, int(b.in.Height)), width: count(x, int(b.in.Width)),
	}
	if c.height == 0 || c.width == 0 {
		return
	}
	var rows []int32
	for i := range c.height {
		rows = append(rows, int32(b.slopes.at(0, first(y)+i, first(x))))
	}
	for ky := y; ky < b.side; ky += stride {
		for kx := x; kx < b.side; kx += stride {
			c.elements = append(c.elements, ky*b.side+kx)
		}
	}
	steps := make([]int32, 0, int(b.out.Channels)*len(c.elements))
	for channel := range int(b.out.Channels) {
		for _, element := range c.elements {
			ky, kx := element/b.side, element%b.side
			steps = append(steps, int32(b.slopes.at(channel, reach-ky/stride, reach-kx/stride)))
		}
	}
	c.patches = gemm.NewPattern(rows, c.width, 1, steps)
	c.apart = gemm.Spread(int(b.in.Channels))
	c.turned = make([]float32, len(steps)*c.apart)
	c.values = make([]float32, c.height*c.width*int(b.in.Channels))
	b.classes = append(b.classes, c)
}

// run computes the gradients dx by the inputs of some rows from those by the
// outputs.
func (b *backprojection) run(dx, dy []float32, rows int) {
	in, out := b.in.Values(), b.out.Values()
	for _, c := range b.classes {
		c.turn(b.weights, b.side*b.side)
	}
	for r := range rows {
		b.slopes.fill(dy[r*out : (r+1)*out])
		for _, c := range b.classes {
			channels := int(b.in.Channels)
			values := gemm.Of(c.values, c.height*c.width, channels)
			weights := gemm.View(c.turned, len(c.turned)/c.apart, channels, c.apart)
			b.kernel.MultiplyPicked(values, c.patches.Of(b.slopes.floats), weights)
			if c.step == 1 {
				b.kernel.Copy(gemm.Of(dx[r*in:(r+1)*in], channels, c.height*c.width), values.T())
			} else {
				c.scatter(dx[r*in:(r+1)*in], b.in)
			}
		}
	}
}

// turn lays out the weights that the pixels meet.
func (c *pixels) turn(weights []float32, kernel int) {
	rows, channels := c.turned, len(c.values)/(c.height*c.width)
	for ; len(weights) > 0; weights = weights[channels*kernel:] {
		for _, element := range c.elements {
			for i := range channels {
				rows[i] = weights[i*kernel+element]
			}
			rows = rows[c.apart:]
		}
	}
}

// scatter puts the gradients where the pixels are.
func (c *pixels) scatter(dx []float32, image spec.Image) {
	from, height, width := 0, int(image.Height), int(image.Width)
	for y := range c.height {
		for x := range c.width {
			at := (c.y+y*c.step)*width + c.x + x*c.step
			for channel := range int(image.Channels) {
				dx[channel*height*width+at] = c.values[from]
				from++
			}
		}
	}
}
