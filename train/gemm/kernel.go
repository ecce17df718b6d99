package gemm

import "fmt"

// Kernel computes products in one way. Its zero value is the definition: strict,
// in plain Go. It holds nothing, and is safe for concurrent use.
type Kernel struct {
	set   set
	fused bool
}

// set is what a kernel is made of.
type set uint8

const (
	plain set = iota
	avx2
	avx512
)

// Best is the fastest kernel of this machine. It need not be fused when it need
// not be strict: not every machine has one that is.
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

// Strict reports whether results have the bits of the definition.
func (k Kernel) Strict() bool { return !k.fused }

// String names the kernel, like "avx2 strict".
func (k Kernel) String() string {
	name := [...]string{plain: "plain", avx2: "avx2", avx512: "avx512"}[k.set]
	if k.fused {
		return name + " fused"
	}
	return name + " strict"
}

// Multiply sets c to the product of a and b. It panics when the shapes do not fit.
// The floats of c must not be those of a or b.
func (k Kernel) Multiply(c, a, b Matrix) { k.product(c, a, b, false) }

// MultiplyAdd adds to each element of c, one after the other, the terms of its
// element in the product of a and b. See [Kernel.Multiply].
func (k Kernel) MultiplyAdd(c, a, b Matrix) { k.product(c, a, b, true) }

func (k Kernel) product(c, a, b Matrix, add bool) {
	if c.rows != a.rows || a.columns != b.rows || c.columns != b.columns {
		panic(fmt.Sprintf("gemm: %d x %d is not the product of %d x %d and %d x %d", c.rows, c.columns, a.rows, a.columns, b.rows, b.columns))
	}
	if c.columnStep != 1 { // then its transpose has rows of neighbours
		c, a, b = c.T(), b.T(), a.T()
	}
	switch {
	case c.rows == 0 || c.columns == 0:
	case a.columns == 0:
		c.begin(add)
	case k.set == plain:
		plainProduct(c, a, b, add)
	default:
		k.tiled(c, a, b, add)
	}
}

// AddScaled adds a times x to y. It panics when x is shorter than y.
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

// Copy copies the elements of one matrix to another, each of which may be a
// transpose. It panics when the shapes differ. They must not share floats.
func (k Kernel) Copy(to, from Matrix) {
	if to.rows != from.rows || to.columns != from.columns {
		panic(fmt.Sprintf("gemm: %d x %d is no copy of %d x %d", to.rows, to.columns, from.rows, from.columns))
	}
	if to.columnStep != 1 {
		to, from = to.T(), from.T()
	}
	switch {
	case to.rows == 0 || to.columns == 0:
	case from.columnStep == 1:
		for i := range to.rows {
			copy(to.part(i), from.part(i))
		}
	case k.set == plain:
		turn(to, from, 0, 0)
	default:
		k.turn(to, from)
	}
}
