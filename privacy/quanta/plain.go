package quanta

import (
	"math"
	"math/bits"
)

// overflowBits is the bits of the smallest float32 whose product with 2^shift is above
// Largest.
func overflowBits(shift uint) uint32 { return math.Float32bits(float32(math.Ldexp(1, 31-int(shift)))) }

// maxMagnitude is an upper bound on the magnitudes of the integers that Round makes of values
// whose largest magnitude is given as bits below overflowBits.
func maxMagnitude(largest uint32, shift uint) uint64 {
	return uint64(math.Ceil(math.Ldexp(float64(math.Float32frombits(largest)), int(shift))))
}

func round(quanta []int32, values []float32, shift uint) bool {
	const (
		infinity = 0x7f800000 // as bits; larger bits are NaN
		whole    = 3 << 51    // a float64 from 2^52 to 2^53 is an integer, so adding this rounds
	)
	zero := int64(math.Float64bits(whole))
	factor, beyond := math.Ldexp(1, int(shift)), overflowBits(shift)
	quanta = quanta[:len(values)]
	for i, v := range values {
		if b := math.Float32bits(v); b&^(1<<31) >= beyond {
			if b&^(1<<31) >= infinity {
				return false
			}
			v = math.Float32frombits(b&(1<<31) | (beyond - 1))
		}
		quanta[i] = int32(int64(math.Float64bits(float64(float64(v)*factor)+whole)) - zero) // the product is exact
	}
	return true
}

func squares(quanta []int32) (high, low uint64) {
	add := func(sum uint64) {
		var carry uint64
		low, carry = bits.Add64(low, sum, 0)
		high += carry
	}
	for ; len(quanta) >= 4; quanta = quanta[4:] { // four squares fit in 64 bits
		a, b, c, d := int64(quanta[0]), int64(quanta[1]), int64(quanta[2]), int64(quanta[3])
		add(uint64(a*a) + uint64(b*b) + uint64(c*c) + uint64(d*d))
	}
	for _, v := range quanta {
		add(uint64(int64(v) * int64(v)))
	}
	return high, low
}

func addShrunk(sums []int64, quanta []int32, fraction uint64) {
	sums = sums[:len(quanta)]
	for i, v := range quanta {
		sign := int64(v) >> 63
		product, _ := bits.Mul64(uint64((int64(v)^sign)-sign), fraction)
		sums[i] += (int64(product) ^ sign) - sign
	}
}
