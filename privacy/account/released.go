package account

import (
	"errors"
	"fmt"
	"math"

	"github.com/althing-network/althing/privacy/cost"
)

// ErrNoise is wrapped if no accountant knows the noise of a release.
var ErrNoise = errors.New("no accountant knows its noise")

// Released is the part of a plan that stands for a number of releases of privacy/cost, each
// of which may have several steps. [cost.Laplace] becomes [DiscreteLaplace], because the
// network adds integers.
func Released(r cost.Release, releases uint64) (Part, error) {
	const million = 1_000_000 // sampling rates are in parts per million
	steps := max(1, r.Steps)
	if releases > maxSteps || steps > maxSteps || releases*steps > maxSteps {
		return Part{}, fmt.Errorf("%d releases of %d steps: want at most %d steps in all", releases, steps, maxSteps)
	}
	part := Part{Steps: int(releases * steps)}
	square, l1 := int64(r.Norm.L2Squared), int64(r.Norm.L1)
	switch noise := r.Noise.(type) {
	case cost.Gaussian:
		part.Mechanism = Gaussian{Noise: quotient(noise.Sigma) / math.Sqrt(float64(square))}
	case cost.Laplace:
		part.Mechanism = DiscreteLaplace{A: quotient(noise.Rate), L1: l1}
	case cost.Skellam:
		part.Mechanism = Skellam{Variance: quotient(noise.Variance), L2Squared: square, L1: l1}
	default:
		return Part{}, fmt.Errorf("%w: it is a %T", ErrNoise, r.Noise)
	}
	switch s := r.Sampling; {
	case s.Of > 0 && s.Take < s.Of:
		part.Sampling = WithoutReplacement(int64(s.Of), int64(s.Take))
	case s.Poisson > 0 && s.Poisson < million:
		part.Sampling = Poisson(float64(s.Poisson) / million)
	}
	return part, nil
}

func quotient(f cost.Fraction) float64 { return float64(f.Num) / float64(f.Den) }
