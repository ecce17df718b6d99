package audit

import (
	"fmt"
	"math"
)

// Claim is what a mechanism promises of one canary: a trade-off function f, the least
// error of the second kind of a test for the canary whose error of the first kind is
// given (Dong, Roth and Su 2022). The types of this package are all there are.
type Claim interface {
	fmt.Stringer
	// Validate refuses numbers that promise nothing, or that are none.
	Validate() error
	// inverse is the inverse of 1 - f: with a chance r of being right where the canary
	// is in, a guess is wrong with at least this chance where it is not.
	inverse(r float64) float64
}

// GDP claims mu-Gaussian differential privacy: what a Gaussian of standard deviation 1
// hides that is moved by mu.
type GDP struct{ Mu float64 }

func (c GDP) String() string { return fmt.Sprintf("%g-Gaussian differential privacy", c.Mu) }

// Validate wants mu to be 0 or more, and finite.
func (c GDP) Validate() error { return finite("mu", c.Mu) }

func (c GDP) inverse(r float64) float64 {
	switch {
	case r <= 0:
		return 0
	case r >= 1:
		return 1
	}
	return below(quantile(r) - c.Mu)
}

// Pure claims epsilon-differential privacy.
type Pure struct{ Epsilon float64 }

func (c Pure) String() string { return fmt.Sprintf("epsilon %g", c.Epsilon) }

// Validate wants epsilon to be 0 or more, and finite.
func (c Pure) Validate() error { return finite("epsilon", c.Epsilon) }

func (c Pure) inverse(r float64) float64 { return Approximate{Epsilon: c.Epsilon}.inverse(r) }

// Approximate claims (epsilon, delta)-differential privacy.
type Approximate struct{ Epsilon, Delta float64 }

func (c Approximate) String() string { return fmt.Sprintf("epsilon %g, delta %g", c.Epsilon, c.Delta) }

// Validate wants epsilon to be 0 or more, and finite, and delta from 0 to below 1.
func (c Approximate) Validate() error {
	if err := finite("epsilon", c.Epsilon); err != nil {
		return err
	}
	if !(0 <= c.Delta && c.Delta < 1) {
		return fmt.Errorf("delta is %g: want 0 to below 1", c.Delta)
	}
	return nil
}

func (c Approximate) inverse(r float64) float64 {
	if r >= 1 {
		return 1
	}
	// The last is 1 - delta - (1-r) e^epsilon, without the cancellation.
	return max(0, (r-c.Delta)*math.Exp(-c.Epsilon), r*math.Exp(c.Epsilon)-math.Expm1(c.Epsilon)-c.Delta)
}

func finite(what string, v float64) error {
	if !(0 <= v && v < math.Inf(1)) {
		return fmt.Errorf("%s is %g: want a finite number from 0 on", what, v)
	}
	return nil
}

// GaussianClaim is the claim of a Gaussian mechanism that has just this epsilon at this
// delta (Balle and Wang 2018, theorem 8). Epsilon 1 at delta 1e-5 is mu 0.2681.
func GaussianClaim(epsilon, delta float64) (GDP, error) {
	if err := (Approximate{epsilon, delta}).Validate(); err != nil {
		return GDP{}, err
	}
	if delta == 0 {
		return GDP{}, fmt.Errorf("delta is 0: a Gaussian mechanism has none without a delta")
	}
	lost := func(mu float64) float64 {
		return below(mu/2-epsilon/mu) - math.Exp(epsilon+math.Log(below(-mu/2-epsilon/mu)))
	}
	low, high := 0.0, 1.0
	for lost(high) < delta {
		low, high = high, 2*high
	}
	for range 80 {
		if middle := (low + high) / 2; lost(middle) < delta {
			low = middle
		} else {
			high = middle
		}
	}
	return GDP{Mu: high}, nil
}

// below is the chance that a standard normal variable is below x.
func below(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }

// quantile is the x that a standard normal variable is below with a chance p, from 0 to
// 1 and neither. Newton's method on the logarithm, which is concave, comes from the
// left and stays there; small chances keep their relative accuracy.
func quantile(p float64) float64 {
	if p > 0.5 {
		return -quantile(1 - p)
	}
	x, target := -math.Sqrt(-2*math.Log(p)), math.Log(p)
	for range 50 {
		chance := below(x)
		step := (target - math.Log(chance)) * chance * math.Sqrt(2*math.Pi) * math.Exp(x*x/2)
		x += step
		if math.Abs(step) <= 1e-15*math.Abs(x) {
			break
		}
	}
	return x
}
