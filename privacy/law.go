package privacy

import (
	"errors"
	"fmt"
	"math/big"

	"github.com/althing-network/althing/privacy/cost"
)

// ErrLaw is wrapped if noise cannot be drawn from a law, or is not of the law that is
// wanted.
var ErrLaw = errors.New("law of noise refused")

// Law is a distribution of integer noise, symmetric about zero. It is one of
// [DiscreteLaplace], [RoundedGaussian], [Polya] and [Skellam].
type Law interface {
	fmt.Stringer
	// Validate checks that the parameters define a distribution that this package can draw
	// from.
	Validate() error
	// reach is above the largest magnitude that a table needs.
	reach() uint64
	// weights are the probabilities of 0, 1, 2 and so on up to last, times a common factor,
	// and a bound on the tail: for k < last, each weight after the k-th is at most
	// maxRatio(k) times its predecessor.
	weights(last uint64) (w []interval, maxRatio func(k int) *big.Float)
	// cost is the noise as privacy/cost counts it. It is the sum of this many draws.
	cost() (noise cost.Noise, shares uint32)
}

// Ratio is a positive rational number.
type Ratio struct{ Num, Den uint64 }

const (
	maxTerm  = 1<<31 - 1 // numerator and denominator: products of two fit in 64 bits
	maxShape = 1 << 6    // largest a: above, noise is 0 except with a probability of about e^-64
)

// String is "3/2", or "3" for an integer.
func (r Ratio) String() string {
	if r.Den == 1 {
		return fmt.Sprint(r.Num)
	}
	return fmt.Sprintf("%d/%d", r.Num, r.Den)
}

func (r Ratio) validate(what string) error {
	if r.Num == 0 || r.Den == 0 || r.Num > maxTerm || r.Den > maxTerm {
		return fmt.Errorf("%w: %s is %s: want a ratio of numbers from 1 to 2^31-1", ErrLaw, what, r)
	}
	return nil
}

// DiscreteLaplace is the law P(k) = tanh(a/2) e^(-a|k|). Added to integers with L1
// sensitivity S it gives pure epsilon-differential privacy with epsilon = a S.
type DiscreteLaplace struct{ A Ratio }

func (d DiscreteLaplace) String() string { return fmt.Sprintf("discrete Laplace, a %s", d.A) }

// Validate wants a above 0, at most 64.
func (d DiscreteLaplace) Validate() error { return validateShape(d.A) }

// RoundedGaussian is a Gaussian of standard deviation sigma, in quanta, rounded to the
// nearest integer: P(k) = Phi((k+1/2)/sigma) - Phi((k-1/2)/sigma). Added to integers with
// L2 sensitivity S it is a post-processing of the Gaussian mechanism with noise sigma/S.
// A sum of rounded Gaussians is not a rounded Gaussian, so one party must add all of it.
type RoundedGaussian struct{ Sigma Ratio }

func (g RoundedGaussian) String() string { return fmt.Sprintf("rounded Gaussian, sigma %s", g.Sigma) }

// Validate wants sigma to be at least one quantum. For less noise choose smaller quanta.
func (g RoundedGaussian) Validate() error {
	if err := g.Sigma.validate("sigma"); err != nil {
		return err
	}
	if g.Sigma.Num < g.Sigma.Den {
		return fmt.Errorf("%w: sigma is %s of a quantum: want at least 1", ErrLaw, g.Sigma)
	}
	return nil
}

// Polya is the law of one share of discrete Laplace noise: the difference of two
// independent negative binomials with r = 1/shares and e^-a. The sum of all shares, drawn
// independently, is exactly discrete Laplace.
type Polya struct {
	A      Ratio
	Shares uint32 // in the whole; a sum of fewer protects less
}

func (p Polya) String() string { return fmt.Sprintf("Polya share, 1 of %d, a %s", p.Shares, p.A) }

// Validate wants a above 0, at most 64, and at least one share.
func (p Polya) Validate() error {
	if err := validateShape(p.A); err != nil {
		return err
	}
	return validateShares(p.Shares)
}

// Skellam is the law of one share of Skellam noise: the difference of two independent
// Poisson variables, each with mean variance/(2 shares). The sum of all shares, drawn
// independently, is exactly Skellam noise of the whole variance.
type Skellam struct {
	Variance uint64 // of the sum of all shares, in quanta squared
	Shares   uint32 // in the whole; with 1, one draw is the whole
}

func (s Skellam) String() string {
	return fmt.Sprintf("Skellam share, 1 of %d, variance %d", s.Shares, s.Variance)
}

// Validate wants a variance from 1 to 2^62 and at least one share.
func (s Skellam) Validate() error {
	if s.Variance == 0 || s.Variance > 1<<62 {
		return fmt.Errorf("%w: the variance is %d: want 1 to 2^62", ErrLaw, s.Variance)
	}
	return validateShares(s.Shares)
}

func (d DiscreteLaplace) cost() (cost.Noise, uint32) { return cost.Laplace{Rate: d.A.fraction()}, 1 }

func (g RoundedGaussian) cost() (cost.Noise, uint32) {
	return cost.Gaussian{Sigma: g.Sigma.fraction()}, 1
}

func (p Polya) cost() (cost.Noise, uint32) { return cost.Laplace{Rate: p.A.fraction()}, p.Shares }

func (s Skellam) cost() (cost.Noise, uint32) {
	return cost.Skellam{Variance: cost.Fraction{Num: s.Variance, Den: 1}}, s.Shares
}

func (r Ratio) fraction() cost.Fraction { return cost.Fraction(r) }

func validateShape(a Ratio) error {
	if err := a.validate("a"); err != nil {
		return err
	}
	if a.Num > maxShape*a.Den {
		return fmt.Errorf("%w: a is %s: want at most %d", ErrLaw, a, maxShape)
	}
	return nil
}

func validateShares(n uint32) error {
	if n == 0 {
		return fmt.Errorf("%w: 0 shares: want at least 1", ErrLaw)
	}
	return nil
}
