package fixed

// Kernel computes in one way. Its zero value is the definition, in plain Go. It
// holds nothing, and is safe for concurrent use.
type Kernel struct{ set set }

// set is what a kernel is made of.
type set uint8

const (
	plain set = iota
	avx2
	avx512
)

// Best is the fastest kernel of this machine.
func Best() Kernel {
	all := All()
	return all[len(all)-1]
}

// All lists the kernels that this machine can run, the definition first and the
// fastest last.
func All() []Kernel {
	return append([]Kernel{{}}, assembled()...)
}

// String names the kernel, like "avx2".
func (k Kernel) String() string {
	return [...]string{plain: "plain", avx2: "avx2", avx512: "avx512"}[k.set]
}

// Add adds weight times each value to its sum, modulo 2^64, and returns the
// largest magnitude of a value. Values are int32, little endian, as many as there
// are sums; it panics when there are fewer.
func (k Kernel) Add(sums []int64, values []byte, weight uint32) (largest uint32) {
	values = values[:4*len(sums)]
	if k.set == plain || len(sums) == 0 {
		return add(sums, values, weight)
	}
	return k.add(sums, values, weight)
}

// Largest is the largest magnitude of n values, as in [Kernel.Add]; 0 of none.
func (k Kernel) Largest(values []byte, n int) uint32 {
	values = values[:4*n]
	if k.set == plain || n == 0 {
		return largest(values)
	}
	return k.largest(values)
}

// Finite reports whether no weight is infinite or NaN.
func (k Kernel) Finite(weights []float32) bool {
	if k.set == plain || len(weights) == 0 {
		return largestFloat(weights) < infinity
	}
	return k.largestFloat(weights) < infinity
}

// infinity is that of float32, as bits. Numbers of a larger magnitude are NaN.
const infinity = 0x7f800000

// Move sets each weight of the first list to that of the second plus sum/divisor. The
// sum and the divisor become float64, are divided, and added to the weight, which
// becomes a float32 again: each of these is rounded once, to nearest even. It
// panics when from or sums are shorter than to. Weights are finite.
func (k Kernel) Move(to, from []float32, sums []int64, divisor uint64) {
	from, sums = from[:len(to)], sums[:len(to)]
	if k.set == plain || len(to) == 0 {
		move(to, from, sums, float64(divisor))
		return
	}
	k.move(to, from, sums, float64(divisor))
}
