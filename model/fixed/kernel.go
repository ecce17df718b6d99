package fixed

// Kernel is one implementation. The zero value is the one in plain Go, which defines the
// results. A kernel has no state, and is safe for concurrent use.
type Kernel struct{ set set }

// set is the instruction set of a kernel.
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

// All lists the kernels that this machine can run, the one in plain Go first and the
// fastest last.
func All() []Kernel {
	return append([]Kernel{{}}, assembled()...)
}

// String is the name of the kernel, for example "avx2".
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

// Largest is the largest magnitude of n values, encoded as in [Kernel.Add]; 0 if n is 0.
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

// infinity are the bits of the float32 infinity. Larger bits, without the sign, are NaN.
const infinity = 0x7f800000

// Move sets to[i] = from[i] + sums[i]/divisor. The conversions of the sum and the divisor to
// float64, the division, the addition and the conversion to float32 are each rounded once,
// to nearest even. Weights must be finite. Move panics if from or sums is shorter than to.
func (k Kernel) Move(to, from []float32, sums []int64, divisor uint64) {
	from, sums = from[:len(to)], sums[:len(to)]
	if k.set == plain || len(to) == 0 {
		move(to, from, sums, float64(divisor))
		return
	}
	k.move(to, from, sums, float64(divisor))
}
