package audit_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/althing-network/althing/privacy"
	"github.com/althing-network/althing/privacy/audit"
)

// powerSeeds is the number of seeds for each measurement of power.
const powerSeeds = 20

// stream is a source of noise, or of coins, with a purpose and a seed.
func stream(t *testing.T, purpose string, seed uint64) *privacy.Stream {
	t.Helper()
	var key [32]byte
	copy(key[8:], purpose)
	binary.LittleEndian.PutUint64(key[:], seed)
	return must(privacy.NewStream(rand.NewChaCha8(key)))(t)
}

func ratio(num, den uint64) privacy.Ratio { return privacy.Ratio{Num: num, Den: den} }

func table(t *testing.T, law privacy.Law) *privacy.Table {
	t.Helper()
	return must(privacy.NewTable(law))(t)
}

// scaled is a law at its claimed scale, at 0.7 of it and at half of it.
type scaled struct {
	name                   string
	claimed, seventh, half privacy.Law
}

func kinds() []scaled {
	return []scaled{
		{
			"rounded Gaussian",
			privacy.RoundedGaussian{Sigma: ratio(40, 1)},
			privacy.RoundedGaussian{Sigma: ratio(28, 1)},
			privacy.RoundedGaussian{Sigma: ratio(20, 1)},
		},
		{
			"Skellam",
			privacy.Skellam{Variance: 1600, Shares: 1},
			privacy.Skellam{Variance: 784, Shares: 1},
			privacy.Skellam{Variance: 400, Shares: 1},
		},
		{
			"discrete Laplace",
			privacy.DiscreteLaplace{A: ratio(1, 40)},
			privacy.DiscreteLaplace{A: ratio(1, 28)},
			privacy.DiscreteLaplace{A: ratio(1, 20)},
		},
	}
}

// draw draws rounds of noise.
func draw(s *privacy.Stream, noise *privacy.Table, rounds, coordinates int) [][]int64 {
	all := make([][]int64, rounds)
	for i := range all {
		all[i] = make([]int64, coordinates)
		noise.Add(s, all[i])
	}
	return all
}

// roundsOf are rounds with the same law.
func roundsOf(noise *privacy.Table, rounds [][]int64) (all []audit.Round) {
	for _, residuals := range rounds {
		all = append(all, audit.Round{Noise: noise, Residuals: residuals})
	}
	return all
}

// residual audits rounds with the auditor's own random source.
func residual(t *testing.T, noise *privacy.Table, rounds [][]int64, seed uint64) audit.Verdict {
	t.Helper()
	return must(audit.Residual(roundsOf(noise, rounds), stream(t, "auditor", seed), tau))(t)
}

// The power for the smallest input of an audit, one round of 1,000 coordinates.
func TestResidualPower(t *testing.T) {
	const coordinates, honestSeeds = 1000, 200
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			claimed := table(t, k.claimed)
			caught := func(law privacy.Law, seeds uint64) (count int) {
				drawn := table(t, law)
				for seed := range seeds {
					if residual(t, claimed, draw(stream(t, "noise", seed), drawn, 1, coordinates), seed).Rejected() != nil {
						count++
					}
				}
				return count
			}
			half, seventh, honest := caught(k.half, powerSeeds), caught(k.seventh, powerSeeds), caught(k.claimed, honestSeeds)
			t.Logf("half %d/%d, 0.7 %d/%d, honest %d/%d", half, powerSeeds, seventh, powerSeeds, honest, honestSeeds)
			if half != powerSeeds || seventh != powerSeeds {
				t.Errorf("half the noise is rejected %d times and 0.7 of it %d times, want %d", half, seventh, powerSeeds)
			}
			if honest > honestSeeds/100 {
				t.Errorf("honest noise is rejected %d times of %d", honest, honestSeeds)
			}
		})
	}
}

