package privacy_test

import (
	"fmt"
	"math"
	"math/big"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/althing-network/althing/privacy"
)

// minPValue is the p-value below which samples count as drawn from a wrong law.
const minPValue = 1e-8

// law is the probabilities of a table in float64.
type law struct {
	most int64
	p    []float64 // for -most to most
}

func lawOf(t *privacy.Table) law {
	l := law{most: int64(t.Largest())}
	for k := -l.most; k <= l.most; k++ {
		p, _ := new(big.Float).SetMantExp(new(big.Float).SetInt(t.Odds(k)), -128).Float64()
		l.p = append(l.p, p)
	}
	return l
}

func (l law) of(k int64) float64 {
	if k < -l.most || k > l.most {
		return 0
	}
	return l.p[k+l.most]
}

// moment is the mean of this power of the magnitude.
func (l law) moment(power float64) (sum float64) {
	for i, p := range l.p {
		sum += p * math.Pow(math.Abs(float64(int64(i)-l.most)), power)
	}
	return sum
}

// check lists what is wrong with samples if they should be from the law: it tests the
// frequency of each value with chi-square, the mean, the variance, and the frequency of large
// magnitudes.
func (l law) check(samples []int64) (wrong []string) {
	say := func(format string, a ...any) { wrong = append(wrong, fmt.Sprintf(format, a...)) }
	n := float64(len(samples))
	count := make([]float64, len(l.p))
	sum, squares := 0.0, 0.0
	for _, k := range samples {
		if k < -l.most || k > l.most {
			return []string{fmt.Sprintf("%d has a probability of at most 2^-100", k)}
		}
		count[k+l.most]++
		sum += float64(k)
		squares += float64(k) * float64(k)
	}
	chi, bins, want, got := 0.0, 0, 0.0, 0.0
	rest := 1.0
	for i, p := range l.p {
		want, got, rest = want+n*p, got+count[i], rest-p
		if want >= max(25, n/200) && n*rest >= 25 || i == len(l.p)-1 {
			chi += (got - want) * (got - want) / want
			bins, want, got = bins+1, 0, 0
		}
	}
	if p := (distuv.ChiSquared{K: float64(bins - 1)}).Survival(chi); p < minPValue || p > 1-minPValue {
		say("chi-square %.1f in %d bins: p %.3g", chi, bins, p)
	}
	variance := l.moment(2)
	if z := sum / math.Sqrt(n*variance); normal(z) < minPValue {
		say("the mean is %g: z %.2f", sum/n, z)
	}
	if z := (squares - n*variance) / math.Sqrt(n*(l.moment(4)-variance*variance)); normal(z) < minPValue {
		say("the variance is %g, want %g: z %.2f", squares/n, variance, z)
	}
	for _, chance := range []float64{1e-1, 1e-2, 1e-3, 1e-4, 1e-5} {
		from, beyond, seen := l.most+1, 0.0, 0.0
		for from > 1 && beyond < chance {
			from--
			beyond += l.of(from) + l.of(-from)
			seen += count[l.most+from] + count[l.most-from]
		}
		b := distuv.Binomial{N: n, P: beyond}
		if low, high := b.CDF(seen), b.Survival(seen-1); low < minPValue || high < minPValue {
			say("%g of %g samples have a magnitude of %d or more, want about %g", seen, n, from, n*beyond)
		}
	}
	return wrong
}

func report(t *testing.T, wrong []string) {
	t.Helper()
	for _, what := range wrong {
		t.Error(what)
	}
}

// normal is the probability that a standard normal variable is at least as far from 0 as z.
func normal(z float64) float64 { return math.Erfc(math.Abs(z) / math.Sqrt2) }

func ratio(num, den uint64) privacy.Ratio { return privacy.Ratio{Num: num, Den: den} }

