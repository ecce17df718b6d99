package audit_test

import (
	"math"
	"testing"

	"github.com/althing-network/althing/privacy"
	"github.com/althing-network/althing/privacy/audit"
)

// laws are laws of each kind, some of which are too wide for a table.
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

// squaredNorm is the squared norm of a number of draws.
func squaredNorm(s *privacy.Stream, noise privacy.Sampler, draws int) (sum float64) {
	values := make([]int64, draws)
	noise.Add(s, values)
	for _, v := range values {
		sum += float64(v) * float64(v)
	}
	return sum
}

// The norm of honest noise is within its bounds for each law, and the bounds are not far from
// the mean.
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
				t.Errorf("%s: honest noise has squared norm %g, outside of %g to %g", law, norm, low, high)
			}
			sum += norm
		}
		mean := sum / seeds
		t.Logf("%s: %.3f to %.3f of the mean", law, low/mean, high/mean)
		if low < 0.3*mean || high > 10*mean {
			t.Errorf("%s: the bounds are %.3f and %.3f times the mean, want 0.3 to 10", law, low/mean, high/mean)
		}
	}
}

// Norm uses the same laws as tables, which are computed in another way.
func TestNormAgreesWithTables(t *testing.T) {
	for _, law := range laws() {
		noise, err := privacy.NewTable(law)
		if err != nil {
			continue // too wide for a table
		}
		// One draw has at least magnitude k+1 with a probability just above that of a false
		// alarm, so no valid bound can be below (k+1)^2.
		chance, k := 0.0, int64(noise.Largest())
		for ; chance < 1e-9; k-- {
			p, _ := noise.Odds(k).Float64()
			chance += 2 * math.Ldexp(p, -128)
		}
		if _, high, err := audit.Norm(law, 1, 1); err != nil || high < float64(k+1)*float64(k+1) {
			t.Errorf("%s: the bound on the square of one draw is %g (error %v), but %d has probability %g", law, high, err, k+1, chance)
		}
	}
}

// The bounds for many times are wider than for one, and repeated questions get the same
// answer.
func TestNormsCache(t *testing.T) {
	var norms audit.Norms
	law := privacy.RoundedGaussian{Sigma: ratio(40, 1)}
	low, high, err := norms.Of(law, 650, 1)
	often, wide, another := norms.Of(law, 650, 1000)
	if err != nil || another != nil || often >= low || wide <= high {
		t.Errorf("%g to %g (error %v) for 1 time, want %g to %g (error %v) for 1000 times to be wider", low, high, err, often, wide, another)
	}
	for range 2 {
		if a, b, err := norms.Of(law, 650, 1); a != low || b != high || err != nil {
			t.Errorf("got %g to %g (error %v), before it was %g to %g", a, b, err, low, high)
		}
	}
	var none *audit.Norms
	if a, b, err := none.Of(law, 650, 1); a != low || b != high || err != nil {
		t.Errorf("without a cache: got %g to %g (error %v), want %g to %g", a, b, err, low, high)
	}
	if _, _, err := norms.Of(nil, 650, 1); err == nil {
		t.Error("no law: got no error")
	}
}
