package privacy

import (
	"errors"
	"fmt"
	"math/big"
	"math/bits"

	"github.com/althing-network/althing/privacy/cost"
)

// ErrBound is wrapped by the refusal of a bound under which nothing could be said.
var ErrBound = errors.New("norm bound refused")

// Norm is how the length of a vector is measured.
type Norm string

// The norms.
const (
	L1 Norm = "l1" // the sum of magnitudes: for discrete Laplace noise
	L2 Norm = "l2" // the root of the sum of squares: for Gaussian and Skellam noise
)

// maxLimit keeps what is computed of a limit, four times it at most, in 64 bits.
const maxLimit = 1 << 61

// Bound says how long one unit's vector may be, exactly: its values are integers,
// and so is the limit.
type Bound struct {
	Norm Norm
	// Limit is in quanta: of L1 the largest sum of magnitudes, of L2 the largest sum of
	// squares, which is the square of the norm. 1 to 2^61.
	Limit uint64
}

// Validate refuses a bound of zero, under which every vector would be zero.
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

// Sensitivity is how far the sums of two neighbouring data sets may lie apart in
// integers, of L2 its square, when every unit's vector is within the bound: the
// limit, and where one unit may be replaced by another 2 or 4 times it.
func (b Bound) Sensitivity(a cost.Adjacency) uint64 {
	stretch := a.Stretch()
	if b.Norm == L2 {
		stretch *= stretch
	}
	return stretch * b.Limit
}

// Largest is the largest magnitude of one value of a vector within the bound.
func (b Bound) Largest() uint64 {
	if b.Norm == L2 {
		return new(big.Int).Sqrt(new(big.Int).SetUint64(b.Limit)).Uint64()
	}
	return b.Limit
}

// Magnitudes is the largest sum of magnitudes that a vector of so many values within the
// bound can have, of which what Skellam noise costs depends too. Of L2 it is the root of
// count times the limit (Cauchy and Schwarz), and the limit itself where that is less,
// because no integer is larger than its square.
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

// Norms are the largest L1 norm and square of the L2 norm that a vector of so many values
// within the bound can have, which the cost of noise depends on. A square that has no room
// is 0: noise that needs it is then refused.
func (b Bound) Norms(count int) cost.Norm {
	n := cost.Norm{L1: b.Magnitudes(count), L2Squared: b.Limit}
	if b.Norm == L1 { // all of it may be in one value
		high, low := bits.Mul64(b.Limit, b.Limit)
		if n.L2Squared = low; high > 0 {
			n.L2Squared = 0
		}
	}
	return n
}

// Clip shortens a vector in place until it is within the bound, and leaves one that
// is already as it is. No value grows or changes its sign. It multiplies each by one
// fraction, limit over length rounded down to a multiple of 2^-64, and drops what is
// behind the point: so the sum of magnitudes, or of squares, is at most the limit in
// integers, whatever the values were.
func (b Bound) Clip(values []int64) error {
	if err := b.Validate(); err != nil {
		return err
	}
	if length := b.length(values); !b.holds(length) {
		shrink(values, b.fraction(length))
	}
	return nil
}

// fraction is what the values of a vector that is too long are multiplied by, in 2^64ths.
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

// length is the sum of magnitudes or of squares, which fits in 192 bits for as many
// values as there may be.
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

// joined is the integer of some words, the highest first.
func joined(words ...uint64) *big.Int {
	sum := new(big.Int)
	for _, word := range words {
		sum.Or(sum.Lsh(sum, 64), new(big.Int).SetUint64(word))
	}
	return sum
}

// shrink multiplies by a fraction of 2^64, towards zero.
func shrink(values []int64, fraction uint64) {
	for i, v := range values {
		product, _ := bits.Mul64(magnitude(v), fraction)
		sign := v >> 63
		values[i] = (int64(product) ^ sign) - sign
	}
}

// magnitude is |v|, of the least int64 too.
func magnitude(v int64) uint64 {
	sign := v >> 63
	return uint64((v ^ sign) - sign)
}
