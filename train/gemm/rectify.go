package gemm

import "math"

// Rectify replaces the negative floats of y, and -0, by 0. It keeps NaN.
func (k Kernel) Rectify(y []float32) {
	switch {
	case len(y) == 0:
	case k.set == plain:
		rectify(y)
	default:
		k.rectify(y)
	}
}

// Gate sets the floats of y to 0 where x is 0, but not where it is -0. It panics if x is
// shorter than y.
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

// gate has no branch: about half of the units of a layer are 0, and the processor cannot
// predict which.
func gate(y, x []float32) {
	x = x[:len(y)]
	for i, v := range y {
		bits := int32(math.Float32bits(x[i]))
		on := (bits | -bits) >> 31 // no bit is set where x is 0, all are set elsewhere
		y[i] = math.Float32frombits(math.Float32bits(v) & uint32(on))
	}
}
