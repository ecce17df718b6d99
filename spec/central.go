package spec

import "fmt"

// The words of privacy.unit.
const (
	UnitExample = "example"
	UnitClient  = "client"
)

// PrivacyUnits lists the words of privacy.unit.
func PrivacyUnits() []Word {
	return []Word{
		{UnitExample, "each row is protected: an update is the sum of the clipped gradients of all rows at the round's model, a single step"},
		{UnitClient, "each whole data set is protected: an update is what training moved the weights by, clipped, and it takes hundreds of trainers"},
	}
}

// MaxRows is up to how many quanta the rows of one trainer may add up in the mode
// central: half of what an update holds, the other half is for its noise. So a data set
// has at most MaxRows rows over [Privacy.Quanta].
const MaxRows = 1 << 29

// How wide a share of noise may be, in quanta: its law is a table, which reaches no further.
const (
	maxGaussianShare = 29_000 // standard deviation of one share
	maxLaplaceShare  = 3_700  // scale of the whole: a share of it reaches as far
)

// Honest is how many trainers of a round in the mode central add up to its noise: so
// many at least are in each sum and do not collude.
func (t TaskSpec) Honest() uint32 {
	return t.Selection.MinTrainers - min(t.Privacy.Corrupt, t.Selection.MinTrainers)
}

// central reports whether each trainer adds a share of the noise.
func (p Privacy) central() bool { return p.Mode == PrivacyCentral }

// validateShares looks at the fields that only the mode central has.
func (p Privacy) validateShares() error {
	undivided := p.Mode == PrivacyNone || p.Mode == PrivacyLocal
	const only = "of the mode central alone: leave it out"
	return first(
		check{"privacy.unit", p.Unit != "" && !known(PrivacyUnits(), p.Unit), fmt.Sprintf("unknown unit %q: want %s", p.Unit, choice(PrivacyUnits()))},
		check{"privacy.unit", !p.central() && p.Unit != "", only},
		check{"privacy.unit", p.central() && p.Unit == "", "missing: want " + choice(PrivacyUnits())},
		check{"privacy.corrupt", !p.central() && p.Corrupt > 0, only},
		check{"privacy.corrupt", p.central() && p.Corrupt == 0, "missing or zero: want at least 1, for whoever knows its own share can take it away"},
		check{"privacy.divisor", undivided && p.Divisor > 0, fmt.Sprintf("the mode %s divides by no constant: leave it out", p.Mode)},
		check{"privacy.divisor", p.central() && p.Divisor == 0, "missing or zero: want what the sum of all updates is divided by, about as many as there are units"},
	)
}

// shares reports what contradicts the mode central in other parts of the task file.
func (t TaskSpec) shares() error {
	if !t.Privacy.central() {
		return nil
	}
	gradients := t.Privacy.Unit == UnitExample
	noise := uint64(t.Privacy.Noise) * t.Privacy.Quanta(t.Aggregation.ScaleBits) / uint64(One)
	wide := "times privacy.clip it is more than a table of shares holds: want less of both, or fewer aggregation.scale_bits"
	return first(
		check{"privacy.corrupt", t.Privacy.Corrupt >= t.Selection.MinTrainers, fmt.Sprintf("want less than selection.min_trainers, which is %d: the others' shares are the noise", t.Selection.MinTrainers)},
		check{"privacy.noise", t.Privacy.Kind == KindLaplace && noise > maxLaplaceShare, wide},
		check{"privacy.noise", t.Privacy.Kind == KindGaussian && noise*noise > maxGaussianShare*maxGaussianShare*uint64(t.Honest()), wide},
		check{"training.clip", gradients && t.Training.Clip > 0, "each row's gradient is clipped to privacy.clip: leave it out"},
		check{"training.schedule", gradients && t.Training.Schedule != Schedule{}, "no trainer has a rate where it gives gradients, the server's optimiser has one, which no schedule changes: leave it out"},
		check{"aggregation.optimiser", gradients && !t.Aggregation.Optimised(), fmt.Sprintf("%s adds a gradient to the model as it is: want one with a rate, as %s", t.Aggregation.Optimiser, ServerFedAvgM)},
		check{"audit", t.Audit != AuditAggregators, fmt.Sprintf("want %s: a single update carries a share of the noise, so nobody else may read it", AuditAggregators)},
	)
}
