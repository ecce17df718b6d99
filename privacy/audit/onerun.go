package audit

import (
	"cmp"
	"fmt"
	"math"
	"sort"
)

// Guesses is what an auditor guessed in one run. Each canary was in or out by a fair
// coin of its own; the auditor says of some whether they were in, either way.
type Guesses struct {
	Canaries int
	Made     int // fixed before any score is seen: choosing it later multiplies false alarms
	Right    int
}

// Validate refuses guesses above the canaries, and right ones above the guesses.
func (g Guesses) Validate() error {
	switch {
	case g.Made < 1 || g.Made > g.Canaries:
		return fmt.Errorf("%d guesses about %d canaries: want 1 to %d", g.Made, g.Canaries, g.Canaries)
	case g.Right < 0 || g.Right > g.Made:
		return fmt.Errorf("%d of %d guesses are right: want 0 to %d", g.Right, g.Made, g.Made)
	}
	return nil
}

// OneRun bounds the chance that so many guesses of one run are right if the claim holds
// for each canary, whatever the mechanism does else (Mahloujifar, Melis and
// Chaudhuri 2024, "Auditing f-differential privacy in one run", algorithm 3).
func OneRun(g Guesses, claim Claim) (p float64, err error) {
	if err := cmp.Or(g.Validate(), claim.Validate()); err != nil {
		return 0, err
	}
	if !g.impossible(claim, 1) {
		return 1, nil
	}
	if g.impossible(claim, leastChance) {
		return leastChance, nil
	}
	low, high := math.Log(leastChance), 0.0
	for range 50 {
		if middle := (low + high) / 2; g.impossible(claim, math.Exp(middle)) {
			high = middle
		} else {
			low = middle
		}
	}
	return math.Exp(high), nil
}

// OneRunCritical is the least number of right guesses of which OneRun's chance is at
// most tau: made+1 where there is none.
func OneRunCritical(canaries, made int, claim Claim, tau float64) (right int, err error) {
	if err := cmp.Or(Guesses{Canaries: canaries, Made: made}.Validate(), claim.Validate(), confidence(tau)); err != nil {
		return 0, err
	}
	return sort.Search(made+1, func(c int) bool { return Guesses{canaries, made, c}.impossible(claim, tau) }), nil
}

// OneRunBound is an epsilon that the run lost at least, at a delta, if the mechanism is
// Gaussian: each smaller one is refuted but for a chance of tau. 0 says nothing.
func OneRunBound(g Guesses, delta, tau float64) (epsilon float64, err error) {
	if err := cmp.Or(g.Validate(), confidence(tau)); err != nil {
		return 0, err
	}
	if _, err := GaussianClaim(0, delta); err != nil {
		return 0, err
	}
	return largest(func(epsilon float64) bool {
		claim, err := GaussianClaim(epsilon, delta)
		return err == nil && g.impossible(claim, tau)
	}), nil
}

// largest is the largest epsilon that is refuted, to 1e-9 and rounded down, at most 64;
// 0 where not even that one is. What refutes an epsilon refutes all smaller ones.
func largest(refuted func(epsilon float64) bool) float64 {
	const most = 64.0
	low, high := 0.0, most
	for high-low > 1e-9 {
		if middle := (low + high) / 2; refuted(middle) {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}

// impossible reports whether no mechanism of the claim has a chance of tau or more that
// at least g.Right guesses are right.
//
// Let p(i) be the chance that just i are right, r(c) the sum over i >= c of p(i) i/m,
// and h(c) that of p(i) (g-i)/m. For one canary, the others fixed, "my guess is right
// and c or more are" and "my guess is wrong and c-1 or more are" are one event under the
// two values of its bit, so h(c-1) is at least inverse(r(c)). The least r and h that
// allow the tail tau at c are built downwards; r(0) + h(0) is g/m, so a tail that needs
// more is impossible.
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
