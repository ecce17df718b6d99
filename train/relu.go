package train

import "math"

// Both loops go without a branch: half of all units are off, and a processor
// cannot guess which.

// rectify replaces what is negative by 0, and leaves NaN so that it is noticed.
func rectify(x []float32) {
	for i, v := range x {
		x[i] = max(v, 0)
	}
}

// mask stops the gradient dx where the rectified output x is 0.
func mask(dx, x []float32) {
	x = x[:len(dx)]
	for i, v := range dx {
		bits := int32(math.Float32bits(x[i]))
		on := (bits | -bits) >> 31 // no bits where x is 0, and all where it is not
		dx[i] = math.Float32frombits(math.Float32bits(v) & uint32(on))
	}
}
