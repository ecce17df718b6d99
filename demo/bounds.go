package demo

import (
	"math"
	"slices"
	"strconv"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/spec"
)

// WithBounds is a schema with the bounds of each number, taken from the rows of a hold-out,
// which no privacy protects. A value of another row beyond a bound counts as the bound.
func WithBounds(s spec.Schema, holdout data.Table) spec.Schema {
	s.Columns = slices.Clone(s.Columns)
	input := 0
	for i := range s.Columns {
		c := &s.Columns[i]
		if c.Kind == spec.ColumnNumber {
			c.Min, c.Max = bounds(holdout.Rows(), func(row int) float32 { return holdout.Row(row)[input] })
		}
		input += c.Inputs()
	}
	if s.Regression() {
		s.Min, s.Max = bounds(holdout.Rows(), func(row int) float32 { return holdout.Targets[row] })
	}
	return s
}

// bounds are the smallest and the largest of n values, as a schema states them. Where all
// values are equal, or nearly so, they are moved apart by a half or by a millionth of the value,
// whichever is more.
func bounds(n int, value func(i int) float32) (smallest, largest spec.Decimal) {
	low, high := float32(math.MaxFloat32), float32(-math.MaxFloat32)
	for i := range n {
		if x := value(i); x == x { // NaN is a missing value
			low, high = min(low, x), max(high, x)
		}
	}
	if low > high { // all values are missing
		low, high = 0, 0
	}
	const millionth, negligible = 1e-6, 1e-40
	magnitude := max(math.Abs(float64(low)), math.Abs(float64(high)))
	if float64(high)-float64(low) <= max(negligible, millionth*magnitude) {
		margin := max(0.5, millionth*magnitude)
		low = float32(max(float64(low)-margin, -math.MaxFloat32))
		high = float32(min(float64(high)+margin, math.MaxFloat32))
	}
	decimal := func(x float32) spec.Decimal { return spec.Decimal(strconv.FormatFloat(float64(x), 'g', -1, 32)) }
	return decimal(low), decimal(high)
}
