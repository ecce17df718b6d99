package account

import (
	"errors"
	"fmt"
	"math"

	"github.com/althing-network/althing/privacy/cost"
)

// ErrNoise is what is wrapped when a release has noise that no accountant knows.
var ErrNoise = errors.New("no accountant knows its noise")

// Released is so many releases of the ledger as accountants count them. Each of them may
// be several steps that leave as one. Noise of a rate is discrete: the network adds
// integers.
func Released(r cost.Release, releases uint64) (Part, error) {
	const million = 1_000_000 // parts, in which sampling rates are
	steps := max(1, r.Steps)
	if releases > maxSteps || steps > maxSteps || releases*steps > maxSteps {
		return Part{}, fmt.Errorf("%d releases of %d steps: at most %d steps can be counted", releases, steps, maxSteps)
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
