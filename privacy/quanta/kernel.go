package quanta

import "math/bits"

// Kernel is one implementation of this package's operations. Its zero value is the
// definition, in plain Go. It has no state and is safe for concurrent use.
type Kernel struct{ set instructionSet }

// instructionSet is what the machine code of a kernel uses.
type instructionSet uint8

const (
	plain instructionSet = iota
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

// Largest is the largest magnitude of an integer that [Kernel.Round] makes.
const Largest = 1<<31 - 128

// Round sets quanta to values times 2^shift, for shift from 0 to 30, each rounded to the
// nearest integer, halves to even. Magnitudes above [Largest] become Largest. Round returns
// the sum of the squares of quanta in two words. If a value is not finite, it returns false,
// and quanta and the sum are meaningless. It panics if there are fewer values than quanta.
func (k Kernel) Round(quanta []int32, values []float32, shift uint) (high, low uint64, finite bool) {
	values = values[:len(quanta)]
	n := k.assemblyValues(len(quanta))
	if n > 0 {
		var largest uint32
		if low, largest = k.round(quanta[:n], values[:n], shift); largest >= overflowBits(shift) {
			n, low = 0, 0
		} else if !fitsInWord(maxMagnitude(largest, shift), n) {
			high, low = squares(quanta[:n])
		}
	}
	if !round(quanta[n:], values[n:], shift) {
		return 0, 0, false
	}
	h, l := squares(quanta[n:])
	low, carry := bits.Add64(low, l, 0)
	return high + h + carry, low, true
}

// fitsInWord reports whether the sum of n squares of integers up to largest fits in 64 bits.
func fitsInWord(largest uint64, n int) bool {
	over, _ := bits.Mul64(largest*largest, uint64(n))
	return over == 0
}

// Add adds quanta to sums. It panics if there are fewer sums than quanta.
func (k Kernel) Add(sums []int64, quanta []int32) {
	sums = sums[:len(quanta)]
	n := k.assemblyValues(len(quanta))
	if n > 0 {
		k.add(sums[:n], quanta[:n])
	}
	for i, v := range quanta[n:] {
		sums[n+i] += int64(v)
	}
}

// AddShrunk adds quanta times fraction/2^64, rounded towards zero, to sums. No quantum may
// be below -[Largest]. It panics if there are fewer sums than quanta.
func (k Kernel) AddShrunk(sums []int64, quanta []int32, fraction uint64) {
	sums = sums[:len(quanta)]
	n := k.assemblyValues(len(quanta))
	if n > 0 {
		k.addShrunk(sums[:n], quanta[:n], fraction)
	}
	addShrunk(sums[n:], quanta[n:], fraction)
}

// valuesPerRun is how many values the assembly handles at a time; plain Go handles the rest.
const valuesPerRun = 32

// assemblyValues is how many of n values the assembly handles.
func (k Kernel) assemblyValues(n int) int {
	if k.set == plain {
		return 0
	}
	return n &^ (valuesPerRun - 1)
}
