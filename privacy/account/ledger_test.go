package account_test

import (
	"errors"
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/althing-network/althing/privacy/account"
	"github.com/althing-network/althing/privacy/cost"
)

// mechanismPair is one mechanism as the ledger (privacy/cost) and as the accountants
// describe it.
type mechanismPair struct {
	cost cost.Mechanism
	part account.Part
}

func mechanismPairs() *rapid.Generator[mechanismPair] {
	return rapid.Custom(func(t *rapid.T) mechanismPair {
		adjacency := rapid.SampledFrom(cost.Adjacencies()).Draw(t, "adjacency")
		w := mechanismPair{cost: cost.Mechanism{Adjacency: adjacency}, part: account.Part{Steps: rapid.IntRange(1, 1000).Draw(t, "steps")}}
		thousandths := func(low, high float64, name string) cost.Fraction {
			return cost.Fraction{Num: uint64(1 + 1000*logarithmic(low, high).Draw(t, name)), Den: 1000}
		}
		float := func(f cost.Fraction) float64 { return float64(f.Num) / float64(f.Den) }
		l1 := rapid.Int64Range(1, 100).Draw(t, "l1")
		switch rapid.IntRange(0, 2).Draw(t, "noise") {
		case 0:
			sigma := thousandths(0.5, 50, "sigma")
			w.cost.Noise, w.cost.Norm = cost.Gaussian{Sigma: sigma}, cost.Norm{L2Squared: 1}
			w.part.Mechanism = account.Gaussian{Noise: float(sigma)}
		case 1:
			rate := thousandths(0.01/float64(l1), 2/float64(l1), "rate")
			w.cost.Noise, w.cost.Norm = cost.Laplace{Rate: rate}, cost.Norm{L1: uint64(l1)}
			w.part.Mechanism = account.DiscreteLaplace{A: float(rate), L1: l1}
		default:
			square := rapid.Int64Range(l1, l1*l1).Draw(t, "square")
			variance := thousandths(0.3*float64(square), 1000*float64(square), "variance")
			w.cost.Noise, w.cost.Norm = cost.Skellam{Variance: variance}, cost.Norm{L1: uint64(l1), L2Squared: uint64(square)}
			w.part.Mechanism = account.Skellam{Variance: float(variance), L2Squared: square, L1: l1}
		}
		switch rapid.IntRange(0, 2).Draw(t, "sampling") {
		case 0:
			ppm := rapid.Uint32Range(1000, 999_999).Draw(t, "ppm")
			w.cost.Sampling.Poisson, w.part.Sampling = ppm, account.Poisson(float64(ppm)/1e6)
		case 1:
			if adjacency != cost.AddRemove {
				of := rapid.Uint64Range(2, 10_000).Draw(t, "of")
				take := rapid.Uint64Range(1, of-1).Draw(t, "take")
				w.cost.Sampling.Take, w.cost.Sampling.Of = take, of
				w.part.Sampling = account.WithoutReplacement(int64(of), int64(take))
			}
		}
		return w
	})
}

// TestLedgerIsNeverBelowAccountants: the ledger's epsilon, in integers at 48 orders, is not
// below that of the accountant RDP, except for rounding. RDP is not below PLD, unless it
// may beat PLD.
func TestLedgerIsNeverBelowAccountants(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := mechanismPairs().Draw(t, "mechanism")
		delta := cost.Delta(1e18 * logarithmic(1e-12, 1e-2).Draw(t, "delta"))
		amount, err := w.cost.Cost()
		if err != nil {
			t.Skip(err)
		}
		if amount, err = amount.Times(uint64(w.part.Steps)); err != nil {
			t.Skip(err)
		}
		nanos, order, err := amount.At(delta)
		if errors.Is(err, cost.ErrNoOrder) {
			t.Skip(err)
		}
		if err != nil {
			t.Fatal(err)
		}
		ledger := float64(nanos) / 1e9
		p := account.Plan{Unit: cost.Example, Adjacency: w.cost.Adjacency, Parts: []account.Part{w.part}}
		by := account.RDP
		if order == 0 { // a pure epsilon, which is smaller than any that RDP proves
			by = account.Basic
		}
		coarse, ok := epsilonBy(t, p, by, float64(delta)/1e18)
		if !ok || coarse > ledger*(1+1e-9)+1e-9 {
			t.Errorf("%v: the ledger has epsilon %v at order %d, below %v by %s", p, ledger, order, coarse, by)
		}
		fine, ok := epsilonBy(t, p, account.PLD, float64(delta)/1e18)
		if ok && !mayBeatPLD(p) && fine > coarse*(1+tolerance)+tolerance {
			t.Errorf("%v: %s has epsilon %v, below %v by pld", p, by, coarse, fine)
		}
		if best, err := p.Epsilon(float64(delta) / 1e18); err != nil || best.Epsilon > math.Min(fine, ledger*(1+1e-9)+1e-9) {
			t.Errorf("%v: the best answer is %v (error %v), want at most %v of the ledger and %v of pld", p, best, err, ledger, fine)
		}
	})
}
