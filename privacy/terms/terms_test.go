package terms_test

import (
	"strings"
	"testing"

	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/privacy/terms"
	"github.com/althing-network/althing/spec"
)

func task(kind string, clip, noise spec.PPM, bits uint32) spec.TaskSpec {
	t := spec.DefaultTask()
	t.Aggregation.ScaleBits = bits
	t.Privacy = spec.Privacy{Mode: spec.PrivacyLocal, Kind: kind, Clip: clip, Noise: noise}
	return t
}

// TestWordsAndNumbers: a clip of 0.1 at 2^-10 is 102 quanta, rounded down; noise of 1.1
// times that is 112.2, of which 112 3/16 are drawn and charged.
func TestWordsAndNumbers(t *testing.T) {
	got, err := terms.Release(task(spec.KindGaussian, 100_000, 1_100_000, 10))
	if want := (cost.Release{
		Unit: cost.Client, Noise: cost.Gaussian{Sigma: cost.Fraction{Num: 1795, Den: 16}}, Norm: cost.Norm{L2Squared: 102 * 102},
	}); err != nil || got != want {
		t.Errorf("got %+v (%v), want %+v", got, err, want)
	}
	got, err = terms.Release(task(spec.KindLaplace, 100_000, 1_100_000, 10))
	if want := (cost.Release{
		Unit: cost.Client, Noise: cost.Laplace{Rate: cost.Fraction{Num: 16, Den: 1795}}, Norm: cost.Norm{L1: 102},
	}); err != nil || got != want {
		t.Errorf("got %+v (%v), want %+v", got, err, want)
	}
}

// TestSampledSteps: of a clip of 0.3 a gradient has 614 quanta, of 2^-11, whatever updates
// travel as; a round releases ten steps of a fifth of the rows, which costs ten times one.
func TestSampledSteps(t *testing.T) {
	asked := task(spec.KindGaussian, 300_000, 2_000_000, 20)
	asked.Privacy.Mode, asked.Privacy.Rate, asked.Privacy.Steps, asked.Privacy.Divisor = spec.PrivacyExample, 200_000, 10, 32
	got, err := terms.Release(asked)
	if want := (cost.Release{
		Unit: cost.Example, Noise: cost.Gaussian{Sigma: cost.Fraction{Num: 1228 * 16, Den: 16}}, Norm: cost.Norm{L2Squared: 614 * 614},
		Sampling: cost.Sampling{Poisson: 200_000}, Steps: 10,
	}); err != nil || got != want {
		t.Errorf("got %+v (%v), want %+v", got, err, want)
	}
	all, err := got.Cost(cost.AddRemove)
	if err != nil {
		t.Fatal(err)
	}
	got.Steps = 0
	one, err := got.Cost(cost.AddRemove)
	if err != nil {
		t.Fatal(err)
	}
	if ten, err := one.Times(10); err != nil || ten != all {
		t.Errorf("one step costs %+v, ten %+v (%v)", one, all, err)
	}
}

// TestNothingIsPromisedOfNothing: what no book could count is an error, whoever asks.
func TestNothingIsPromisedOfNothing(t *testing.T) {
	for name, asked := range map[string]spec.TaskSpec{
		"no privacy":       spec.DefaultTask(),
		"a clip of a part": task(spec.KindGaussian, 1, spec.One, 10),
		"a clip too large": task(spec.KindGaussian, spec.One, spec.One, 30),
		"another kind":     task("cauchy", spec.One, spec.One, 10),
		"no noise":         task(spec.KindGaussian, spec.One, 0, 10),
	} {
		if r, err := terms.Release(asked); err == nil {
			t.Errorf("%s: promised %+v", name, r)
		}
	}
}

// TestEveryKindIsKnown: what package spec lists can be made and counted.
func TestEveryKindIsKnown(t *testing.T) {
	for _, kind := range spec.PrivacyKinds() {
		r, err := terms.Release(task(kind.Name, spec.One, spec.One, 20))
		if err == nil {
			_, err = r.Under(cost.ReplaceOne).Cost()
		}
		if err != nil {
			t.Errorf("%s: %v", kind.Name, err)
		}
	}
}

// shared is a task in the mode central: ten trainers at least, of whom one may collude.
func shared(kind, unit string) spec.TaskSpec {
	t := task(kind, 2*spec.One, 3_520_000, 8)
	t.Model = spec.Model{Kind: spec.ModelSoftmax, Inputs: 64, Classes: 10}
	t.Selection.MinTrainers = 10
	t.Privacy.Mode, t.Privacy.Unit, t.Privacy.Corrupt = spec.PrivacyCentral, unit, 1
	return t
}

