package cost_test

import (
	"slices"
	"testing"

	"github.com/althing-network/althing/privacy/cost"
)

// knownAnswer has the Renyi divergences of a mechanism, and its epsilon after steps releases
// at delta 1e-5, in units of 1e-9. They were computed with 60 decimal digits by another
// program (mpmath) and rounded up.
type knownAnswer struct {
	name    string
	noise   cost.Noise
	norm    cost.Norm
	rate    uint32 // in parts per million
	nanos   map[int]cost.Nano
	steps   uint64
	epsilon cost.Nano
	order   int
}

func knownAnswers() []knownAnswer {
	gaussian := func(num, den uint64) cost.Noise { return cost.Gaussian{Sigma: cost.Fraction{Num: num, Den: den}} }
	skellam := func(variance uint64) cost.Noise { return cost.Skellam{Variance: cost.Fraction{Num: variance, Den: 1}} }
	laplace := func(num, den uint64) cost.Noise { return cost.Laplace{Rate: cost.Fraction{Num: num, Den: den}} }
	norm := func(n uint64) cost.Norm { return cost.Norm{L1: n, L2Squared: n} }
	curve := func(nanos ...cost.Nano) map[int]cost.Nano {
		at := map[int]cost.Nano{}
		for i, order := range []int{2, 3, 5, 8, 16, 32, 64, 128, 256}[:len(nanos)] {
			at[order] = nanos[i]
		}
		return at
	}
	return []knownAnswer{
		{"G1", gaussian(2, 1), norm(1), 300_000, curve(25241036, 40255055, 77116844, 160858743, 780800659, 2758230955, 6776916859, 14786547095, 30791305734), 25, 4180649437, 5},
		{"G2", gaussian(1, 1), norm(1), 100_000, curve(17036864, 31712301, 129877434, 1378361412, 5543912171, 13623137969, 29660865938, 61679284316, 125688385162), 200, 11144151681, 3},
		{"G3", gaussian(1, 1), norm(1), 10_000, curve(171814, 264638, 468668, 893644, 3087850784, 11246275938, 27321731875, 59358568632, 123376770324), 1000, 2107753168, 8},
		{"G5", gaussian(3, 2), norm(1), 40_000, nil, 2250, 7329878879, 4},
		{"G6", gaussian(13, 10), norm(1), 2_500, nil, 6000, 724227806, 19},
		{"G7", gaussian(1, 2), norm(1), 999_999, map[int]cost.Nano{2: 3999998037, 256: 511999998997}, 0, 0, 0},
		{"G8", gaussian(1, 5), norm(1), 10, map[int]cost.Nano{2: 2104193901, 256: 3188441925808}, 0, 0, 0},
		{"G9", gaussian(100, 1), norm(1), 1, curve(1, 1, 1, 1, 1, 1, 1, 1, 1), 0, 0, 0},
		{"large orders", gaussian(5, 2), norm(1), 10_000, map[int]cost.Nano{384: 26102805871, 512: 36345817740}, 0, 0, 0},
		{"S1", skellam(16384), norm(4096), 300_000, curve(25244905, 40261112, 77128376, 160884638, 780924412, 2758493655, 6777424214, 14787542731, 30793277933), 25, 4180937737, 5},
		{"S2", skellam(400), norm(100), 100_000, curve(2854247, 4401452, 7786470, 13816008, 45798386, 1637901383, 5681648457, 13720065566, 29769166412), 100, 2595709968, 8},
		{"L1", laplace(1, 10), norm(10), 100_000, curve(8564842, 13171156, 22879283, 38043989, 74167731, 112082109, 135100392, 146869041, 152738296), 100, 4540656637, 5},
		{"L2", laplace(1, 1), norm(1), 300_000, nil, 10, 4075697098, 13},
	}
}

const usualDelta = cost.OneDelta / 100_000

func TestKnownAnswers(t *testing.T) {
	for _, k := range knownAnswers() {
		m := cost.Mechanism{Noise: k.noise, Norm: k.norm, Adjacency: cost.ZeroOut, Sampling: cost.Sampling{Poisson: k.rate}}
		amount, err := m.Cost()
		if err != nil {
			t.Errorf("%s: %v", k.name, err)
			continue
		}
		for i, order := range cost.Orders() {
			if want, ok := k.nanos[order]; ok && amount.Curve[i] != want {
				t.Errorf("%s, order %d: %d nanos, want %d", k.name, order, amount.Curve[i], want)
			}
		}
		if k.steps == 0 {
			continue
		}
		all, err := amount.Times(k.steps)
		if err != nil {
			t.Errorf("%s: %v", k.name, err)
			continue
		}
		if epsilon, order, err := all.At(usualDelta); epsilon != k.epsilon || order != k.order || err != nil {
			t.Errorf("%s: epsilon %d of order %d, %v: want %d of order %d", k.name, epsilon, order, err, k.epsilon, k.order)
		}
	}
}

