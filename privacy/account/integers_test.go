package account_test

import (
	"testing"

	"github.com/althing-network/althing/privacy/account"
)

// TestCurveAgreesWithExactArithmetic compares curves at integer orders with values that were
// computed with exact arithmetic and rounded up to 1e-9.
func TestCurveAgreesWithExactArithmetic(t *testing.T) {
	none := account.Sampling{}
	gaussian := func(sigma float64) account.Mechanism { return account.Gaussian{Noise: sigma} }
	at := func(nano ...float64) map[float64]float64 {
		m := map[float64]float64{}
		for i, order := range []float64{2, 3, 5, 8, 16, 32, 64, 128, 256} {
			m[order] = nano[i]
		}
		return m
	}
	for _, v := range []struct {
		id        string
		mechanism account.Mechanism
		sampling  account.Sampling
		nano      map[float64]float64 // by order
		steps     int
		epsilon   float64 // nano, at delta 1e-5
		order     float64
	}{
		{"G1", gaussian(2), account.Poisson(0.3), at(25241036, 40255055, 77116844, 160858743, 780800659, 2758230955, 6776916859, 14786547095, 30791305734), 25, 4180649437, 5},
		{"G2", gaussian(1), account.Poisson(0.1), at(17036864, 31712301, 129877434, 1378361412, 5543912171, 13623137969, 29660865938, 61679284316, 125688385162), 200, 11144151681, 3},
		{"G3", gaussian(1), account.Poisson(0.01), at(171814, 264638, 468668, 893644, 3087850784, 11246275938, 27321731875, 59358568632, 123376770324), 1000, 2107753168, 8},
		{"G4", gaussian(4.5), none, at(49382717, 74074075, 123456791, 197530865, 395061729, 790123457, 1580246914, 3160493828, 6320987655), 60, 9013787609, 4},
		{"G5", gaussian(1.5), account.Poisson(0.04), nil, 2250, 7329878879, 4},
		{"G6", gaussian(1.3), account.Poisson(0.0025), nil, 6000, 724227806, 19},
		{"G7", gaussian(0.5), account.Poisson(0.999999), map[float64]float64{2: 3999998037, 256: 511999998997}, 0, 0, 0},
		{"G8", gaussian(0.2), account.Poisson(0.00001), map[float64]float64{2: 2104193901, 256: 3188441925808}, 0, 0, 0},
		{"G9", gaussian(100), account.Poisson(0.000001), at(1, 1, 1, 1, 1, 1, 1, 1, 1), 0, 0, 0},
		{"large orders", gaussian(2.5), account.Poisson(0.01), map[float64]float64{384: 26102805871, 512: 36345817740}, 0, 0, 0},
		{"S1", account.Skellam{Variance: 16384, L2Squared: 4096, L1: 4096}, account.Poisson(0.3), at(25244905, 40261112, 77128376, 160884638, 780924412, 2758493655, 6777424214, 14787542731, 30793277933), 25, 4180937737, 5},
		{"S2", account.Skellam{Variance: 400, L2Squared: 100, L1: 100}, account.Poisson(0.1), at(2854247, 4401452, 7786470, 13816008, 45798386, 1637901383, 5681648457, 13720065566, 29769166412), 100, 2595709968, 8},
		{"L1", account.DiscreteLaplace{A: 0.1, L1: 10}, account.Poisson(0.1), at(8564842, 13171156, 22879283, 38043989, 74167731, 112082109, 135100392, 146869041, 152738296), 100, 4540656637, 5},
		{"L2", account.DiscreteLaplace{A: 1, L1: 1}, account.Poisson(0.3), nil, 10, 4075697098, 13},
		{"L3", account.DiscreteLaplace{A: 0.1, L1: 1}, none, nil, 100, 4620685043, 6},
	} {
		for order, want := range v.nano {
			one, err := steps(1, v.mechanism, v.sampling).Curve([]float64{order})
			if err != nil {
				t.Fatal(err)
			}
			if got := one.Divergences[0] * 1e9; got > want+want*1e-10 || got < want-1.01-want*1e-10 {
				t.Errorf("%s at order %v: %.3f nano, want %v rounded up", v.id, order, got, want)
			}
		}
		if v.steps == 0 {
			continue
		}
		var orders []float64
		for order := 2.0; order <= 64; order++ {
			orders = append(orders, order)
		}
		all, err := steps(v.steps, v.mechanism, v.sampling).Curve(append(orders, 128, 256))
		if err != nil {
			t.Fatal(err)
		}
		// The expected value rounds the curve of one step up to 1e-9 before multiplying it.
		if got, order := all.Epsilon(1e-5); order != v.order || got*1e9 > v.epsilon+1 || got*1e9 < v.epsilon-float64(v.steps)-2 {
			t.Errorf("%s: epsilon %.3f nano at order %v, want %v at %v", v.id, got*1e9, order, v.epsilon, v.order)
		}
	}
}
