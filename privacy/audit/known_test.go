package audit_test

import (
	"math"
	"slices"
	"testing"

	"github.com/althing-network/althing/privacy/audit"
)

// tau is the probability of a false alarm: the confidence is 99.9%.
const tau = 0.001

// claimed is the Gaussian claim of the tests: epsilon 1 at delta 1e-5.
func claimed(t *testing.T) audit.GDP {
	t.Helper()
	return must(audit.GaussianClaim(1, 1e-5))(t)
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func near(t *testing.T, what string, got, want, relative float64) {
	t.Helper()
	if !(math.Abs(got-want) <= relative*math.Abs(want)) {
		t.Errorf("%s is %.12g, want %.12g", what, got, want)
	}
}

// The p-values were computed with other programs, among them jax-privacy.
func TestOneRunKnownAnswers(t *testing.T) {
	near(t, "mu", claimed(t).Mu, 0.2680511232, 1e-9)
	for _, k := range []struct {
		guesses audit.Guesses
		mu, p   float64
	}{
		{audit.Guesses{Canaries: 100, Made: 100, Right: 70}, 0.2680511232, 0.0417616313},
		{audit.Guesses{Canaries: 1000, Made: 100, Right: 75}, 0.2680511232, 0.0486044008},
		{audit.Guesses{Canaries: 1000, Made: 200, Right: 150}, 0.2680511232, 0.00895370981},
		{audit.Guesses{Canaries: 2000, Made: 400, Right: 300}, 0.2680511232, 0.002968601},
		{audit.Guesses{Canaries: 2000, Made: 2000, Right: 1400}, 0.2680511232, 0.0047051468},
		{audit.Guesses{Canaries: 5000, Made: 250, Right: 200}, 0.2680511232, 0.000992136639},
		{audit.Guesses{Canaries: 5000, Made: 500, Right: 380}, 0.2680511232, 0.00221415361},
		{audit.Guesses{Canaries: 20_000, Made: 1000, Right: 769}, 0.2680511232, 0.000973755087},
		{audit.Guesses{Canaries: 1000, Made: 1000, Right: 800}, 0.5, 0.017821027},
		{audit.Guesses{Canaries: 1000, Made: 1000, Right: 800}, 1, 0.46943687},
		{audit.Guesses{Canaries: 1000, Made: 1000, Right: 800}, 2, 1},
	} {
		near(t, "the chance", must(audit.OneRun(k.guesses, audit.GDP{Mu: k.mu}))(t), k.p, 2e-8)
	}
	for _, k := range []struct {
		guesses audit.Guesses
		tau     float64
		epsilon float64
	}{
		{audit.Guesses{Canaries: 100, Made: 100, Right: 70}, 0.05, 1.060703},
		{audit.Guesses{Canaries: 2000, Made: 400, Right: 300}, 0.05, 1.390782},
		{audit.Guesses{Canaries: 5000, Made: 500, Right: 380}, 0.05, 1.364945},
		{audit.Guesses{Canaries: 20_000, Made: 1000, Right: 800}, tau, 1.179794},
	} {
		near(t, "the bound", must(audit.OneRunBound(k.guesses, 1e-5, k.tau))(t), k.epsilon, 1e-6)
	}
}

func TestOneRunCriticalCounts(t *testing.T) {
	for _, k := range []struct {
		canaries, made, right int
		tau                   float64
	}{
		{2000, 100, 85, tau},
		{2000, 2000, 1450, tau}, // all of them: a mechanism may leak all canaries at once
		{5000, 250, 200, tau},
		{20_000, 1000, 769, tau},
		{25_000, 800, 622, tau},
		{30_000, 1200, 924, tau},
		{60_000, 800, 630, tau},
		{100_000, 750, 596, tau},
		{2000, 400, 280, 0.05},
		{5000, 500, 355, 0.05},
		{20_000, 300, 225, 0.05},
	} {
		if got := must(audit.OneRunCritical(k.canaries, k.made, claimed(t), k.tau))(t); got != k.right {
			t.Errorf("%d guesses about %d canaries at tau %g: the critical count is %d, want %d", k.made, k.canaries, k.tau, got, k.right)
		}
	}
}

func TestSteinkeKnownAnswers(t *testing.T) {
	for _, k := range []struct {
		guesses  audit.Guesses
		delta, p float64
	}{
		{audit.Guesses{Canaries: 2000, Made: 400, Right: 320}, 0, 0.00085177564},
		{audit.Guesses{Canaries: 2000, Made: 400, Right: 320}, 1e-5, 0.00178924448},
		{audit.Guesses{Canaries: 2000, Made: 1200, Right: 920}, 1e-5, 0.00326033408},
	} {
		near(t, "the chance", must(audit.Steinke(k.guesses, audit.Approximate{Epsilon: 1, Delta: k.delta}))(t), k.p, 1e-8)
	}
	bound := must(audit.SteinkeBound(audit.Guesses{Canaries: 2000, Made: 1200, Right: 1056}, 1e-5, tau))(t)
	near(t, "the bound", bound, 1.699019, 1e-6)
	for _, k := range []struct{ canaries, made, right int }{
		{500, 300, 243}, {1000, 600, 472}, {2000, 1200, 925}, {5000, 3000, 2269},
	} {
		if got := must(audit.SteinkeCritical(k.canaries, k.made, audit.Approximate{Epsilon: 1}, tau))(t); got != k.right {
			t.Errorf("%d guesses about %d canaries: the critical count is %d, want %d", k.made, k.canaries, got, k.right)
		}
	}
}

// If the p-values of runs are equal and their statistic is a quantile of chi-square, the
// combined p-value is the probability of that quantile.
func TestFisherIsChiSquare(t *testing.T) {
	for _, k := range []struct {
		runs     int
		quantile float64 // of chi-square with twice as many degrees
		p        float64 // above it
	}{
		{3, 22.4577, 0.001},
		{6, 32.9095, 0.001},
		{8, 39.2524, 0.001},
		{25, 24.6739, 0.999},
		{50, 61.9179, 0.999},
		{100, 143.8428, 0.999},
		{1000, 1810.2416, 0.999},
	} {
		each := math.Exp(-k.quantile / 2 / float64(k.runs))
		near(t, "the chance", must(audit.Fisher(slices.Repeat([]float64{each}, k.runs)))(t), k.p, 2e-4)
	}
	near(t, "the chance of one run", must(audit.Fisher([]float64{0.0123}))(t), 0.0123, 1e-12)
	near(t, "the chance of certain runs", must(audit.Fisher([]float64{1, 1, 1}))(t), 1, 1e-12)
}
