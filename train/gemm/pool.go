package gemm

import (
	"fmt"
	"math"
)

// Pool sets y to the largest float in each of len(y) windows of 2 x 2 that lie side by
// side in x, and from to its index in x. It takes the first of several equal floats and
// the last of several NaNs. The first window begins at index at of x; rows of x are
// width floats apart. Pool panics if from is shorter than y or x is too short.
func (k Kernel) Pool(y []float32, from []int32, x []float32, at, width int) {
	if at < 0 || at > len(x) || width < 0 || width > len(x)-at || (len(x)-at-width)/2 < len(y) {
		panic(fmt.Sprintf("gemm: %d floats are too few for %d windows from %d on, in rows %d apart", len(x), len(y), at, width))
	}
	from = from[:len(y)]
	switch {
	case len(y) == 0:
	case k.set == plain:
		pool(y, from, x, at, width)
	default:
		k.pool(y, from, x, at, width)
	}
}

// pool has no branch that the processor would often predict wrong.
func pool(y []float32, from []int32, x []float32, at, width int) {
	above, below := x[at:at+2*len(y)], x[at+width:at+width+2*len(y)]
	for i := range y {
		a, b, c, d := above[2*i], above[2*i+1], below[2*i], below[2*i+1]
		best := max(rank(a)<<2|3, rank(b)<<2|2, rank(c)<<2|1, rank(d)<<2)
		index := 3 - int(best&3)
		if s := (a + b) + (c + d); s != s { // NaN among them, or unequal infinities
			for q, v := range [4]float32{a, b, c, d} {
				if v != v {
					index = q
				}
			}
		}
		index = at + 2*i + index&1 + index>>1*width
		y[i], from[i] = x[index], int32(index)
	}
}

// rank is an integer that orders floats other than NaN; it is equal for 0 and -0.
func rank(x float32) int64 {
	bits := int32(math.Float32bits(x + 0))
	return int64(bits ^ int32(uint32(bits>>31)>>1))
}
