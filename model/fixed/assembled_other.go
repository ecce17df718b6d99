//go:build !amd64

package fixed

// assembled is empty: there is no assembly for this architecture.
func assembled() []Kernel { return nil }

func (Kernel) add(sums []int64, values []byte, weight uint32) uint32 {
	return add(sums, values, weight)
}

func (Kernel) largest(values []byte) uint32 { return largest(values) }

func (Kernel) largestFloat(weights []float32) uint32 { return largestFloat(weights) }

func (Kernel) move(to, from []float32, sums []int64, divisor float64) {
	move(to, from, sums, divisor)
}
