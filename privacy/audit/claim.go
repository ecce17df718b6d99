package audit

import (
	"fmt"
	"math"
)

// Claim is the privacy that a mechanism promises for one canary, as a trade-off function f:
// the smallest type II error of any test for the canary, given its type I error (Dong, Roth
// and Su 2022). It is one of [GDP], [Pure] and [Approximate].
type Claim interface {
	fmt.Stringer
	// Validate checks that the parameters are finite and in range.
	Validate() error
	// inverse is the inverse of 1 - f: if a guess "in" is right with probability r when the
	// canary is in, it is wrong with at least this probability when the canary is out.
	inverse(r float64) float64
}

// GDP claims mu-Gaussian differential privacy: a test is at most as good as one between two
// Gaussians of standard deviation 1 whose means differ by mu.
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
	// The last term is 1 - delta - (1-r) e^epsilon, without cancellation.
	return max(0, (r-c.Delta)*math.Exp(-c.Epsilon), r*math.Exp(c.Epsilon)-math.Expm1(c.Epsilon)-c.Delta)
}

func finite(what string, v float64) error {
	if !(0 <= v && v < math.Inf(1)) {
		return fmt.Errorf("%s is %g: want a finite number, 0 or more", what, v)
	}
	return nil
}

// GaussianClaim is the claim of a Gaussian mechanism that has exactly this epsilon at this
// delta (Balle and Wang 2018, theorem 8). Epsilon 1 at delta 1e-5 is mu 0.2681.
func GaussianClaim(epsilon, delta float64) (GDP, error) {
	if err := (Approximate{epsilon, delta}).Validate(); err != nil {
		return GDP{}, err
	}
	if delta == 0 {
		return GDP{}, fmt.Errorf("delta is 0: want above 0, because a Gaussian mechanism has no pure epsilon")
	}
	deltaOf := func(mu float64) float64 {
		return below(mu/2-epsilon/mu) - math.Exp(epsilon+math.Log(below(-mu/2-epsilon/mu)))
	}
	low, high := 0.0, 1.0
	for deltaOf(high) < delta {
		low, high = high, 2*high
	}
	for range 80 {
		if middle := (low + high) / 2; deltaOf(middle) < delta {
			low = middle
		} else {
			high = middle
		}
	}
	return GDP{Mu: high}, nil
}

// below is the probability that a standard normal variable is below x.
func below(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }

// quantile is the x that a standard normal variable is below with probability p, for
// 0 < p < 1. It uses Newton's method on the logarithm, which is concave, so the iteration
// approaches from the left; small probabilities keep their relative accuracy.
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
