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
		{UnitClient, "each whole data set is protected: an update is the clipped change of the weights by training; good accuracy takes hundreds of trainers"},
	}
}

// MaxRows bounds the sum of one trainer's rows in the mode central, in quanta: half of the
// range of an update value, because the other half is for its noise. So a data set has at
// most MaxRows / [Privacy.Quanta] rows.
const MaxRows = 1 << 29

// The widest share of noise, in quanta. Shares are drawn from a table, which reaches no
// further.
const (
	maxGaussianShare = 29_000 // standard deviation of one share
	maxLaplaceShare  = 3_700  // scale of the whole noise: one share may be as large
)

// NoiseShares is how many shares of noise make up the whole noise of a round in the mode
// central: each sum has at least so many trainers that do not collude.
func (t TaskSpec) NoiseShares() uint32 {
	return t.Selection.MinTrainers - min(t.Privacy.Corrupt, t.Selection.MinTrainers)
}

// central reports whether each trainer adds only a share of the noise.
func (p Privacy) central() bool { return p.Mode == PrivacyCentral }

// validateShares checks the fields that only the mode central has.
func (p Privacy) validateShares() error {
	undivided := p.Mode == PrivacyNone || p.Mode == PrivacyLocal
	const only = "only the mode central has it: leave it out"
	return first(
		check{"privacy.unit", p.Unit != "" && !known(PrivacyUnits(), p.Unit), fmt.Sprintf("unknown unit %q: want %s", p.Unit, ChoiceOf(PrivacyUnits()))},
		check{"privacy.unit", !p.central() && p.Unit != "", only},
		check{"privacy.unit", p.central() && p.Unit == "", "missing: want " + ChoiceOf(PrivacyUnits())},
		check{"privacy.corrupt", !p.central() && p.Corrupt > 0, only},
		check{"privacy.corrupt", p.central() && p.Corrupt == 0, "missing or zero: want at least 1, because a trainer knows its own share of the noise and can subtract it"},
		check{"privacy.divisor", undivided && p.Divisor > 0, fmt.Sprintf("the mode %s has no divisor: leave it out", p.Mode)},
		check{"privacy.divisor", p.central() && p.Divisor == 0, "missing or zero: want the number by which the sum of all updates is divided, about the number of protected units"},
	)
}

// validateCentral reports what contradicts the mode central in other parts of the task file.
func (t TaskSpec) validateCentral() error {
	if !t.Privacy.central() {
		return nil
	}
	gradients := t.Privacy.Unit == UnitExample
	noise := uint64(t.Privacy.Noise) * t.Privacy.Quanta(t.Aggregation.ScaleBits) / uint64(One)
	wide := "times privacy.clip this is more noise than a trainer can draw: want less of either, or fewer aggregation.scale_bits"
	return first(
		check{"privacy.corrupt", t.Privacy.Corrupt >= t.Selection.MinTrainers, fmt.Sprintf("want less than selection.min_trainers, which is %d: the noise consists of the shares of the other trainers", t.Selection.MinTrainers)},
		check{"privacy.noise", t.Privacy.Kind == KindLaplace && noise > maxLaplaceShare, wide},
		check{"privacy.noise", t.Privacy.Kind == KindGaussian && noise*noise > maxGaussianShare*maxGaussianShare*uint64(t.NoiseShares()), wide},
		check{"training.clip", gradients && t.Training.Clip > 0, "privacy.clip already clips each row's gradient: leave it out"},
		check{"training.schedule", gradients && t.Training.Schedule != Schedule{}, "trainers send gradients and have no learning rate to schedule, and no schedule changes aggregation.rate: leave it out"},
		check{"aggregation.optimiser", gradients && !t.Aggregation.Optimised(), fmt.Sprintf("the optimiser has no learning rate, and trainers send gradients: want one with a rate, such as %s", ServerFedAvgM)},
		check{"audit", t.Audit != AuditAggregators, fmt.Sprintf("want %s: a single update carries only a share of the noise, so nobody else may read it", AuditAggregators)},
	)
}
