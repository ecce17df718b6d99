package measure

import (
	"errors"
	"fmt"
	"math"
	"math/big"
)

// How the statistics of one number are encoded as values of an update: the count; the least
// and the largest number, each as an integer that is ordered as the numbers are, the high
// half first; the sum and the sum of squares as limbs, the lowest first. All limbs but the
// last are from 0 to 2^24 - 1; the last limb of a sum carries the sign.
const (
	fractionBits = 149                     // a float32 is an integer in steps of 2^-149
	limbBits     = 24                      // of a limb
	sumLimbs     = 13                      // 2^30 rows of 277 bits, and the sign, have 308 bits
	squareLimbs  = 25                      // 2^30 squares have 584 bits
	halfBits     = 16                      // of an integer that stands for a float32
	extremesAt   = 1                       // index behind the count
	sumAt        = extremesAt + 4          // index behind two halves of both extremes
	squaresAt    = sumAt + sumLimbs        // index behind the sum
	columnValues = squaresAt + squareLimbs // values of one number
	limbMask     = 1<<limbBits - 1
)

// limbs are the statistics of one number over rows that are added one by one. Here a limb may
// exceed 24 bits: one row adds less than 2^25 to it, so an int64 holds the sum of 2^30 rows.
type limbs struct {
	count    int64
	min, max float32
	sum      [sumLimbs]int64
	squares  [squareLimbs]int64
}

// add adds a finite number.
func (l *limbs) add(x float32) {
	if x == 0 {
		x = 0 // also for -0
	}
	if l.count == 0 {
		l.min, l.max = x, x
	}
	l.count++
	l.min, l.max = min(l.min, x), max(l.max, x)
	m, shift := mantissaAndShift(x)
	if m == 0 {
		return
	}
	at, bit := shift/limbBits, shift%limbBits
	sign := int64(1)
	if x < 0 {
		sign = -1
	}
	wide := m << bit // less than 2^48
	l.sum[at] += sign * int64(wide&limbMask)
	l.sum[at+1] += sign * int64(wide>>limbBits)
	at, bit = 2*shift/limbBits, 2*shift%limbBits
	low, high := m*m&limbMask<<bit, m*m>>limbBits<<bit // the square has 48 bits
	l.squares[at] += int64(low & limbMask)
	l.squares[at+1] += int64(low>>limbBits + high&limbMask)
	if high >>= limbBits; high > 0 {
		l.squares[at+2] += int64(high)
	}
}

// mantissaAndShift returns the magnitude of a finite number as m * 2^shift steps of 2^-149,
// m < 2^24.
func mantissaAndShift(x float32) (m uint64, shift int) {
	const mantissa = 23
	bits := math.Float32bits(x)
	m, exponent := uint64(bits&(1<<mantissa-1)), int(bits>>mantissa&0xff)
	if exponent == 0 {
		return m, 0
	}
	return m | 1<<mantissa, exponent - 1
}

// toInteger is a finite number in steps of 2^-149.
func toInteger(x float32) *big.Int {
	m, shift := mantissaAndShift(x)
	i := new(big.Int).SetUint64(m)
	i.Lsh(i, uint(shift))
	if x < 0 {
		i.Neg(i)
	}
	return i
}

// appendTo appends the encoded statistics.
func (l *limbs) appendTo(values []int32) []int32 {
	values = append(values, int32(l.count))
	if l.count == 0 {
		return append(values, make([]int32, columnValues-1)...)
	}
	values = appendFloat(appendFloat(values, l.min), l.max)
	return appendLimbs(appendLimbs(values, l.sum[:]), l.squares[:])
}

// appendLimbs appends limbs after carrying from limb to limb, so that all but the last are
// from 0 to 2^24 - 1.
func appendLimbs(values []int32, limbs []int64) []int32 {
	carry := int64(0)
	for i, limb := range limbs {
		limb += carry
		if i == len(limbs)-1 {
			return append(values, int32(limb))
		}
		carry = limb >> limbBits // rounds down
		values = append(values, int32(limb&limbMask))
	}
	return values
}

// appendFloat appends the halves of an integer for a float32: a larger number has a larger
// integer.
func appendFloat(values []int32, x float32) []int32 {
	key := int32(math.Float32bits(x))
	if key < 0 {
		key = math.MinInt32 - key // minus the bits of the magnitude; -0 does not occur
	}
	return append(values, key>>halfBits, key&(1<<halfBits-1))
}

// readTotals decodes what [limbs.appendTo] encodes. Everything else is an error.
func readTotals(values []int32) (t totals, err error) {
	if values[0] < 0 {
		return t, fmt.Errorf("a count of %d rows: want at least 0", values[0])
	}
	t.count = uint64(values[0])
	if t.count == 0 {
		for _, v := range values {
			if v != 0 {
				return t, errors.New("a count of 0 rows, but sums that are not 0")
			}
		}
		return t, nil
	}
	if t.min, err = readFloat(values[extremesAt:]); err != nil {
		return t, err
	}
	if t.max, err = readFloat(values[extremesAt+2:]); err != nil {
		return t, err
	}
	if t.sum, err = readLimbs(values[sumAt:squaresAt]); err != nil {
		return t, err
	}
	t.squares, err = readLimbs(values[squaresAt:])
	return t, err
}

// readLimbs decodes what [appendLimbs] encodes.
func readLimbs(limbs []int32) (*big.Int, error) {
	top := len(limbs) - 1
	if last := limbs[top]; last < -limbMask || last > limbMask {
		return nil, fmt.Errorf("a limb is %d: want %d to %d", last, -limbMask, limbMask)
	}
	const size = limbBits / 8 // bytes of a limb
	lower := make([]byte, 0, size*squareLimbs)
	for i := top - 1; i >= 0; i-- {
		limb := limbs[i]
		if limb < 0 || limb > limbMask {
			return nil, fmt.Errorf("a limb is %d: want 0 to %d", limb, limbMask)
		}
		lower = append(lower, byte(limb>>16), byte(limb>>8), byte(limb))
	}
	x := big.NewInt(int64(limbs[top]))
	return x.Lsh(x, uint(limbBits*top)).Add(x, new(big.Int).SetBytes(lower)), nil
}

// readFloat decodes what [appendFloat] encodes.
func readFloat(halves []int32) (float32, error) {
	if high, low := halves[0], halves[1]; low < 0 || low >= 1<<halfBits || high < -1<<(halfBits-1) || high >= 1<<(halfBits-1) {
		return 0, fmt.Errorf("halves %d and %d of a number: want two integers of %d bits", high, low, halfBits)
	}
	key := halves[0]<<halfBits | halves[1]
	bits := uint32(key)
	if key < 0 {
		bits = uint32(math.MinInt32 - key)
	}
	x := math.Float32frombits(bits)
	if x-x != 0 || key == math.MinInt32 {
		return 0, fmt.Errorf("%d does not stand for a finite number", key)
	}
	return x, nil
}
