package privacy

import (
	"math/big"

	"github.com/althing-network/althing/privacy/quanta"
)

// row is one example's gradient in quanta.
type row struct {
	quanta []int32
	kernel quanta.Kernel
}

func newRow(values int) row { return row{quanta: make([]int32, values), kernel: quanta.Best()} }

// length is the sum of the magnitudes or of the squares.
func (r row) length(n Norm) *big.Int {
	if n == L2 {
		high, low := r.kernel.Squares(r.quanta)
		return joined(high, low)
	}
	var sum uint64
	for _, v := range r.quanta {
		sum += uint64(max(v, -v))
	}
	return joined(sum)
}

// addTo adds the row to sums, clipped as [Bound.Clip] does it.
func (r row) addTo(sums []int64, b Bound) {
	if fraction, long := b.fraction(r.length(b.Norm)); long {
		r.kernel.AddShrunk(sums, r.quanta, fraction)
		return
	}
	for i, v := range r.quanta {
		sums[i] += int64(v)
	}
}
