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

func TestPrivateTasksAreRefused(t *testing.T) {
	for name, c := range map[string]struct{ from, to, want string }{
		"weights by rows":   {"rule: mean", "rule: fedavg", "aggregation.rule: fedavg weighs by numbers of rows"},
		"no kind":           {"kind: gaussian, ", "", "privacy.kind: missing"},
		"no clip":           {"clip: 0.1, ", "", "privacy.clip: missing"},
		"no noise":          {", noise: 1.1", "", "privacy.noise: missing"},
		"a clip of nothing": {"clip: 0.1", "clip: 0.0000001", "privacy.clip"},
		"a step of a clip":  {"clip: 0.1", "clip: 0.000001", ""},
		"less than a step":  {"{rule: mean}", "{rule: mean, scale_bits: 8}\n#", ""},
		"more than fits":    {"clip: 0.1", "clip: 4000", "privacy.clip: more than"},
		"noise beyond all":  {"noise: 1.1", "noise: 4000", "privacy.noise: times privacy.clip"},
		"noise of a part":   {"clip: 0.1, noise: 1.1", "clip: 0.000001, noise: 0.1", "privacy.noise: times privacy.clip it is less"},
		"none with a kind":  {"mode: local", "mode: none", "privacy.kind: the mode none has no noise"},
		"none with a clip":  {"mode: local, kind: gaussian", "mode: none", "privacy.clip: the mode none clips nothing"},
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
