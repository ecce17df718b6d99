// Package terms turns the privacy section of a task file into numbers: [Release] is what
// the task releases, as a book of privacy/cost counts it. [Against], [Drawn] and [Assumed]
// say the promise in words. The chain, which charges releases, and the nodes, which make
// them, share this package; so it has no floats, draws no noise and keeps no book.
package terms

import (
	"fmt"

	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/spec"
)

// Update is the reason under which a book charges the update of a round.
const Update = "update"

// Release is the release that a private task makes in each round. It is an error if the task
// is not private or no book can count its release.
func Release(t spec.TaskSpec) (cost.Release, error) {
	clip := t.Privacy.Quanta(t.Aggregation.ScaleBits)
	if !t.Private() || clip == 0 || clip > spec.MaxClip {
		return cost.Release{}, fmt.Errorf("a task in the mode %q with a clip of %d quanta: want a private mode and a clip of 1 to %d", t.Privacy.Mode, clip, uint64(spec.MaxClip))
	}
	if t.Privacy.Mode == spec.PrivacyCentral {
		return centralRelease(t, clip)
	}
	r := cost.Release{Unit: cost.Client}
	if t.Privacy.Mode == spec.PrivacyExample {
		r = cost.Release{Unit: cost.Example, Sampling: cost.Sampling{Poisson: uint32(t.Privacy.Rate)}, Steps: uint64(t.Privacy.Steps)}
	}
	scale := Scale(t)
	switch t.Privacy.Kind {
	case spec.KindGaussian:
		r.Noise, r.Norm = cost.Gaussian{Sigma: scale}, cost.Norm{L2Squared: clip * clip}
	case spec.KindLaplace:
		r.Noise, r.Norm = cost.Laplace{Rate: cost.Fraction{Num: scale.Den, Den: scale.Num}}, cost.Norm{L1: clip}
	default:
		return cost.Release{}, fmt.Errorf("privacy.kind %q: want %s or %s", t.Privacy.Kind, spec.KindGaussian, spec.KindLaplace)
	}
	return r, r.Validate()
}

// Against says against whom a task's promise holds.
func Against(t spec.TaskSpec) string {
	switch t.Privacy.Mode {
	case spec.PrivacyLocal, spec.PrivacyExample:
		return "everybody"
	case spec.PrivacyCentral:
		owners := fmt.Sprintf("%d owners collude", t.Privacy.Corrupt)
		if t.Privacy.Corrupt == 1 {
			owners = "1 owner colludes"
		}
		return "everybody but the round's aggregators, while at most " + owners
	}
	return "nobody"
}

// Drawn says which rows are sampled, and who knows which were.
func Drawn(t spec.TaskSpec) string {
	if t.Privacy.Mode == spec.PrivacyExample {
		return fmt.Sprintf("each row is in a step with chance %s, drawn in secret by its owner's node", t.Privacy.Rate)
	}
	return "none: every row is in every round, and who takes part is public"
}

// Assumed lists the assumptions of a task's promise, besides the mathematics of its noise.
// It is empty if the task is not private.
func Assumed(t spec.TaskSpec) []string {
	if !t.Private() {
		return nil
	}
	list := []string{
		"the owner's node runs this program and has a sound source of randomness",
		fmt.Sprintf("every round is accepted; an aborted round costs the same to those who committed, and the task closes when %d rounds in a row are aborted; no book pays beyond its limit", uint64(t.Retries)+1),
		"evaluators score on rows that their owners have declared unprotected: rows of a registered data set are never scored on",
	}
	if t.Privacy.Mode == spec.PrivacyCentral {
		who := "owners are counted as accounts, and one person can have many"
		if n := len(t.Selection.Owners); n > 0 {
			who = fmt.Sprintf("the task admits %d accounts by name, each of a person of its own", n)
		}
		list = append(list,
			fmt.Sprintf("of the owners of a round at most %d share what they know with each other; %s", t.Privacy.Corrupt, who),
			"no aggregator of the round shows updates to anybody else: each sees them with a share of the noise only")
	}
	return list
}

// Scale is the standard deviation of gaussian noise, or the scale of laplace noise, in
// quanta: privacy.noise times the clip, rounded down to 1/16. Both the charged and the drawn
// noise have this scale.
func Scale(t spec.TaskSpec) cost.Fraction {
	const sixteenths = 16
	return cost.Fraction{Num: uint64(t.Privacy.Noise) * t.Privacy.Quanta(t.Aggregation.ScaleBits) * sixteenths / uint64(spec.One), Den: sixteenths}
}
