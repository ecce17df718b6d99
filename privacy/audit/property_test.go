package audit_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/althing-network/althing/privacy"
	"github.com/althing-network/althing/privacy/audit"
)

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

func anyGuesses(t *rapid.T) audit.Guesses {
	canaries := rapid.IntRange(1, 3000).Draw(t, "canaries")
	made := rapid.IntRange(1, canaries).Draw(t, "made")
	return audit.Guesses{Canaries: canaries, Made: made, Right: rapid.IntRange(0, made).Draw(t, "right")}
}

func anyClaim(t *rapid.T) audit.Claim {
	epsilon := rapid.Float64Range(0, 5).Draw(t, "epsilon")
	return rapid.SampledFrom([]audit.Claim{
		audit.GDP{Mu: epsilon}, audit.Pure{Epsilon: epsilon}, audit.Approximate{Epsilon: epsilon, Delta: 1e-3},
	}).Draw(t, "claim")
}

// More right guesses give a smaller p-value, and a weaker claim gives a larger one.
func TestChancesAreMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := anyGuesses(t)
		more := g
		more.Right = rapid.IntRange(g.Right, g.Made).Draw(t, "more")
		mu := rapid.Float64Range(0, 4).Draw(t, "mu")
		weaker := mu + rapid.Float64Range(0, 1).Draw(t, "by")
		const rounding = 1 + 1e-9
		chances := func(g audit.Guesses, mu float64) []float64 {
			return []float64{
				mustDraw(audit.OneRun(g, audit.GDP{Mu: mu}))(t), mustDraw(audit.OneRun(g, audit.Pure{Epsilon: mu}))(t),
				mustDraw(audit.OneRun(g, audit.Approximate{Epsilon: mu, Delta: 1e-3}))(t),
				mustDraw(audit.Steinke(g, audit.Approximate{Epsilon: mu}))(t),
			}
		}
		base := chances(g, mu)
		for i, p := range chances(more, mu) {
			if p > base[i]*rounding {
				t.Errorf("p-value %g with %d right guesses, but %g with %d", base[i], g.Right, p, more.Right)
			}
		}
		for i, p := range chances(g, weaker) {
			if p*rounding < base[i] {
				t.Errorf("p-value %g for a claim of %g, but %g for %g", base[i], mu, p, weaker)
			}
		}
	})
}

// mustDraw is [must] for property tests.
func mustDraw[T any](v T, err error) func(*rapid.T) T {
	return func(t *rapid.T) T {
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// The critical count is the smallest one whose p-value is at most tau.
func TestCriticalCountsAreTheSmallest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g, claim := anyGuesses(t), anyClaim(t)
		tau := rapid.Float64Range(1e-6, 0.5).Draw(t, "tau")
		g.Right = mustDraw(audit.OneRunCritical(g.Canaries, g.Made, claim, tau))(t)
		const rounding = 1 + 1e-9
		if g.Right <= g.Made {
			if p := mustDraw(audit.OneRun(g, claim))(t); p > tau*rounding {
				t.Errorf("%v has p-value %g, want at most %g at the critical count", g, p, tau)
			}
		}
		if g.Right--; g.Right >= 0 {
			if p := mustDraw(audit.OneRun(g, claim))(t); p*rounding < tau {
				t.Errorf("%v has p-value %g, want more than %g below the critical count", g, p, tau)
			}
		}
	})
}

// Randomised response, which tells each coin rightly with odds of e^epsilon, independently
// of others, keeps a pure claim. So p-values are not below the binomial one, and Steinke's
// is equal to it.
func TestRandomisedResponseIsNotRefuted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := anyGuesses(t)
		epsilon := rapid.Float64Range(0, 3).Draw(t, "epsilon")
		exact := 0.0
		for k := g.Right; k <= g.Made; k++ {
			exact += binomial(g.Made, k, logistic(epsilon))
		}
		if exact < 1e-90 {
			t.Skip("smaller p-values are reported as 1e-100")
		}
		const rounding = 1 + 1e-9
		if p := mustDraw(audit.OneRun(g, audit.Pure{Epsilon: epsilon}))(t); p*rounding < exact {
			t.Errorf("OneRun gives %g, want at least the binomial probability, %g", p, exact)
		}
		if p := mustDraw(audit.Steinke(g, audit.Approximate{Epsilon: epsilon}))(t); math.Abs(p-exact) > 1e-9*exact {
			t.Errorf("Steinke gives %g, want the binomial probability, %g", p, exact)
		}
	})
}

