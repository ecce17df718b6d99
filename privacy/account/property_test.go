package account_test

import (
	"errors"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/althing-network/althing/privacy/account"
	"github.com/althing-network/althing/privacy/cost"
)

// plans draws plans with one to three parts and noise from far too little to ample.
func plans() *rapid.Generator[account.Plan] {
	return rapid.Custom(func(t *rapid.T) account.Plan {
		return account.Plan{
			Unit:      rapid.SampledFrom([]cost.Unit{cost.Example, cost.DataSubject}).Draw(t, "unit"),
			Adjacency: rapid.SampledFrom(cost.Adjacencies()).Draw(t, "adjacency"),
			Parts:     rapid.SliceOfN(parts(mechanisms()), 1, 3).Draw(t, "parts"),
		}
	}).Filter(func(p account.Plan) bool { return p.Validate() == nil })
}

func parts(m *rapid.Generator[account.Mechanism]) *rapid.Generator[account.Part] {
	return rapid.Custom(func(t *rapid.T) account.Part {
		return account.Part{
			Mechanism: m.Draw(t, "mechanism"),
			Sampling:  samplings().Draw(t, "sampling"),
			Steps:     rapid.IntRange(1, 300).Draw(t, "steps"),
		}
	})
}

func samplings() *rapid.Generator[account.Sampling] {
	return rapid.Custom(func(t *rapid.T) account.Sampling {
		switch rapid.IntRange(0, 2).Draw(t, "sampling") {
		case 0:
			return account.Sampling{}
		case 1:
			return account.Poisson(logarithmic(1e-3, 1).Draw(t, "rate"))
		}
		population := rapid.Int64Range(1, 10_000).Draw(t, "population")
		return account.WithoutReplacement(population, rapid.Int64Range(1, population).Draw(t, "size"))
	})
}

func mechanisms() *rapid.Generator[account.Mechanism] {
	return rapid.OneOf(dominated(), rapid.Custom(func(t *rapid.T) account.Mechanism {
		l1 := rapid.Int64Range(1, 1000).Draw(t, "l1")
		return account.Skellam{
			Variance:  float64(l1*l1) * logarithmic(0.3, 1000).Draw(t, "variance"),
			L2Squared: rapid.Int64Range(l1, l1*l1).Draw(t, "square"), L1: l1,
		}
	}))
}

// dominated draws mechanisms with a pair of distributions that dominates all neighbours.
func dominated() *rapid.Generator[account.Mechanism] {
	return rapid.Custom(func(t *rapid.T) account.Mechanism {
		noise := logarithmic(0.4, 50).Draw(t, "noise")
		switch rapid.IntRange(0, 3).Draw(t, "mechanism") {
		case 0:
			return account.Gaussian{Noise: noise}
		case 1:
			return account.Laplace{Epsilon: 1 / noise}
		case 2:
			l1 := rapid.Int64Range(1, 50).Draw(t, "l1")
			return account.DiscreteLaplace{A: 1 / noise / float64(l1), L1: l1}
		}
		return account.Pure{Epsilon: 1 / noise}
	})
}

func logarithmic(low, high float64) *rapid.Generator[float64] {
	return rapid.Map(rapid.Float64Range(math.Log(low), math.Log(high)), math.Exp)
}

func deltas() *rapid.Generator[float64] { return logarithmic(1e-9, 1e-2) }

// tolerance is the relative error that the grid of PLD and rounding may add: two exact
// answers agree within it.
const tolerance = 1e-3

type tester interface {
	Helper()
	Errorf(format string, args ...any)
	Fatal(args ...any)
}

func deltaBy(t tester, p account.Plan, a account.Accountant, epsilon float64) (float64, bool) {
	answer, err := p.DeltaBy(a, epsilon)
	if errors.Is(err, account.ErrUnsound) {
		return 1, false
	}
	if err != nil {
		t.Fatal(err)
	}
	return answer.Delta, true
}

func epsilonBy(t tester, p account.Plan, a account.Accountant, delta float64) (float64, bool) {
	answer, err := p.EpsilonBy(a, delta)
	if errors.Is(err, account.ErrUnsound) {
		return math.Inf(1), false
	}
	if err != nil {
		t.Fatal(err)
	}
	return answer.Epsilon, true
}

// mayBeatPLD reports whether RDP may give a smaller epsilon than PLD: under Poisson sampling
// and replace-one no tight pair of distributions is known, and RDP also has the bound
// through the data without the unit.
func mayBeatPLD(p account.Plan) bool {
	return p.Adjacency == cost.ReplaceOne && slices.ContainsFunc(p.Parts, func(part account.Part) bool { return part.Sampling.Rate > 0 })
}

