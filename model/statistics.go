package model

import (
	"fmt"
	"math"
	"math/big"

	"github.com/althing-network/althing/spec"
)

// Statistics are the exact statistics of a number from which its scale is computed.
type Statistics struct {
	Mean, Variance *big.Rat // population variance
	Min, Max       float32
}

// Uniform returns the statistics of a uniform distribution between two bounds. They stand
// for the statistics of a column of which only the bounds are known.
func Uniform(low, high float32) Statistics {
	a, b := rational(low), rational(high)
	mean := new(big.Rat).Quo(new(big.Rat).Add(a, b), big.NewRat(2, 1))
	width := new(big.Rat).Sub(b, a)
	return Statistics{Mean: mean, Variance: width.Mul(width, width).Quo(width, big.NewRat(12, 1)), Min: low, Max: high}
}

// NewScale computes the scale of rows from the statistics of each of [Numbers]. Each value
// is exact, rounded once to the nearest float32.
func NewScale(d spec.Data, statistics []Statistics) (Scale, error) {
	numbers, err := Numbers(d.Schema)
	if err != nil {
		return Scale{}, err
	}
	if len(statistics) != len(numbers) || !d.Scaled() {
		return Scale{}, fmt.Errorf("scale: statistics of %d numbers with features %q: want %d numbers, and features that are scaled", len(statistics), d.Features, len(numbers))
	}
	s := blankScale(d)
	for i, n := range numbers {
		shift, width := nearest(statistics[i].Mean), squareRoot(statistics[i].Variance)
		if d.Features == spec.FeaturesMinMax {
			shift = statistics[i].Min
			width = nearest(new(big.Rat).Sub(rational(statistics[i].Max), rational(statistics[i].Min)))
		}
		if width == 0 { // all values are equal, or the width rounds to 0
			width = 1
		}
		s.Shift[n.Input], s.Width[n.Input] = shift, width
		if !n.Label && len(s.Missing) > 0 {
			s.Missing[n.Input] = nearest(statistics[i].Mean)
		}
	}
	return s, nil
}

// boundsScale is the scale that follows from the bounds of a schema that states them all.
func boundsScale(d spec.Data) (Scale, error) {
	numbers, err := Numbers(d.Schema)
	if err != nil {
		return Scale{}, err
	}
	statistics := make([]Statistics, len(numbers))
	for i, n := range numbers {
		statistics[i] = Uniform(n.Min, n.Max)
	}
	return NewScale(d, statistics)
}

func rational(x float32) *big.Rat { return new(big.Rat).SetFloat64(float64(x)) }

// nearest is the float32 nearest to x, half to even. If x is beyond the largest
// float32, it is the largest float32 with the sign of x.
func nearest(x *big.Rat) float32 {
	f, _ := x.Float32()
	return max(-math.MaxFloat32, min(f, math.MaxFloat32))
}

// squareRoot is the float32 nearest to the square root of x >= 0.
func squareRoot(x *big.Rat) float32 {
	if x.Sign() == 0 {
		return 0
	}
	// q is the square root of x * 2^2k, rounded down to an integer of more than 64 bits. One
	// more bit says whether anything was cut off, which is all that rounding needs to know.
	const bits = 64
	k := uint(bits + max(0, (x.Denom().BitLen()-x.Num().BitLen())/2+1))
	scaled := new(big.Int).Lsh(x.Num(), 2*k)
	quotient, rest := scaled.QuoRem(scaled, x.Denom(), new(big.Int))
	q := new(big.Int).Sqrt(quotient)
	exact := rest.Sign() == 0 && new(big.Int).Mul(q, q).Cmp(quotient) == 0
	q.Lsh(q, 1)
	if !exact {
		q.SetBit(q, 0, 1)
	}
	return nearest(new(big.Rat).SetFrac(q, new(big.Int).Lsh(big.NewInt(1), k+1)))
}
