package cost_test

import (
	"testing"

	"github.com/althing-network/althing/privacy/cost"
)

// TestPublishedAnswers compares the ledger's epsilon with published ones. It is equal if they
// use the same orders, and slightly above if they use a finer accountant; it is never below
// the true value.
func TestPublishedAnswers(t *testing.T) {
	rational := func(n, d uint64) cost.Fraction { return cost.Fraction{Num: n, Den: d} }
	gaussian := func(n, d uint64) cost.Mechanism {
		return cost.Mechanism{Noise: cost.Gaussian{Sigma: rational(n, d)}, Norm: cost.Norm{L2Squared: 1}, Adjacency: cost.AddRemove}
	}
	laplace := func(n, d uint64) cost.Mechanism {
		return cost.Mechanism{Noise: cost.Laplace{Rate: rational(n, d)}, Norm: cost.Norm{L1: 1}, Adjacency: cost.AddRemove}
	}
	sampled := func(m cost.Mechanism, ppm uint32) cost.Mechanism {
		m.Sampling.Poisson = ppm
		return m
	}
	replacing := func(m cost.Mechanism) cost.Mechanism {
		m.Adjacency = cost.ReplaceOne
		return m
	}
	for _, c := range []struct {
		source    string
		mechanism cost.Mechanism
		steps     uint64
		delta     cost.Delta
		epsilon   float64 // published
		above     float64 // maximum relative excess
	}{
		{"pytorch/opacus, accountants_test.py: RDP of fractional orders", sampled(gaussian(3, 2), 40_000), 2250, usualDelta, 7.32911117143, 0.0002},
		{"dp_accounting: PLD of the same", sampled(gaussian(3, 2), 40_000), 2250, usualDelta, 6.768787376865218, 0.09},
		{"tensorflow/privacy, compute_dp_sgd_privacy_test.py: RDP, order 19", sampled(gaussian(13, 10), 2_500), 6000, usualDelta, 0.7242234026109595, 0.00001},
		{"dp_accounting: PLD of the same", sampled(gaussian(13, 10), 2_500), 6000, usualDelta, 0.6401109284963589, 0.14},
		{"dp_accounting: RDP", sampled(gaussian(1, 1), 10_000), 1000, usualDelta, 2.101366525420273, 0.004},
		{"Balle, Wang: exact Gaussian", gaussian(1, 1), 1, usualDelta, 4.3771781, 0.1},
		{"Balle, Wang: exact Gaussian, replace-one", replacing(gaussian(2, 1)), 1, usualDelta, 4.37717810002493, 0.1},
		{"Balle, Wang: exact Gaussian, add-remove", gaussian(2, 1), 1, usualDelta, 1.9930914, 0.13},
		{"definition: basic composition", laplace(1, 10), 3, usualDelta, 0.3, 0},
		{"dp_accounting: RDP of continuous Laplace", laplace(1, 10), 100, usualDelta, 4.532685704039354, 0.06},
		{"dp_accounting: PLD of the same", laplace(1, 10), 100, usualDelta, 4.220347347309089, 0.13},
		{"dp_accounting: exact, 3 ln(1 + q (e^2 - 1))", sampled(laplace(2, 1), 200_000), 3, 10_000, 2.46964, 0.03},
	} {
		amount, err := c.mechanism.Cost()
		if err != nil {
			t.Errorf("%s: %v", c.source, err)
			continue
		}
		if amount, err = amount.Times(c.steps); err != nil {
			t.Errorf("%s: %v", c.source, err)
			continue
		}
		nanos, order, err := amount.At(c.delta)
		got := float64(nanos) / 1e9
		if err != nil || got < c.epsilon-2e-6 || got > c.epsilon*(1+c.above)+2e-6 {
			t.Errorf("%s: got epsilon %g at order %d (error %v), want %g to %g", c.source, got, order, err, c.epsilon, c.epsilon*(1+c.above))
		}
	}
}

// TestPublishedConversions converts divergences and rho to epsilon, without a mechanism.
func TestPublishedConversions(t *testing.T) {
	// dp_accounting, rdp test: 1.1 at orders 2 to 32.
	flat := cost.Amount{}
	for i, order := range cost.Orders() {
		if flat.Curve[i] = 1_100_000_000; order > 32 {
			flat.Curve[i] = cost.NoBound
		}
	}
	if epsilon, order, err := flat.At(usualDelta); epsilon != 1_327_838_062 || order != 32 || err != nil {
		t.Errorf("epsilon %d of order %d, %v", epsilon, order, err)
	}
	// dp_accounting, all real orders: 1.9142450022; the simple formula says 2.2459660263.
	if epsilon, _, err := (cost.Amount{Rho: cost.OneNano / 10}).At(usualDelta); epsilon < 1_914_245_002 || epsilon > 1_917_000_000 || err != nil {
		t.Errorf("rho 0.1 is epsilon %d, %v", epsilon, err)
	}
	if epsilon, _, err := (cost.Amount{Rho: cost.OneNano / 10}).At(cost.OneDelta - 1); epsilon != 0 || err != nil {
		t.Errorf("rho 0.1 is epsilon %d at a delta of almost 1, %v", epsilon, err)
	}
}
