package model

import (
	"fmt"
	"math"
	"math/big"

	"github.com/althing-network/althing/spec"
)

// Statistics are what bringing a number to scale takes, exactly.
type Statistics struct {
	Mean, Variance *big.Rat // population variance
	Min, Max       float32
}

// Uniform are the statistics of a uniform distribution between two bounds: what a
// column's bounds say about its scale.
func Uniform(low, high float32) Statistics {
	a, b := rational(low), rational(high)
	mean := new(big.Rat).Quo(new(big.Rat).Add(a, b), big.NewRat(2, 1))
	width := new(big.Rat).Sub(b, a)
	return Statistics{Mean: mean, Variance: width.Mul(width, width).Quo(width, big.NewRat(12, 1)), Min: low, Max: high}
}

// NewScale makes the scale of rows out of the statistics of each of [Numbers]. Each of
// its values is the exact one, rounded once to the nearest float32.
func NewScale(d spec.Data, statistics []Statistics) (Scale, error) {
	numbers, err := Numbers(d.Schema)
	if err != nil {
		return Scale{}, err
	}
	if len(statistics) != len(numbers) || !d.Scaled() {
		return Scale{}, fmt.Errorf("scale: statistics of %d numbers: %d are brought to scale as %q", len(statistics), len(numbers), d.Features)
	}
	s := blankScale(d)
	for i, n := range numbers {
		shift, width := nearest(statistics[i].Mean), root(statistics[i].Variance)
		if d.Features == spec.FeaturesMinMax {
			shift = statistics[i].Min
			width = nearest(new(big.Rat).Sub(rational(statistics[i].Max), rational(statistics[i].Min)))
		}
		if width == 0 { // all values are equal, or as good as
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

// nearest is the float32 nearest to x, half to even, and the largest of its sign beyond.
func nearest(x *big.Rat) float32 {
	f, _ := x.Float32()
	return max(-math.MaxFloat32, min(f, math.MaxFloat32))
}

// root is the float32 nearest to the square root of x >= 0.
func root(x *big.Rat) float32 {
	if x.Sign() == 0 {
		return 0
	}
	// q is the square root of x * 2^2k rounded down, of more than 64 bits. One more bit
	// says whether anything was cut off: rounding looks no further.
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