func binomial(n, k int, q float64) float64 {
	gamma := func(x int) float64 { v, _ := math.Lgamma(float64(x)); return v }
	return math.Exp(gamma(n+1) - gamma(k+1) - gamma(n-k+1) + float64(k)*math.Log(q) + float64(n-k)*math.Log1p(-q))
}

// A bound on epsilon is the largest one that is refuted at tau.
func TestBoundsAreTheLargestRefuted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := anyGuesses(t)
		const delta, little = 1e-5, 1e-6
		lost := mustDraw(audit.OneRunBound(g, delta, tau))(t)
		if above := mustDraw(audit.OneRun(g, mustDraw(audit.GaussianClaim(lost+little, delta))(t)))(t); above < tau {
			t.Errorf("%v: the bound is epsilon %g, but a larger epsilon has p-value %g", g, lost, above)
		}
		if lost > little {
			if under := mustDraw(audit.OneRun(g, mustDraw(audit.GaussianClaim(lost-little, delta))(t)))(t); under > tau {
				t.Errorf("%v: the bound is epsilon %g, but a smaller epsilon has p-value %g", g, lost, under)
			}
		}
		lost = mustDraw(audit.SteinkeBound(g, 0, tau))(t)
		if above := mustDraw(audit.Steinke(g, audit.Approximate{Epsilon: lost + little}))(t); above < tau {
			t.Errorf("%v: Steinke's bound is epsilon %g, but a larger epsilon has p-value %g", g, lost, above)
		}
	})
}

// Nearer is above 0 if the released sum is closer to the gradient than to zero, and at most
// the gradient's L1 norm.
func TestNearerIsBounded(t *testing.T) {
	gradients := []audit.Gradient{{At: []int{0, 1}, Values: []int64{4, -4}}, {At: []int{2}, Values: []int64{10}}}
	for _, k := range []struct {
		released []int64
		want     []float64
	}{
		{[]int64{5, -3, 5}, []float64{4 + 2, 0}},
		{[]int64{900, -900, 900}, []float64{8, 10}},
		{[]int64{-900, 900, -900}, []float64{-8, -10}},
	} {
		if got := must(audit.Nearer(k.released, gradients))(t); !slices.Equal(got, k.want) {
			t.Errorf("released %v: scores %v, want %v", k.released, got, k.want)
		}
	}
}

