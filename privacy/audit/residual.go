package audit

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/althing-network/althing/privacy"
)

// minCoordinates is how many residuals of a round an audit wants at least.
const minCoordinates = 1000

// Round is what was released less the true sum, in quanta, and the table of the noise
// that the card names. The noise of a round that sums shares is the law of their sum.
type Round struct {
	Noise     *privacy.Table
	Residuals []int64
}

// Statistic is one number in which residuals may differ from noise of their law.
type Statistic struct {
	Name  string
	Value float64
	// An honest value is outside of Low to High with a chance of at most a fifth of
	// the audit's tau.
	Low, High float64
	// P bounds the chance that an honest value is as far out as this one.
	P float64
}

// Rejects reports whether the value is outside of its critical values.
func (s Statistic) Rejects() bool { return s.Value < s.Low || s.Value > s.High }

// Verdict is what an audit of residuals found.
type Verdict struct {
	Coordinates int     // of all rounds
	Tau         float64 // honest noise is rejected with at most this chance
	Statistics  []Statistic
}

// Rejected names the statistics that reject. None means that nothing was found.
func (v Verdict) Rejected() (names []string) {
	for _, s := range v.Statistics {
		if s.Rejects() {
			names = append(names, s.Name)
		}
	}
	return names
}

// String is a line for each statistic, for people.
func (v Verdict) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d coordinates, tau %g\n", v.Coordinates, v.Tau)
	for _, s := range v.Statistics {
		verdict := "accepts"
		if s.Rejects() {
			verdict = "REJECTS"
		}
		fmt.Fprintf(&b, "%-12s %s: %.4f, honest %.4f to %.4f, p %.3g\n", s.Name, verdict, s.Value, s.Low, s.High, s.P)
	}
	return b.String()
}

// Difference is the residuals of one round: what was released less the true sum, both
// in quanta and before anything is divided.
func Difference(released, sum []int64) ([]int64, error) {
	if len(released) != len(sum) {
		return nil, fmt.Errorf("%d coordinates were released and the sum has %d: want as many", len(released), len(sum))
	}
	residuals := slices.Clone(released)
	for i, v := range sum {
		residuals[i] -= v
	}
	return residuals, nil
}

// Residual tests whether the residuals of rounds, 1,000 or more in each, are independent
// draws of the noise that the card names. Honest noise is rejected with a chance of at
// most tau, a fifth of it for each statistic:
//
//   - variance: the mean of squares over what the law expects; two-sided, with
//     Chernoff's bound by the law's exact moments, as [Norm].
//   - distribution: the largest distance between the distribution of the residuals'
//     randomised probability integral transforms (Smith 1985), which are uniform of
//     honest noise, and the uniform one (Kolmogorov and Smirnov), with Massart's
//     bound (1990) 2 e^(-2 n d^2).
//   - mean, neighbours, reuse: a sum of terms e(i), e(i) e(i+1), or e(i) e'(i) of two
//     rounds, over the root of the sum of their squares. Given the magnitudes, the
//     terms' signs are fair and independent coins, because the law is symmetric; so
//     Hoeffding's bound (1963) 2 e^(-z^2/2) holds. Of reuse it is the largest of all
//     pairs of rounds, and the bound times their number; a round alone has none.
//
// The source makes the randomised transforms: it must have nothing to do with the
// source of the noise.
func Residual(rounds []Round, source rand.Source, tau float64) (Verdict, error) {
	v := Verdict{Tau: tau}
	if err := confidence(tau); err != nil {
		return v, err
	}
	if len(rounds) == 0 {
		return v, fmt.Errorf("there are no rounds: want one or more of at least %d residuals", minCoordinates)
	}
	for i, round := range rounds {
		if round.Noise == nil {
			return v, fmt.Errorf("round %d has no table of noise to compare residuals with", i)
		}
		if len(round.Residuals) < minCoordinates {
			return v, fmt.Errorf("round %d has %d residuals: want at least %d", i, len(round.Residuals), minCoordinates)
		}
		v.Coordinates += len(round.Residuals)
	}
	const tests = 5
	each := tau / tests
	v.Statistics = []Statistic{
		variance(rounds, v.Coordinates, each),
		distribution(rounds, v.Coordinates, rand.New(source), each),
		mean(rounds, each),
		neighbours(rounds, each),
	}
	if len(rounds) > 1 {
		v.Statistics = append(v.Statistics, reuse(rounds, each))
	}
	return v, nil
}

