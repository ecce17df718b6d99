package quanta

import (
	"math"
	"math/bits"

	"golang.org/x/sys/cpu"
)

// supported reports whether this processor, and the system that runs it, have AVX2.
func supported() bool { return cpu.X86.HasAVX2 }

// assembledRound reports whether all values are such that it rounds them.
func assembledRound(quanta []int32, values []float32, shift uint) bool {
	return avx2Round(&quanta[0], &values[0], float32(math.Ldexp(1, int(shift))), len(quanta)) < beyond(shift)
}

func assembledSquares(quanta []int32) (high, low uint64) {
	lower, upper := avx2Squares(&quanta[0], len(quanta))
	high, low = bits.Mul64(upper, 1<<32)
	low, carry := bits.Add64(low, lower, 0)
	return high + carry, low
}

func assembledAddShrunk(sums []int64, quanta []int32, fraction uint64) {
	avx2AddShrunk(&sums[0], &quanta[0], fraction, len(quanta))
}
