package cost

import (
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// Epsilon is an epsilon in units of 1e-6: 1_000_000 is epsilon 1.
type Epsilon uint64

// Delta is a probability in units of 1e-18.
type Delta uint64

// Nano is a number in units of 1e-9: rho or xi of zCDP, a Renyi divergence, or an epsilon
// before it is rounded to [Epsilon].
type Nano uint64

// The values that stand for 1, and the bound on all of them. Amounts in a book stay below
// maxAmount, so that the sum of two never overflows.
const (
	OneEpsilon Epsilon = 1_000_000
	OneDelta   Delta   = 1_000_000_000_000_000_000
	OneNano    Nano    = 1_000_000_000

	maxAmount = 1 << 62
)

// ErrOverflow says that a privacy loss is too large to count.
var ErrOverflow = errors.New("privacy loss is too large to be counted")

// ParseEpsilon reads a decimal with at most six digits after the point.
func ParseEpsilon(s string) (Epsilon, error) {
	n, err := parseDecimal(s, 6)
	return Epsilon(n), err
}

// String is the shortest decimal that reads back as e.
func (e Epsilon) String() string { return decimal(uint64(e), 6) }

// ParseDelta reads a probability such as "0.00001" or "1e-5", with at most 18 digits after
// the point.
func ParseDelta(s string) (Delta, error) {
	mantissa, exponent, scientific := strings.Cut(s, "e-")
	if !scientific {
		n, err := parseDecimal(s, 18)
		return Delta(n), err
	}
	zeros, err := strconv.ParseUint(exponent, 10, 8)
	if err != nil || zeros > 18 {
		return 0, fmt.Errorf("%q: want a probability with at most 18 digits after the point, such as 1e-5", s)
	}
	n, err := parseDecimal(mantissa, 18-int(zeros))
	return Delta(n), err
}

// String is the shortest decimal that reads back as d.
func (d Delta) String() string { return decimal(uint64(d), 18) }

// parseDecimal reads a decimal in units of 10^-places.
func parseDecimal(s string, places int) (uint64, error) {
	whole, fraction, point := strings.Cut(s, ".")
	if whole == "" || point && fraction == "" || len(fraction) > places || strings.Trim(whole+fraction, "0123456789") != "" {
		return 0, fmt.Errorf("%q: want a decimal with at most %d digits after the point", s, places)
	}
	n, err := strconv.ParseUint(whole+fraction+strings.Repeat("0", places-len(fraction)), 10, 64)
	if err != nil || n >= maxAmount {
		return 0, fmt.Errorf("%q: want a smaller number", s)
	}
	return n, nil
}

// decimal writes n units of 10^-places without trailing zeros.
func decimal(n uint64, places int) string {
	digits := fmt.Sprintf("%0*d", places+1, n)
	point := len(digits) - places
	return strings.TrimRight(strings.TrimRight(digits[:point]+"."+digits[point:], "0"), ".")
}

// Fraction is a positive rational number.
type Fraction struct{ Num, Den uint64 }

// Validate wants numerator and denominator above 0.
func (f Fraction) Validate() error {
	if f.Num == 0 || f.Den == 0 {
		return fmt.Errorf("%d/%d: want a fraction above 0", f.Num, f.Den)
	}
	return nil
}

// String is the fraction as "9/2".
func (f Fraction) String() string { return fmt.Sprintf("%d/%d", f.Num, f.Den) }

// rat is f as a [big.Rat]. f must be valid.
func (f Fraction) rat() *big.Rat { return new(big.Rat).SetFrac(integer(f.Num), integer(f.Den)) }

func integer(n uint64) *big.Int { return new(big.Int).SetUint64(n) }

// ceil is r in units of 1/scale, rounded up.
func ceil(r *big.Rat, scale uint64) (uint64, error) {
	scaled := new(big.Rat).Mul(r, new(big.Rat).SetInt(integer(scale)))
	n, remainder := new(big.Int).QuoRem(scaled.Num(), scaled.Denom(), new(big.Int))
	if remainder.Sign() > 0 {
		n.Add(n, big.NewInt(1))
	}
	if !n.IsUint64() || n.Uint64() >= maxAmount {
		return 0, ErrOverflow
	}
	return n.Uint64(), nil
}