// TestKnownAnswersWithoutSampling has the two mechanisms without sampling.
func TestKnownAnswersWithoutSampling(t *testing.T) {
	for _, k := range []knownAnswer{
		{"G4", cost.Gaussian{Sigma: cost.Fraction{Num: 9, Den: 2}}, cost.Norm{L2Squared: 1}, 0, map[int]cost.Nano{2: 49382717, 3: 74074075, 5: 123456791, 8: 197530865, 16: 395061729, 32: 790123457, 64: 1580246914, 128: 3160493828, 256: 6320987655}, 60, 9013787609, 4},
		{"L3", cost.Laplace{Rate: cost.Fraction{Num: 1, Den: 10}}, cost.Norm{L1: 1}, 0, map[int]cost.Nano{2: 9958585, 5: 24189304, 256: 97472955}, 100, 4620685043, 6},
	} {
		curve := cost.Unsampled(k.noise, k.norm, cost.ZeroOut)
		for i, order := range cost.Orders() {
			if want, ok := k.nanos[order]; ok && curve[i] != want {
				t.Errorf("%s, order %d: %d nanos, want %d", k.name, order, curve[i], want)
			}
		}
		all, err := cost.Amount{Curve: curve}.Times(k.steps)
		if err != nil {
			t.Fatal(err)
		}
		if epsilon, order, err := all.At(usualDelta); epsilon != k.epsilon || order != k.order || err != nil {
			t.Errorf("%s: epsilon %d of order %d, %v: want %d of order %d", k.name, epsilon, order, err, k.epsilon, k.order)
		}
		// The ledger keeps epsilon or rho instead of the curve, which is never smaller.
		m := cost.Mechanism{Noise: k.noise, Norm: k.norm, Adjacency: cost.ZeroOut}
		amount, err := m.Cost()
		if err != nil {
			t.Fatal(err)
		}
		kept, err := amount.Times(k.steps)
		if err != nil {
			t.Fatal(err)
		}
		epsilon, _, err := kept.At(usualDelta)
		if err != nil || epsilon < k.epsilon || epsilon > k.epsilon+k.epsilon/25 {
			t.Errorf("%s: the ledger says %d, %v: want at most 4%% above %d", k.name, epsilon, err, k.epsilon)
		}
		if !amount.Curve.Zero() {
			t.Errorf("%s: a release without sampling has a curve", k.name)
		}
	}
}

// TestKnownSums compares costs with exact rationals that were rounded up by hand.
func TestKnownSums(t *testing.T) {
	variance := func(v uint64) cost.Noise { return cost.Skellam{Variance: cost.Fraction{Num: v, Den: 1}} }
	laplace := cost.Laplace{Rate: cost.Fraction{Num: 1, Den: 3}}
	for _, c := range []struct {
		mechanism cost.Mechanism
		want      cost.Amount
	}{
		// 4096^2 / (2 * 40960^2) is 0.005; Skellam noise adds 3 * 10^-12.
		{cost.Mechanism{Noise: cost.Gaussian{Sigma: cost.Fraction{Num: 40960, Den: 1}}, Norm: cost.Norm{L2Squared: 4096 * 4096}, Adjacency: cost.ZeroOut}, cost.Amount{Rho: 5_000_000}},
		{cost.Mechanism{Noise: variance(40960 * 40960), Norm: cost.Norm{L1: 4096 * 362, L2Squared: 4096 * 4096}, Adjacency: cost.ZeroOut}, cost.Amount{Rho: 5_000_001}},
		// 4096 * 409601 / (2 * 409600^2) is 0.0050000122, 5 * 4096 / (4 * 409600^2) is 3.05 * 10^-8.
		{cost.Mechanism{Noise: variance(409600), Norm: cost.Norm{L1: 4096, L2Squared: 4096}, Adjacency: cost.ZeroOut}, cost.Amount{Rho: 5_000_013, Xi: 31}},
		// With little noise the other bound is smaller: 1 / 2 and 3 / 2.
		{cost.Mechanism{Noise: variance(1), Norm: cost.Norm{L1: 1, L2Squared: 1}, Adjacency: cost.ZeroOut}, cost.Amount{Rho: cost.OneNano / 2, Xi: cost.OneNano * 3 / 2}},
		// 2 / 3, and half its square; twice and four times that under replace-one.
		{cost.Mechanism{Noise: laplace, Norm: cost.Norm{L1: 2}, Adjacency: cost.ZeroOut}, cost.Amount{Epsilon: 666_667, PureRho: 222_222_223}},
		{cost.Mechanism{Noise: laplace, Norm: cost.Norm{L1: 2}, Adjacency: cost.ReplaceOne}, cost.Amount{Epsilon: 1_333_334, PureRho: 888_888_889}},
	} {
		if got, err := c.mechanism.Cost(); got != c.want || err != nil {
			t.Errorf("%+v costs %+v, %v: want %+v", c.mechanism, got, err, c.want)
		}
	}
}

func TestOrders(t *testing.T) {
	orders := cost.Orders()
	if !slices.IsSorted(orders[:]) || len(orders) != 48 || orders[0] != 2 || orders[47] != 512 {
		t.Errorf("got %v", orders)
	}
}

func BenchmarkCurve(b *testing.B) {
	for _, k := range knownAnswers() {
		if k.name == "G1" || k.name == "S1" || k.name == "L1" {
			b.Run(k.name, func(b *testing.B) {
				m := cost.Mechanism{Noise: k.noise, Norm: k.norm, Adjacency: cost.ZeroOut, Sampling: cost.Sampling{Poisson: k.rate}}
				for b.Loop() {
					if _, err := m.Cost(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
	b.Run("At", func(b *testing.B) {
		for b.Loop() {
			if _, _, err := (cost.Amount{Rho: 1}).At(usualDelta); err != nil {
				b.Fatal(err)
			}
		}
	})
}
