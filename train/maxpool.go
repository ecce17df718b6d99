package train

import (
	"math"

	"github.com/althing-network/althing/spec"
)

// maxPool keeps the largest value of each square window of each channel, the
// first of equals. Windows lie side by side; what is left over at the right and
// the lower edge is dropped.
type maxPool struct {
	in, out spec.Image
	size    int
	from    []int32 // index in its row of x of each value in y
}

func newMaxPool(p place) *maxPool {
	return &maxPool{in: p.In, out: p.Out, size: int(p.Layer.Size), from: make([]int32, p.batch*p.Out.Values())}
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
				m.pairs(y[:n], x, from[:n], at)
			} else {
				for i := range n {
					y[i], from[i] = m.largest(x, at+i*m.size)
				}
			}
			y, from = y[n:], from[n:]
		}
	}
}

// pairs is largest for a row of windows of 2 x 2, the first of which begins at some
// index. It goes without a branch that a processor would have to guess.
func (m *maxPool) pairs(y, x []float32, from []int32, at int) {
	width := int(m.in.Width)
	above, below := x[at:at+2*len(y)], x[at+width:at+width+2*len(y)]
	from = from[:len(y)]
	for i := range y {
		two, four := above[2*i:2*i+2], below[2*i:2*i+2]
		a, b, c, d := two[0], two[1], four[0], four[1]
		if s := (a + b) + (c + d); s != s { // NaN among them, or unequal infinities
			y[i], from[i] = m.largest(x, at+2*i)
			continue
		}
		best := max(rank(a)<<2|3, rank(b)<<2|2, rank(c)<<2|1, rank(d)<<2)
		index := at + 2*i + int(^best&1) + int(^best&2)>>1*width
		y[i], from[i] = x[index], int32(index)
	}
}

// rank orders numbers as integers; it is the same for both zeros.
func rank(x float32) int64 {
	bits := int32(math.Float32bits(x + 0))
	return int64(bits ^ int32(uint32(bits>>31)>>1))
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
