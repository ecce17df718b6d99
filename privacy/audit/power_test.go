package audit_test

import (
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/althing-network/althing/privacy"
	"github.com/althing-network/althing/privacy/audit"
)

// clip is the norm of one canary's gradient, in quanta.
const clip = 100

// orthogonal is the gradients of canaries that share no coordinate.
func orthogonal(canaries int) []audit.Gradient {
	all := make([]audit.Gradient, canaries)
	for i := range all {
		all[i] = audit.Gradient{At: []int{i}, Values: []int64{clip}}
	}
	return all
}

// run releases one sum with noise and returns an auditor's guesses about it.
func run(t *testing.T, noise *privacy.Table, seed uint64, canaries []audit.Gradient, made int) audit.Guesses {
	t.Helper()
	in := audit.Coins(stream(t, "coins", seed), len(canaries))
	released := make([]int64, len(canaries))
	for i, g := range canaries {
		for j, at := range g.At {
			if in[i] {
				released[at] += g.Values[j]
			}
		}
	}
	noise.Add(stream(t, "noise", seed), released)
	return must(audit.Guess(in, must(audit.Scores(released, canaries))(t), made))(t)
}

// Gaussian noise with epsilon 1 per round: 3 rounds with new coins, each with 5,000 canaries
// and 500 guesses, combined by Fisher.
func TestOneRunPower(t *testing.T) {
	const rounds, canaries, made = 3, 5000, 500
	claim := claimed(t)
	gradients := orthogonal(canaries)
	// 100 quanta divided by mu 0.268051 is sigma 373.063.
	caught := func(sigma privacy.Ratio) (together, alone int) {
		noise := table(t, privacy.RoundedGaussian{Sigma: sigma})
		for seed := range uint64(powerSeeds) {
			var chances []float64
			for round := range uint64(rounds) {
				p := must(audit.OneRun(run(t, noise, 1000*seed+round, gradients, made), claim))(t)
				chances = append(chances, p)
			}
			if must(audit.Fisher(chances))(t) <= tau {
				together++
			}
			if chances[0] <= tau {
				alone++
			}
		}
		t.Logf("sigma %s: %d/%d together, %d/%d by the first round", sigma, together, powerSeeds, alone, powerSeeds)
		return together, alone
	}
	if half, _ := caught(ratio(373_063, 2000)); half < powerSeeds-1 {
		t.Errorf("half the noise is refuted %d times of %d, want all but one", half, powerSeeds)
	}
	caught(ratio(373_063*7, 10_000))
	if honest, _ := caught(ratio(373_063, 1000)); honest != 0 {
		t.Errorf("honest noise is rejected %d times of %d", honest, powerSeeds)
	}
}

// Laplace noise with epsilon 1: one run with 2,000 canaries and 1,200 guesses.
func TestSteinkePower(t *testing.T) {
	const canaries, made = 2000, 1200
	claim := audit.Approximate{Epsilon: 1}
	gradients := orthogonal(canaries)
	caught := func(a privacy.Ratio) (count int) {
		noise, right := table(t, privacy.DiscreteLaplace{A: a}), 0
		for seed := range uint64(powerSeeds) {
			g := run(t, noise, seed, gradients, made)
			if must(audit.Steinke(g, claim))(t) <= tau {
				count++
			}
			right += g.Right
		}
		t.Logf("a %s: %d/%d, %.3f of the guesses are right", a, count, powerSeeds, float64(right)/made/powerSeeds)
		return count
	}
	if half := caught(ratio(2, clip)); half != powerSeeds {
		t.Errorf("half the noise is caught %d times of %d", half, powerSeeds)
	}
	if seventh := caught(ratio(10, 7*clip)); seventh != powerSeeds {
		t.Errorf("0.7 of the noise is caught %d times of %d", seventh, powerSeeds)
	}
	if honest := caught(ratio(1, clip)); honest != 0 {
		t.Errorf("honest noise is rejected %d times of %d", honest, powerSeeds)
	}
}

// A mechanism that keeps its claim may leak about all canaries at once. This one draws one
// magnitude x of a Gaussian with mean mu/2 for all canaries, and tells each coin rightly with
// odds of e^(mu x). For each canary that is a Gaussian mechanism with mu. A binomial test,
// which assumes that guesses are independent, wrongly refutes it in a fifth of the runs at a
// nominal probability of 0.001. The critical count of the f-DP test does not.
func TestBinomialTestRefutesHonestMechanisms(t *testing.T) {
	const made = 2000
	claim := claimed(t)
	right := distuv.Binomial{N: made, P: distuv.UnitNormal.CDF(claim.Mu / 2)}
	naive := made
	for right.Survival(float64(naive-2)) <= tau { // P[right >= naive-1]
		naive--
	}
	sound := must(audit.OneRunCritical(made, made, claim, tau))(t)
	accused := func(critical int) (chance float64) {
		const step = 1e-3
		for x := step / 2; x < 10; x += step {
			density := distuv.UnitNormal.Prob(x-claim.Mu/2) + distuv.UnitNormal.Prob(x+claim.Mu/2)
			chance += step * density * distuv.Binomial{N: made, P: logistic(claim.Mu * x)}.Survival(float64(critical-1))
		}
		return chance
	}
	t.Logf("%d right ones: %.4f; %d right ones: %.5f", naive, accused(naive), sound, accused(sound))
	if p := accused(naive); p < 0.15 {
		t.Errorf("the binomial test refutes the honest mechanism with probability %g, want at least 0.15: the attack does not work", p)
	}
	if p := accused(sound); p > tau {
		t.Errorf("the f-DP test refutes the honest mechanism with probability %g, want at most %g", p, tau)
	}
}
