package fixed

import (
	"math"

	"golang.org/x/sys/cpu"
)

// assembled lists the kernels in assembly that this processor, and the system
// that runs it, support.
func assembled() (kernels []Kernel) {
	if cpu.X86.HasAVX2 {
		kernels = append(kernels, Kernel{avx2})
		if cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ {
			kernels = append(kernels, Kernel{avx512})
		}
	}
	return kernels
}

// run is how many values the assembly takes at a time; the rest is left to plain Go.
const run = 32

func (k Kernel) add(sums []int64, values []byte, weight uint32) (largest uint32) {
	n := len(sums) &^ (run - 1)
	largest = add(sums[n:], values[4*n:], weight)
	for n > 0 {
		part := min(weight, math.MaxInt32) // the assembly's weights have a sign
		if k.set == avx512 {
			largest = max(largest, avx512Add(&sums[0], &values[0], int32(part), n))
		} else {
			largest = max(largest, avx2Add(&sums[0], &values[0], int32(part), n))
		}
		if weight -= part; weight == 0 {
			break
		}
	}
	return largest
}

func (k Kernel) largest(values []byte) (most uint32) {
	n := len(values) / 4 &^ (run - 1)
	most = largest(values[4*n:])
	switch {
	case n == 0:
	case k.set == avx512:
		most = max(most, avx512Largest(&values[0], n))
	default:
		most = max(most, avx2Largest(&values[0], n))
	}
	return most
}

func (k Kernel) largestFloat(weights []float32) (bits uint32) {
	n := len(weights) &^ (run - 1)
	bits = largestFloat(weights[n:])
	switch {
	case n == 0:
	case k.set == avx512:
		bits = max(bits, avx512LargestFloat(&weights[0], n))
	default:
		bits = max(bits, avx2LargestFloat(&weights[0], n))
	}
	return bits
}

func (k Kernel) move(to, from []float32, sums []int64, divisor float64) {
	n := len(to) &^ (run - 1)
	move(to[n:], from[n:], sums[n:], divisor)
	switch {
	case n == 0:
	case k.set == avx512:
		avx512Move(&to[0], &from[0], &sums[0], divisor, n)
	default:
		avx2Move(&to[0], &from[0], &sums[0], divisor, n)
	}
}
