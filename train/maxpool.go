package train

import (
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train/gemm"
)

// maxPool keeps the largest value of each square window of each channel, the first of
// several equal ones. Windows do not overlap. Pixels at the right and lower edge that do
// not fill a window are dropped.
type maxPool struct {
	kernel  gemm.Kernel
	in, out spec.Image
	size    int
	sources []int32 // for each value of y its index in the row of x
}

func newMaxPool(p layerConfig) *maxPool {
	return &maxPool{kernel: p.kernel, in: p.In, out: p.Out, size: int(p.Layer.Size), sources: make([]int32, p.batch*p.Out.Values())}
}

func (m *maxPool) forward(y, x []float32, rows int) {
	in, out := m.in.Values(), m.out.Values()
	for r := range rows {
		m.row(y[r*out:(r+1)*out], x[r*in:(r+1)*in], m.sources[r*out:(r+1)*out])
	}
}

// row pools one image and stores the index of each largest value.
func (m *maxPool) row(y, x []float32, sources []int32) {
	height, width, n := int(m.in.Height), int(m.in.Width), int(m.out.Width)
	for channel := range int(m.in.Channels) {
		for oy := range int(m.out.Height) {
			at := (channel*height + oy*m.size) * width
			if m.size == 2 {
				m.kernel.Pool(y[:n], sources[:n], x, at, width)
			} else {
				for i := range n {
					y[i], sources[i] = m.largest(x, at+i*m.size)
				}
			}
			y, sources = y[n:], sources[n:]
		}
	}
}

// largest finds the largest value in the window that begins at index at; a NaN wins.
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
		pixels, sources := dx[r*in:(r+1)*in], m.sources[r*out:(r+1)*out]
		for i, v := range dy[r*out : (r+1)*out] {
			pixels[sources[i]] += v
		}
	}
}
