package fixed

import (
	"encoding/binary"
	"math"
)

// Every kernel must compute the same bits as these functions.

func add(sums []int64, values []byte, weight uint32) (largest uint32) {
	for i := range sums {
		v := int32(binary.LittleEndian.Uint32(values[4*i:]))
		sums[i] += int64(weight) * int64(v)
		largest = max(largest, magnitude(v))
	}
	return largest
}

func largest(values []byte) (largest uint32) {
	for i := 0; i < len(values); i += 4 {
		largest = max(largest, magnitude(int32(binary.LittleEndian.Uint32(values[i:]))))
	}
	return largest
}

func largestFloat(weights []float32) (bits uint32) {
	for _, w := range weights {
		bits = max(bits, math.Float32bits(w)&^(1<<31))
	}
	return bits
}

func move(to, from []float32, sums []int64, divisor float64) {
	for i := range to {
		to[i] = float32(float64(float64(from[i]) + float64(float64(sums[i])/divisor)))
	}
}

// magnitude is the absolute value of v. It is right for the smallest int32, too: 2^31.
func magnitude(v int32) uint32 {
	sign := v >> 31
	return uint32(v^sign) - uint32(sign)
}
