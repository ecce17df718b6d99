package spec_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/althing-network/althing/spec"
)

const privateFile = `
version: 1
name: digits
model: {kind: softmax, inputs: 64, classes: 10}
data: {name: digits}
training: {rate: 0.1}
aggregation: {rule: mean}
target: {rounds: 2}
escrow: 1000
privacy: {mode: local, kind: gaussian, clip: 0.1, noise: 1.1}
`

func TestAPrivateTask(t *testing.T) {
	task, err := spec.ParseTask([]byte(privateFile))
	if err != nil {
		t.Fatal(err)
	}
	if !task.Private() || task.Overlap || task.Privacy.Quanta(task.Aggregation.ScaleBits) != 104_857 {
		t.Errorf("it is %+v, overlap %v", task.Privacy, task.Overlap)
	}
	if task, err = spec.ParseTask([]byte(privateFile + "overlap: true\n")); err != nil || !task.Overlap {
		t.Errorf("overlap that is said is %v (%v)", task.Overlap, err)
	}
}

const sampledFile = `
version: 1
name: digits
model: {kind: softmax, inputs: 64, classes: 10}
data: {name: digits}
training: {rate: 0.1}
aggregation: {rule: mean}
target: {rounds: 2}
escrow: 1000
privacy: {mode: example, kind: gaussian, clip: 0.3, noise: 1.1, rate: 0.2, steps: 10, divisor: 32}
`

// TestClipOfAGradient: for every clip the number of quanta is similar and bounded, because a gradient is
// not encoded in the fixed point of an update.
func TestClipOfAGradient(t *testing.T) {
	task, err := spec.ParseTask([]byte(sampledFile))
	if err != nil {
		t.Fatal(err)
	}
	if !task.Private() || task.Overlap {
		t.Errorf("it is %+v, overlap %v", task.Privacy, task.Overlap)
	}
	for clip, want := range map[spec.PPM]struct {
		bits   uint32
		quanta uint64
	}{
		300_000:         {11, 614},
		spec.One:        {10, 1024},
		spec.One + 1:    {9, 512},
		1:               {29, 536},
		1024 * spec.One: {0, 1024},
		0:               {29, 0},
	} {
		p := spec.Privacy{Mode: spec.PrivacyExample, Clip: clip}
		for _, scaleBits := range []uint32{0, 20} {
			if bits, quanta := p.Bits(scaleBits), p.Quanta(scaleBits); bits != want.bits || quanta != want.quanta {
				t.Errorf("clip %s: 2^-%d, %d of them, want %+v", clip, bits, quanta, want)
			}
		}
	}
}

