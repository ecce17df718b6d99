package account_test

import (
	"math"
	"testing"

	"github.com/althing-network/althing/privacy/account"
	"github.com/althing-network/althing/privacy/cost"
)

func steps(t int, m account.Mechanism, s account.Sampling) account.Plan {
	return account.Plan{Unit: cost.Example, Adjacency: cost.AddRemove, Parts: []account.Part{{Mechanism: m, Sampling: s, Steps: t}}}
}

func dpsgd(t int, q, sigma float64) account.Plan {
	return steps(t, account.Gaussian{Noise: sigma}, account.Poisson(q))
}

// TestKnownAnswers holds the accountants to what others publish or compute; the
// sources are those programs' own tests or runs.
func TestKnownAnswers(t *testing.T) {
	replaced := steps(1, account.Gaussian{Noise: 2}, account.Sampling{})
	replaced.Adjacency = cost.ReplaceOne
	for _, v := range []struct {
		id, source string
		plan       account.Plan
		by         account.Accountant
		delta      float64
		epsilon    float64
		tolerance  float64
	}{
		{"opacus-rdp", "opacus/tests/accountants_test.py", dpsgd(2250, 0.04, 1.5), account.RDP, 1e-5, 7.32911117143, 1e-9},
		{"pld", "dp_accounting", dpsgd(2250, 0.04, 1.5), account.PLD, 1e-5, 6.768787376865218, 0.002},
		{"tfp0", "tensorflow/privacy compute_dp_sgd_privacy_test.py", dpsgd(6000, 0.0025, 1.3), account.RDP, 1e-5, 0.7242234026109595, 1e-9},
		{"tfp0-pld", "dp_accounting", dpsgd(6000, 0.0025, 1.3), account.PLD, 1e-5, 0.6401109284963589, 0.001},
		{"classic", "dp_accounting", dpsgd(1000, 0.01, 1), account.RDP, 1e-5, 2.101366525420273, 1e-4},
		{"gauss-eps", "Balle and Wang 2018, dp_accounting", steps(1, account.Gaussian{Noise: 1}, account.Sampling{}), account.Exact, 1e-5, 4.3771781, 1e-6},
		{"kov", "dp_accounting advanced_composition", steps(100, account.Pure{Epsilon: 0.1}, account.Sampling{}), account.KOV, 1e-5, 4.4, 1e-9},
		{"lap-pld", "dp_accounting", steps(100, account.Laplace{Epsilon: 0.1}, account.Sampling{}), account.PLD, 1e-5, 4.220347347309089, 0.001},
		{"lap-rdp", "dp_accounting", steps(100, account.Laplace{Epsilon: 0.1}, account.Sampling{}), account.RDP, 1e-5, 4.532685704039354, 1e-4},
		{"lap-basic", "definition", steps(100, account.Laplace{Epsilon: 0.1}, account.Sampling{}), account.Basic, 1e-5, 10, 1e-12},
		{"pslap", "dp_accounting test; 3 ln(1 + q(e^2 - 1))", steps(3, account.Laplace{Epsilon: 2}, account.Poisson(0.2)), account.PLD, 1e-14, 2.46964, 0.001},
		{"pslap", "the same", steps(3, account.Laplace{Epsilon: 2}, account.Poisson(0.2)), account.Basic, 1e-14, 2.46964, 0.001},
		{"zcdp", "dp_accounting", steps(1, account.Gaussian{Noise: math.Sqrt(5)}, account.Sampling{}), account.ZCDP, 1e-5, 1.9142450022133057, 1e-4},
		{"replace", "dp_accounting", replaced, account.Exact, 1e-5, 4.37717810002493, 1e-4},
		{"replace, add-remove", "dp_accounting", steps(1, account.Gaussian{Noise: 2}, account.Sampling{}), account.Exact, 1e-5, 1.9930914, 1e-4},
	} {
		got, err := v.plan.EpsilonBy(v.by, v.delta)
		if err != nil {
			t.Errorf("%s: %v", v.id, err)
			continue
		}
		t.Logf("%s: %v, off by %.3g", v.id, got, got.Epsilon-v.epsilon)
		if math.Abs(got.Epsilon-v.epsilon) > v.tolerance {
			t.Errorf("%s (%s): epsilon is %.12g, want %.12g within %g", v.id, v.source, got.Epsilon, v.epsilon, v.tolerance)
		}
	}
}

