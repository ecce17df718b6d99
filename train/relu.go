package train

import "math"

// relu replaces what is negative by 0, and leaves NaN so that it is noticed. It
// works in place. Both loops go without a branch: half of all units are off, and
// a processor cannot guess which.
type relu struct{ width int }

func (l relu) forward(y, _ []float32, rows int) {
	y = y[:rows*l.width]
	for i, v := range y {
		y[i] = max(v, 0)
	}
}

// backward stops the gradient where the output is 0; x is the output.
func (l relu) backward(dx, _, x []float32, rows int) {
	dx, x = dx[:rows*l.width], x[:rows*l.width]
	for i, v := range dx {
		bits := int32(math.Float32bits(x[i]))
		on := (bits | -bits) >> 31 // no bits where x is 0, and all where it is not
		dx[i] = math.Float32frombits(math.Float32bits(v) & uint32(on))
	}
}
