package account_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/privacy/account"
	"github.com/althing-network/althing/privacy/cost"
)

// TestReleased: a release of the ledger becomes a part with the same noise relative to the
// norm, the same sampling, and one step per step.
func TestReleased(t *testing.T) {
	gaussian := cost.Gaussian{Sigma: cost.Fraction{Num: 40, Den: 1}}
	for name, c := range map[string]struct {
		made cost.Release
		want account.Part
	}{
		"a whole update": {
			cost.Release{Unit: cost.Client, Noise: gaussian, Norm: cost.Norm{L2Squared: 100}},
			account.Part{Mechanism: account.Gaussian{Noise: 4}, Steps: 5},
		},
		"steps of a training": {
			cost.Release{Unit: cost.Example, Noise: gaussian, Norm: cost.Norm{L2Squared: 100}, Sampling: cost.Sampling{Poisson: 20_000}, Steps: 7},
			account.Part{Mechanism: account.Gaussian{Noise: 4}, Sampling: account.Poisson(0.02), Steps: 5 * 7},
		},
		"every row in each step": {
			cost.Release{Unit: cost.Example, Noise: gaussian, Norm: cost.Norm{L2Squared: 100}, Sampling: cost.Sampling{Poisson: 1_000_000}, Steps: 7},
			account.Part{Mechanism: account.Gaussian{Noise: 4}, Steps: 5 * 7},
		},
		"drawn rows": {
			cost.Release{Unit: cost.Example, Noise: cost.Laplace{Rate: cost.Fraction{Num: 1, Den: 4}}, Norm: cost.Norm{L1: 3}, Sampling: cost.Sampling{Take: 2, Of: 9}},
			account.Part{Mechanism: account.DiscreteLaplace{A: 0.25, L1: 3}, Sampling: account.WithoutReplacement(9, 2), Steps: 5},
		},
		"shares": {
			cost.Release{Unit: cost.Example, Noise: cost.Skellam{Variance: cost.Fraction{Num: 9, Den: 2}}, Norm: cost.Norm{L1: 3, L2Squared: 5}},
			account.Part{Mechanism: account.Skellam{Variance: 4.5, L2Squared: 5, L1: 3}, Steps: 5},
		},
	} {
		got, err := account.Released(c.made, 5)
		if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
			t.Errorf("%s (%v), -want +got:\n%s", name, err, diff)
		}
	}
	if _, err := account.Released(cost.Release{}, 1); !errors.Is(err, account.ErrNoise) {
		t.Errorf("no noise: got error %v, want ErrNoise", err)
	}
	if _, err := account.Released(cost.Release{Noise: gaussian, Norm: cost.Norm{L2Squared: 1}, Steps: 1 << 40}, 1<<40); err == nil {
		t.Error("more than the maximum number of steps is accepted")
	}
}
