package spec

import (
	"fmt"
	"math/bits"
)

// Privacy is what a task promises to the owners of the rows it trains on. All fields but Mode
// are zero under PrivacyNone.
type Privacy struct {
	Mode  string `json:"mode" yaml:"mode"`   // one of [PrivacyModes]
	Kind  string `json:"kind" yaml:"kind"`   // one of [PrivacyKinds]
	Clip  PPM    `json:"clip" yaml:"clip"`   // largest norm of what one unit contributes: L2 for gaussian noise, L1 for laplace
	Noise PPM    `json:"noise" yaml:"noise"` // standard deviation of gaussian noise, or scale of laplace noise, as a multiple of Clip

	// Rate and Steps are only for PrivacyExample, where Clip bounds one row's gradient. Both
	// are constants of the task: neither depends on how many rows a trainer has.
	Rate  PPM    `json:"rate" yaml:"rate"`   // probability that a row is in a step
	Steps uint32 `json:"steps" yaml:"steps"` // per round, in place of training.epochs
	// Divisor is a constant. Under PrivacyExample it divides the sum of a step, and is about
	// Rate times the rows of a trainer. Under PrivacyCentral it divides the sum of all updates,
	// and is about the number of protected units.
	Divisor uint32 `json:"divisor" yaml:"divisor"`

	// Unit and Corrupt are only for PrivacyCentral.
	Unit    string `json:"unit" yaml:"unit"`       // one of [PrivacyUnits]
	Corrupt uint32 `json:"corrupt" yaml:"corrupt"` // how many owners of a round may collude
}

// The words of privacy.mode and of privacy.kind.
const (
	PrivacyNone    = "none"
	PrivacyLocal   = "local"
	PrivacyCentral = "central"
	PrivacyExample = "example"

	KindGaussian = "gaussian"
	KindLaplace  = "laplace"
)

// PrivacyModes lists the words of privacy.mode.
func PrivacyModes() []Word {
	return []Word{
		{PrivacyNone, "rows stay with their owner; the aggregators see the updates"},
		{PrivacyLocal, "each owner's node clips its update and adds all the noise to it: it protects whole data sets against everybody; good accuracy takes hundreds of trainers"},
		{PrivacyCentral, "each owner's node adds a share of the noise, and the sum carries all of it: it protects against everybody but the round's aggregators, while at most privacy.corrupt owners collude"},
		{PrivacyExample, "each owner's node clips the gradient of each row and adds noise to each step of the training: it protects each row against everybody"},
	}
}

// PrivacyKinds lists the words of privacy.kind.
func PrivacyKinds() []Word {
	return []Word{
		{KindGaussian, "normal noise, rounded to integers, with clipping by the L2 norm"},
		{KindLaplace, "discrete Laplace noise, with clipping by the L1 norm: its epsilon needs no delta"},
	}
}

// Private reports whether updates carry noise.
func (t TaskSpec) Private() bool { return t.Privacy.Mode != PrivacyNone }

func (p Privacy) validate() error {
	private, example := p.Mode != PrivacyNone, p.Mode == PrivacyExample
	const (
		onlySteps = "only the mode example takes steps over sampled rows: leave it out, or ask for that mode"
		onlyRate  = "only the mode example samples, and it samples rows; who takes part in a round is public on the chain, so sampling clients amplifies nothing: leave it out, or ask for that mode"
	)
	if err := first(
		check{"privacy.mode", !known(PrivacyModes(), p.Mode), fmt.Sprintf("unknown mode %q: want %s", p.Mode, ChoiceOf(PrivacyModes()))},
		check{"privacy.kind", p.Kind != "" && !known(PrivacyKinds(), p.Kind), fmt.Sprintf("unknown kind %q: want %s", p.Kind, ChoiceOf(PrivacyKinds()))},
		check{"privacy.kind", !private && p.Kind != "", "the mode none adds no noise: leave it out, or ask for another mode"},
		check{"privacy.kind", private && p.Kind == "", "missing: want " + ChoiceOf(PrivacyKinds())},
		check{"privacy.clip", !private && p.Clip > 0, "the mode none clips nothing: leave it out, or ask for another mode"},
		check{"privacy.clip", private && p.Clip == 0, "missing or zero: want a bound on what one unit contributes, because noise cannot hide what is unbounded"},
		check{"privacy.noise", !private && p.Noise > 0, "the mode none adds no noise: leave it out, or ask for another mode"},
		check{"privacy.noise", private && p.Noise == 0, "missing or zero: want a multiple of privacy.clip, such as 1.1"},
		check{"privacy.rate", !example && p.Rate > 0, onlyRate},
		check{"privacy.rate", example && p.Rate == 0, "missing or zero: want the probability that a row is in a step, such as 0.1"},
		check{"privacy.rate", p.Rate > One, "want at most 1"},
		check{"privacy.steps", !example && p.Steps > 0, onlySteps},
		check{"privacy.steps", example && p.Steps == 0, "missing or zero: want the number of steps that a trainer takes per round"},
		check{"privacy.steps", p.Steps > MaxRounds, fmt.Sprintf("want at most %d", MaxRounds)},
		check{"privacy.divisor", example && p.Divisor == 0, "missing or zero: want a constant, about privacy.rate times the rows of a trainer"},
		check{"privacy.divisor", p.Divisor > MaxSamples, fmt.Sprintf("want at most %d", MaxSamples)},
	); err != nil {
		return err
	}
	return p.validateShares()
}