func TestSampledTasksAreRefused(t *testing.T) {
	for name, c := range map[string]struct{ from, to, want string }{
		"no rate":             {"rate: 0.2, ", "", "privacy.rate: missing"},
		"a rate above 1":      {"rate: 0.2", "rate: 1.000001", "privacy.rate 1.000001: want at most 1"},
		"all rows":            {"rate: 0.2", "rate: 1", ""},
		"no steps":            {"steps: 10, ", "", "privacy.steps: missing"},
		"too many steps":      {"steps: 10", "steps: 100001", "privacy.steps 100001: want at most"},
		"no divisor":          {", divisor: 32", "", "privacy.divisor: missing"},
		"too large a divisor": {"divisor: 32", "divisor: 2000000000", "privacy.divisor 2000000000: want at most"},
		"two clips":           {"{rate: 0.1}", "{rate: 0.1, clip: 1}", "training.clip 1: privacy.clip already bounds"},
		"epochs":              {"{rate: 0.1}", "{rate: 0.1, epochs: 2}", "training.epochs 2: privacy.steps sets"},
		"another mode":        {"mode: example", "mode: local", "privacy.rate 0.2: only the mode example"},
		"steps of local":      {"mode: example, kind: gaussian, clip: 0.3, noise: 1.1, rate: 0.2", "mode: local, kind: gaussian, clip: 0.3, noise: 1.1", "privacy.steps 10: only the mode example"},
		"none that samples":   {"mode: example, kind: gaussian, clip: 0.3, noise: 1.1, rate: 0.2, steps: 10", "mode: none", "the mode none has no divisor"},
		"a clip of anything":  {"clip: 0.3", "clip: 1024.000001", "privacy.clip 1024.000001: want at most 1024"},
		"next to no noise":    {"noise: 1.1", "noise: 0.001", "privacy.noise 0.001: less than"},
		"little noise":        {"noise: 1.1", "noise: 0.002", ""},
		"a fixed point of 0":  {"{rule: mean}", "{rule: mean, scale_bits: 8}", ""},
		"weights by rows":     {"rule: mean", "rule: fedavg", "aggregation.rule: fedavg weighs updates by the number of rows"},
		"adaptive clipping":   {"clip: 0.3", "clip: adaptive", "privacy.clip"},
	} {
		_, err := spec.ParseTask([]byte(strings.Replace(sampledFile, c.from, c.to, 1)))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

func TestPrivateTasksAreRefused(t *testing.T) {
	for name, c := range map[string]struct{ from, to, want string }{
		"weights by rows":   {"rule: mean", "rule: fedavg", "aggregation.rule: fedavg weighs updates by the number of rows"},
		"no kind":           {"kind: gaussian, ", "", "privacy.kind: missing"},
		"no clip":           {"clip: 0.1, ", "", "privacy.clip: missing"},
		"no noise":          {", noise: 1.1", "", "privacy.noise: missing"},
		"a clip of nothing": {"clip: 0.1", "clip: 0.0000001", "privacy.clip"},
		"a step of a clip":  {"clip: 0.1", "clip: 0.000001", ""},
		"less than a step":  {"{rule: mean}", "{rule: mean, scale_bits: 8}\n#", ""},
		"more than fits":    {"clip: 0.1", "clip: 4000", "privacy.clip 4000: more than"},
		"noise beyond all":  {"noise: 1.1", "noise: 4000", "privacy.noise 4000: times privacy.clip"},
		"noise of a part":   {"clip: 0.1, noise: 1.1", "clip: 0.000001, noise: 0.1", "privacy.noise 0.1: times privacy.clip it is less"},
		"none with a kind":  {"mode: local", "mode: none", "the mode none adds no noise"},
		"none with a clip":  {"mode: local, kind: gaussian", "mode: none", "privacy.clip 0.1: the mode none clips nothing"},
		"owners of none":    {"privacy: {mode: local, kind: gaussian, clip: 0.1, noise: 1.1}", "selection: {owners: [a, b]}", "selection.owners: only a private task"},
		"owners":            {"privacy:", "selection: {owners: [a, b]}\nprivacy:", ""},
		"no owners":         {"privacy:", "selection: {owners: []}\nprivacy:", ""},
		"an owner twice":    {"privacy:", "selection: {owners: [a, b, b]}\nprivacy:", "selection.owners: b is listed twice"},
		"owners unsorted":   {"privacy:", "selection: {owners: [b, a]}\nprivacy:", "selection.owners: a comes after b: want the addresses in alphabetical order"},
		"an owner of none":  {"privacy:", "selection: {owners: ['']}\nprivacy:", `selection.owners: "": want the address of an account`},
		"an owner of words": {"privacy:", "selection: {owners: ['a\tb']}\nprivacy:", `want the address of an account, 1 to 64 bytes`},
		"one owner":         {"privacy:", "selection: {owners: a}\nprivacy:", "selection.owners: want a list, as in [althing1"},
		"too few owners":    {"privacy:", "selection: {owners: [a, b], min_trainers: 3}\nprivacy:", "selection.owners: 2 owners: want at least selection.min_trainers, which is 3"},
		"too many owners":   {"privacy:", "selection: {owners: [" + strings.Repeat("a, ", spec.MaxOwners) + "b]}\nprivacy:", "selection.owners: 129 owners: want at most 128"},
		"another mode":      {"mode: local", "mode: global", "privacy.mode: unknown mode"},
		"adaptive clipping": {"clip: 0.1", "clip: adaptive", "privacy.clip"},
	} {
		_, err := spec.ParseTask([]byte(strings.Replace(privateFile, c.from, c.to, 1)))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), ": privacy.") && !errors.Is(err, spec.ErrPrivacy) {
			t.Errorf("%s: %v is not of the family privacy", name, err)
		}
	}
}

