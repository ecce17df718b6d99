package privacy

import (
	"errors"
	"fmt"
	"math/big"
	"math/bits"

	"github.com/althing-network/althing/privacy/cost"
)

// ErrBound is wrapped if a norm bound is not valid or does not go with the noise.
var ErrBound = errors.New("norm bound refused")

// Norm names a vector norm.
type Norm string

// The norms.
const (
	L1 Norm = "l1" // sum of absolute values: for discrete Laplace noise
	L2 Norm = "l2" // square root of the sum of squares: for Gaussian and Skellam noise
)

// maxLimit keeps four times a limit, the largest sensitivity, within 64 bits.
const maxLimit = 1 << 61

// Bound limits the norm of one unit's vector. Values and limit are integers, so the bound
// is exact.
type Bound struct {
	Norm Norm
	// Limit is the largest L1 norm in quanta, or the square of the largest L2 norm in
	// quanta squared. 1 to 2^61.
	Limit uint64
}

// Validate checks the norm's name and the range of the limit. A limit of 0 would make
// every vector zero.
func (b Bound) Validate() error {
	switch {
	case b.Norm != L1 && b.Norm != L2:
		return fmt.Errorf("%w: norm %q: want %s or %s", ErrBound, b.Norm, L1, L2)
	case b.Limit == 0:
		return fmt.Errorf("%w: the limit is 0: want at least 1", ErrBound)
	case b.Limit > maxLimit:
		return fmt.Errorf("%w: the limit is %d: want at most 2^61", ErrBound, b.Limit)
	}
	return nil
}

// Sensitivity is the largest distance between the sums of two neighbouring data sets if
// every unit's vector is within the bound; for L2 it is the square of the distance. It is
// the limit; if one unit may be replaced by another, 2 times the limit for L1 and 4 times
// for L2.
func (b Bound) Sensitivity(a cost.Adjacency) uint64 {
	stretch := a.Stretch()
	if b.Norm == L2 {
		stretch *= stretch
	}
	return stretch * b.Limit
}

// Largest is the largest absolute value that a vector within the bound can have.
func (b Bound) Largest() uint64 {
	if b.Norm == L2 {
		return new(big.Int).Sqrt(new(big.Int).SetUint64(b.Limit)).Uint64()
	}
	return b.Limit
}

// Magnitudes is the largest L1 norm that a vector of count values within the bound can
// have; the cost of Skellam noise depends on it. For an L2 bound it is the square root of
// count times the limit (Cauchy and Schwarz), or the limit if that is smaller, because no
// integer is larger than its square.
func (b Bound) Magnitudes(count int) uint64 {
	if b.Norm == L1 {
		return b.Limit
	}
	root := new(big.Int).SetUint64(b.Limit)
	root.Sqrt(root.Mul(root, big.NewInt(int64(count))))
	if root.IsUint64() {
		return min(root.Uint64(), b.Limit)
	}
	return b.Limit
}

// Norms are the largest L1 norm and the largest squared L2 norm that a vector of count
// values within the bound can have. The cost of noise depends on them. A square that
// overflows 64 bits becomes 0; noise that needs it is then refused.
func (b Bound) Norms(count int) cost.Norm {
	n := cost.Norm{L1: b.Magnitudes(count), L2Squared: b.Limit}
	if b.Norm == L1 { // the L2 norm is largest if only one value is not 0
		high, low := bits.Mul64(b.Limit, b.Limit)
		if n.L2Squared = low; high > 0 {
			n.L2Squared = 0
		}
	}
	return n
}

// Clip shortens a vector in place until it is within the bound. It does not change a
// vector that is within the bound already. No value grows or changes its sign: Clip
// multiplies all values by the bound divided by the vector's norm, rounded down to a
// multiple of 2^-64, and rounds the products towards zero. So the clipped vector is
// within the bound in integers, whatever the values were.
func (b Bound) Clip(values []int64) error {
	if err := b.Validate(); err != nil {
		return err
	}
	if length := b.length(values); !b.holds(length) {
		shrink(values, b.fraction(length))
	}
	return nil
}

// fraction is what the values of a vector that is too long are multiplied by, in units of
// 2^-64.
func (b Bound) fraction(length *big.Int) uint64 {
	f := new(big.Int).SetUint64(b.Limit) // rounded down
	if b.Norm == L2 {
		f.Sqrt(f.Quo(f.Lsh(f, 128), length))
	} else {
		f.Quo(f.Lsh(f, 64), length)
	}
	return f.Uint64()
}

// Holds reports whether a vector is within the bound.
func (b Bound) Holds(values []int64) bool { return b.holds(b.length(values)) }

func (b Bound) holds(length *big.Int) bool {
	return length.IsUint64() && length.Uint64() <= b.Limit
}

// length is the L1 norm or the squared L2 norm. It fits in 192 bits for any number of
// values.
func (b Bound) length(values []int64) *big.Int {
	var low, middle, high uint64
	if b.Norm == L2 {
		for _, v := range values {
			m := magnitude(v)
			h, l := bits.Mul64(m, m)
			var carry uint64
			low, carry = bits.Add64(low, l, 0)
			middle, carry = bits.Add64(middle, h, carry)
			high += carry
		}
	} else {
		for _, v := range values {
			var carry uint64
			low, carry = bits.Add64(low, magnitude(v), 0)
			middle += carry
		}
	}
	return joined(high, middle, low)
}

// joined is the integer that consists of these 64-bit words, the highest first.
func joined(words ...uint64) *big.Int {
	sum := new(big.Int)
	for _, word := range words {
		sum.Or(sum.Lsh(sum, 64), new(big.Int).SetUint64(word))
	}
	return sum
}

// shrink multiplies values by fraction/2^64 and rounds towards zero.
func shrink(values []int64, fraction uint64) {
	for i, v := range values {
		product, _ := bits.Mul64(magnitude(v), fraction)
		sign := v >> 63
		values[i] = (int64(product) ^ sign) - sign
	}
}

// magnitude is |v|, also for the smallest int64.
func magnitude(v int64) uint64 {
	sign := v >> 63
	return uint64((v ^ sign) - sign)
}