// variance measures each square by the mean of its law, so that a round of less noise
// counts as much as one of more.
func variance(rounds []Round, count int, chance float64) Statistic {
	var (
		law    energy
		tables []*privacy.Table // those of the parts of law
		means  []float64
		sum    float64
	)
	for _, round := range rounds {
		at := slices.Index(tables, round.Noise)
		if at < 0 {
			at = len(tables)
			part := squaresOf(round.Noise)
			tables, means = append(tables, round.Noise), append(means, part.mean())
			for i := range part.values {
				part.values[i] /= means[at]
			}
			law = append(law, repeated{squares: part})
		}
		law[at].draws += float64(len(round.Residuals))
		for _, e := range round.Residuals {
			sum += float64(e) * float64(e) / means[at]
		}
	}
	low, high := law.between(chance)
	n := float64(count)
	return Statistic{"variance", sum / n, low / n, high / n, law.chance(sum)}
}

func distribution(rounds []Round, count int, coins *rand.Rand, chance float64) Statistic {
	transforms := make([]float64, 0, count)
	var known *privacy.Table
	var p, below []float64 // of -most to most: the odds of a value, and of less
	for _, round := range rounds {
		most := int64(round.Noise.Largest())
		if round.Noise != known {
			known, p, below = round.Noise, make([]float64, 2*most+1), make([]float64, 2*most+2)
			for i := range p {
				p[i] = odds(known, int64(i)-most)
				below[i+1] = below[i] + p[i]
			}
		}
		for _, e := range round.Residuals {
			switch {
			case e < -most:
				transforms = append(transforms, 0)
			case e > most:
				transforms = append(transforms, 1)
			default:
				transforms = append(transforms, below[e+most]+coins.Float64()*p[e+most])
			}
		}
	}
	slices.Sort(transforms)
	n, far := float64(count), 0.0
	for i, u := range transforms {
		far = max(far, float64(i+1)/n-u, u-float64(i)/n)
	}
	return Statistic{"distribution", far, 0, math.Sqrt(math.Log(2/chance) / (2 * n)), chanceOf(2 * math.Exp(-2*n*far*far))}
}

// signed is a sum of terms with coins for signs, and the sum of their squares.
type signed struct{ sum, squares float64 }

func (s *signed) add(term float64) {
	s.sum += term
	s.squares += term * term
}

// z is the sum over the root of the sum of squares; 0 where all terms are.
func (s signed) z() float64 {
	if s.squares == 0 {
		return 0
	}
	return s.sum / math.Sqrt(s.squares)
}

// coin is the statistic whose value is the z, of so many, that is farthest from 0.
func coin(name string, z float64, of int, chance float64) Statistic {
	critical := math.Sqrt(2 * math.Log(2*float64(of)/chance))
	return Statistic{name, z, -critical, critical, chanceOf(2 * float64(of) * math.Exp(-z*z/2))}
}

func mean(rounds []Round, chance float64) Statistic {
	var s signed
	for _, round := range rounds {
		for _, e := range round.Residuals {
			s.add(float64(e))
		}
	}
	return coin("mean", s.z(), 1, chance)
}

func neighbours(rounds []Round, chance float64) Statistic {
	var s signed
	for _, round := range rounds {
		for i, e := range round.Residuals[1:] {
			s.add(float64(round.Residuals[i]) * float64(e))
		}
	}
	return coin("neighbours", s.z(), 1, chance)
}

func reuse(rounds []Round, chance float64) Statistic {
	farthest, pairs := 0.0, 0
	for i, one := range rounds {
		for _, other := range rounds[:i] {
			var s signed
			for j := range min(len(one.Residuals), len(other.Residuals)) {
				s.add(float64(one.Residuals[j]) * float64(other.Residuals[j]))
			}
			if z := s.z(); math.Abs(z) > math.Abs(farthest) {
				farthest = z
			}
			pairs++
		}
	}
	return coin("reuse", farthest, pairs, chance)
}
