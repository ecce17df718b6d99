package gemm

import "fmt"

// Kernel is one implementation of the operations of this package. Its zero value is the
// definition: strict, in plain Go. It has no state and is safe for concurrent use.
type Kernel struct {
	set   instructionSet
	fused bool
}

// instructionSet is what the machine code of a kernel uses.
type instructionSet uint8

const (
	plain instructionSet = iota
	avx2
	avx512
)

// Best is the fastest kernel of this machine, or the fastest strict one. With strict
// false it may still be strict: not every machine has a fused kernel.
func Best(strict bool) Kernel {
	var best Kernel
	for _, k := range All() {
		if !strict || !k.fused {
			best = k
		}
	}
	return best
}

// All lists the kernels that this machine can run, the definition first and the
// fastest last.
func All() []Kernel {
	return append([]Kernel{{}}, assembled()...)
}

// Strict reports whether the kernel's results have the bits of the definition.
func (k Kernel) Strict() bool { return !k.fused }

// String names the kernel, like "avx2 strict".
func (k Kernel) String() string {
	name := [...]string{plain: "plain", avx2: "avx2", avx512: "avx512"}[k.set]
	if k.fused {
		return name + " fused"
	}
	return name + " strict"
}

// Multiply sets c to the product of a and b. It panics if the shapes do not fit. c must
// not share floats with a or b.
func (k Kernel) Multiply(c, a, b Matrix) { k.product(c, a, b, false) }

// MultiplyAdd adds the product of a and b to c: to each element of c it adds the terms of
// the product one after the other. See [Kernel.Multiply].
func (k Kernel) MultiplyAdd(c, a, b Matrix) { k.product(c, a, b, true) }

func (k Kernel) product(c, a, b Matrix, add bool) {
	if c.rows != a.rows || a.columns != b.rows || c.columns != b.columns {
		panic(fmt.Sprintf("gemm: %d x %d is not the product of %d x %d and %d x %d", c.rows, c.columns, a.rows, a.columns, b.rows, b.columns))
	}
	if c.columnStep != 1 { // then the rows of its transpose are contiguous
		c, a, b = c.T(), b.T(), a.T()
	}
	switch {
	case c.rows == 0 || c.columns == 0:
	case a.columns == 0:
		c.clearUnless(add)
	case k.set == plain:
		plainProduct(c, a, b, add)
	default:
		k.tiled(c, a, b, add)
	}
}

// AddScaled adds a times x to y. It panics if x is shorter than y.
func (k Kernel) AddScaled(y []float32, a float32, x []float32) {
	x = x[:len(y)]
	switch {
	case len(y) == 0:
	case k.set == plain:
		addScaled(y, a, x)
	default:
		k.addScaled(y, a, x)
	}
}

// Copy copies the elements of one matrix to another. Either may be a transpose. It
// panics if the shapes differ. The two must not share floats.
func (k Kernel) Copy(to, from Matrix) {
	if to.rows != from.rows || to.columns != from.columns {
		panic(fmt.Sprintf("gemm: cannot copy a matrix of %d x %d to one of %d x %d", from.rows, from.columns, to.rows, to.columns))
	}
	if to.columnStep != 1 {
		to, from = to.T(), from.T()
	}
	switch {
	case to.rows == 0 || to.columns == 0:
	case from.columnStep == 1:
		for i := range to.rows {
			copy(to.line(i), from.line(i))
		}
	case k.set == plain:
		transpose(to, from, 0, 0)
	default:
		k.transpose(to, from)
	}
}