func laws() []privacy.Law {
	return []privacy.Law{
		privacy.DiscreteLaplace{A: ratio(1, 100)},
		privacy.DiscreteLaplace{A: ratio(1, 1)},
		privacy.DiscreteLaplace{A: ratio(5, 2)},
		privacy.Polya{A: ratio(1, 100), Shares: 100},
		privacy.Polya{A: ratio(1, 2), Shares: 4},
		privacy.Skellam{Variance: 1, Shares: 3},
		privacy.Skellam{Variance: 10_000, Shares: 1},
		privacy.Skellam{Variance: 1_000_000, Shares: 50},
		privacy.RoundedGaussian{Sigma: ratio(1, 1)},
		privacy.RoundedGaussian{Sigma: ratio(9, 2)},
		privacy.RoundedGaussian{Sigma: ratio(100, 1)},
	}
}

func table(t *testing.T, l privacy.Law) *privacy.Table {
	t.Helper()
	noiseTable, err := privacy.NewTable(l)
	if err != nil {
		t.Fatal(err)
	}
	return noiseTable
}

// TestSamplerOfFewDrawsHasNoTable: a table is made only for many draws, and a law that is not
// valid has no sampler.
func TestSamplerOfFewDrawsHasNoTable(t *testing.T) {
	law := privacy.DiscreteLaplace{A: privacy.Ratio{Num: 1, Den: 10}}
	for draws, want := range map[uint64]bool{0: false, 6500: false, 1 << 20: true} {
		s, err := privacy.SamplerOf(law, draws)
		if err != nil || s.Law() != law {
			t.Fatal(err)
		}
		if _, table := s.(*privacy.Table); table != want {
			t.Errorf("%d draws: the sampler is a table: %t, want %t", draws, table, want)
		}
		if s, err := privacy.SamplerOf(privacy.DiscreteLaplace{}, draws); err == nil {
			t.Errorf("%d draws: a law without a rate has sampler %v, want an error", draws, s)
		}
	}
}

func TestTablesDrawTheirLaws(t *testing.T) {
	all := seeds(t)
	for _, l := range laws() {
		made := table(t, l)
		for _, seed := range all {
			t.Run(fmt.Sprintf("%s seed %d", l, seed), func(t *testing.T) {
				samples := make([]int64, 500_000)
				made.Add(seeded(t, seed), samples)
				report(t, lawOf(made).check(samples))
			})
		}
	}
}

func TestExactSamplersDrawTheirLaws(t *testing.T) {
	all := seeds(t)
	type drawer interface {
		privacy.Law
		Draw(*privacy.Stream) (int64, error)
	}
	for _, l := range []drawer{
		privacy.DiscreteLaplace{A: ratio(1, 100)},
		privacy.DiscreteLaplace{A: ratio(2, 3)},
		privacy.DiscreteLaplace{A: ratio(5, 2)},
		privacy.RoundedGaussian{Sigma: ratio(1, 1)},
		privacy.RoundedGaussian{Sigma: ratio(9, 2)},
		privacy.RoundedGaussian{Sigma: ratio(100, 1)},
	} {
		made := lawOf(table(t, l))
		for _, seed := range all {
			t.Run(fmt.Sprintf("%s seed %d", l, seed), func(t *testing.T) {
				s, samples := seeded(t, seed), make([]int64, 40_000)
				for i := range samples {
					k, err := l.Draw(s)
					if err != nil {
						t.Fatal(err)
					}
					samples[i] = k
				}
				report(t, made.check(samples))
			})
		}
	}
}

// The check has power: it detects 10% more variance, a shift by 1 and a cut tail.
func TestCheckDetectsWrongLaws(t *testing.T) {
	right := lawOf(table(t, privacy.Skellam{Variance: 400, Shares: 1}))
	for what, wrong := range map[string]func([]int64){
		"variance": func(v []int64) { table(t, privacy.Skellam{Variance: 440, Shares: 1}).Add(seeded(t, 1), v) },
		"shift": func(v []int64) {
			table(t, privacy.Skellam{Variance: 400, Shares: 1}).Add(seeded(t, 1), v)
			for i := range v {
				v[i]++
			}
		},
		"tail": func(v []int64) {
			table(t, privacy.Skellam{Variance: 400, Shares: 1}).Add(seeded(t, 1), v)
			for i := range v {
				v[i] = max(min(v[i], 60), -60)
			}
		},
	} {
		samples := make([]int64, 500_000)
		wrong(samples)
		if right.check(samples) == nil {
			t.Errorf("a wrong %s is not detected", what)
		}
	}
}
