package cost_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/althing-network/althing/privacy/cost"
)

// noisy is a release of Gaussian noise.
func noisy(unit cost.Unit) cost.Release {
	return cost.Release{
		Unit:  unit,
		Noise: cost.Gaussian{Sigma: cost.Fraction{Num: 20, Den: 1}},
		Norm:  cost.Norm{L2Squared: 100},
	}
}

// TestLimitCountsOnlyItsUnitUnderItsAdjacency: the same release costs four times the rho
// under replace-one, and a release for another unit is refused.
func TestLimitCountsOnlyItsUnitUnderItsAdjacency(t *testing.T) {
	limit := limitOf(cost.OneEpsilon, usualDelta)
	each, err := limit.Cost(noisy(cost.Client))
	if err != nil || each != (cost.Amount{Rho: 125_000_000}) {
		t.Errorf("zero-out: got %+v (%v)", each, err)
	}
	limit.Adjacency = cost.ReplaceOne
	each, err = limit.Cost(noisy(cost.Client))
	if err != nil || each != (cost.Amount{Rho: 500_000_000}) {
		t.Errorf("replace-one: got %+v (%v)", each, err)
	}
	for _, unit := range []cost.Unit{cost.Example, cost.DataSubject} {
		if _, err := limit.Cost(noisy(unit)); !errors.Is(err, cost.ErrUnit) {
			t.Errorf("%s: got %v", unit, err)
		}
	}
}

// TestStepsOfOneRelease: a release of n steps costs n times as much as one step, 0 steps
// stand for 1, and a cost that overflows is refused.
func TestStepsOfOneRelease(t *testing.T) {
	limit := limitOf(cost.OneEpsilon, usualDelta)
	for steps, want := range map[uint64]cost.Nano{0: 125_000_000, 1: 125_000_000, 10: 1_250_000_000} {
		r := noisy(cost.Client)
		r.Steps = steps
		if each, err := limit.Cost(r); err != nil || each != (cost.Amount{Rho: want}) {
			t.Errorf("%d steps: got %+v (%v), want %d", steps, each, err, want)
		}
	}
	loud := noisy(cost.Client)
	loud.Noise, loud.Norm.L2Squared, loud.Steps = cost.Gaussian{Sigma: cost.Fraction{Num: 1, Den: 16}}, 1000, cost.MaxReleases
	if each, err := limit.Cost(loud); !errors.Is(err, cost.ErrOverflow) {
		t.Errorf("too many loud steps: got %+v (%v)", each, err)
	}
}

func TestReleaseRefuses(t *testing.T) {
	for want, change := range map[string]func(*cost.Release){
		"no unit of privacy is called":   func(r *cost.Release) { r.Unit = "row" },
		"no noise is named":              func(r *cost.Release) { r.Noise = nil },
		"squared L2 norm is 0":           func(r *cost.Release) { r.Norm = cost.Norm{} },
		"0/1: want a fraction above 0":   func(r *cost.Release) { r.Noise = cost.Gaussian{Sigma: cost.Fraction{Den: 1}} },
		"steps: want at most 4294967296": func(r *cost.Release) { r.Steps = cost.MaxReleases + 1 },
		"want at most 1000000":           func(r *cost.Release) { r.Sampling.Poisson = 1_000_001 },
		"a sample of clients: want": func(r *cost.Release) {
			r.Sampling.Poisson = 10_000
		},
	} {
		r := noisy(cost.Client)
		change(&r)
		if _, err := limitOf(cost.OneEpsilon, usualDelta).Cost(r); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want %q in it", err, want)
		}
	}
}

// TestAffordsIsWhatCheckAllows: Check allows as many releases as Affords says, and not one
// more.
func TestAffordsIsWhatCheckAllows(t *testing.T) {
	b := mustOpen(t, 8*cost.OneEpsilon)
	each := cost.Amount{Rho: 50_000_000}
	n := b.Affords(each, 1_000_000)
	if n == 0 || b.Check(each, n) != nil || !errors.Is(b.Check(each, n+1), cost.ErrExhausted) {
		t.Errorf("Affords says %d; Check gives error %v for them and %v for one more", n, b.Check(each, n), b.Check(each, n+1))
	}
	if got := b.Affords(each, n-1); got != n-1 {
		t.Errorf("Affords of at most %d says %d", n-1, got)
	}
	if got := (cost.Book{}).Affords(each, 1); got != 0 {
		t.Errorf("Affords of a book without a limit says %d, want 0", got)
	}
}
