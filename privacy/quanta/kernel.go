package quanta

import "math/bits"

// Kernel computes in one way. Its zero value is the definition, in plain Go. It holds
// nothing, and is safe for concurrent use.
type Kernel struct{ assembled bool }

// Best is the fastest kernel of this machine.
func Best() Kernel { return Kernel{assembled: supported()} }

// All lists the kernels that this machine can run, the definition first.
func All() []Kernel {
	all := []Kernel{{}}
	if supported() {
		all = append(all, Best())
	}
	return all
}

// String names the kernel, like "avx2".
func (k Kernel) String() string {
	if k.assembled {
		return "avx2"
	}
	return "plain"
}

// Largest is the largest magnitude that [Kernel.Round] makes.
const Largest = 1<<31 - 128

// Round sets quanta to values times 2^shift, shift from 0 to 30, each rounded to the
// nearest integer, and to the even one of two. What is beyond [Largest] becomes that or
// its opposite. It reports false where a value is no finite number; then quanta mean
// nothing. It panics when there are fewer values than quanta.
func (k Kernel) Round(quanta []int32, values []float32, shift uint) (finite bool) {
	values = values[:len(quanta)]
	if n := k.runs(len(quanta)); n > 0 && assembledRound(quanta[:n], values[:n], shift) {
		quanta, values = quanta[n:], values[n:]
	}
	return round(quanta, values, shift)
}

// Squares is the sum of the squares of quanta, of which none is below -[Largest].
func (k Kernel) Squares(quanta []int32) (high, low uint64) {
	n := k.runs(len(quanta))
	high, low = squares(quanta[n:])
	if n > 0 {
		h, l := assembledSquares(quanta[:n])
		var carry uint64
		low, carry = bits.Add64(low, l, 0)
		high += h + carry
	}
	return high, low
}

// AddShrunk adds to each sum its quanta, of which none is below -[Largest], times
// fraction/2^64, towards zero. It panics when there are fewer sums than quanta.
func (k Kernel) AddShrunk(sums []int64, quanta []int32, fraction uint64) {
	sums = sums[:len(quanta)]
	n := k.runs(len(quanta))
	if n > 0 {
		assembledAddShrunk(sums[:n], quanta[:n], fraction)
	}
	addShrunk(sums[n:], quanta[n:], fraction)
}

// run is how many values the assembly takes at a time; the rest is left to plain Go.
const run = 32

// runs is how many of n values the assembly takes.
func (k Kernel) runs(n int) int {
	if k.assembled {
		return n &^ (run - 1)
	}
	return 0
}
