package cost

import (
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// Epsilon is a bound on privacy loss in micro-epsilon: 1_000_000 is epsilon 1.
type Epsilon uint64

// Delta is a probability in attos, of which 10^18 are one.
type Delta uint64

// Nano is a privacy loss of one of the kinds that only add up under a name: rho and
// xi of zCDP, a Renyi divergence, epsilon before it is rounded to micros; 10^9 are one.
type Nano uint64

// One of each, and the most that is added up of any. What a book holds stays below,
// so that no sum of two can wrap around.
const (
	OneEpsilon Epsilon = 1_000_000
	OneDelta   Delta   = 1_000_000_000_000_000_000
	OneNano    Nano    = 1_000_000_000

	most = 1 << 62
)

// ErrOverflow says that privacy losses add up to more than is counted.
var ErrOverflow = errors.New("privacy loss is too large to be counted")

// ParseEpsilon reads a decimal with at most six digits behind the point.
func ParseEpsilon(s string) (Epsilon, error) {
	n, err := parseDecimal(s, 6)
	return Epsilon(n), err
}

// String is the shortest decimal that reads back as e.
func (e Epsilon) String() string { return decimal(uint64(e), 6) }

// ParseDelta reads a probability, "0.00001" or "1e-5", with at most 18 digits
// behind the point.
func ParseDelta(s string) (Delta, error) {
	mantissa, exponent, scientific := strings.Cut(s, "e-")
	if !scientific {
		n, err := parseDecimal(s, 18)
		return Delta(n), err
	}
	zeros, err := strconv.ParseUint(exponent, 10, 8)
	if err != nil || zeros > 18 {
		return 0, fmt.Errorf("%q is not a probability with at most 18 digits behind the point, as 1e-5", s)
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
		return 0, fmt.Errorf("%q is not a decimal with at most %d digits behind the point", s, places)
	}
	n, err := strconv.ParseUint(whole+fraction+strings.Repeat("0", places-len(fraction)), 10, 64)
	if err != nil || n >= most {
		return 0, fmt.Errorf("%q is too large", s)
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

// Validate reports what is wrong with f.
func (f Fraction) Validate() error {
	if f.Num == 0 || f.Den == 0 {
		return fmt.Errorf("%d/%d is not a positive fraction", f.Num, f.Den)
	}
	return nil
}

// String is the fraction as people write it, 9/2.
func (f Fraction) String() string { return fmt.Sprintf("%d/%d", f.Num, f.Den) }

// rat is f as a number to calculate with; f is valid.
func (f Fraction) rat() *big.Rat { return new(big.Rat).SetFrac(integer(f.Num), integer(f.Den)) }

func integer(n uint64) *big.Int { return new(big.Int).SetUint64(n) }

// ceil is r in units of which scale are one, rounded up.
func ceil(r *big.Rat, scale uint64) (uint64, error) {
	scaled := new(big.Rat).Mul(r, new(big.Rat).SetInt(integer(scale)))
	n, rest := new(big.Int).QuoRem(scaled.Num(), scaled.Denom(), new(big.Int))
	if rest.Sign() > 0 {
		n.Add(n, big.NewInt(1))
	}
	if !n.IsUint64() || n.Uint64() >= most {
		return 0, ErrOverflow
	}
	return n.Uint64(), nil
}
