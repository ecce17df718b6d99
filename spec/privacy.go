package spec

import (
	"fmt"
	"math/bits"
)

// Privacy is what a task promises to those whose rows it trains on.
type Privacy struct {
	Mode  string `json:"mode" yaml:"mode"`   // one of [PrivacyModes]
	Kind  string `json:"kind" yaml:"kind"`   // one of [PrivacyKinds]; of PrivacyNone empty, as the rest is 0
	Clip  PPM    `json:"clip" yaml:"clip"`   // norm of what one unit contributes at most: L2 of gaussian noise, L1 of laplace
	Noise PPM    `json:"noise" yaml:"noise"` // standard deviation of gaussian noise, scale of laplace, as a multiple of Clip

	// Of PrivacyExample alone, where Clip is the norm of one row's gradient. They are
	// constants of the task: none is computed from how many rows a trainer has.
	Rate  PPM    `json:"rate" yaml:"rate"`   // chance of each row to be in a step
	Steps uint32 `json:"steps" yaml:"steps"` // of one round, in the place of training.epochs
	// Of PrivacyExample the divisor of the sum of a step, about Rate times the rows of a
	// trainer; of PrivacyCentral that of all updates, about as many as there are units.
	Divisor uint32 `json:"divisor" yaml:"divisor"`

	Unit    string `json:"unit" yaml:"unit"`       // of PrivacyCentral: one of [PrivacyUnits]
	Corrupt uint32 `json:"corrupt" yaml:"corrupt"` // of PrivacyCentral: so many owners of a round may collude
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
		{PrivacyLocal, "each owner's node clips its update and adds all the noise to it: it holds against everybody, for a whole data set, and takes hundreds of trainers"},
		{PrivacyCentral, "each owner's node adds a share of the noise, and the sum carries all of it: it holds against everybody but the round's aggregators, while at most privacy.corrupt owners collude"},
		{PrivacyExample, "each owner's node clips the gradient of each row and adds noise to each step of the training: it holds against everybody, for each row"},
	}
}

// PrivacyKinds lists the words of privacy.kind.
func PrivacyKinds() []Word {
	return []Word{
		{KindGaussian, "normal noise, rounded to integers, beside the L2 norm"},
		{KindLaplace, "discrete Laplace noise beside the L1 norm: its epsilon needs no delta"},
	}
}

// Private reports whether what leaves a trainer carries noise.
func (t TaskSpec) Private() bool { return t.Privacy.Mode != PrivacyNone }

func (p Privacy) validate() error {
	private, example := p.Mode != PrivacyNone, p.Mode == PrivacyExample
	const (
		elsewhere = "only the mode example samples rows: leave it out, or ask for that mode"
		public    = "only the mode example samples, rows and in secret; who takes part in a round is public, which amplifies nothing: leave it out, or ask for that mode"
	)
	if err := first(
		check{"privacy.mode", !known(PrivacyModes(), p.Mode), fmt.Sprintf("unknown mode %q: want %s", p.Mode, choice(PrivacyModes()))},
		check{"privacy.kind", p.Kind != "" && !known(PrivacyKinds(), p.Kind), fmt.Sprintf("unknown kind %q: want %s", p.Kind, choice(PrivacyKinds()))},
		check{"privacy.kind", !private && p.Kind != "", "the mode none has no noise: leave it out, or ask for another mode"},
		check{"privacy.kind", private && p.Kind == "", "missing: want " + choice(PrivacyKinds())},
		check{"privacy.clip", !private && p.Clip > 0, "the mode none clips nothing: leave it out, or ask for another mode"},
		check{"privacy.clip", private && p.Clip == 0, "missing or zero: no noise hides what has no bound"},
		check{"privacy.noise", !private && p.Noise > 0, "the mode none has no noise: leave it out, or ask for another mode"},
		check{"privacy.noise", private && p.Noise == 0, "missing or zero: want it as a multiple of privacy.clip, as 1.1"},
		check{"privacy.rate", !example && p.Rate > 0, public},
		check{"privacy.rate", example && p.Rate == 0, "missing or zero: want the chance of each row to be in a step, as 0.1"},
		check{"privacy.rate", p.Rate > One, "want at most 1"},
		check{"privacy.steps", !example && p.Steps > 0, elsewhere},
		check{"privacy.steps", example && p.Steps == 0, "missing or zero: want how many steps a trainer takes in a round"},
		check{"privacy.steps", p.Steps > MaxRounds, fmt.Sprintf("want at most %d", MaxRounds)},
		check{"privacy.divisor", example && p.Divisor == 0, "missing or zero: want a constant, about privacy.rate times the rows that a trainer has"},
		check{"privacy.divisor", p.Divisor > MaxSamples, fmt.Sprintf("want at most %d", MaxSamples)},
	); err != nil {
		return err
	}
	return p.validateShares()
}

// promises reports what contradicts the mode of privacy in other parts of the task file.
func (t TaskSpec) promises() error {
	owners := uint64(len(t.Selection.Owners))
	if !t.Private() {
		return first(check{"selection.owners", owners > 0, "only a private task spends what owners have: leave it out, or ask for a privacy.mode"})
	}
	if err := first(
		check{"selection.owners", owners > 0 && owners < uint64(t.Selection.MinTrainers), fmt.Sprintf("%d of them, fewer than selection.min_trainers, which is %d", owners, t.Selection.MinTrainers)},
		check{"aggregation.rule", t.Aggregation.Rule != RuleMean, fmt.Sprintf("%s weighs by numbers of rows, which a private task does not tell: want %s", t.Aggregation.Rule, RuleMean)},
		check{"data.schema", t.Data.Learns(), fmt.Sprintf("a private task learns no statistics of columns: state %s, or data.features: %s", t.Data.Schema.unbounded(), FeaturesNone)},
	); err != nil {
		return err
	}
	if t.Privacy.Mode == PrivacyExample {
		return first(
			check{"privacy.clip", t.Privacy.Clip > GradientClip*One, fmt.Sprintf("want at most %d", GradientClip)},
			check{"privacy.noise", uint64(t.Privacy.Noise)*t.Privacy.Quanta(0) < uint64(One), fmt.Sprintf("less than the integers that a gradient is made of: want at least 1/%d", t.Privacy.Quanta(0))},
			check{"training.epochs", t.Training.Epochs != 1, "privacy.steps says how long a round trains, for how many steps epochs make depends on the rows: leave it out"},
			check{"training.clip", t.Training.Clip > 0, "privacy.clip is the bound of each row's gradient: leave it out"},
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
	return t.shares()
}

// MaxClip is the largest bound of a private task, in steps of the fixed point; so is its
// noise. Beyond, noise would not fit into the integers that updates travel as.
const MaxClip = 1 << 26

// GradientClip is the largest clip of one row's gradient, in quanta and as a number.
// Tables of noise stay small, and rounding is far finer than noise.
const GradientClip = 1 << 10

// Bits says in which integers one unit contributes: of 2^-bits each. An update has those
// of its task's fixed point. A gradient does not travel, so it has as many as make the
// clip at most [GradientClip] of them, and more than half of that.
func (p Privacy) Bits(scaleBits uint32) uint32 {
	if p.Mode != PrivacyExample {
		return scaleBits
	}
	return uint32(bits.Len64(GradientClip*uint64(One)/max(1, uint64(p.Clip)))) - 1
}

// Quanta is the clip in these integers, rounded down: what one unit contributes is an
// integer vector of at most that norm.
func (p Privacy) Quanta(scaleBits uint32) uint64 {
	return uint64(p.Clip) << p.Bits(scaleBits) / uint64(One)
}
