package privacy

import (
	"fmt"
	"math/big"
	"math/bits"
	"math/rand/v2"
)

// maxRotated bounds the L1 norm of a vector that is rotated. No intermediate value is
// larger than that.
const maxRotated = 1 << 62

// Rotation spreads a vector evenly over its values, so that few values are large when it
// is scaled to a ring and clipped (randomised Hadamard transform: Ailon and Chazelle 2009;
// for private sums: Kairouz, Liu and Steinke 2021, section 4). All parties of a sum use
// the same rotation, which is public, and rotate the sum back.
//
// It flips signs as the seed says, pads with zeros to a power of two n, multiplies with
// the Hadamard matrix, which makes the vector sqrt(n) times longer, and divides by 2^Shift,
// rounded once to nearest, halves to even. All values are integers, so the bits are the
// same everywhere.
type Rotation struct {
	Seed  [32]byte // of the signs; public, never the seed of noise
	Shift uint     // at most log2(n); half of that keeps the scale
}

// Size is how many values the rotation of a vector of count values has: a power of two.
func (r Rotation) Size(count int) int {
	if count < 2 {
		return 1
	}
	return 1 << bits.Len(uint(count-1))
}

// Turn is the rotated vector. It does not change values.
func (r Rotation) Turn(values []int64) ([]int64, error) {
	turned := make([]int64, r.Size(len(values)))
	if err := r.check(len(turned), values); err != nil {
		return nil, err
	}
	copy(turned, values)
	r.flip(turned[:len(values)])
	hadamard(turned)
	round(turned, r.Shift)
	return turned, nil
}

// Back rotates a sum of rotated vectors of count values back, in place. It returns the
// first count values: the sum of the vectors, times [Rotation.Divisor]. It rounds nothing,
// so noise in the sum keeps its distribution.
func (r Rotation) Back(sum []int64, count int) ([]int64, error) {
	if len(sum) != r.Size(count) {
		return nil, fmt.Errorf("a rotated vector of %d values: want %d for %d values", len(sum), r.Size(count), count)
	}
	if err := r.check(len(sum), sum); err != nil {
		return nil, err
	}
	hadamard(sum)
	r.flip(sum[:count])
	return sum[:count], nil
}

// Divisor is what to divide a sum of vectors of count values by after it was rotated and
// rotated back: n / 2^Shift.
func (r Rotation) Divisor(count int) uint64 { return uint64(r.Size(count)) >> r.Shift }

// check reports an error if the shift is too large or an intermediate sum could overflow.
func (r Rotation) check(size int, values []int64) error {
	if r.Shift > uint(bits.Len(uint(size))-1) {
		return fmt.Errorf("rotation of %d values with a shift of %d bits: want at most %d", size, r.Shift, bits.Len(uint(size))-1)
	}
	if sum := (Bound{Norm: L1}).length(values); sum.Cmp(big.NewInt(maxRotated)) > 0 {
		return fmt.Errorf("%w: the magnitudes of a vector to rotate add up to %d: want at most %d", ErrOverflow, sum, uint64(maxRotated))
	}
	return nil
}

// flip changes the sign of about half of the values. Each bit of the words that ChaCha8
// (as math/rand/v2 specifies it) makes of the seed decides on one value, the lowest bit of
// a word first.
func (r Rotation) flip(values []int64) {
	signs := rand.NewChaCha8(r.Seed)
	for len(values) > 0 {
		part := values[:min(64, len(values))]
		word := signs.Uint64()
		for i, v := range part {
			sign := -int64(word >> (i & 63) & 1)
			part[i] = (v ^ sign) - sign
		}
		values = values[len(part):]
	}
}

// round divides by 2^shift and rounds to nearest, halves to even.
func round(values []int64, shift uint) {
	if shift == 0 {
		return
	}
	shift &= 63
	half := int64(1)<<(shift-1) - 1
	for i, v := range values {
		values[i] = (v + half + v>>shift&1) >> shift
	}
}

// hadamard multiplies with the Hadamard matrix, two steps of the transform per pass.
func hadamard(v []int64) {
	span := 1
	if bits.Len(uint(len(v)))%2 == 0 { // an odd number of steps
		for ; len(v) >= 2 && span < 2; span = 2 {
			for p := v; len(p) >= 2; p = p[2:] {
				p[0], p[1] = p[0]+p[1], p[0]-p[1]
			}
		}
	}
	for ; span < len(v); span *= 4 {
		for p := v; len(p) > 0; p = p[4*span:] {
			a, b, c, d := p[:span], p[span:2*span], p[2*span:3*span], p[3*span:4*span]
			for i := range a {
				ab, abMinus := a[i]+b[i], a[i]-b[i]
				cd, cdMinus := c[i]+d[i], c[i]-d[i]
				a[i], b[i], c[i], d[i] = ab+cd, abMinus+cdMinus, ab-cd, abMinus-cdMinus
			}
		}
	}
}