func TestOrderOfKnownAnswer(t *testing.T) {
	got, err := dpsgd(6000, 0.0025, 1.3).EpsilonBy(account.RDP, 1e-5)
	if err != nil || got.Order != 19 {
		t.Errorf("tfp0: order %v, want 19; %v", got.Order, err)
	}
	constant := account.Curve{}
	for order := 2.0; order <= 32; order++ {
		constant.Orders, constant.Divergences = append(constant.Orders, order), append(constant.Divergences, 1.1)
	}
	if epsilon, order := constant.Epsilon(1e-5); math.Abs(epsilon-1.32783806176) > 1e-9 || order != 32 {
		t.Errorf("puredp-conv: epsilon %.12g at order %v", epsilon, order)
	}
}

// TestRenyiAtFractionalOrders: the first two are integrals computed with mpmath. A
// series that forgets the signs of generalised binomials gives 6.7058e-4 at 1.5.
func TestRenyiAtFractionalOrders(t *testing.T) {
	want := account.Curve{
		Orders:      []float64{1.5, 2.5, 5, 50, 100},
		Divergences: []float64{0.0006500708971880397, 0.0010854180569181244, 0.00218075656, 0.0238460375, 167.416308},
	}
	got, err := dpsgd(50, 0.01, 2.5).Curve(want.Orders)
	if err != nil {
		t.Fatal(err)
	}
	for i, order := range want.Orders {
		if math.Abs(got.Divergences[i]/want.Divergences[i]-1) > 1e-7 {
			t.Errorf("order %v: %.10g, want %.10g", order, got.Divergences[i], want.Divergences[i])
		}
	}
}

func TestKnownNoise(t *testing.T) {
	gaussian := steps(1, account.Gaussian{Noise: 1}, account.Sampling{})
	laplace := steps(20, account.Laplace{Epsilon: 1}, account.Sampling{})
	discrete := steps(20, account.DiscreteLaplace{A: 1, L1: 1}, account.Sampling{})
	for _, v := range []struct {
		id              string
		plan            account.Plan
		delta           float64
		read            func(account.Mechanism) float64
		want, tolerance float64
	}{
		{"gauss-cal", gaussian, 1e-5, func(m account.Mechanism) float64 { return m.(account.Gaussian).Noise }, 3.7306316348, 1e-6},
		{"lap-cal", laplace, 1e-4, func(m account.Mechanism) float64 { return 1 / m.(account.Laplace).Epsilon }, 13.6, 0.1},
		{"dlap-cal", discrete, 1e-4, func(m account.Mechanism) float64 { return m.(account.DiscreteLaplace).A }, 0.073, 0.001},
	} {
		plan, answer, err := v.plan.Calibrate(1, v.delta)
		if err != nil {
			t.Errorf("%s: %v", v.id, err)
			continue
		}
		got := v.read(plan.Parts[0].Mechanism)
		t.Logf("%s: %.10g, %v", v.id, got, answer)
		if math.Abs(got-v.want) > v.tolerance || answer.Epsilon > 1 {
			t.Errorf("%s: %.10g, want %g within %g; %v", v.id, got, v.want, v.tolerance, answer)
		}
	}
}

func TestKnownDelta(t *testing.T) {
	// Three Gaussians of noise sqrt(3) are one of noise 1 (dp_accounting test).
	got, err := steps(3, account.Gaussian{Noise: math.Sqrt(3)}, account.Sampling{}).Delta(1)
	if err != nil || math.Abs(got.Delta-0.126936) > 1e-6 || got.Accountant != account.Exact {
		t.Errorf("gauss-mu1: %v, %v", got, err)
	}
}

// TestUpperBoundOfOthers: dp_accounting forgets the signs of generalised binomials,
// so what it gives at fractional orders is above what ours proves.
func TestUpperBoundOfOthers(t *testing.T) {
	got, err := dpsgd(2250, 0.04, 1.5).EpsilonBy(account.RDP, 1e-5)
	if err != nil || got.Epsilon > 7.329334702381698 {
		t.Errorf("dpacc-rdp-upper: %v, %v", got, err)
	}
}

