package gemm

import (
	"fmt"
	"math"
	"slices"
)

// Pattern says where the elements of a matrix are in a slice of floats. With it the
// overlapping patches of an image form a matrix and no patch is copied. Rows come in
// runs: element (i, q) is float starts[i/run] + i%run*step + offsets[q].
type Pattern struct {
	starts    []int32
	run, step int
	offsets   []int32
	floats    int // that the slice must have
}

// NewPattern makes a pattern of len(starts)*run rows and len(offsets) columns. It
// panics if a number is negative, or if run or step is above 2^31-1.
func NewPattern(starts []int32, run, step int, offsets []int32) Pattern {
	p := Pattern{starts: slices.Clone(starts), run: run, step: step, offsets: slices.Clone(offsets)}
	first, left := slices.Min(append([]int32{0}, starts...)), slices.Min(append([]int32{0}, offsets...))
	if run < 0 || step < 0 || first < 0 || left < 0 || run > math.MaxInt32 || step > math.MaxInt32 {
		panic(fmt.Sprintf("gemm: no pattern has runs of %d with rows %d apart, from %d on, and columns from %d on", run, step, first, left))
	}
	if len(starts) > 0 && run > 0 && len(offsets) > 0 {
		p.floats = int(slices.Max(starts)) + (run-1)*step + int(slices.Max(offsets)) + 1
	}
	return p
}

// Of is the matrix that the pattern picks from values. It panics if there are too few
// values.
func (p Pattern) Of(values []float32) Picked {
	if len(values) < p.floats {
		panic(fmt.Sprintf("gemm: %d floats are too few for a pattern of %d", len(values), p.floats))
	}
	return Picked{Pattern: p, values: values}
}

// Picked is a matrix whose elements a [Pattern] picks from floats.
type Picked struct {
	Pattern
	values []float32
}

// MultiplyPicked sets c to the product of a and b, with the bits that [Kernel.Multiply]
// gives for the same elements. c must not be a transpose: its rows must be contiguous.
// MultiplyPicked panics if the shapes do not fit. c must not share floats with a or b.
func (k Kernel) MultiplyPicked(c Matrix, a Picked, b Matrix) { k.productPicked(c, a, b, false) }

// MultiplyAddPicked adds the product of a and b to c, as [Kernel.MultiplyAdd] does. See
// [Kernel.MultiplyPicked].
func (k Kernel) MultiplyAddPicked(c Matrix, a Picked, b Matrix) { k.productPicked(c, a, b, true) }

func (k Kernel) productPicked(c Matrix, a Picked, b Matrix, add bool) {
	rows := len(a.starts) * a.run
	if c.rows != rows || len(a.offsets) != b.rows || c.columns != b.columns || c.columnStep != 1 {
		panic(fmt.Sprintf("gemm: %d x %d is not the product of %d x %d picked and %d x %d, in rows", c.rows, c.columns, rows, len(a.offsets), b.rows, b.columns))
	}
	switch {
	case c.rows == 0 || c.columns == 0:
	case b.rows == 0:
		c.clearUnless(add)
	case k.set == plain:
		plainPicked(c, a, b, add)
	default:
		k.picked(c, a, b, add)
	}
}
