package audit

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/althing-network/althing/privacy"
)

// minCoordinates is the minimum number of residuals per round for an audit.
const minCoordinates = 1000

// Round has the residuals of one round, which are the released sum minus the true sum, in
// quanta, and the table of the noise that the card claims. In a round that sums shares of
// noise, that is the law of the sum of the shares.
type Round struct {
	Noise     *privacy.Table
	Residuals []int64
}

// Statistic is one number by which residuals may differ from noise of the claimed law.
type Statistic struct {
	Name  string
	Value float64
	// The value of honest noise is outside of Low to High with a probability of at most a
	// fifth of the audit's tau.
	Low, High float64
	// P bounds the probability that the value of honest noise is as far out as this one.
	P float64
}

// Rejects reports whether the value is outside of Low to High.
func (s Statistic) Rejects() bool { return s.Value < s.Low || s.Value > s.High }

// Verdict is the result of an audit of residuals.
type Verdict struct {
	Coordinates int     // of all rounds
	Tau         float64 // maximum probability that honest noise is rejected
	Statistics  []Statistic
}

// Rejected names the statistics that reject. If it is empty, the audit found nothing.
func (v Verdict) Rejected() (names []string) {
	for _, s := range v.Statistics {
		if s.Rejects() {
			names = append(names, s.Name)
		}
	}
	return names
}

// String has a line of text per statistic.
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

// Difference is the residuals of one round: the released sum minus the true sum, both in
// quanta and before any division.
func Difference(released, sum []int64) ([]int64, error) {
	if len(released) != len(sum) {
		return nil, fmt.Errorf("%d coordinates were released and the sum has %d: want the same number", len(released), len(sum))
	}
	residuals := slices.Clone(released)
	for i, v := range sum {
		residuals[i] -= v
	}
	return residuals, nil
}

// Residual tests whether the residuals of rounds, at least 1,000 per round, are independent
// draws of the noise that the card claims. Honest noise is rejected with a probability of at
// most tau, a fifth of it for each statistic:
//
//   - variance: the mean square divided by that of the law; two-sided, with Chernoff's
//     bound from the law's exact moments, as in [Norm].
//   - distribution: the largest distance (Kolmogorov and Smirnov) between the uniform
//     distribution and that of the residuals' randomised probability integral transforms
//     (Smith 1985), which are uniform for honest noise; with Massart's bound (1990)
//     2 e^(-2 n d^2).
//   - mean, neighbours, reuse: the sum of terms e(i), e(i) e(i+1), or e(i) e'(i) of two
//     rounds, divided by the square root of the sum of their squares. Given the magnitudes,
//     the signs of the terms are independent fair coins, because the law is symmetric; so
//     Hoeffding's bound (1963) 2 e^(-z^2/2) holds. For reuse it is the largest value of all
//     pairs of rounds, and the bound is multiplied by their number; a single round has none.
//
// The source is for the randomised transforms. It must be independent of the source of the
// noise.
func Residual(rounds []Round, source rand.Source, tau float64) (Verdict, error) {
	v := Verdict{Tau: tau}
	if err := checkTau(tau); err != nil {
		return v, err
	}
	if len(rounds) == 0 {
		return v, fmt.Errorf("0 rounds: want at least 1 with %d residuals or more", minCoordinates)
	}
	for i, round := range rounds {
		if round.Noise == nil {
			return v, fmt.Errorf("round %d has no table of noise: want one to compare residuals with", i)
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

// variance divides each square by the mean of its law, so that rounds with little and with
// much noise count alike.
func variance(rounds []Round, count int, chance float64) Statistic {
	var (
		law    sumOfSquares
		tables []*privacy.Table // of each part of law
		means  []float64
		sum    float64
	)
	for _, round := range rounds {
		at := slices.Index(tables, round.Noise)
		if at < 0 {
			at = len(tables)
			part := tableSquares(round.Noise)
			tables, means = append(tables, round.Noise), append(means, part.mean())
			for i := range part.values {
				part.values[i] /= means[at]
			}
			law = append(law, repeatedSquares{squares: part})
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
	var current *privacy.Table
	var p, below []float64 // for -maxValue to maxValue: probability of the value, and of smaller ones
	for _, round := range rounds {
		maxValue := int64(round.Noise.Largest())
		if round.Noise != current {
			current, p, below = round.Noise, make([]float64, 2*maxValue+1), make([]float64, 2*maxValue+2)
			for i := range p {
				p[i] = tableOdds(current, int64(i)-maxValue)
				below[i+1] = below[i] + p[i]
			}
		}
		for _, e := range round.Residuals {
			switch {
			case e < -maxValue:
				transforms = append(transforms, 0)
			case e > maxValue:
				transforms = append(transforms, 1)
			default:
				transforms = append(transforms, below[e+maxValue]+coins.Float64()*p[e+maxValue])
			}
		}
	}
	slices.Sort(transforms)
	n, distance := float64(count), 0.0
	for i, u := range transforms {
		distance = max(distance, float64(i+1)/n-u, u-float64(i)/n)
	}
	return Statistic{"distribution", distance, 0, math.Sqrt(math.Log(2/chance) / (2 * n)), limitChance(2 * math.Exp(-2*n*distance*distance))}
}

// signedSum is a sum of terms with random signs, and the sum of their squares.
type signedSum struct{ sum, squares float64 }

func (s *signedSum) add(term float64) {
	s.sum += term
	s.squares += term * term
}

// z is the sum divided by the square root of the sum of squares; 0 if all terms are 0.
func (s signedSum) z() float64 {
	if s.squares == 0 {
		return 0
	}
	return s.sum / math.Sqrt(s.squares)
}

// signStatistic is the statistic of z, the value that is farthest from 0 among a number of
// values.
func signStatistic(name string, z float64, of int, chance float64) Statistic {
	critical := math.Sqrt(2 * math.Log(2*float64(of)/chance))
	return Statistic{name, z, -critical, critical, limitChance(2 * float64(of) * math.Exp(-z*z/2))}
}

func mean(rounds []Round, chance float64) Statistic {
	var s signedSum
	for _, round := range rounds {
		for _, e := range round.Residuals {
			s.add(float64(e))
		}
	}
	return signStatistic("mean", s.z(), 1, chance)
}

func neighbours(rounds []Round, chance float64) Statistic {
	var s signedSum
	for _, round := range rounds {
		for i, e := range round.Residuals[1:] {
			s.add(float64(round.Residuals[i]) * float64(e))
		}
	}
	return signStatistic("neighbours", s.z(), 1, chance)
}

func reuse(rounds []Round, chance float64) Statistic {
	farthest, pairs := 0.0, 0
	for i, one := range rounds {
		for _, other := range rounds[:i] {
			var s signedSum
			for j := range min(len(one.Residuals), len(other.Residuals)) {
				s.add(float64(one.Residuals[j]) * float64(other.Residuals[j]))
			}
			if z := s.z(); math.Abs(z) > math.Abs(farthest) {
				farthest = z
			}
			pairs++
		}
	}
	return signStatistic("reuse", farthest, pairs, chance)
}
