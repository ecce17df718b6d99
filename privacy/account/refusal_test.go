package account_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/althing-network/althing/privacy/account"
	"github.com/althing-network/althing/privacy/cost"
)

func TestBadInputIsRefusedByName(t *testing.T) {
	good := dpsgd(10, 0.1, 1)
	with := func(change func(*account.Plan)) account.Plan {
		p := good
		p.Parts = []account.Part{good.Parts[0]}
		change(&p)
		return p
	}
	mechanism := func(m account.Mechanism) account.Plan {
		return with(func(p *account.Plan) { p.Parts[0].Mechanism = m })
	}
	sampling := func(s account.Sampling) account.Plan {
		return with(func(p *account.Plan) { p.Parts[0].Sampling = s })
	}
	for _, c := range []struct {
		plan  account.Plan
		named string
	}{
		{account.Plan{}, "unit of privacy"},
		{with(func(p *account.Plan) { p.Unit = "person" }), "unit of privacy"},
		{with(func(p *account.Plan) { p.Adjacency = "" }), "adjacency"},
		{with(func(p *account.Plan) { p.Parts = nil }), "no parts"},
		{with(func(p *account.Plan) { p.Parts[0].Steps = 0 }), "0 steps"},
		{with(func(p *account.Plan) { p.Parts[0].Steps = math.MaxInt }), "steps"},
		{with(func(p *account.Plan) { p.Unit = cost.Client }), "public on the chain"},
		{sampling(account.WithoutReplacement(10, 2)), "without replacement"},
		{sampling(account.WithoutReplacement(10, 11)), "11 of 10"},
		{sampling(account.Poisson(1.0001)), "sampling rate is 1.0001"},
		{sampling(account.Poisson(-0.1)), "sampling rate"},
		{sampling(account.Poisson(math.NaN())), "sampling rate"},
		{sampling(account.Sampling{Rate: 0.1, Population: 3, Size: 1}), "not both"},
		{mechanism(nil), "no mechanism"},
		{mechanism(account.Gaussian{}), "noise of a gaussian"},
		{mechanism(account.Gaussian{Noise: math.Inf(1)}), "noise of a gaussian"},
		{mechanism(account.Laplace{Epsilon: -1}), "epsilon of a laplace"},
		{mechanism(account.Pure{Epsilon: math.NaN()}), "epsilon of a pure"},
		{mechanism(account.DiscreteLaplace{A: 1}), "L1 norm is 0"},
		{mechanism(account.DiscreteLaplace{L1: 1}), "a of a discrete laplace"},
		{mechanism(account.Skellam{Variance: 1, L1: 1}), "square of the L2 norm is 0"},
		{mechanism(account.Skellam{L2Squared: 1, L1: 1}), "standard deviation of a skellam"},
	} {
		for _, ask := range []func() error{
			func() error { _, err := c.plan.Epsilon(1e-5); return err },
			func() error { _, err := c.plan.Delta(1); return err },
			func() error { _, err := c.plan.Curve([]float64{2}); return err },
			func() error { _, _, err := c.plan.Calibrate(1, 1e-5); return err },
		} {
			if err := ask(); err == nil || !strings.Contains(err.Error(), c.named) {
				t.Errorf("%v: got error %v, want one that names %q", c.plan, err, c.named)
			}
		}
	}
	for _, delta := range []float64{0, -1, 1, 2, math.NaN()} {
		if _, err := good.Epsilon(delta); err == nil || !strings.Contains(err.Error(), "delta is") {
			t.Errorf("delta %v: %v", delta, err)
		}
		if _, _, err := good.Calibrate(1, delta); err == nil || !strings.Contains(err.Error(), "delta is") {
			t.Errorf("delta %v: %v", delta, err)
		}
	}
	for _, epsilon := range []float64{0, -1, math.Inf(1), math.NaN()} {
		if _, err := good.Delta(epsilon); err == nil || !strings.Contains(err.Error(), "epsilon is") {
			t.Errorf("epsilon %v: %v", epsilon, err)
		}
	}
	for _, order := range []float64{1, 0, 1e9, math.NaN()} {
		if _, err := good.Curve([]float64{order}); err == nil || !strings.Contains(err.Error(), "order") {
			t.Errorf("order %v: %v", order, err)
		}
	}
	if _, err := account.ParseAccountant("moments"); err == nil || !strings.Contains(err.Error(), "basic, exact, zcdp, rdp, kov, pld") {
		t.Errorf("unknown accountant: got error %v, want one that lists the accountants", err)
	}
}