// TestSharesAreCountedAsAWhole: 2 at 2^-8 is 512 quanta, whose magnitudes are at most the
// root of 650 times that: 13053.49. The noise of 3.52 times that is 1802.24, of which
// 1802 3/16 are counted: their square is 3247879.79.
func TestSharesAreCountedAsAWhole(t *testing.T) {
	for _, unit := range []cost.Unit{cost.Example, cost.Client} {
		got, err := terms.Release(shared(spec.KindGaussian, string(unit)))
		if want := (cost.Release{
			Unit: unit, Noise: cost.Skellam{Variance: cost.Fraction{Num: 3_247_879, Den: 1}}, Norm: cost.Norm{L1: 13_053, L2Squared: 512 * 512},
		}); err != nil || got != want {
			t.Errorf("got %+v (%v), want %+v", got, err, want)
		}
		got, err = terms.Release(shared(spec.KindLaplace, string(unit)))
		if want := (cost.Release{
			Unit: unit, Noise: cost.Laplace{Rate: cost.Fraction{Num: 16, Den: 28_835}}, Norm: cost.Norm{L1: 512},
		}); err != nil || got != want {
			t.Errorf("got %+v (%v), want %+v", got, err, want)
		}
	}
}

// TestShortVectorsOfMagnitudes: no integer is larger than its square, so a clip of 4
// quanta has magnitudes of 16 at most, however many values there are.
func TestShortVectorsOfMagnitudes(t *testing.T) {
	asked := shared(spec.KindGaussian, spec.UnitExample)
	asked.Privacy.Clip = 4 * spec.One / 256
	if got, err := terms.Release(asked); err != nil || got.Norm != (cost.Norm{L1: 16, L2Squared: 16}) {
		t.Errorf("got %+v (%v)", got, err)
	}
}

// TestNobodyIsLeftToAddNoise: where all may collude nothing is promised.
func TestNobodyIsLeftToAddNoise(t *testing.T) {
	asked := shared(spec.KindGaussian, spec.UnitExample)
	asked.Privacy.Corrupt = 10
	if r, err := terms.Release(asked); err == nil {
		t.Errorf("promised %+v", r)
	}
	asked = shared("cauchy", spec.UnitExample)
	if r, err := terms.Release(asked); err == nil {
		t.Errorf("promised %+v", r)
	}
}

// TestEveryModeSaysItsTerms: whom a promise holds against, what it claims of samples and
// what it rests on is said for each mode that package spec lists.
func TestEveryModeSaysItsTerms(t *testing.T) {
	for _, mode := range spec.PrivacyModes() {
		asked := spec.DefaultTask()
		asked.Privacy = spec.Privacy{Mode: mode.Name, Rate: 20_000, Corrupt: 3}
		against, drawn, assumed := terms.Against(asked), terms.Drawn(asked), strings.Join(terms.Assumed(asked), "\n")
		if private := mode.Name != spec.PrivacyNone; (against != "nobody") != private || (assumed != "") != private {
			t.Errorf("%s: against %s, assumed %q", mode.Name, against, assumed)
		}
		if sampled := mode.Name == spec.PrivacyExample; strings.Contains(drawn, "chance 0.02") != sampled {
			t.Errorf("%s: of samples %q", mode.Name, drawn)
		}
		if shared := mode.Name == spec.PrivacyCentral; strings.Contains(against+assumed, "at most 3") != shared {
			t.Errorf("%s: against %s, assumed %q", mode.Name, against, assumed)
		}
	}
}

// TestNamedOwnersAreAssumedToBePersons: who admits owners by name says that they are
// different persons; where nobody is named, accounts are all that is counted.
func TestNamedOwnersAreAssumedToBePersons(t *testing.T) {
	asked := shared(spec.KindGaussian, spec.UnitExample)
	if all := strings.Join(terms.Assumed(asked), "\n"); !strings.Contains(all, "one person can have many") {
		t.Errorf("nobody is named: %s", all)
	}
	asked.Selection.Owners = []string{"althing1a", "althing1b"}
	if all := strings.Join(terms.Assumed(asked), "\n"); !strings.Contains(all, "admits 2 accounts by name") {
		t.Errorf("two are named: %s", all)
	}
}
