package audit_test

import (
	"math"
	"testing"

	"github.com/althing-network/althing/privacy"
	"github.com/althing-network/althing/privacy/audit"
)

// laws are of each kind, among them what no table holds.
func laws() []privacy.Law {
	return []privacy.Law{
		privacy.RoundedGaussian{Sigma: ratio(1, 1)},
		privacy.RoundedGaussian{Sigma: ratio(400, 1)},
		privacy.RoundedGaussian{Sigma: ratio(1<<26, 1)},
		privacy.DiscreteLaplace{A: ratio(2, 1)},
		privacy.DiscreteLaplace{A: ratio(1, 1<<26)},
		privacy.Skellam{Variance: 3, Shares: 9},
		privacy.Skellam{Variance: 1e6, Shares: 9},
		privacy.Polya{A: ratio(1, 4), Shares: 4},
		privacy.Polya{A: ratio(1, 100), Shares: 10},
	}
}

// squaredNorm is that of so many draws.
func squaredNorm(s *privacy.Stream, noise privacy.Sampler, draws int) (sum float64) {
	values := make([]int64, draws)
	noise.Add(s, values)
	for _, v := range values {
		sum += float64(v) * float64(v)
	}
	return sum
}

// Honest noise of each law lies within its bounds, whatever draws it, and the bounds are
// not far from what it is in the mean.
func TestNormHoldsOfEachLaw(t *testing.T) {
	const draws, seeds = 2000, 40
	for _, law := range laws() {
		low, high, err := audit.Norm(law, draws, 1)
		if err != nil {
			t.Fatal(err)
		}
		noise, sum := must(privacy.SamplerOf(law, draws))(t), 0.0
		for seed := range uint64(seeds) {
			norm := squaredNorm(stream(t, "norm", seed), noise, draws)
			if norm < low || norm > high {
				t.Errorf("%s: honest noise, of %g, is outside of %g to %g", law, norm, low, high)
			}
			sum += norm
		}
		mean := sum / seeds
		t.Logf("%s: %.3f to %.3f of the mean", law, low/mean, high/mean)
		if low < 0.3*mean || high > 10*mean {
			t.Errorf("%s: %.3f to %.3f of the mean says little", law, low/mean, high/mean)
		}
	}
}

// The law that Norm reckons with is that of the tables, which are made in another way.
func TestNormIsOfTheLawThatTablesDraw(t *testing.T) {
	for _, law := range laws() {
		noise, err := privacy.NewTable(law)
		if err != nil {
			continue // none holds it
		}
		// One draw is above its square k^2 with a chance just above the alarm where k is
		// the last such: Markov's bound cannot be below it.
		chance, k := 0.0, int64(noise.Largest())
		for ; chance < 1e-9; k-- {
			p, _ := noise.Odds(k).Float64()
			chance += 2 * math.Ldexp(p, -128)
		}
		if _, high, err := audit.Norm(law, 1, 1); err != nil || high < float64(k+1)*float64(k+1) {
			t.Errorf("%s: one draw is bounded by the root of %g, and %d has a chance of %g (%v)", law, high, k+1, chance, err)
		}
	}
}

// Made many times the bounds are wider, and what was asked before is answered alike.
func TestNormsRemember(t *testing.T) {
	var norms audit.Norms
	law := privacy.RoundedGaussian{Sigma: ratio(40, 1)}
	low, high, err := norms.Of(law, 650, 1)
	often, wide, another := norms.Of(law, 650, 1000)
	if err != nil || another != nil || often >= low || wide <= high {
		t.Errorf("once %g to %g (%v), in a thousand times %g to %g (%v)", low, high, err, often, wide, another)
	}
	for range 2 {
		if a, b, err := norms.Of(law, 650, 1); a != low || b != high || err != nil {
			t.Errorf("%g to %g (%v), and before %g to %g", a, b, err, low, high)
		}
	}
	var none *audit.Norms
	if a, b, err := none.Of(law, 650, 1); a != low || b != high || err != nil {
		t.Errorf("without a memory %g to %g (%v)", a, b, err)
	}
	if _, _, err := norms.Of(nil, 650, 1); err == nil {
		t.Error("there is a norm of no law")
	}
}