// Each statistic finds a defect that no other one finds: the noise differs in one way only.
func TestResidualFindsEachDefect(t *testing.T) {
	const coordinates = 1000
	law := privacy.RoundedGaussian{Sigma: ratio(40, 1)}
	noise := table(t, law)
	honest := func(seed uint64) [][]int64 { return draw(stream(t, "noise", seed), noise, 3, coordinates) }
	for _, k := range []struct {
		name  string
		found []string
		make  func(seed uint64) [][]int64
	}{
		{"none", nil, honest},
		{"a smaller scale", []string{"variance", "distribution"}, func(seed uint64) [][]int64 {
			return draw(stream(t, "noise", seed), table(t, privacy.RoundedGaussian{Sigma: ratio(28, 1)}), 3, coordinates)
		}},
		{"a larger scale", []string{"variance", "distribution"}, func(seed uint64) [][]int64 {
			return draw(stream(t, "noise", seed), table(t, privacy.RoundedGaussian{Sigma: ratio(60, 1)}), 3, coordinates)
		}},
		{"two values of the right variance", []string{"distribution"}, func(seed uint64) [][]int64 {
			rounds := honest(seed)
			for _, round := range rounds {
				for i, e := range round {
					round[i] = 40
					if e < 0 {
						round[i] = -40
					}
				}
			}
			return rounds
		}},
		{"a shift by a fifth of a standard deviation", []string{"distribution", "mean"}, func(seed uint64) [][]int64 {
			rounds := honest(seed)
			for _, round := range rounds {
				for i := range round {
					round[i] += 8
				}
			}
			return rounds
		}},
		{"each draw twice", []string{"neighbours"}, func(seed uint64) [][]int64 {
			rounds := honest(seed)
			for _, round := range rounds {
				for i := 1; i < len(round); i += 2 {
					round[i] = round[i-1]
				}
			}
			return rounds
		}},
		{"the seed of the round before", []string{"reuse"}, func(seed uint64) [][]int64 {
			rounds := honest(seed)
			copy(rounds[2], rounds[1])
			return rounds
		}},
		{"the noise of the round before, negated", []string{"reuse"}, func(seed uint64) [][]int64 {
			rounds := honest(seed)
			for i, e := range rounds[0] {
				rounds[2][i] = -e
			}
			return rounds
		}},
	} {
		t.Run(k.name, func(t *testing.T) {
			for seed := range uint64(powerSeeds) {
				if v := residual(t, noise, k.make(seed), seed); !slices.Equal(v.Rejected(), k.found) {
					t.Errorf("seed %d: rejected by %v, want %v:\n%s", seed, v.Rejected(), k.found, v)
				}
			}
		})
	}
}

// Rounds sum the updates that survive, so their noise differs: 8 shares make the whole, and
// the rounds have 8, 10 and 11 trainers. A round with less noise than its card claims is
// found among others with more.
func TestResidualOfRoundsWithDifferentLaws(t *testing.T) {
	const share, shares, coordinates, honestSeeds = 200, 8, 1000, 100
	one := table(t, privacy.Skellam{Variance: share * shares, Shares: shares})
	two := table(t, privacy.Skellam{Variance: 2 * share, Shares: 1})
	trainers := []int{8, 10, 11}
	var laws []*privacy.Table
	for _, n := range trainers {
		laws = append(laws, table(t, privacy.Skellam{Variance: uint64(n) * share * shares, Shares: shares}))
	}
	for seed := range uint64(honestSeeds) {
		s := stream(t, "noise", seed)
		var rounds []audit.Round
		for i, n := range trainers {
			sum := make([]int64, coordinates)
			for range n {
				one.Add(s, sum)
			}
			rounds = append(rounds, audit.Round{Noise: laws[i], Residuals: sum})
		}
		verdict := func() audit.Verdict { return must(audit.Residual(rounds, stream(t, "auditor", seed), tau))(t) }
		if v := verdict(); v.Rejected() != nil {
			t.Errorf("seed %d: honest noise is rejected:\n%s", seed, v)
		}
		if seed >= powerSeeds {
			continue
		}
		clear(rounds[0].Residuals)
		two.Add(s, rounds[0].Residuals) // of two trainers
		if v := verdict(); v.Rejected() == nil {
			t.Errorf("seed %d: a round with a quarter of its variance is not rejected:\n%s", seed, v)
		}
	}
}

// The critical values of the variance come from Chernoff's bound, so they are slightly wider
// than those of the chi-square law.
func TestVarianceBoundsAreWiderThanChiSquare(t *testing.T) {
	const coordinates, fifth = 2000, 5
	noise := table(t, privacy.RoundedGaussian{Sigma: ratio(40, 1)})
	// A fifth of the audit's 0.01 is 0.002, 0.001 on each side: 1810.2416 is the lower quantile.
	v := must(audit.Residual(roundsOf(noise, draw(stream(t, "noise", 1), noise, 1, coordinates)), stream(t, "auditor", 1), 2*tau*fifth))(t)
	low, quantile := v.Statistics[0].Low*coordinates, 1810.2416
	if !(0.975*quantile < low && low < quantile) {
		t.Errorf("the lower critical value is %g, want a little less than %g", low, quantile)
	}
}

// The critical values and the p-value of each statistic agree on whether to reject.
func TestChanceAndCriticalValuesAgree(t *testing.T) {
	noise := table(t, privacy.RoundedGaussian{Sigma: ratio(40, 1)})
	for sigma := uint64(32); sigma <= 48; sigma++ {
		rounds := draw(stream(t, "noise", sigma), table(t, privacy.RoundedGaussian{Sigma: ratio(sigma, 1)}), 2, 1000)
		for _, s := range residual(t, noise, rounds, sigma).Statistics {
			if s.Rejects() != (s.P < tau/5) {
				t.Errorf("sigma %d: %s is %g, critical values are %g and %g, but the p-value is %g", sigma, s.Name, s.Value, s.Low, s.High, s.P)
			}
		}
	}
}