// validatePrivacy reports what contradicts the mode of privacy in other parts of the task
// file.
func (t TaskSpec) validatePrivacy() error {
	owners := uint64(len(t.Selection.Owners))
	if !t.Private() {
		return first(check{"selection.owners", owners > 0, "only a private task selects by owner: leave it out, or ask for a privacy.mode"})
	}
	if err := first(
		check{"selection.owners", owners > 0 && owners < uint64(t.Selection.MinTrainers), fmt.Sprintf("%d owners: want at least selection.min_trainers, which is %d", owners, t.Selection.MinTrainers)},
		check{"aggregation.rule", t.Aggregation.Rule != RuleMean, fmt.Sprintf("%s weighs updates by the number of rows, which trainers of a private task do not reveal: want %s", t.Aggregation.Rule, RuleMean)},
		check{"data.schema", t.Data.MeasuresColumns(), fmt.Sprintf("trainers of a private task do not reveal statistics of their columns: state %s, or data.features: %s", t.Data.Schema.unbounded(), FeaturesNone)},
	); err != nil {
		return err
	}
	if t.Privacy.Mode == PrivacyExample {
		return first(
			check{"privacy.clip", t.Privacy.Clip > GradientClip*One, fmt.Sprintf("want at most %d", GradientClip)},
			check{"privacy.noise", uint64(t.Privacy.Noise)*t.Privacy.Quanta(0) < uint64(One), fmt.Sprintf("less than one integer step of a gradient: want at least 1/%d", t.Privacy.Quanta(0))},
			check{"training.epochs", t.Training.Epochs != 1, "privacy.steps sets the length of a round, because the number of steps of an epoch depends on the rows: leave it out"},
			check{"training.clip", t.Training.Clip > 0, "privacy.clip already bounds each row's gradient: leave it out"},
		)
	}
	if err := first(
		check{"privacy.clip", t.Privacy.Quanta(t.Aggregation.ScaleBits) == 0, fmt.Sprintf("less than a step of 2^-%d: want more, or more aggregation.scale_bits", t.Aggregation.ScaleBits)},
		check{"privacy.clip", t.Privacy.Quanta(t.Aggregation.ScaleBits) > MaxClip, fmt.Sprintf("more than %d steps of 2^-%d: want less, or fewer aggregation.scale_bits", MaxClip, t.Aggregation.ScaleBits)},
		check{"privacy.noise", uint64(t.Privacy.Noise)*t.Privacy.Quanta(t.Aggregation.ScaleBits) < uint64(One), fmt.Sprintf("times privacy.clip it is less than a step of 2^-%d: want more, or more aggregation.scale_bits", t.Aggregation.ScaleBits)},
		check{"privacy.noise", uint64(t.Privacy.Noise)*t.Privacy.Quanta(t.Aggregation.ScaleBits) > MaxClip*uint64(One), fmt.Sprintf("times privacy.clip it is more than %d steps of 2^-%d: want less, or fewer aggregation.scale_bits", MaxClip, t.Aggregation.ScaleBits)},
	); err != nil {
		return err
	}
	return t.validateCentral()
}

// MaxClip is the largest clip, and the largest noise, of a private task, in steps of the
// fixed point. More noise would not fit into the integers of an update.
const MaxClip = 1 << 26

// GradientClip is the largest clip of one row's gradient, both in quanta and as a number. It keeps
// tables of noise small, and rounding far finer than the noise.
const GradientClip = 1 << 10

// Bits is the precision of what one unit contributes: an integer vector in quanta of 2^-Bits.
// For an update it is the task's ScaleBits. A gradient is not transmitted, so its precision
// is free: it is chosen so that the clip has at most [GradientClip] quanta, and more than
// half as many.
func (p Privacy) Bits(scaleBits uint32) uint32 {
	if p.Mode != PrivacyExample {
		return scaleBits
	}
	return uint32(bits.Len64(GradientClip*uint64(One)/max(1, uint64(p.Clip)))) - 1
}

// Quanta is the clip in quanta, rounded down: the largest norm of the integer vector that one
// unit contributes.
func (p Privacy) Quanta(scaleBits uint32) uint64 {
	return uint64(p.Clip) << p.Bits(scaleBits) / uint64(One)
}
