package gemm

import "math"

// Rectify replaces what is negative in y by 0, -0 too, and leaves NaN.
func (k Kernel) Rectify(y []float32) {
	switch {
	case len(y) == 0:
	case k.set == plain:
		rectify(y)
	default:
		k.rectify(y)
	}
}

// Gate sets the floats of y to 0 where those of x are 0, not -0. It panics when
// x is shorter than y.
func (k Kernel) Gate(y, x []float32) {
	x = x[:len(y)]
	switch {
	case len(y) == 0:
	case k.set == plain:
		gate(y, x)
	default:
		k.gate(y, x)
	}
}

func rectify(y []float32) {
	for i, v := range y {
		y[i] = max(v, 0)
	}
}

// gate goes without a branch: half of all units are off, and a processor cannot
// guess which.
func gate(y, x []float32) {
	x = x[:len(y)]
	for i, v := range y {
		bits := int32(math.Float32bits(x[i]))
		on := (bits | -bits) >> 31 // no bits where x is 0, and all where it is not
		y[i] = math.Float32frombits(math.Float32bits(v) & uint32(on))
	}
}
