package audit

import (
	"fmt"
	"math"

	"github.com/althing-network/althing/privacy"
)

// maxBrackets is the maximum number of magnitudes that describe a law.
const maxBrackets = 1 << 12

// brackets are two laws between which the law of the square of one draw lies. Neighbouring
// magnitudes are grouped; floor has the smallest one of each group and ceiling the largest.
// If there are at most maxBrackets magnitudes, both are exactly the law. Values with a total
// probability below 2^-112 are left out.
func brackets(law privacy.Law) (floor, ceiling squares, err error) {
	last, atLeast, err := tail(law)
	if err != nil {
		return floor, ceiling, err
	}
	rare := math.Ldexp(1, -112)
	width := last/maxBrackets + 1
	for k := uint64(0); k <= last && atLeast(k) > rare; k += width {
		p := atLeast(k) - atLeast(k+width)
		if p <= 0 {
			continue
		}
		least, largest := float64(k), float64(k+width-1)
		floor.values, floor.odds = append(floor.values, least*least), append(floor.odds, p)
		ceiling.values, ceiling.odds = append(ceiling.values, largest*largest), append(ceiling.odds, p)
	}
	return floor, ceiling, nil
}

// tail is the tail function of a law: the probability that a magnitude is at least k, for k
// up to last. The probability of a larger magnitude than last is below 2^-112.
func tail(law privacy.Law) (last uint64, atLeast func(k uint64) float64, err error) {
	switch l := law.(type) {
	case privacy.DiscreteLaplace:
		a := float64(l.A.Num) / float64(l.A.Den)
		return 80*l.A.Den/l.A.Num + 1, func(k uint64) float64 {
			if k == 0 {
				return 1
			}
			return 2 * math.Exp(-a*float64(k)) / (1 + math.Exp(-a))
		}, nil
	case privacy.RoundedGaussian:
		width := math.Sqrt2 * float64(l.Sigma.Num) / float64(l.Sigma.Den)
		return 13*(l.Sigma.Num/l.Sigma.Den+1) + 8, func(k uint64) float64 {
			if k == 0 {
				return 1
			}
			return math.Erfc((float64(k) - 0.5) / width)
		}, nil
	case privacy.Polya:
		last := 140*l.A.Den/l.A.Num + 64
		if last > maxRatios {
			return 0, nil, fmt.Errorf("%w: %s reaches to %d: want at most %d", privacy.ErrLaw, law, last, maxRatios)
		}
		return last, tailFromRatios(polyaRatios(l, last)), nil
	case privacy.Skellam:
		w := float64(l.Variance) / float64(l.Shares)
		last := 18*uint64(math.Sqrt(w)+1) + 64
		if last > maxRatios {
			return 0, nil, fmt.Errorf("%w: %s reaches to %d: want at most %d", privacy.ErrLaw, law, last, maxRatios)
		}
		return last, tailFromRatios(skellamRatios(w, last)), nil
	}
	return 0, nil, fmt.Errorf("%w: the norm of %s is not known", privacy.ErrLaw, law)
}

// maxRatios is the largest magnitude of a law that is described value by value. No table of
// noise reaches that far.
const maxRatios = 1 << 22

// polyaRatios are the ratios of the probability of k+1 to that of k. With p = e^-a and
// r = 1/shares, p (k+1-r) f(k+1) = (1+p^2) k f(k) - p (k-1+r) f(k-1). The recurrence begins
// far out in the tail, where each ratio is almost p; errors shrink with each step.
func polyaRatios(l privacy.Polya, last uint64) []float64 {
	p, r := math.Exp(-float64(l.A.Num)/float64(l.A.Den)), 1/float64(l.Shares)
	ratios := make([]float64, last+1)
	ratios[last] = p
	for k := last; k > 0; k-- {
		n := float64(k)
		ratios[k-1] = p * (n - 1 + r) / ((1+p*p)*n - p*(n+1-r)*ratios[k])
	}
	return ratios
}

// skellamRatios are the ratios of the probability of k+1 to that of k, for the variance w.
// The probabilities are modified Bessel functions: I(k-1) = I(k+1) + (2k/w) I(k).
func skellamRatios(w float64, last uint64) []float64 {
	ratios := make([]float64, last+1)
	ratios[last] = 1 / (1 + float64(last)/w)
	for k := last; k > 0; k-- {
		ratios[k-1] = 1 / (ratios[k] + 2*float64(k)/w)
	}
	return ratios
}

// tailFromRatios is the tail function of a symmetric law with these ratios.
func tailFromRatios(ratios []float64) func(k uint64) float64 {
	odds := make([]float64, len(ratios)) // probability of a magnitude, divided by that of 0
	each := 1.0
	for k := range odds {
		if odds[k] = 2 * each; k == 0 {
			odds[k] = 1
		}
		each *= ratios[k]
	}
	for k := len(odds) - 2; k >= 0; k-- {
		odds[k] += odds[k+1]
	}
	return func(k uint64) float64 {
		if k >= uint64(len(odds)) {
			return 0
		}
		return odds[k] / odds[0]
	}
}