// TestAccountantsAgree: PLD agrees with Exact within the tolerance and is never below it;
// the coarser accountants are not below PLD.
func TestAccountantsAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, delta := plans().Draw(t, "plan"), deltas().Draw(t, "delta")
		pld, known := epsilonBy(t, p, account.PLD, delta)
		rdp, _ := epsilonBy(t, p, account.RDP, delta)
		if exact, ok := epsilonBy(t, p, account.Exact, delta); ok && (pld < exact*(1-1e-9) || pld > exact*(1+tolerance)+tolerance) {
			t.Errorf("pld %v, exact %v: %v", pld, exact, p)
		}
		if !known {
			return
		}
		for _, a := range []account.Accountant{account.Basic, account.KOV, account.RDP, account.ZCDP} {
			if a == account.RDP && mayBeatPLD(p) {
				continue
			}
			if more, ok := epsilonBy(t, p, a, delta); ok && pld > more*(1+tolerance)+tolerance {
				t.Errorf("pld %v, %s %v: %v", pld, a, more, p)
			}
		}
		if simple, ok := epsilonBy(t, p, account.ZCDP, delta); ok && rdp > simple*1.05+0.05 {
			t.Errorf("rdp %v, zcdp %v: %v", rdp, simple, p)
		}
	})
}

// TestDeltaIsTheInverseOfEpsilon: if an accountant gives an epsilon for a delta, the delta
// that it gives for that epsilon is never larger, without tolerance. In the other direction
// the epsilon is not larger either, except for rounding where the curve is flat.
func TestDeltaIsTheInverseOfEpsilon(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, delta := plans().Draw(t, "plan"), logarithmic(1e-30, 0.3).Draw(t, "delta")
		asked := logarithmic(1e-3, 100).Draw(t, "epsilon")
		for _, a := range account.Accountants() {
			checkInverse(t, p, a, delta)
			if back, ok := deltaBy(t, p, a, asked); ok && back > 0 {
				if again, ok := epsilonBy(t, p, a, back); !ok || again > asked*(1+1e-9) {
					t.Errorf("%s: epsilon %v gives delta %v, and that gives back epsilon %v (sound: %t): %v", a, asked, back, again, ok, p)
				}
			}
		}
	})
}

// checkInverse asks for the epsilon of a delta, then for the delta of that epsilon and of a
// slightly smaller one.
func checkInverse(t tester, p account.Plan, a account.Accountant, delta float64) {
	t.Helper()
	epsilon, ok := epsilonBy(t, p, a, delta)
	if !ok || epsilon == 0 {
		return
	}
	if back, ok := deltaBy(t, p, a, epsilon); !ok || back > delta {
		t.Errorf("%s: delta %v gives epsilon %v, and that gives back delta %v, which is larger: %v", a, delta, epsilon, back, p)
	}
	if less, ok := deltaBy(t, p, a, epsilon*(1-1e-9)); ok && less <= delta {
		t.Errorf("%s: delta %v gives epsilon %v, but a smaller epsilon already has delta %v: %v", a, delta, epsilon, less, p)
	}
}

// TestInverseWhereGridsDiffer has a plan whose losses need a coarser grid for some questions
// than for others.
func TestInverseWhereGridsDiffer(t *testing.T) {
	p := steps(101, account.Gaussian{Noise: 0.4}, account.WithoutReplacement(703, 2))
	p.Adjacency = cost.ZeroOut
	for _, delta := range []float64{2.85e-9, 2.85e-12, 2.85e-7, 1e-5} {
		for _, a := range account.Accountants() {
			checkInverse(t, p, a, delta)
		}
	}
}

// TestDeltaOfEpsilonIsDelta: for ordinary plans the delta of the epsilon of a delta is that
// delta, to three digits.
func TestDeltaOfEpsilonIsDelta(t *testing.T) {
	for _, p := range []account.Plan{
		dpsgd(2250, 0.04, 1.5), dpsgd(6000, 0.0025, 1.3), dpsgd(1000, 0.01, 1), dpsgd(25, 0.3, 2),
		steps(60, account.Gaussian{Noise: 4.5}, account.Sampling{}),
		steps(100, account.Laplace{Epsilon: 0.1}, account.Sampling{}),
		steps(100, account.Skellam{Variance: 400, L2Squared: 100, L1: 100}, account.Poisson(0.1)),
		{Unit: cost.Client, Adjacency: cost.ReplaceOne, Parts: []account.Part{
			{Mechanism: account.Gaussian{Noise: 10}, Steps: 20}, {Mechanism: account.DiscreteLaplace{A: 0.01, L1: 5}, Steps: 3},
		}},
	} {
		for _, delta := range []float64{1e-12, 1e-5, 1e-3} {
			answer, err := p.Epsilon(delta)
			if err != nil {
				t.Fatal(err)
			}
			back, err := p.DeltaBy(answer.Accountant, answer.Epsilon)
			if err != nil || math.Abs(back.Delta/delta-1) > 1e-3 {
				t.Errorf("delta %v gives %v, and that gives back %v (error %v)", delta, answer, back, err)
			}
		}
	}
}

func TestEpsilonIsMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, delta := plans().Draw(t, "plan"), deltas().Draw(t, "delta")
		worse := map[string]account.Plan{}
		i := rapid.IntRange(0, len(p.Parts)-1).Draw(t, "part")
		change := func(name string, f func(*account.Part)) {
			q := p
			q.Parts = slices.Clone(p.Parts)
			f(&q.Parts[i])
			worse[name] = q
		}
		change("steps", func(p *account.Part) { p.Steps += rapid.IntRange(1, 100).Draw(t, "more steps") })
		change("noise", func(p *account.Part) { p.Mechanism = noisier(p.Mechanism, 0.9) })
		change("sampling", func(p *account.Part) {
			if p.Sampling.Rate != 0 {
				p.Sampling.Rate = math.Min(1, p.Sampling.Rate*1.1)
			} else if p.Sampling.Size < p.Sampling.Population {
				p.Sampling.Size++
			}
		})
		for _, a := range account.Accountants() {
			before, ok := epsilonBy(t, p, a, delta)
			if !ok {
				continue
			}
			for name, q := range worse {
				if after, ok := epsilonBy(t, q, a, delta); ok && after < before*(1-1e-4)-1e-6 {
					t.Errorf("%s: a worse value of %s lowers epsilon from %v to %v: %v", a, name, before, after, p)
				}
			}
			if after, ok := epsilonBy(t, p, a, delta/2); ok && after < before*(1-1e-4)-1e-6 {
				t.Errorf("%s: half the delta lowers epsilon from %v to %v: %v", a, before, after, p)
			}
		}
	})
}

func noisier(m account.Mechanism, factor float64) account.Mechanism {
	switch m := m.(type) {
	case account.Gaussian:
		return account.Gaussian{Noise: m.Noise * factor}
	case account.Laplace:
		return account.Laplace{Epsilon: m.Epsilon / factor}
	case account.DiscreteLaplace:
		return account.DiscreteLaplace{A: m.A / factor, L1: m.L1}
	case account.Skellam:
		return account.Skellam{Variance: m.Variance * factor, L2Squared: m.L2Squared, L1: m.L1}
	case account.Pure:
		return account.Pure{Epsilon: m.Epsilon / factor}
	}
	panic("a mechanism without noise")
}

// TestRareLargeLosses: a unit that is rarely drawn, but has hardly any protection when it is.
func TestRareLargeLosses(t *testing.T) {
	before := 0.0
	for size := range int64(4) {
		p := steps(67, account.Gaussian{Noise: 1}, account.WithoutReplacement(7060, size+1))
		p.Adjacency = cost.ReplaceOne
		pld, err := p.EpsilonBy(account.PLD, 1.6e-8)
		if err != nil {
			t.Fatal(err)
		}
		rdp, err := p.EpsilonBy(account.RDP, 1.6e-8)
		if err != nil {
			t.Fatal(err)
		}
		if pld.Epsilon > rdp.Epsilon || pld.Epsilon < before {
			t.Errorf("%d drawn: epsilon %v by pld, want at most %v by rdp and at least %v of one less drawn", size+1, pld.Epsilon, rdp.Epsilon, before)
		}
		before = pld.Epsilon
	}
}

// TestSplitPartsCostTheSame: the same steps in another order or in more parts cost the same.
func TestSplitPartsCostTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, delta := plans().Draw(t, "plan"), deltas().Draw(t, "delta")
		split := p
		split.Parts = nil
		for _, part := range p.Parts {
			first := part
			first.Steps = rapid.IntRange(0, part.Steps).Draw(t, "first")
			part.Steps -= first.Steps
			for _, piece := range []account.Part{part, first} {
				if piece.Steps > 0 {
					split.Parts = append(split.Parts, piece)
				}
			}
		}
		slices.Reverse(split.Parts)
		for _, a := range account.Accountants() {
			whole, ok := epsilonBy(t, p, a, delta)
			pieces, also := epsilonBy(t, split, a, delta)
			if ok != also || ok && math.Abs(whole-pieces) > 1e-9*(1+whole) {
				t.Errorf("%s: epsilon %v, but %v if parts are split: %v", a, whole, pieces, p)
			}
		}
	})
}

func TestCalibrationReachesItsEpsilon(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, delta := plans().Draw(t, "plan"), deltas().Draw(t, "delta")
		epsilon := logarithmic(0.2, 10).Draw(t, "epsilon")
		q, answer, err := p.CalibrateBy(account.RDP, epsilon, delta)
		if err != nil {
			t.Fatal(err)
		}
		again, err := q.EpsilonBy(account.RDP, delta)
		if err != nil || again != answer || answer.Epsilon > epsilon || answer.Epsilon < epsilon*(1-1e-6) {
			t.Errorf("calibrated to epsilon %v: got %v, and %v (error %v) from the calibrated plan: %v", epsilon, answer, again, err, q)
		}
	})
}
