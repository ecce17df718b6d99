package privacy_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/althing-network/althing/privacy"
	"github.com/althing-network/althing/privacy/cost"
)

// TestCostOfAMechanism compares costs with ones that were computed by hand, or by other
// programs (see package cost).
func TestCostOfAMechanism(t *testing.T) {
	l1, l2 := func(n uint64) privacy.Bound { return privacy.Bound{Norm: privacy.L1, Limit: n} }, func(n uint64) privacy.Bound { return privacy.Bound{Norm: privacy.L2, Limit: n} }
	gaussian := func(sigma uint64) privacy.Law { return privacy.RoundedGaussian{Sigma: ratio(sigma, 1)} }
	for name, c := range map[string]struct {
		bound     privacy.Bound
		law       privacy.Law
		count     int
		adjacency cost.Adjacency
		want      cost.Amount
	}{
		"rounded gaussian":               {l2(2048 * 2048), gaussian(20480), 10, cost.ZeroOut, cost.Amount{Rho: 5_000_000}},
		"rounded gaussian, replaced":     {l2(2048 * 2048), gaussian(20480), 10, cost.ReplaceOne, cost.Amount{Rho: 20_000_000}},
		"rounded gaussian of L1":         {l1(2048), gaussian(20480), 10, cost.ZeroOut, cost.Amount{Rho: 5_000_000}},
		"skellam of many values":         {l2(4096), privacy.Skellam{Variance: 409600, Shares: 16}, 1 << 20, cost.AddRemove, cost.Amount{Rho: 5_000_013, Xi: 31}},
		"skellam of 4 values, L1 is 128": {l2(4096), privacy.Skellam{Variance: 409600, Shares: 16}, 4, cost.AddRemove, cost.Amount{Rho: 5_000_013}},
		"polya":                          {l1(2), privacy.Polya{A: ratio(1, 3), Shares: 16}, 10, cost.ZeroOut, cost.Amount{Epsilon: 666_667, PureRho: 222_222_223}},
		"discrete laplace, replaced":     {l1(2), privacy.DiscreteLaplace{A: ratio(1, 3)}, 10, cost.ReplaceOne, cost.Amount{Epsilon: 1_333_334, PureRho: 888_888_889}},
		"discrete laplace of L2":         {l2(4), privacy.DiscreteLaplace{A: ratio(1, 6)}, 4, cost.ZeroOut, cost.Amount{Epsilon: 666_667, PureRho: 222_222_223}},
	} {
		m := privacy.Mechanism{Unit: cost.Client, Adjacency: c.adjacency, Bound: c.bound, Noise: table(t, c.law), Vectors: 16, Ring: privacy.Ring{Bits: 64}}
		priced, err := m.Cost(c.count, cost.Sampling{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got, err := priced.Cost(); got != c.want || err != nil {
			t.Errorf("%s costs %+v, %v: want %+v", name, got, err, c.want)
		}
	}
}

func TestCostOfASampledMechanism(t *testing.T) {
	m := privacy.Mechanism{
		Unit: cost.Example, Adjacency: cost.ZeroOut, Bound: privacy.Bound{Norm: privacy.L2, Limit: 1},
		Noise: table(t, privacy.RoundedGaussian{Sigma: ratio(2, 1)}), Vectors: 1, Ring: privacy.Ring{Bits: 64},
	}
	priced, err := m.Cost(3, cost.Sampling{Poisson: 300_000})
	if err != nil {
		t.Fatal(err)
	}
	amount, err := priced.Cost()
	if err != nil || amount.Curve[0] != 25_241_036 || amount.Curve[1] != 40_255_055 {
		t.Errorf("divergences at orders 2 and 3 are %d and %d (error %v), want 25241036 and 40255055", amount.Curve[0], amount.Curve[1], err)
	}
}

func TestCostIsRefused(t *testing.T) {
	good := privacy.Mechanism{
		Unit: cost.Client, Adjacency: cost.AddRemove, Bound: privacy.Bound{Norm: privacy.L2, Limit: 16},
		Noise: table(t, privacy.Skellam{Variance: 1000, Shares: 16}), Vectors: 16, Ring: privacy.Ring{Bits: 64},
	}
	if _, err := good.Cost(1, cost.Sampling{}); err != nil {
		t.Fatal(err)
	}
	if _, err := good.Cost(0, cost.Sampling{}); err == nil {
		t.Error("vectors of 0 values: got no error")
	}
	if _, err := good.Cost(1, cost.Sampling{Take: 1, Of: 2}); err == nil {
		t.Error("a sample of a fixed size under add-remove: got no error")
	}
	if _, err := (privacy.Mechanism{}).Cost(1, cost.Sampling{}); !errors.Is(err, privacy.ErrBound) {
		t.Errorf("zero mechanism: got error %v, want ErrBound", err)
	}
	fewer := good
	fewer.Vectors = 15
	if _, err := fewer.Cost(1, cost.Sampling{}); !errors.Is(err, privacy.ErrLaw) || !strings.Contains(err.Error(), "15 vectors") {
		t.Errorf("15 of 16 shares: got error %v, want ErrLaw", err)
	}
	large := good
	large.Vectors, large.Bound = 1, privacy.Bound{Norm: privacy.L1, Limit: 1 << 33}
	large.Noise = table(t, privacy.RoundedGaussian{Sigma: ratio(10, 1)})
	if _, err := large.Cost(1, cost.Sampling{}); err == nil || !strings.Contains(err.Error(), "squared L2") {
		t.Errorf("a square of 2^66: %v", err)
	}
}