// The released values are the sum plus the noise, so the residuals are the noise.
func TestDifferenceIsTheNoise(t *testing.T) {
	noise := draw(stream(t, "noise", 1), table(t, privacy.Skellam{Variance: 100, Shares: 1}), 1, 1000)[0]
	sum, released := make([]int64, len(noise)), make([]int64, len(noise))
	for i, e := range noise {
		sum[i] = int64(i*i) - 1000
		released[i] = sum[i] + e
	}
	if got := must(audit.Difference(released, sum))(t); !slices.Equal(got, noise) {
		t.Error("the residuals are not the noise")
	}
}

// Honest noise is within the bounds on the norm; half of it, double of it and no noise are
// outside, with few draws and with many.
func TestNormCatchesNoiseOfAnotherScale(t *testing.T) {
	const honestSeeds = 100
	squared := func(values []int64) (sum float64) {
		for _, e := range values {
			sum += float64(e) * float64(e)
		}
		return sum
	}
	for _, k := range kinds() {
		claimed, half := table(t, k.claimed), table(t, k.half)
		for _, draws := range []int{650, 100_000} {
			t.Run(fmt.Sprintf("%s, %d draws", k.name, draws), func(t *testing.T) {
				low, high, err := audit.Norm(k.claimed, draws, 1)
				if err != nil {
					t.Fatal(err)
				}
				outside := func(norm float64) bool { return norm < low || norm > high }
				for seed := range uint64(powerSeeds) {
					if norm := squared(draw(stream(t, "half", seed), half, 1, draws)[0]); !outside(norm) {
						t.Errorf("half the noise has squared norm %g, within %g to %g", norm, low, high)
					}
				}
				sum := 0.0
				for seed := range uint64(honestSeeds) {
					norm := squared(draw(stream(t, "honest", seed), claimed, 1, draws)[0])
					if outside(norm) {
						t.Errorf("honest noise has squared norm %g, outside of %g to %g", norm, low, high)
					}
					if !outside(4 * norm) {
						t.Errorf("double the noise has squared norm %g, within %g to %g", 4*norm, low, high)
					}
					sum += norm
				}
				if !outside(0) {
					t.Error("no noise is within the bounds")
				}
				mean := sum / honestSeeds
				t.Logf("%.3f to %.3f of the mean", low/mean, high/mean)
			})
		}
	}
}

// Noise that is zero, except with a probability below that of a false alarm, has a bound on
// the squared norm below 2; 1 is possible.
func TestNormOfAlmostNoNoise(t *testing.T) {
	const draws, alarm = 1000, 1e-9
	low, high, err := audit.Norm(privacy.DiscreteLaplace{A: ratio(32, 1)}, draws, 1)
	if err != nil {
		t.Fatal(err)
	}
	some := draws * 2 * math.Exp(-32) // bound on the probability that any draw is not zero
	if some > alarm/2 || low != 0 || high >= 2 {
		t.Errorf("noise that is not zero with probability %g has bounds %g to %g, want 0 to below 2", some, low, high)
	}
}

// The p-values of honest noise are valid: for each law, p-values of at most x occur in at
// most a fraction x of all audits. With x this large a wrong bound would show.
func TestChancesOfHonestNoiseAreBounds(t *testing.T) {
	const seeds, coordinates = 400, 1000
	for _, law := range []privacy.Law{
		privacy.RoundedGaussian{Sigma: ratio(1, 1)},
		privacy.Skellam{Variance: 2, Shares: 1},
		privacy.DiscreteLaplace{A: ratio(2, 1)},
		privacy.Polya{A: ratio(1, 4), Shares: 20},
	} {
		noise, chances := table(t, law), map[string][]float64{}
		for seed := range uint64(seeds) {
			for _, s := range residual(t, noise, draw(stream(t, "noise", seed), noise, 2, coordinates), seed).Statistics {
				chances[s.Name] = append(chances[s.Name], s.P)
			}
		}
		for name, all := range chances {
			for _, x := range []float64{0.02, 0.1, 0.5} {
				count := 0.0
				for _, p := range all {
					if p <= x {
						count++
					}
				}
				if most := seeds*x + 5*math.Sqrt(seeds*x*(1-x)); count > most {
					t.Errorf("%s: %s has a p-value of at most %g in %g of %d audits, want at most %g", law, name, x, count, seeds, most)
				}
			}
		}
	}
}
