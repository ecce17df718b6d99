package terms_test

import (
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
