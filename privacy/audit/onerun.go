package audit

import (
	"cmp"
	"fmt"
	"math"
	"sort"
)

// Guesses are an auditor's guesses in one run. A fair coin decided for each canary whether
// it was in; the auditor guesses "in" or "out" for some of the canaries.
type Guesses struct {
	Canaries int
	Made     int // fixed before any score is seen: choosing it later would cause more false alarms
	Right    int
}

// Validate checks that there are at most as many guesses as canaries and at most as many
// right ones as guesses.
func (g Guesses) Validate() error {
	switch {
	case g.Made < 1 || g.Made > g.Canaries:
		return fmt.Errorf("%d guesses about %d canaries: want 1 to %d", g.Made, g.Canaries, g.Canaries)
	case g.Right < 0 || g.Right > g.Made:
		return fmt.Errorf("%d of %d guesses are right: want 0 to %d", g.Right, g.Made, g.Made)
	}
	return nil
}

// OneRun bounds the probability that at least this many guesses of one run are right, if the
// claim holds for each canary and whatever else the mechanism does (Mahloujifar, Melis and
// Chaudhuri 2024, "Auditing f-differential privacy in one run", algorithm 3).
func OneRun(g Guesses, claim Claim) (p float64, err error) {
	if err := cmp.Or(g.Validate(), claim.Validate()); err != nil {
		return 0, err
	}
	if !g.impossible(claim, 1) {
		return 1, nil
	}
	if g.impossible(claim, minChance) {
		return minChance, nil
	}
	low, high := math.Log(minChance), 0.0
	for range 50 {
		if middle := (low + high) / 2; g.impossible(claim, math.Exp(middle)) {
			high = middle
		} else {
			low = middle
		}
	}
	return math.Exp(high), nil
}

// OneRunCritical is the smallest number of right guesses for which OneRun is at most tau;
// made+1 if there is none.
func OneRunCritical(canaries, made int, claim Claim, tau float64) (right int, err error) {
	if err := cmp.Or(Guesses{Canaries: canaries, Made: made}.Validate(), claim.Validate(), checkTau(tau)); err != nil {
		return 0, err
	}
	return sort.Search(made+1, func(c int) bool { return Guesses{canaries, made, c}.impossible(claim, tau) }), nil
}

// OneRunBound is a lower bound on the epsilon that the run lost at a delta, if the mechanism
// is Gaussian: every smaller epsilon is refuted with a probability of error of at most tau.
// 0 means that nothing is refuted.
func OneRunBound(g Guesses, delta, tau float64) (epsilon float64, err error) {
	if err := cmp.Or(g.Validate(), checkTau(tau)); err != nil {
		return 0, err
	}
	if _, err := GaussianClaim(0, delta); err != nil {
		return 0, err
	}
	return largestRefuted(func(epsilon float64) bool {
		claim, err := GaussianClaim(epsilon, delta)
		return err == nil && g.impossible(claim, tau)
	}), nil
}

// largestRefuted is the largest epsilon that is refuted, rounded down to 1e-9, at most 64;
// 0 if none is. If an epsilon is refuted, so are all smaller ones.
func largestRefuted(refuted func(epsilon float64) bool) float64 {
	const maxEpsilon = 64.0
	low, high := 0.0, maxEpsilon
	for high-low > 1e-9 {
		if middle := (low + high) / 2; refuted(middle) {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}

// impossible reports whether no mechanism that keeps the claim has a probability of tau or
// more that at least g.Right guesses are right.
//
// Let p(i) be the probability that exactly i of g guesses about m canaries are right, r(c)
// the sum over i >= c of p(i) i/m, and h(c) the sum over i >= c of p(i) (g-i)/m. Take one
// canary and fix the others: "its guess is right and c or more guesses are" and "its guess is
// wrong and c-1 or more guesses are right" are the same event for the two values of its coin.
// So h(c-1) is at least inverse(r(c)). The loop goes down from c = g.Right with the smallest
// r and h that allow the tail tau. r(0) + h(0) is g/m, so a tail that needs more is
// impossible.
func (g Guesses) impossible(claim Claim, tau float64) bool {
	m, made := float64(g.Canaries), float64(g.Made)
	r, h := tau*float64(g.Right)/m, tau*(made-float64(g.Right))/m
	for i := g.Right - 1; i >= 0; i-- {
		next := claim.inverse(r)
		if next <= h {
			break
		}
		r += float64(i) / float64(g.Made-i) * (next - h)
		h = next
		if r+h > made/m {
			return true
		}
	}
	return r+h > made/m
}
