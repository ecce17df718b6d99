package account

import (
	"fmt"
	"math"
)

// Sampling is how the units of a step are drawn when nobody may learn which were.
// A unit is in or out as a whole. The zero value draws nobody: every unit takes part
// in every step, or who takes part is public.
type Sampling struct {
	// Rate is the probability with which each unit is drawn by its own coin (Poisson
	// sampling).
	Rate float64
	// Population and Size draw Size of Population units without replacement.
	Population, Size int64
}

// Poisson draws each unit with a coin of its own.
func Poisson(rate float64) Sampling { return Sampling{Rate: rate} }

// WithoutReplacement draws size units of population, each set equally likely.
func WithoutReplacement(population, size int64) Sampling {
	return Sampling{Population: population, Size: size}
}

// leastRate leaves floating point room for what is divided by a rate.
const leastRate = 1e-18

// Validate reports what is wrong with the sampling.
func (s Sampling) Validate() error {
	switch {
	case s == Sampling{}:
		return nil
	case s.Rate != 0 && (s.Population != 0 || s.Size != 0):
		return fmt.Errorf("sampling has a rate of %v and a size of %d: units are drawn by coins or without replacement, not both", s.Rate, s.Size)
	case s.Rate != 0 && !(s.Rate >= leastRate && s.Rate <= 1):
		return fmt.Errorf("the sampling rate is %v: it must be above 0, at least %v, and at most 1", s.Rate, leastRate)
	case s.Rate == 0 && (s.Size < 1 || s.Size > s.Population):
		return fmt.Errorf("sampling draws %d of %d units: it must draw at least one and no more than there are", s.Size, s.Population)
	}
	return nil
}

// String says the sampling in words.
func (s Sampling) String() string {
	switch {
	case s == Sampling{}:
		return "no sampling"
	case s.Rate != 0:
		return fmt.Sprintf("poisson sampling at %v", s.Rate)
	}
	return fmt.Sprintf("%d of %d without replacement", s.Size, s.Population)
}

// rate is the probability with which one unit is drawn, rounded upwards.
func (s Sampling) rate() float64 {
	switch {
	case s == Sampling{}:
		return 1
	case s.Rate != 0:
		return s.Rate
	}
	return math.Min(1, math.Nextafter(float64(s.Size)/float64(s.Population), 1))
}
