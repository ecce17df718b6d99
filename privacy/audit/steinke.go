package audit

import (
	"cmp"
	"math"
)

// Steinke bounds the probability that at least this many guesses of one run are right, if
// the mechanism is (epsilon, delta)-private for each canary (Steinke, Nasr and Jagielski
// 2023, "Privacy auditing with one (1) training run", theorem 5.2). It is the test for noise
// with a pure epsilon, such as Laplace noise. For Gaussian noise delta makes it useless.
func Steinke(g Guesses, claim Approximate) (p float64, err error) {
	if err := cmp.Or(g.Validate(), claim.Validate()); err != nil {
		return 0, err
	}
	return claim.steinke(g.Canaries, g.Made)(g.Right), nil
}

// SteinkeCritical is the smallest number of right guesses for which Steinke is at most tau;
// made+1 if there is none.
func SteinkeCritical(canaries, made int, claim Approximate, tau float64) (right int, err error) {
	if err := cmp.Or(Guesses{Canaries: canaries, Made: made}.Validate(), claim.Validate(), checkTau(tau)); err != nil {
		return 0, err
	}
	chance := claim.steinke(canaries, made)
	for right <= made && chance(right) > tau {
		right++
	}
	return right, nil
}

// SteinkeBound is a lower bound on the epsilon that the run lost at a delta, which may be 0:
// every smaller epsilon is refuted with a probability of error of at most tau. 0 means that
// nothing is refuted.
func SteinkeBound(g Guesses, delta, tau float64) (epsilon float64, err error) {
	if err := cmp.Or(g.Validate(), Approximate{Delta: delta}.Validate(), checkTau(tau)); err != nil {
		return 0, err
	}
	return largestRefuted(func(epsilon float64) bool {
		return Approximate{epsilon, delta}.steinke(g.Canaries, g.Made)(g.Right) <= tau
	}), nil
}

// steinke is the bound as a function of the number of right guesses.
func (c Approximate) steinke(canaries, made int) func(right int) float64 {
	tails := binomialTails(made, 1/(1+math.Exp(-c.Epsilon)))
	return func(right int) float64 {
		here, worst := tails[right], 0.0
		for i := 1; i <= right; i++ {
			worst = max(worst, (tails[right-i]-here)/float64(i))
		}
		return limitChance(here + 2*float64(canaries)*c.Delta*worst)
	}
}

// binomialTails are the probabilities that at least k of n trials succeed, for k from 0 to
// n, if each succeeds with probability q between 0 and 1.
func binomialTails(n int, q float64) []float64 {
	whole, _ := math.Lgamma(float64(n + 1))
	tails, sum := make([]float64, n+1), 0.0
	for k := n; k >= 0; k-- {
		in, _ := math.Lgamma(float64(k + 1))
		out, _ := math.Lgamma(float64(n - k + 1))
		sum += math.Exp(whole - in - out + float64(k)*math.Log(q) + float64(n-k)*math.Log1p(-q))
		tails[k] = min(1, sum)
	}
	return tails
}