// TestKnownIntegerOrders holds the curve to values rounded up to nano with exact
// arithmetic, at integer orders only.
func TestKnownIntegerOrders(t *testing.T) {
	none := account.Sampling{}
	gaussian := func(sigma float64) account.Mechanism { return account.Gaussian{Noise: sigma} }
	for _, v := range []struct {
		id        string
		mechanism account.Mechanism
		sampling  account.Sampling
		nano      []float64 // at 2, 3, 5, 8, 16, 32, 64, 128, 256
		steps     int
		epsilon   float64 // nano, at delta 1e-5
		order     float64
	}{
		{"G1", gaussian(2), account.Poisson(0.3), []float64{25241036, 40255055, 77116844, 160858743, 780800659, 2758230955, 6776916859, 14786547095, 30791305734}, 25, 4180649437, 5},
		{"G2", gaussian(1), account.Poisson(0.1), []float64{17036864, 31712301, 129877434, 1378361412, 5543912171, 13623137969, 29660865938, 61679284316, 125688385162}, 200, 11144151681, 3},
		{"G3", gaussian(1), account.Poisson(0.01), []float64{171814, 264638, 468668, 893644, 3087850784, 11246275938, 27321731875, 59358568632, 123376770324}, 1000, 2107753168, 8},
		{"G4", gaussian(4.5), none, []float64{49382717, 74074075, 123456791, 197530865, 395061729, 790123457, 1580246914, 3160493828, 6320987655}, 60, 9013787609, 4},
		{"G5", gaussian(1.5), account.Poisson(0.04), nil, 2250, 7329878879, 4},
		{"G6", gaussian(1.3), account.Poisson(0.0025), nil, 6000, 724227806, 19},
		{"S1", account.Skellam{Variance: 16384, L2Squared: 4096, L1: 4096}, account.Poisson(0.3), []float64{25244905, 40261112, 77128376, 160884638, 780924412, 2758493655, 6777424214, 14787542731, 30793277933}, 25, 4180937737, 5},
		{"S2", account.Skellam{Variance: 400, L2Squared: 100, L1: 100}, account.Poisson(0.1), []float64{2854247, 4401452, 7786470, 13816008, 45798386, 1637901383, 5681648457, 13720065566, 29769166412}, 100, 2595709968, 8},
		{"L1", account.DiscreteLaplace{A: 0.1, L1: 10}, account.Poisson(0.1), []float64{8564842, 13171156, 22879283, 38043989, 74167731, 112082109, 135100392, 146869041, 152738296}, 100, 4540656637, 5},
		{"L2", account.DiscreteLaplace{A: 1, L1: 1}, account.Poisson(0.3), nil, 10, 4075697098, 13},
		{"L3", account.DiscreteLaplace{A: 0.1, L1: 1}, none, nil, 100, 4620685043, 6},
	} {
		one, err := steps(1, v.mechanism, v.sampling).Curve([]float64{2, 3, 5, 8, 16, 32, 64, 128, 256})
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range v.nano {
			if got := one.Divergences[i] * 1e9; got > want+want*1e-10 || got < want-1.01-want*1e-10 {
				t.Errorf("%s at order %v: %.3f nano, want %v rounded up", v.id, one.Orders[i], got, want)
			}
		}
		var orders []float64
		for order := 2.0; order <= 64; order++ {
			orders = append(orders, order)
		}
		all, err := steps(v.steps, v.mechanism, v.sampling).Curve(append(orders, 128, 256))
		if err != nil {
			t.Fatal(err)
		}
		// There the curve of one step was rounded up to nano before it was multiplied.
		if got, order := all.Epsilon(1e-5); order != v.order || got*1e9 > v.epsilon+1 || got*1e9 < v.epsilon-float64(v.steps)-2 {
			t.Errorf("%s: epsilon %.3f nano at order %v, want %v at %v", v.id, got*1e9, order, v.epsilon, v.order)
		}
	}
}
