package account

import (
	"fmt"
	"math"
)

// Sampling says how the units of a step are drawn, in secret. A unit takes part as a whole
// or not at all. The zero value is no sampling: every unit takes part in every step, or
// it is public which units take part.
type Sampling struct {
	// Rate is the probability that a unit is drawn, independently of others (Poisson
	// sampling).
	Rate float64
	// Size of Population units are drawn without replacement.
	Population, Size int64
}

// Poisson draws each unit independently with probability rate.
func Poisson(rate float64) Sampling { return Sampling{Rate: rate} }

// WithoutReplacement draws size of population units; each set is equally likely.
func WithoutReplacement(population, size int64) Sampling {
	return Sampling{Population: population, Size: size}
}

// minRate keeps divisions by a rate from overflowing.
const minRate = 1e-18

// Validate reports what is wrong with the sampling.
func (s Sampling) Validate() error {
	switch {
	case s == Sampling{}:
		return nil
	case s.Rate != 0 && (s.Population != 0 || s.Size != 0):
		return fmt.Errorf("sampling has a rate of %v and a size of %d: want Poisson sampling or sampling without replacement, not both", s.Rate, s.Size)
	case s.Rate != 0 && !(s.Rate >= minRate && s.Rate <= 1):
		return fmt.Errorf("the sampling rate is %v: want %v to 1", s.Rate, minRate)
	case s.Rate == 0 && (s.Size < 1 || s.Size > s.Population):
		return fmt.Errorf("sampling draws %d of %d units: want at least 1, and no more than there are", s.Size, s.Population)
	}
	return nil
}

// String describes the sampling in words.
func (s Sampling) String() string {
	switch {
	case s == Sampling{}:
		return "no sampling"
	case s.Rate != 0:
		return fmt.Sprintf("poisson sampling at %v", s.Rate)
	}
	return fmt.Sprintf("%d of %d without replacement", s.Size, s.Population)
}

// rate is the probability that a unit is drawn, rounded up.
func (s Sampling) rate() float64 {
	switch {
	case s == Sampling{}:
		return 1
	case s.Rate != 0:
		return s.Rate
	}
	return math.Min(1, math.Nextafter(float64(s.Size)/float64(s.Population), 1))
}
