package privacy

import "github.com/althing-network/althing/privacy/quanta"

// row is the memory for one example's gradient in quanta.
type row struct {
	quanta []int32
	kernel quanta.Kernel
}

func newRow(values int) row { return row{quanta: make([]int32, values), kernel: quanta.Best()} }

// addTo adds a gradient to sums, rounded to integers and clipped as [Bound.Clip] does it. A
// 1 of the gradient is 2^bits quanta. A gradient with a value that is not finite adds
// nothing.
func (r row) addTo(sums []int64, gradient []float32, bits uint, b Bound) {
	high, low, finite := r.kernel.Round(r.quanta, gradient, bits)
	if !finite {
		return
	}
	if b.Norm == L1 {
		high, low = 0, r.magnitudes()
	}
	if high > 0 || low > b.Limit {
		r.kernel.AddShrunk(sums, r.quanta, b.fraction(joined(high, low)))
	} else {
		r.kernel.Add(sums, r.quanta)
	}
}

// magnitudes is the L1 norm of the row. It fits in 64 bits.
func (r row) magnitudes() (sum uint64) {
	for _, v := range r.quanta {
		sum += uint64(max(v, -v))
	}
	return sum
}