// TestUnsoundAccountantsRefuse: an accountant without a bound for a plan refuses it, and
// Epsilon is the tightest answer of the others.
func TestUnsoundAccountantsRefuse(t *testing.T) {
	skellam := account.Skellam{Variance: 100, L2Squared: 16, L1: 8}
	mixed := account.Plan{Unit: cost.Example, Adjacency: cost.ZeroOut, Parts: []account.Part{
		{Mechanism: skellam, Sampling: account.Poisson(0.1), Steps: 10},
		{Mechanism: account.Laplace{Epsilon: 0.1}, Steps: 2},
	}}
	sampled := dpsgd(100, 0.1, 2)
	plain := steps(100, account.Gaussian{Noise: 20}, account.Sampling{})
	pure := steps(100, account.Pure{Epsilon: 0.1}, account.Sampling{})
	for _, c := range []struct {
		name  string
		plan  account.Plan
		sound string
	}{
		{"mixed", mixed, "rdp"},
		{"sampled gaussian", sampled, "rdp pld"},
		{"gaussian", plain, "exact zcdp rdp pld"},
		{"skellam", steps(100, skellam, account.Sampling{}), "zcdp rdp"},
		{"pure", pure, "basic zcdp rdp kov pld"},
	} {
		var sound []string
		least := math.Inf(1)
		for _, a := range account.Accountants() {
			answer, err := c.plan.EpsilonBy(a, 1e-5)
			switch {
			case errors.Is(err, account.ErrUnsound):
				continue
			case err != nil:
				t.Fatal(err)
			}
			sound, least = append(sound, string(a)), math.Min(least, answer.Epsilon)
		}
		if got := strings.Join(sound, " "); got != c.sound {
			t.Errorf("%s: sound accountants are %s, want %s", c.name, got, c.sound)
		}
		best, err := c.plan.Epsilon(1e-5)
		if err != nil || best.Epsilon > least*(1+1e-9) || best.Unit != cost.Example || best.Adjacency != c.plan.Adjacency {
			t.Errorf("%s: got %v (error %v), want the smallest epsilon, %v", c.name, best, err, least)
		}
		t.Logf("%s: %v", c.name, best)
	}
}

// TestRefusalNamesTheSound: the error of an accountant that is not sound says why, and
// names those that are.
func TestRefusalNamesTheSound(t *testing.T) {
	p := steps(10, account.SkellamOf(4, 1<<20, 1000), account.Poisson(0.1))
	const others = "; sound for it: rdp"
	for a, why := range map[account.Accountant]string{
		account.Basic: "pure epsilons",
		account.KOV:   "pure steps",
		account.ZCDP:  "has no bound for sampling",
		account.PLD:   "dominates all neighbours",
		account.Exact: "gaussians without sampling",
	} {
		_, byEpsilon := p.EpsilonBy(a, 1e-5)
		_, byDelta := p.DeltaBy(a, 1)
		_, _, byNoise := p.CalibrateBy(a, 1, 1e-5)
		for _, err := range []error{byEpsilon, byDelta, byNoise} {
			if !errors.Is(err, account.ErrUnsound) || !strings.Contains(err.Error(), why) || !strings.HasSuffix(err.Error(), others) {
				t.Errorf("%s: got error %v, want %q and %q in it", a, err, why, others)
			}
		}
	}
	if sound, err := p.Sound(); err != nil || len(sound) != 1 || sound[0] != account.RDP {
		t.Errorf("sound accountants are %v (error %v), want rdp", sound, err)
	}
	if _, err := p.EpsilonBy("moments", 1e-5); err == nil || errors.Is(err, account.ErrUnsound) {
		t.Errorf("unknown accountant: got error %v, want one that is not ErrUnsound", err)
	}
}

func TestSkellamOf(t *testing.T) {
	for _, c := range []struct {
		values int
		want   account.Skellam
	}{
		{4, account.Skellam{Variance: 1024, L2Squared: 64, L1: 16}},         // sqrt(4*64)
		{1_000_000, account.Skellam{Variance: 1024, L2Squared: 64, L1: 64}}, // no integer is larger than its square
	} {
		if got := account.SkellamOf(4, 64, c.values); got != c.want {
			t.Errorf("%d values: %+v, want %+v", c.values, got, c.want)
		}
	}
	if err := account.SkellamOf(4, 0, 3).Validate(); err == nil {
		t.Error("a bound of 0 is valid, want an error")
	}
}

func TestLargeEpsilonIsLabelled(t *testing.T) {
	large, err := steps(1, account.Laplace{Epsilon: 25}, account.Sampling{}).EpsilonBy(account.Basic, 1e-5)
	if err != nil || large.Label() != "no meaningful privacy" || !strings.Contains(large.String(), large.Label()) {
		t.Errorf("%v, %v", large, err)
	}
	if small := (account.Answer{Epsilon: 20}); small.Label() != "" {
		t.Errorf("%v has label %q, want none", small, small.Label())
	}
}

// TestExtremeParametersAreAnsweredOrRefused: for extreme parameters an accountant either
// gives a finite number or refuses.
func TestExtremeParametersAreAnsweredOrRefused(t *testing.T) {
	for _, x := range []float64{1e-9, 1e-3, 1e3, 1e9} {
		for _, m := range []account.Mechanism{
			account.Gaussian{Noise: x},
			account.Laplace{Epsilon: x},
			account.Pure{Epsilon: x},
			account.DiscreteLaplace{A: x, L1: 3},
			account.Skellam{Variance: x, L2Squared: 9, L1: 3},
		} {
			for _, p := range []account.Plan{steps(1, m, account.Sampling{}), steps(1_000_000, m, account.Poisson(1e-4))} {
				for _, a := range account.Accountants() {
					answer, err := p.EpsilonBy(a, 1e-30)
					if err == nil && !(answer.Epsilon >= 0 && answer.Epsilon < math.Inf(1)) {
						t.Errorf("%s: %v: %v", a, p, answer)
					} else if err != nil && !errors.Is(err, account.ErrUnsound) {
						t.Errorf("%s: %v: %v", a, p, err)
					}
				}
			}
		}
	}
}
