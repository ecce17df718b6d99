package quanta

import (
	"math"

	"golang.org/x/sys/cpu"
)

// assembled lists the assembly kernels that this processor and its operating system support.
func assembled() (kernels []Kernel) {
	if cpu.X86.HasAVX2 {
		kernels = append(kernels, Kernel{avx2})
		if cpu.X86.HasAVX512F {
			kernels = append(kernels, Kernel{avx512})
		}
	}
	return kernels
}

// round returns the bits of the largest magnitude of a value. Its quanta are correct if
// these are below overflowBits, and its sum of squares if that fits in 64 bits.
func (k Kernel) round(quanta []int32, values []float32, shift uint) (squares uint64, largest uint32) {
	factor := float32(math.Ldexp(1, int(shift)))
	if k.set == avx512 {
		return avx512Round(&quanta[0], &values[0], factor, len(quanta))
	}
	return avx2Round(&quanta[0], &values[0], factor, len(quanta))
}

func (k Kernel) add(sums []int64, quanta []int32) {
	if k.set == avx512 {
		avx512Add(&sums[0], &quanta[0], len(quanta))
	} else {
		avx2Add(&sums[0], &quanta[0], len(quanta))
	}
}

func (k Kernel) addShrunk(sums []int64, quanta []int32, fraction uint64) {
	if k.set == avx512 {
		avx512AddShrunk(&sums[0], &quanta[0], fraction, len(quanta))
	} else {
		avx2AddShrunk(&sums[0], &quanta[0], fraction, len(quanta))
	}
}
