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

// TestReleaseOfTheModeLocal: a clip of 0.1 in quanta of 2^-10 is 102 quanta, rounded down.
// Noise of 1.1 times that is 112.2; drawn and charged are 112 3/16.
func TestReleaseOfTheModeLocal(t *testing.T) {
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

// TestReleaseOfTheModeExample: a clip of 0.3 is 614 quanta of 2^-11, whatever the scale of
// updates is. A round releases ten steps, each on a fifth of the rows, which costs ten times
// as much as one step.
func TestReleaseOfTheModeExample(t *testing.T) {
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
		t.Errorf("ten steps cost %+v, want ten times %+v (error %v)", all, one, err)
	}
}

// TestReleaseRefuses: a release that no book can count is an error.
func TestReleaseRefuses(t *testing.T) {
	for name, asked := range map[string]spec.TaskSpec{
		"no privacy":       spec.DefaultTask(),
		"a clip of a part": task(spec.KindGaussian, 1, spec.One, 10),
		"a clip too large": task(spec.KindGaussian, spec.One, spec.One, 30),
		"another kind":     task("cauchy", spec.One, spec.One, 10),
		"no noise":         task(spec.KindGaussian, spec.One, 0, 10),
	} {
		if r, err := terms.Release(asked); err == nil {
			t.Errorf("%s: got release %+v, want an error", name, r)
		}
	}
}

// TestReleaseKnowsEveryKind: every kind of noise that package spec lists can be counted.
func TestReleaseKnowsEveryKind(t *testing.T) {
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

// centralTask is a task in the mode central with at least ten trainers, one of whom may
// collude.
func centralTask(kind, unit string) spec.TaskSpec {
	t := task(kind, 2*spec.One, 3_520_000, 8)
	t.Model = spec.Model{Kind: spec.ModelSoftmax, Inputs: 64, Classes: 10}
	t.Selection.MinTrainers = 10
	t.Privacy.Mode, t.Privacy.Unit, t.Privacy.Corrupt = spec.PrivacyCentral, unit, 1
	return t
}

// TestReleaseOfTheModeCentral: a clip of 2 in quanta of 2^-8 is 512 quanta; the L1 norm is at
// most sqrt(650) times that, 13053.49. Noise of 3.52 times the clip is 1802.24; 1802 3/16 are
// counted, whose square is 3247879.79.
func TestReleaseOfTheModeCentral(t *testing.T) {
	for _, unit := range []cost.Unit{cost.Example, cost.Client} {
		got, err := terms.Release(centralTask(spec.KindGaussian, string(unit)))
		if want := (cost.Release{
			Unit: unit, Noise: cost.Skellam{Variance: cost.Fraction{Num: 3_247_879, Den: 1}}, Norm: cost.Norm{L1: 13_053, L2Squared: 512 * 512},
		}); err != nil || got != want {
			t.Errorf("got %+v (%v), want %+v", got, err, want)
		}
		got, err = terms.Release(centralTask(spec.KindLaplace, string(unit)))
		if want := (cost.Release{
			Unit: unit, Noise: cost.Laplace{Rate: cost.Fraction{Num: 16, Den: 28_835}}, Norm: cost.Norm{L1: 512},
		}); err != nil || got != want {
			t.Errorf("got %+v (%v), want %+v", got, err, want)
		}
	}
}

// TestMagnitudesOfASmallClip: no integer is larger than its square, so a clip of 4 quanta
// allows an L1 norm of at most 16, however many values there are.
func TestMagnitudesOfASmallClip(t *testing.T) {
	asked := centralTask(spec.KindGaussian, spec.UnitExample)
	asked.Privacy.Clip = 4 * spec.One / 256
	if got, err := terms.Release(asked); err != nil || got.Norm != (cost.Norm{L1: 16, L2Squared: 16}) {
		t.Errorf("got %+v (error %v), want norms of 16", got, err)
	}
}

// TestReleaseRefusesIfAllMayCollude: if all trainers may collude, nobody adds noise.
func TestReleaseRefusesIfAllMayCollude(t *testing.T) {
	asked := centralTask(spec.KindGaussian, spec.UnitExample)
	asked.Privacy.Corrupt = 10
	if r, err := terms.Release(asked); err == nil {
		t.Errorf("promised %+v", r)
	}
	asked = centralTask("cauchy", spec.UnitExample)
	if r, err := terms.Release(asked); err == nil {
		t.Errorf("promised %+v", r)
	}
}

// TestEveryModeDescribesItsTerms: for each mode that package spec lists there are texts about
// whom the promise holds against, about samples and about assumptions.
func TestEveryModeDescribesItsTerms(t *testing.T) {
	for _, mode := range spec.PrivacyModes() {
		asked := spec.DefaultTask()
		asked.Privacy = spec.Privacy{Mode: mode.Name, Rate: 20_000, Corrupt: 3}
		against, drawn, assumed := terms.Against(asked), terms.Drawn(asked), strings.Join(terms.Assumed(asked), "\n")
		if private := mode.Name != spec.PrivacyNone; (against != "nobody") != private || (assumed != "") != private {
			t.Errorf("%s: against %s, assumed %q", mode.Name, against, assumed)
		}
		if sampled := mode.Name == spec.PrivacyExample; strings.Contains(drawn, "chance 0.02") != sampled {
			t.Errorf("%s: samples are described as %q", mode.Name, drawn)
		}
		if shared := mode.Name == spec.PrivacyCentral; strings.Contains(against+assumed, "at most 3") != shared {
			t.Errorf("%s: against %s, assumed %q", mode.Name, against, assumed)
		}
	}
}

// TestAssumptionsAboutNamedOwners: a task that admits owners by name assumes that they are
// different persons; a task that names nobody can only count accounts.
func TestAssumptionsAboutNamedOwners(t *testing.T) {
	asked := centralTask(spec.KindGaussian, spec.UnitExample)
	if all := strings.Join(terms.Assumed(asked), "\n"); !strings.Contains(all, "one person can have many") {
		t.Errorf("no owner is named: got %s", all)
	}
	asked.Selection.Owners = []string{"althing1a", "althing1b"}
	if all := strings.Join(terms.Assumed(asked), "\n"); !strings.Contains(all, "admits 2 accounts by name") {
		t.Errorf("two owners are named: got %s", all)
	}
}
