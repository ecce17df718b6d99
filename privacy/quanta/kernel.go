package quanta

import "math/bits"

// Kernel computes in one way. Its zero value is the definition, in plain Go. It holds
// nothing, and is safe for concurrent use.
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

// Largest is the largest magnitude that [Kernel.Round] makes.
const Largest = 1<<31 - 128

// Round sets quanta to values times 2^shift, shift from 0 to 30, each rounded to the
// nearest integer, and to the even one of two. What is beyond [Largest] becomes that or
// its opposite. It returns the sum of the squares of quanta, an integer of two words, and
// false where a value is no finite number: then quanta and the sum mean nothing. It
// panics when there are fewer values than quanta.
func (k Kernel) Round(quanta []int32, values []float32, shift uint) (high, low uint64, finite bool) {
	values = values[:len(quanta)]
	n := k.runs(len(quanta))
	if n > 0 {
		var largest uint32
		if low, largest = k.round(quanta[:n], values[:n], shift); largest >= beyond(shift) {
			n, low = 0, 0
		} else if !holds(furthest(largest, shift), n) {
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

// holds reports whether a word holds the sum of n squares of integers up to most.
func holds(most uint64, n int) bool {
	over, _ := bits.Mul64(most*most, uint64(n))
	return over == 0
}

// Add adds to each sum its quanta. It panics when there are fewer sums than quanta.
func (k Kernel) Add(sums []int64, quanta []int32) {
	sums = sums[:len(quanta)]
	n := k.runs(len(quanta))
	if n > 0 {
		k.add(sums[:n], quanta[:n])
	}
	for i, v := range quanta[n:] {
		sums[n+i] += int64(v)
	}
}

// AddShrunk adds to each sum its quanta, of which none is below -[Largest], times
// fraction/2^64, towards zero. It panics when there are fewer sums than quanta.
func (k Kernel) AddShrunk(sums []int64, quanta []int32, fraction uint64) {
	sums = sums[:len(quanta)]
	n := k.runs(len(quanta))
	if n > 0 {
		k.addShrunk(sums[:n], quanta[:n], fraction)
	}
	addShrunk(sums[n:], quanta[n:], fraction)
}

// run is how many values the assembly takes at a time; the rest is left to plain Go.
const run = 32

// runs is how many of n values the assembly takes.
func (k Kernel) runs(n int) int {
	if k.set == plain {
		return 0
	}
	return n &^ (run - 1)
}
