package train

import (
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train/gemm"
)

// backprojection is the backward pass of a convolution: from the gradients by its outputs
// it computes the gradients by its inputs. The gradient by a pixel is one sum over the
// weights that touch the pixel, by rising output channel, kernel row and kernel column.
// This sum is itself a convolution (Dumoulin and Visin 2016, chapter 4): of the output
// gradients with the kernels rotated by 180 degrees. If the stride is more than 1, pixels
// whose coordinates differ by multiples of the stride meet the same elements of the kernel;
// each of these pixel classes is computed as a convolution of its own.
type backprojection struct {
	kernel       gemm.Kernel
	in, out      spec.Image
	weights      []float32 // channels out x channels in x side x side
	side         int
	gradients    frame // by the outputs, of one image
	pixelClasses []pixelClass
}

// pixelClass is the pixels that meet the same elements of the kernel: a grid on the image.
type pixelClass struct {
	y, x          int // the first pixel
	step          int // from one pixel to the next
	height, width int
	elements      []int        // indices of the kernel's elements that touch the pixels
	patches       gemm.Pattern // of the output gradients in their frame: pixels x weights
	rearranged    []float32    // weights in the order of the sum: (output channels, elements) x input channels
	rowStride     int          // floats from one row of rearranged to the next
	gradients     []float32    // by the pixels: pixels x input channels
}

func newBackprojection(p layerConfig) *backprojection {
	side, stride, padding := int(p.Layer.Kernel), int(p.Layer.Stride), int(p.Layer.Padding)
	// Along one axis a pixel is touched by up to margin+1 positions of the kernel. The frame
	// has zeros for positions outside of the output.
	margin := (side+stride-1)/stride - 1
	b := &backprojection{
		kernel:    p.kernel,
		in:        p.In,
		out:       p.Out,
		weights:   p.weight,
		side:      side,
		gradients: newFrame(p.Out, margin, margin+1, 0),
	}
	for y := range stride {
		for x := range stride {
			b.add(y, x, stride, padding, margin)
		}
	}
	return b
}

// add adds the class of the pixels that the kernel's elements in rows y, y+stride and so on
// and columns x, x+stride and so on touch.
func (b *backprojection) add(y, x, stride, padding, margin int) {
	// Pixel y of the class is row y*stride + phase - padding of the image.
	first := func(phase int) int { return max(0, padding-phase+stride-1) / stride }
	count := func(phase, size int) int { return max(0, (padding+size-1-phase+stride)/stride-first(phase)) }
	c := pixelClass{
		y: first(y)*stride + y - padding, x: first(x)*stride + x - padding, step: stride,
		height: count(y, int(b.in.Height)), width: count(x, int(b.in.Width)),
	}
	if c.height == 0 || c.width == 0 {
		return
	}
	var rows []int32
	for i := range c.height {
		rows = append(rows, int32(b.gradients.at(0, first(y)+i, first(x))))
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
			steps = append(steps, int32(b.gradients.at(channel, margin-ky/stride, margin-kx/stride)))
		}
	}
	c.patches = gemm.NewPattern(rows, c.width, 1, steps)
	c.rowStride = gemm.RowStride(int(b.in.Channels))
	c.rearranged = make([]float32, len(steps)*c.rowStride)
	c.gradients = make([]float32, c.height*c.width*int(b.in.Channels))
	b.pixelClasses = append(b.pixelClasses, c)
}

// run computes the gradients dx by the inputs of the rows from the gradients dy by their
// outputs.
func (b *backprojection) run(dx, dy []float32, rows int) {
	in, out := b.in.Values(), b.out.Values()
	for _, c := range b.pixelClasses {
		c.rearrange(b.weights, b.side*b.side)
	}
	for r := range rows {
		b.gradients.fill(dy[r*out : (r+1)*out])
		for _, c := range b.pixelClasses {
			channels := int(b.in.Channels)
			values := gemm.Of(c.gradients, c.height*c.width, channels)
			weights := gemm.View(c.rearranged, len(c.rearranged)/c.rowStride, channels, c.rowStride)
			b.kernel.MultiplyPicked(values, c.patches.Of(b.gradients.floats), weights)
			if c.step == 1 {
				b.kernel.Copy(gemm.Of(dx[r*in:(r+1)*in], channels, c.height*c.width), values.T())
			} else {
				c.scatter(dx[r*in:(r+1)*in], b.in)
			}
		}
	}
}

// rearrange copies the weights that touch the pixels into the order of the sum.
func (c *pixelClass) rearrange(weights []float32, kernel int) {
	rows, channels := c.rearranged, len(c.gradients)/(c.height*c.width)
	for ; len(weights) > 0; weights = weights[channels*kernel:] {
		for _, element := range c.elements {
			for i := range channels {
				rows[i] = weights[i*kernel+element]
			}
			rows = rows[c.rowStride:]
		}
	}
}

// scatter copies the gradients to the pixels' places in the image.
func (c *pixelClass) scatter(dx []float32, image spec.Image) {
	from, height, width := 0, int(image.Height), int(image.Width)
	for y := range c.height {
		for x := range c.width {
			at := (c.y+y*c.step)*width + c.x + x*c.step
			for channel := range int(image.Channels) {
				dx[channel*height*width+at] = c.gradients[from]
				from++
			}
		}
	}
}