const centralFile = `
version: 1
name: digits
model: {kind: softmax, inputs: 64, classes: 10}
data: {name: digits}
training: {rate: 0.1}
selection: {min_trainers: 10}
aggregation: {rule: mean, scale_bits: 8, optimiser: fedavgm, rate: 0.6, momentum: 0.9}
target: {rounds: 30}
escrow: 1000
privacy: {mode: central, unit: example, kind: gaussian, clip: 2, noise: 3.52, divisor: 1600, corrupt: 1}
`

func TestACentralTask(t *testing.T) {
	task, err := spec.ParseTask([]byte(centralFile))
	if err != nil {
		t.Fatal(err)
	}
	if task.Overlap || task.Audit != spec.AuditAggregators || task.NoiseShares() != 9 {
		t.Errorf("overlap %v, audit %s, %d honest trainers", task.Overlap, task.Audit, task.NoiseShares())
	}
	unit := strings.NewReplacer("unit: example", "unit: client", "optimiser: fedavgm, rate: 0.6, momentum: 0.9", "optimiser: none")
	if _, err := spec.ParseTask([]byte(unit.Replace(centralFile))); err != nil {
		t.Error(err)
	}
}

func TestCentralTasksAreRefused(t *testing.T) {
	for name, c := range map[string]struct{ from, to, want string }{
		"no unit":            {"unit: example, ", "", "privacy.unit: missing: want example or client"},
		"another unit":       {"unit: example", "unit: hospital", "privacy.unit: unknown unit"},
		"no corrupt owner":   {", corrupt: 1", "", "privacy.corrupt: missing or zero"},
		"all corrupt":        {"corrupt: 1", "corrupt: 10", "privacy.corrupt: want less than selection.min_trainers, which is 10"},
		"no divisor":         {"divisor: 1600, ", "", "privacy.divisor: missing or zero"},
		"audit by all":       {"escrow", "audit: public\nescrow", "want aggregators: a single update"},
		"audit by members":   {"escrow", "audit: members\nescrow", "want aggregators: a single update"},
		"no rate":            {"optimiser: fedavgm, rate: 0.6, momentum: 0.9", "optimiser: none", `aggregation.optimiser "none": the optimiser has no learning rate`},
		"two clips":          {"training: {rate: 0.1}", "training: {rate: 0.1, clip: 1}", "training.clip 1: privacy.clip already clips each row's gradient"},
		"weights by rows":    {"rule: mean", "rule: fedavg", "aggregation.rule: fedavg weighs"},
		"a wide share":       {"noise: 3.52", "noise: 200", "times privacy.clip this is more noise than a trainer can draw"},
		"a wide laplace":     {"kind: gaussian, clip: 2", "kind: laplace, clip: 16", "times privacy.clip this is more noise than a trainer can draw"},
		"a unit of local":    {"mode: central", "mode: local", `privacy.unit "example": only the mode central has it`},
		"a divisor of none":  {"mode: central, unit: example, kind: gaussian, clip: 2, noise: 3.52, divisor: 1600, corrupt: 1", "mode: none, divisor: 3", "the mode none has no divisor"},
		"corrupt under none": {"mode: central, unit: example, kind: gaussian, clip: 2, noise: 3.52, divisor: 1600, corrupt: 1", "mode: none, corrupt: 3", "privacy.corrupt 3: only the mode central has it"},
	} {
		_, err := spec.ParseTask([]byte(strings.Replace(centralFile, c.from, c.to, 1)))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

// TestWhatNoBookCounts: privacy settings of other programs are refused with their name and line.
func TestWhatNoBookCounts(t *testing.T) {
	for what, want := range map[string]string{
		"clip: adaptive":                      "task file line 10: privacy.clip: a clip that adapts to the rows",
		"clip: 0.1, target_quantile: 0.5":     "privacy.target_quantile: a clip that adapts to the rows",
		"clip: 0.1, adaptive_clipping: true":  "privacy.adaptive_clipping: a clip that adapts to the rows",
		"clip: 0.1, amplification: shuffling": "privacy.amplification: who takes part in a round is public",
		"clip: 0.1, client_rate: 0.1":         "privacy.client_rate: who takes part in a round is public",
		"clip: 0.1, rate: 0.1":                "privacy.rate 0.1: only the mode example samples, and it samples rows; who takes part in a round is public",
	} {
		_, err := spec.ParseTask([]byte(strings.Replace(privateFile, "clip: 0.1", what, 1)))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", what, err, want)
		}
	}
}
