package privacy

import "github.com/althing-network/althing/privacy/quanta"

// row is one example's gradient in quanta.
type row struct {
	quanta []int32
	kernel quanta.Kernel
}

func newRow(values int) row { return row{quanta: make([]int32, values), kernel: quanta.Best()} }

// addTo adds a gradient, of which a 1 is 2^bits quanta, to sums: rounded to integers and
// clipped as [Bound.Clip] does it. One with a value that is no finite number adds nothing.
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

// magnitudes is their sum, which a word holds.
func (r row) magnitudes() (sum uint64) {
	for _, v := range r.quanta {
		sum += uint64(max(v, -v))
	}
	return sum
}
