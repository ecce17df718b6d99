package train

import (
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train/gemm"
)

// maxPool keeps the largest value of each square window of each channel, the
// first of equals. Windows lie side by side; what is left over at the right and
// the lower edge is dropped.
type maxPool struct {
	kernel  gemm.Kernel
	in, out spec.Image
	size    int
	from    []int32 // index in its row of x of each value in y
}

func newMaxPool(p place) *maxPool {
	return &maxPool{kernel: p.kernel, in: p.In, out: p.Out, size: int(p.Layer.Size), from: make([]int32, p.batch*p.Out.Values())}
}

func (m *maxPool) forward(y, x []float32, rows int) {
	in, out := m.in.Values(), m.out.Values()
	for r := range rows {
		m.row(y[r*out:(r+1)*out], x[r*in:(r+1)*in], m.from[r*out:(r+1)*out])
	}
}

// row pools one image and notes where its values came from.
func (m *maxPool) row(y, x []float32, from []int32) {
	height, width, n := int(m.in.Height), int(m.in.Width), int(m.out.Width)
	for channel := range int(m.in.Channels) {
		for oy := range int(m.out.Height) {
			at := (channel*height + oy*m.size) * width
			if m.size == 2 {
				m.kernel.Pool(y[:n], from[:n], x, at, width)
			} else {
				for i := range n {
					y[i], from[i] = m.largest(x, at+i*m.size)
				}
			}
			y, from = y[n:], from[n:]
		}
	}
}

// largest looks through the window that begins at some index; NaN is noticed.
func (m *maxPool) largest(x []float32, at int) (best float32, from int32) {
	best, from = x[at], int32(at)
	for range m.size {
		for i, v := range x[at : at+m.size] {
			if v > best || v != v {
				best, from = v, int32(at+i)
			}
		}
		at += int(m.in.Width)
	}
	return best, from
}

func (m *maxPool) backward(dx, dy, _ []float32, rows int) {
	in, out := m.in.Values(), m.out.Values()
	clear(dx[:rows*in])
	for r := range rows {
		pixels, from := dx[r*in:(r+1)*in], m.from[r*out:(r+1)*out]
		for i, v := range dy[r*out : (r+1)*out] {
			pixels[from[i]] += v
		}
	}
}
