package privacy

import (
	"math"
	"math/big"
	"math/bits"
)

// row is one example's gradient in quanta.
type row []int32

// quantise sets the row to some values times 2^scale, rounded to the nearest integer, and
// to the even one of two. What is beyond the integers of 32 bits becomes 2^31-128
// or its opposite; a bound cuts it down anyway. It reports false where a value is no finite number.
func (r row) quantise(values []float32, scale uint) bool {
	const rounded = 3 << 51 // a float64 from 2^52 to 2^53 has nothing behind the point: adding this rounds
	zero := int64(math.Float64bits(rounded))
	factor := math.Ldexp(1, int(scale))
	beyond := math.Float32bits(float32(math.Ldexp(1, 31-int(scale))))
	r = r[:len(values)]
	for i, v := range values {
		if m := math.Float32bits(v) &^ (1 << 31); m >= beyond {
			if m >= math.Float32bits(float32(math.Inf(1))) {
				return false
			}
			v = float32(math.Copysign(float64(math.Float32frombits(beyond-1)), float64(v)))
		}
		r[i] = int32(int64(math.Float64bits(float64(float64(v)*factor)+rounded)) - zero) // the product is exact
	}
	return true
}

// length is the sum of the magnitudes or of the squares.
func (r row) length(n Norm) *big.Int {
	var high, low uint64
	if n == L1 {
		for _, v := range r {
			low += uint64(max(v, -v))
		}
		return joined(low)
	}
	add := func(sum uint64) {
		var carry uint64
		low, carry = bits.Add64(low, sum, 0)
		high += carry
	}
	for ; len(r) >= 4; r = r[4:] { // no magnitude is 2^31, so four squares fit in 64 bits
		a, b, c, d := int64(r[0]), int64(r[1]), int64(r[2]), int64(r[3])
		add(uint64(a*a) + uint64(b*b) + uint64(c*c) + uint64(d*d))
	}
	for _, v := range r {
		add(uint64(int64(v) * int64(v)))
	}
	return joined(high, low)
}

// addTo adds the row to sums, clipped as [Bound.Clip] does it.
func (r row) addTo(sums []int64, b Bound) {
	sums = sums[:len(r)]
	fraction, long := b.fraction(r.length(b.Norm))
	if !long {
		for i, v := range r {
			sums[i] += int64(v)
		}
		return
	}
	for i, v := range r {
		sign := int64(v) >> 63
		product, _ := bits.Mul64(uint64((int64(v)^sign)-sign), fraction)
		sums[i] += (int64(product) ^ sign) - sign
	}
}