// Guesses are about the canaries whose scores are farthest from zero.
func TestGuessTakesTheLargestScores(t *testing.T) {
	in := []bool{true, false, true, false, true}
	scores := []float64{5, -4, -3, 2, 1} // the third and the fourth are wrong
	for made, right := range map[int]int{1: 1, 2: 2, 3: 2, 4: 2, 5: 3} {
		want := audit.Guesses{Canaries: 5, Made: made, Right: right}
		if got := must(audit.Guess(in, scores, made))(t); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	released := []int64{7, 100, 10, -20}
	gradients := []audit.Gradient{{At: []int{0, 2}, Values: []int64{2, 10}}, {At: []int{3}, Values: []int64{6}}}
	want := []float64{2*(7-1) + 10*(10-5), 6 * (-20 - 3)}
	if got := must(audit.Scores(released, gradients))(t); !slices.Equal(got, want) {
		t.Errorf("scores %v, want %v", got, want)
	}
	coins := audit.Coins(rand.NewPCG(1, 2), 10_000)
	heads := 0
	for _, in := range coins {
		if in {
			heads++
		}
	}
	if heads < 4700 || heads > 5300 {
		t.Errorf("%d of 10,000 coins are heads", heads)
	}
}

func TestBadInputIsRefused(t *testing.T) {
	noise := table(t, privacy.RoundedGaussian{Sigma: ratio(40, 1)})
	rounds := func(coordinates ...int) (all [][]int64) {
		for _, n := range coordinates {
			all = append(all, make([]int64, n))
		}
		return all
	}
	residual := func(noise *privacy.Table, rounds [][]int64, tau float64) error {
		_, err := audit.Residual(roundsOf(noise, rounds), rand.NewPCG(1, 2), tau)
		return err
	}
	oneRun := func(canaries, made, right int, claim audit.Claim) error {
		_, err := audit.OneRun(audit.Guesses{Canaries: canaries, Made: made, Right: right}, claim)
		return err
	}
	fails := func(_ any, err error) error { return err }
	steinke := func(made, right int, claim audit.Approximate) error {
		return fails(audit.Steinke(audit.Guesses{Canaries: 100, Made: made, Right: right}, claim))
	}
	norm := func(law privacy.Law, draws, times int) error {
		_, _, err := audit.Norm(law, draws, times)
		return err
	}
	some := audit.Guesses{Canaries: 100, Made: 50, Right: 40}
	for _, k := range []struct {
		says string
		err  error
	}{
		{"round 1 has 999 residuals: want at least 1000", residual(noise, rounds(1000, 999), tau)},
		{"0 rounds: want at least 1", residual(noise, nil, tau)},
		{"round 0 has no table", residual(nil, rounds(1000), tau)},
		{"tau is 0: want", residual(noise, rounds(1000), 0)},
		{"tau is 1: want", residual(noise, rounds(1000), 1)},
		{"tau is NaN: want", residual(noise, rounds(1000), math.NaN())},
		{"3 coordinates were released and the sum has 2", fails(audit.Difference(make([]int64, 3), make([]int64, 2)))},
		{"norm of 0 draws", norm(noise.Law(), 0, 1)},
		{"norm of 1 draws, 0 times", norm(noise.Law(), 1, 0)},
		{"want a law", norm(nil, 1, 1)},
		{"sigma is 0", norm(privacy.RoundedGaussian{Sigma: ratio(0, 1)}, 1, 1)},
		{"reaches to 18000082", norm(privacy.Skellam{Variance: 1e12, Shares: 1}, 1, 1)},
		{"want at most 4194304", norm(privacy.Polya{A: ratio(1, 1e8), Shares: 2}, 1, 1)},
		{"101 guesses about 100 canaries: want 1 to 100", oneRun(100, 101, 0, audit.Pure{Epsilon: 1})},
		{"0 guesses about 100 canaries", oneRun(100, 0, 0, audit.Pure{Epsilon: 1})},
		{"51 of 50 guesses are right: want 0 to 50", oneRun(100, 50, 51, audit.Pure{Epsilon: 1})},
		{"-1 of 50 guesses are right", oneRun(100, 50, -1, audit.Pure{Epsilon: 1})},
		{"mu is -1: want", oneRun(100, 50, 40, audit.GDP{Mu: -1})},
		{"mu is +Inf: want", oneRun(100, 50, 40, audit.GDP{Mu: math.Inf(1)})},
		{"epsilon is NaN: want", oneRun(100, 50, 40, audit.Pure{Epsilon: math.NaN()})},
		{"delta is 1: want", oneRun(100, 50, 40, audit.Approximate{Epsilon: 1, Delta: 1})},
		{"delta is 0: want above 0", fails(audit.GaussianClaim(1, 0))},
		{"delta is 0: want above 0", fails(audit.OneRunBound(some, 0, tau))},
		{"tau is 2: want", fails(audit.OneRunBound(some, 1e-5, 2))},
		{"tau is 2: want", fails(audit.OneRunCritical(100, 50, audit.GDP{Mu: 1}, 2))},
		{"101 guesses about 100 canaries", steinke(101, 0, audit.Approximate{Epsilon: 1})},
		{"51 of 50 guesses are right", steinke(50, 51, audit.Approximate{Epsilon: 1})},
		{"delta is -1: want", steinke(50, 40, audit.Approximate{Epsilon: 1, Delta: -1})},
		{"tau is 2: want", fails(audit.SteinkeCritical(100, 50, audit.Approximate{Epsilon: 1}, 2))},
		{"tau is 2: want", fails(audit.SteinkeBound(some, 0, 2))},
		{"0 runs: want at least 1", fails(audit.Fisher(nil))},
		{"run 1 has p-value 0: want", fails(audit.Fisher([]float64{1, 0}))},
		{"run 0 has p-value 1.5: want", fails(audit.Fisher([]float64{1.5}))},
		{"2 scores of 3 canaries", fails(audit.Guess(make([]bool, 3), make([]float64, 2), 1))},
		{"4 guesses about 3 canaries", fails(audit.Guess(make([]bool, 3), make([]float64, 3), 4))},
		{"2 coordinates and 1 values", fails(audit.Scores(make([]int64, 9), []audit.Gradient{{At: []int{1, 2}, Values: []int64{1}}}))},
		{"coordinate 9: want 0 to 8", fails(audit.Scores(make([]int64, 9), []audit.Gradient{{At: []int{9}, Values: []int64{1}}}))},
	} {
		if k.err == nil || !strings.Contains(k.err.Error(), k.says) {
			t.Errorf("got error %v, want %q in it", k.err, k.says)
		}
	}
}
