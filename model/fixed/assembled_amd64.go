package fixed

import (
	"math"

	"golang.org/x/sys/cpu"
)

// assembled lists the kernels in assembly that this processor and its operating system
// support.
func assembled() (kernels []Kernel) {
	if cpu.X86.HasAVX2 {
		kernels = append(kernels, Kernel{avx2})
		if cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ {
			kernels = append(kernels, Kernel{avx512})
		}
	}
	return kernels
}

// blockSize is how many values the assembly processes at a time; plain Go processes the
// remaining ones.
const blockSize = 32

func (k Kernel) add(sums []int64, values []byte, weight uint32) (largest uint32) {
	n := len(sums) &^ (blockSize - 1)
	largest = add(sums[n:], values[4*n:], weight)
	for n > 0 {
		part := min(weight, math.MaxInt32) // the assembly takes weights as int32
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

func (k Kernel) largest(values []byte) (magnitude uint32) {
	n := len(values) / 4 &^ (blockSize - 1)
	magnitude = largest(values[4*n:])
	switch {
	case n == 0:
	case k.set == avx512:
		magnitude = max(magnitude, avx512Largest(&values[0], n))
	default:
		magnitude = max(magnitude, avx2Largest(&values[0], n))
	}
	return magnitude
}

func (k Kernel) largestFloat(weights []float32) (bits uint32) {
	n := len(weights) &^ (blockSize - 1)
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
	n := len(to) &^ (blockSize - 1)
	move(to[n:], from[n:], sums[n:], divisor)
	switch {
	case n == 0:
	case k.set == avx512:
		avx512Move(&to[0], &from[0], &sums[0], divisor, n)
	default:
		avx2Move(&to[0], &from[0], &sums[0], divisor, n)
	}
}
