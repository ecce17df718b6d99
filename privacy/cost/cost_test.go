package cost_test

import (
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/althing-network/althing/privacy/cost"
)

// TestExpAndLnRoundInTheirDirection: e^x rounded up is above e^x rounded down by almost
// nothing, and its logarithm is at or slightly above x.
func TestExpAndLnRoundInTheirDirection(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := big.NewRat(rapid.Int64Range(0, 1<<62).Draw(t, "numerator"), rapid.Int64Range(1<<42, 1<<62).Draw(t, "denominator"))
		above, below := cost.Exp(x, true), cost.Exp(x, false)
		gap := new(big.Float).Quo(new(big.Float).Sub(above, below), below)
		if above.Cmp(below) < 0 || gap.Cmp(big.NewFloat(0x1p-150)) > 0 {
			t.Fatalf("e^%s lies between %s and %s", x, below, above)
		}
		if float, _ := x.Float64(); float < 700 {
			if got, _ := below.Float64(); math.Abs(got/math.Exp(float)-1) > 1e-12*(1+float) {
				t.Fatalf("e^%g is %g", float, got)
			}
		}
		logarithm, _ := cost.Ln(above).Rat(nil)
		excess := new(big.Rat).Sub(logarithm, x)
		if excess.Sign() < 0 || excess.Cmp(big.NewRat(1, 1<<60)) > 0 {
			t.Fatalf("ln e^%s is %s", x, logarithm)
		}
	})
}

// TestConversionIsAboveTheTextbook compares conversions with the formula in float64, whose
// error here is far below 1e-9.
func TestConversionIsAboveTheTextbook(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		delta := cost.Delta(rapid.Uint64Range(1, uint64(cost.OneDelta)-1).Draw(t, "delta"))
		if rapid.Bool().Draw(t, "small") {
			delta = cost.Delta(rapid.Uint64Range(1, 1<<40).Draw(t, "small delta"))
		}
		conversion := cost.Conversion(delta)
		for i, order := range cost.Orders() {
			alpha := float64(order)
			exact := 1e9 * (math.Log1p(-1/alpha) - (math.Log(float64(delta)/1e18)+math.Log(alpha))/(alpha-1))
			if above := float64(conversion[i]) - exact; above < -1e-4 || above > 1+1e-4 {
				t.Fatalf("delta %s, order %d: got %d, want %f rounded up", delta, order, conversion[i], exact)
			}
		}
	})
}

func TestEpsilonIsMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyAmount(t), anyAmount(t)
		delta := anyLimit(t).Delta
		both, err := a.Plus(b)
		if err != nil {
			t.Skip("too large to be added")
		}
		if swapped, err := b.Plus(a); err != nil || swapped != both {
			t.Fatalf("%v plus %v is not %v plus %v", a, b, b, a)
		}
		one, _, oneErr := a.At(delta)
		two, _, err := both.At(delta)
		if oneErr != nil || err != nil {
			if oneErr != nil && err == nil {
				t.Fatalf("a larger loss has an epsilon, a smaller one has error %v", oneErr)
			}
			return
		}
		if two < one {
			t.Fatalf("epsilon falls from %d to %d with a larger loss", one, two)
		}
		if less, _, err := both.At(max(1, delta/2)); err != nil || less < two {
			t.Fatalf("epsilon falls from %d to %d with a smaller delta", two, less)
		}
		if textbook := plainEpsilon(both, delta); math.Abs(textbook*1e9-float64(two)) > 2+1e-9*float64(two) {
			t.Fatalf("epsilon is %d nanos, by the textbook formula %f", two, textbook*1e9)
		}
	})
}

func TestTimesIsRepeatedPlus(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		each, n, m := anyAmount(t), rapid.Uint64Range(0, 50).Draw(t, "n"), rapid.Uint64Range(0, 50).Draw(t, "m")
		first, err1 := each.Times(n)
		second, err2 := each.Times(m)
		all, err := each.Times(n + m)
		if err1 != nil || err2 != nil {
			if err == nil {
				t.Fatal("fewer releases cost more")
			}
			return
		}
		sum, sumErr := first.Plus(second)
		if (err == nil) != (sumErr == nil) || err == nil && sum != all {
			t.Fatalf("%d plus %d releases of %v cost %v (error %v), %d releases %v (error %v)", n, m, each, sum, sumErr, n+m, all, err)
		}
	})
}

