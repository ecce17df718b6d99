package privacy

import (
	"fmt"
	"math/big"
	"math/bits"
	"math/rand/v2"
)

// maxRotated bounds the sum of magnitudes of what is rotated: no value on the way is larger.
const maxRotated = 1 << 62

// Rotation spreads a vector evenly over its values, so that few of them are large
// when it is scaled to a ring and clipped (randomised Hadamard transform: Ailon and
// Chazelle 2009; for private sums: Kairouz, Liu and Steinke 2021, section 4). All who
// take part in a sum use the same one, which is public, and turn the sum back.
//
// It flips signs by the seed, pads with zeros to a power of two n, multiplies with the
// Hadamard matrix, which lengthens a vector root(n) times, and divides by 2^Shift,
// rounding once to nearest even. All are integers: the same bits come out everywhere.
type Rotation struct {
	Seed  [32]byte // of the signs; public, and not that of any noise
	Shift uint     // at most the logarithm of n; half of it keeps the scale
}

// Size is how many values a rotated vector of so many values has: a power of two.
func (r Rotation) Size(count int) int {
	if count < 2 {
		return 1
	}
	return 1 << bits.Len(uint(count-1))
}

// Turn is the rotated vector; the values stay as they are.
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

// Back turns a sum of rotated vectors back, in place: what it returns, the first
// count values, is that sum times [Rotation.Divisor]. Nothing is rounded, so noise
// that was added stays what it is.
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

// Divisor is what a sum of so many values is multiplied with after it was turned
// there and back: n / 2^Shift.
func (r Rotation) Divisor(count int) uint64 { return uint64(r.Size(count)) >> r.Shift }

// check refuses values of which some sum could leave the range on the way.
func (r Rotation) check(size int, values []int64) error {
	if r.Shift > uint(bits.Len(uint(size))-1) {
		return fmt.Errorf("rotation of %d values with a shift of %d bits: want at most %d", size, r.Shift, bits.Len(uint(size))-1)
	}
	if sum := (Bound{Norm: L1}).length(values); sum.Cmp(big.NewInt(maxRotated)) > 0 {
		return fmt.Errorf("%w: the magnitudes of a vector to rotate add up to %d: want at most %d", ErrOverflow, sum, uint64(maxRotated))
	}
	return nil
}

// flip turns the sign of about half of the values: by the bits of the seed's words
// (ChaCha8, as math/rand/v2 specifies it), the lowest first.
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

// round divides by 2^shift, to nearest even.
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

// hadamard multiplies with the Hadamard matrix, two of its steps in one pass.
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