func TestTooLargeLossesAreRefused(t *testing.T) {
	huge := cost.Amount{Rho: 1<<62 - 1}
	if _, err := huge.Plus(cost.Amount{Rho: 1}); !errors.Is(err, cost.ErrOverflow) {
		t.Errorf("got %v", err)
	}
	if _, err := huge.Times(1 << 40); !errors.Is(err, cost.ErrOverflow) {
		t.Errorf("got %v", err)
	}
	var dying cost.Amount
	for i := range dying.Curve {
		dying.Curve[i] = 1 << 61
	}
	dead, err := dying.Plus(dying)
	if err != nil {
		t.Fatal(err)
	}
	if dead, err = dead.Plus(dead); err != nil || dead.Curve[47] != cost.NoBound {
		t.Fatalf("%v, %v", dead, err)
	}
	if _, _, err := dead.At(usualDelta); !errors.Is(err, cost.ErrNoOrder) {
		t.Errorf("got %v", err)
	}
	if _, fits := limitOf(1<<51, usualDelta).Left(dead); fits {
		t.Error("a loss without a bound fits into a limit")
	}
	for _, delta := range []cost.Delta{0, cost.OneDelta} {
		if _, _, err := (cost.Amount{Rho: 1}).At(delta); err == nil {
			t.Errorf("delta %s is accepted, want an error", delta)
		}
	}
}

func TestMechanismRefuses(t *testing.T) {
	one := cost.Fraction{Num: 1, Den: 1}
	good := cost.Mechanism{Noise: cost.Skellam{Variance: one}, Norm: cost.Norm{L1: 1, L2Squared: 1}, Adjacency: cost.ZeroOut}
	if _, err := good.Cost(); err != nil {
		t.Fatal(err)
	}
	for want, edit := range map[string]func(*cost.Mechanism){
		"no noise":                  func(m *cost.Mechanism) { m.Noise = nil },
		"the squared L2 norm is 0":  func(m *cost.Mechanism) { m.Norm.L2Squared = 0 },
		"the L1 norm is 0":          func(m *cost.Mechanism) { m.Norm.L1 = 0 },
		"the L1 norm is 0: Laplace": func(m *cost.Mechanism) { m.Noise = cost.Laplace{Rate: one}; m.Norm.L1 = 0 },
		"norm is 0: Gaussian":       func(m *cost.Mechanism) { m.Noise = cost.Gaussian{Sigma: one}; m.Norm.L2Squared = 0 },
		"variance: 0/0: want":       func(m *cost.Mechanism) { m.Noise = cost.Skellam{} },
		"rate: 0/0: want":           func(m *cost.Mechanism) { m.Noise = cost.Laplace{} },
		"sigma: 1/0: want":          func(m *cost.Mechanism) { m.Noise = cost.Gaussian{Sigma: cost.Fraction{Num: 1}} },
		"no adjacency":              func(m *cost.Mechanism) { m.Adjacency = "" },
		"want at most 1000000":      func(m *cost.Mechanism) { m.Sampling.Poisson = 1_000_001 },
		"want one of them":          func(m *cost.Mechanism) { m.Sampling = cost.Sampling{Poisson: 1, Take: 1, Of: 2} },
		"a sample of 3 of 2 units":  func(m *cost.Mechanism) { m.Sampling = cost.Sampling{Take: 3, Of: 2} },
		"a sample of 0 of 2 units":  func(m *cost.Mechanism) { m.Sampling = cost.Sampling{Of: 2} },
		"a sample of 3 of 0 units":  func(m *cost.Mechanism) { m.Sampling = cost.Sampling{Take: 3} },
		"than add-remove":           func(m *cost.Mechanism) { m.Sampling = cost.Sampling{Take: 1, Of: 2}; m.Adjacency = cost.AddRemove },
		"the noise is too small":    func(m *cost.Mechanism) { m.Sampling.Poisson = 1; m.Norm.L2Squared = 1 << 40; m.Norm.L1 = 1 << 40 },
		"too large to be counted":   func(m *cost.Mechanism) { m.Norm.L2Squared = 1 << 63; m.Norm.L1 = 1 << 63 },
	} {
		bad := good
		edit(&bad)
		if _, err := bad.Cost(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want %q in it", err, want)
		}
	}
}

// TestSamplingNeverCostsMore: a sampled release costs at most as much as one without
// sampling, and replace-one at least as much as zero-out.
func TestSamplingNeverCostsMore(t *testing.T) {
	one := cost.Fraction{Num: 3, Den: 2}
	for _, noise := range []cost.Noise{cost.Gaussian{Sigma: one}, cost.Skellam{Variance: one}, cost.Laplace{Rate: one}} {
		norm := cost.Norm{L1: 2, L2Squared: 2}
		epsilon := func(adjacency cost.Adjacency, sampling cost.Sampling) cost.Nano {
			amount, err := cost.Mechanism{Noise: noise, Norm: norm, Adjacency: adjacency, Sampling: sampling}.Cost()
			if err != nil {
				t.Fatal(err)
			}
			e, _, err := amount.At(usualDelta)
			if err != nil {
				t.Fatal(err)
			}
			return e
		}
		for _, adjacency := range cost.Adjacencies() {
			last := cost.Nano(0)
			for _, ppm := range []uint32{1, 1000, 100_000, 500_000, 999_999} {
				e := epsilon(adjacency, cost.Sampling{Poisson: ppm})
				if e < last {
					t.Errorf("%T, %s: a rate of %d ppm costs %d, a smaller rate %d", noise, adjacency, ppm, e, last)
				}
				last = e
				if e < epsilon(cost.ZeroOut, cost.Sampling{Poisson: ppm}) {
					t.Errorf("%T, %s is cheaper than zero-out", noise, adjacency)
				}
			}
			whole := epsilon(adjacency, cost.Sampling{})
			if whole != epsilon(adjacency, cost.Sampling{Poisson: 1_000_000}) {
				t.Errorf("%T: a rate of 1 costs something else than no sampling", noise)
			}
			if last > whole+whole/20 { // without sampling the ledger keeps epsilon or rho, which is coarser than a curve
				t.Errorf("%T, %s: a rate of 0.999999 costs %d, no sampling %d", noise, adjacency, last, whole)
			}
		}
	}
}

// FuzzDecimals: every text that can be read as a number is written so that it reads back as
// the same number.
func FuzzDecimals(f *testing.F) {
	for _, seed := range []string{"8", "0.25", "1e-5", "1.5e-17", "4611686018427.387903", "00.10", "-1", "1e-"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if epsilon, err := cost.ParseEpsilon(text); err == nil {
			if again, err := cost.ParseEpsilon(epsilon.String()); again != epsilon || err != nil {
				t.Errorf("epsilon %q is written as %s, which reads back as %s (error %v)", text, epsilon, again, err)
			}
		}
		if delta, err := cost.ParseDelta(text); err == nil {
			if again, err := cost.ParseDelta(delta.String()); again != delta || err != nil {
				t.Errorf("delta %q is written as %s, which reads back as %s (error %v)", text, delta, again, err)
			}
		}
	})
}

func TestDecimals(t *testing.T) {
	for text, want := range map[string]cost.Epsilon{"8": 8_000_000, "0.25": 250_000, "0.000001": 1, "0": 0} {
		if got, err := cost.ParseEpsilon(text); got != want || err != nil || got.String() != text {
			t.Errorf("%s reads as %s, %v", text, got, err)
		}
	}
	for text, want := range map[string]cost.Delta{"0.00001": usualDelta, "1e-5": usualDelta, "1.5e-17": 15, "1e-18": 1, "1": cost.OneDelta} {
		if got, err := cost.ParseDelta(text); got != want || err != nil {
			t.Errorf("%s reads as %s, %v", text, got, err)
		}
	}
	if got := usualDelta.String(); got != "0.00001" {
		t.Errorf("got %s", got)
	}
	for _, wrong := range []string{"", "-1", "+1", ".5", "5.", "1e-7", "0.0000001", "1,5", "4611686018428", "99999999999999999999999", "NaN"} {
		if got, err := cost.ParseEpsilon(wrong); err == nil {
			t.Errorf("epsilon %q reads as %s", wrong, got)
		}
	}
	for _, wrong := range []string{"", "1e-19", "1.5e-18", "e-5", "1e-", "1e--5", "1e5", "-1e-5", "9"} {
		if got, err := cost.ParseDelta(wrong); err == nil {
			t.Errorf("delta %q reads as %s", wrong, got)
		}
	}
}
