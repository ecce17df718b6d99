package spec_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/althing-network/althing/spec"
)

// least is the shortest task file there is.
const least = `name: digits
model:
  kind: mlp
  inputs: 64
  hidden: [32]
  classes: 10
data:
  name: digits
training:
  rate: 0.1
target:
  rounds: 25
escrow: 1_000_000
`

func TestParseTask(t *testing.T) {
	want := spec.DefaultTask()
	want.Name = "digits"
	want.Model = spec.Model{Kind: spec.ModelMLP, Inputs: 64, Hidden: []uint32{32}, Classes: 10}
	want.Data.Name = "digits"
	want.Training.Rate = 100_000
	want.Target.Rounds = 25
	want.Escrow = 1_000_000
	got, err := spec.ParseTask([]byte(least))
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}

// TestParseTaskReadsPowersOfTen: a rate may be written as people write small ones.
func TestParseTaskReadsPowersOfTen(t *testing.T) {
	for text, want := range map[string]spec.PPM{"1e-3": 1000, "5e-4": 500, "1.5E-2": 15_000, `"1e-3"`: 1000} {
		got, err := spec.ParseTask([]byte(strings.Replace(least, "rate: 0.1", "rate: "+text, 1)))
		if err != nil || got.Training.Rate != want {
			t.Errorf("%s is read as %s, %v", text, got.Training.Rate, err)
		}
	}
}

func TestParseTaskNamesLineAndField(t *testing.T) {
	for name, c := range map[string]struct {
		old, new string // in the shortest file
		line     int
		field    string
		why      string
	}{
		// Missing.
		"no name":             {"name: digits\nmodel", "model", 1, "name", "missing"},
		"no kind":             {"  kind: mlp\n", "", 2, "model.kind", "missing"},
		"no model":            {"model:\n  kind: mlp\n  inputs: 64\n  hidden: [32]\n  classes: 10\n", "", 1, "model.kind", "missing"},
		"no inputs":           {"  inputs: 64\n", "", 2, "model.inputs", "want 1 to"},
		"no hidden layer":     {"  hidden: [32]\n", "", 2, "model.hidden", "missing"},
		"no classes":          {"  classes: 10\n", "", 2, "model.classes", "want 2 to"},
		"no data":             {"data:\n  name: digits\n", "", 1, "data.name", "missing"},
		"no rate":             {"  rate: 0.1", "  batch: 8", 9, "training.rate", "missing"},
		"no rounds":           {"  rounds: 25", "  accuracy: 0.9", 11, "target.rounds", "want 1 to"},
		"no escrow":           {"escrow: 1_000_000\n", "", 1, "escrow", "missing"},
		"empty escrow":        {"escrow: 1_000_000", "escrow:", 13, "escrow", "empty"},
		"empty section":       {"  rounds: 25\n", "", 11, "target", "empty"},
		"null in a list":      {"[32]", "[32, ~]", 5, "model.hidden", "empty"},
		"empty list":          {"[32]", "[]", 5, "model.hidden", "missing"},
		"empty name":          {"name: digits\nmodel", "name: ''\nmodel", 1, "name", "missing"},
		"nothing but a colon": {"name: digits\nmodel", "name:\nmodel", 1, "name", "empty"},

		// Unknown, and said twice.
		"unknown field":         {"escrow", "reward: 5\nescrow", 13, "reward", "unknown field"},
		"unknown field below":   {"  classes", "  width: 3\n  classes", 6, "model.width", "unknown field"},
		"unknown field in flow": {"target:\n  rounds: 25", "target: {rounds: 25, score: 1}", 11, "target.score", "unknown field"},
		"of another section":    {"  rate: 0.1", "  rate: 0.1\n  rounds: 5", 11, "training.rounds", "unknown field"},
		"in capitals":           {"escrow", "Escrow", 13, "Escrow", "unknown field"},
		"merge key":             {"escrow", "<<: {retries: 1}\nescrow", 13, "<<", "unknown field"},
		"unknown kind":          {"mlp", "strange", 3, "model.kind", `unknown kind "strange"`},
		"unknown rule":          {"escrow", "aggregation: {rule: strange}\nescrow", 13, "aggregation.rule", "unknown rule"},
		"unknown selection":     {"escrow", "selection:\n  rule: strange\nescrow", 14, "selection.rule", "unknown rule"},
		"unknown optimiser":     {"  rate", "  optimiser: strange\n  rate", 10, "training.optimiser", "unknown optimiser"},
		"sgd with momentum":     {"  rate", "  momentum: 0.9\n  rate", 10, "training.momentum", "sgd has no momentum"},
		"momentum without":      {"  rate", "  optimiser: momentum\n  rate", 9, "training.momentum", "above 0 and below 1"},
		"adam with too much":    {"  rate", "  optimiser: adam\n  momentum: 1\n  rate", 11, "training.momentum", "above 0 and below 1"},
		"unknown arithmetic":    {"  rate", "  arithmetic: exact\n  rate", 10, "training.arithmetic", "want strict or fused"},
		"unknown server":        {"escrow", "aggregation: {optimiser: adam}\nescrow", 13, "aggregation.optimiser", "want none, fedavgm"},
		"server without rate":   {"escrow", "aggregation: {optimiser: fedavgm}\nescrow", 13, "aggregation.rate", "needs a learning rate"},
		"rate without server":   {"escrow", "aggregation: {rate: 1}\nescrow", 13, "aggregation.rate", "choose another aggregation.optimiser"},
		"fedavgm without":       {"escrow", "aggregation: {optimiser: fedavgm, rate: 1}\nescrow", 13, "aggregation.momentum", "as 0.9"},
		"momentum of 1":         {"escrow", "aggregation: {optimiser: fedadam, rate: 1, momentum: 1}\nescrow", 13, "aggregation.momentum", "less than 1"},
		"momentum, no server":   {"escrow", "aggregation: {momentum: 0.9}\nescrow", 13, "aggregation.momentum", "choose another aggregation.optimiser"},
		"no tau":                {"escrow", "aggregation: {optimiser: fedyogi, rate: 1}\nescrow", 13, "aggregation.tau", "as 0.001"},
		"tau of fedavgm":        {"escrow", "aggregation: {optimiser: fedavgm, rate: 1, momentum: 0.9, tau: 1}\nescrow", 13, "aggregation.tau", "leave it out"},
		"unknown privacy":       {"escrow", "privacy:\n  mode: total\nescrow", 14, "privacy.mode", "unknown mode"},
		"unknown audit":         {"escrow", "audit: nobody\nescrow", 13, "audit", "want public, members or aggregators"},
		"unknown access":        {"  classes", "  access: nobody\n  classes", 6, "model.access", "want public or members"},
		"private, but audited":  {"  classes: 10", "  classes: 10\n  access: members\naudit: public", 8, "audit", "the model is for members"},
		"unknown schedule":      {"  rate", "  schedule: {kind: linear}\n  rate", 10, "training.schedule.kind", "want constant, step or cosine"},
		"step without every":    {"  rate", "  schedule: {kind: step, factor: 0.5}\n  rate", 10, "training.schedule.every", "want 1 to 100000 rounds"},
		"step without factor":   {"  rate", "  schedule: {kind: step, every: 5}\n  rate", 10, "training.schedule.factor", "as 0.5"},
		"step upwards":          {"  rate", "  schedule:\n    kind: step\n    every: 5\n    factor: 1.5\n  rate", 13, "training.schedule.factor", "at most 1"},
		"every of cosine":       {"  rate", "  schedule: {kind: cosine, every: 5}\n  rate", 10, "training.schedule.every", "only the kind step"},
		"factor without a kind": {"  rate", "  schedule: {factor: 0.5}\n  rate", 10, "training.schedule.factor", "only the kind step"},
		"warm-up to the end":    {"  rate", "  schedule: {warmup: 25}\n  rate", 10, "training.schedule.warmup", "less than target.rounds, which is 25"},
		"said twice":            {"escrow", "name: again\nescrow", 13, "name", "appears twice"},
		"said twice below":      {"  classes", "  kind: mlp\n  classes", 6, "model.kind", "appears twice"},

		// Of another kind.
		"text for a number":   {"64", "many", 4, "model.inputs", `model.inputs "many": want a whole number`},
		"quoted number":       {"64", `"64"`, 4, "model.inputs", "want a whole number"},
		"fraction":            {"64", "64.5", 4, "model.inputs", "want a whole number"},
		"power of ten":        {"1_000_000", "1e6", 13, "escrow", "want a whole number"},
		"negative":            {"1_000_000", "-5", 13, "escrow", "want a whole number"},
		"zero escrow":         {"1_000_000", "0", 13, "escrow", "missing"},
		"octal":               {"64", "064", 4, "model.inputs", "want a whole number"},
		"hexadecimal":         {"64", "0x40", 4, "model.inputs", "want a whole number"},
		"above 32 bits":       {"64", "4294967296", 4, "model.inputs", "from 0 to 4294967295"},
		"above 64 bits":       {"1_000_000", "18446744073709551616", 13, "escrow", "from 0 to 18446744073709551615"},
		"not a number":        {"64", ".nan", 4, "model.inputs", "want a whole number"},
		"one for a list":      {"[32]", "32", 5, "model.hidden", "want a list"},
		"text in a list":      {"[32]", "[32, wide]", 5, "model.hidden", `"wide": want a whole number`},
		"list over lines":     {"[32]", "\n    - 32\n    - wide", 7, "model.hidden", `"wide": want a whole number`},
		"list for one":        {"64", "[64]", 4, "model.inputs", "want one value"},
		"fields for text":     {"name: digits\nmodel", "name: {first: a}\nmodel", 1, "name", "want one value"},
		"one for fields":      {"target:\n  rounds: 25", "target: 25", 11, "target", "want fields"},
		"list for fields":     {"target:\n  rounds: 25", "target: [25]", 11, "target", "want fields"},
		"rate in words":       {"0.1", "fast", 10, "training.rate", "want a decimal"},
		"rate too fine":       {"0.1", "0.1234567", 10, "training.rate", "at most six digits"},
		"rate finer as power": {"0.1", "1e-7", 10, "training.rate", "at most six digits"},
		"rate far too large":  {"0.1", "1e9", 10, "training.rate", "want at most 4294.967295"},
		"rate below zero":     {"0.1", "-0.1", 10, "training.rate", "want a decimal"},
		"rate not a number":   {"0.1", ".inf", 10, "training.rate", "want a decimal"},
		"rate of no value":    {"0.1", "", 10, "training.rate", "empty"},
		"rate of many values": {"0.1", "[0.1]", 10, "training.rate", "want one value"},
		"anchor":              {"64", "&n 64", 4, "model.inputs", "anchors and aliases"},
		"alias":               {"  classes: 10", "  classes: *n", 0, "", "unknown anchor"},

		// Contradictory or out of bounds.
		"softmax with layers":    {"mlp", "softmax", 5, "model.hidden", "softmax has no hidden layer"},
		"one class":              {"classes: 10", "classes: 1", 6, "model.classes", "want 2 to"},
		"layer of no width":      {"[32]", "[32, 0]", 5, "model.hidden", "width 0"},
		"too many layers":        {"[32]", "[" + strings.Repeat("2,", 17) + "]", 5, "model.hidden", "at most 16 layers"},
		"too many parameters":    {"[32]", "[1048576]", 2, "model", "parameters: want at most"},
		"accuracy above one":     {"  rounds: 25", "  accuracy: 1.5\n  rounds: 25", 12, "target.accuracy", "want at most 1"},
		"too large a batch":      {"[32]\n  classes: 10\ndata:\n  name: digits\ntraining:\n", "[1024]\n  classes: 10\ndata:\n  name: digits\ntraining:\n  batch: 130_436\n", 10, "training.batch", "2058 values per row: want at most 130435 rows"},
		"too long a batch":       {"64\n  hidden: [32]\n  classes: 10\ndata:\n  name: digits\ntraining:\n", "1048576\n  hidden: [32]\n  classes: 10\ndata:\n  name: digits\ntraining:\n  batch: 32_768\n", 10, "training.batch", "33554752 multiplications: want at most 32767 rows"},
		"escrow too small":       {"1_000_000", "324", 13, "escrow", "too small"}, // 25 rounds of 13 trainers
		"escrow above supply":    {"1_000_000", "1000000000000001", 13, "escrow", "more than can exist: want at most 1000000000000000 uthing"},
		"two aggregators":        {"escrow", "selection:\n  aggregators: 2\nescrow", 14, "selection.aggregators", "3f+1"},
		"more least than wanted": {"escrow", "selection:\n  trainers: 4\n  min_trainers: 5\nescrow", 15, "selection.min_trainers", "more than selection.trainers"},
		"too many trainers":      {"escrow", "selection:\n  trainers: 1576\nescrow", 14, "selection.trainers", "backups included"},
		"no evaluator":           {"escrow", "selection:\n  evaluators: 0\nescrow", 14, "selection.evaluators", "want 1 to"},
		"weight under mean":      {"escrow", "aggregation:\n  rule: mean\n  max_weight: 7\nescrow", 15, "aggregation.max_weight", "every weight is 1"},
		"scale too fine":         {"escrow", "aggregation:\n  scale_bits: 31\nescrow", 14, "aggregation.scale_bits", "want 8 to 30"},
		"deadline of zero":       {"escrow", "deadlines:\n  attest: 0s\nescrow", 14, "deadlines.attest", "0s: want 1s to 8760h"},
		"deadline below zero":    {"escrow", "deadlines:\n  attest: -10m\nescrow", 14, "deadlines.attest", "-10m: want 1s to 8760h"},
		"deadline of no unit":    {"escrow", "deadlines:\n  attest: 600\nescrow", 14, "deadlines.attest", `deadlines.attest "600": want numbers with units`},
		"deadline of bare zero":  {"escrow", "deadlines:\n  attest: 0\nescrow", 14, "deadlines.attest", `"0": want numbers with units`},
		"deadline in days":       {"escrow", "deadlines:\n  attest: 2d\nescrow", 14, "deadlines.attest", `"2d": want numbers with units`},
		"deadline too fine":      {"escrow", "deadlines:\n  attest: 1.0005s\nescrow", 14, "deadlines.attest", "want a whole number of milliseconds"},
		"deadline too short":     {"escrow", "deadlines:\n  attest: 999ms\nescrow", 14, "deadlines.attest", "want 1s to 8760h"},
		"deadline over a year":   {"escrow", "deadlines:\n  train: 8760h1s\nescrow", 14, "deadlines.train", "8760h1s: want 1s to 8760h"},
		"deadline over an age":   {"escrow", "deadlines:\n  train: 9999999999999h\nescrow", 14, "deadlines.train", "want numbers that add up to at most"},
		"deadline in a list":     {"escrow", "deadlines:\n  train: [10m]\nescrow", 14, "deadlines.train", "want one value"},
		"retained for nothing":   {"escrow", "retain: 0s\nescrow", 13, "retain", "want 1s to 8760h"},
		"retained in blocks":     {"escrow", "retain: 100_000\nescrow", 13, "retain", "want numbers with units"},
		"overlap in words":       {"escrow", "overlap: sometimes\nescrow", 13, "overlap", `overlap "sometimes": want true or false`},
		"overlap in a number":    {"escrow", "overlap: 1\nescrow", 13, "overlap", "want true or false"},
		"overlap in quotes":      {"escrow", "overlap: 'true'\nescrow", 13, "overlap", "want true or false"},
		"future version":         {"escrow", "version: 2\nescrow", 13, "version", "want 1"},
		"long name":              {"name: digits\nmodel", "name: " + strings.Repeat("d", 65) + "\nmodel", 1, "name", "want 1 to 64 bytes"},
		"name that draws":        {"name: digits\nmodel", `name: "\e[31mdigits"` + "\nmodel", 1, "name", "printable"},

		// No task file at all. Of broken YAML the decoder names the line at or
		// before the break.
		"second document": {"escrow: 1_000_000\n", "escrow: 1_000_000\n---\nname: more\n", 14, "", "a second document"},
		"broken second":   {"escrow: 1_000_000\n", "escrow: 1_000_000\n---\na: [\n", 15, "", "did not find"},
		"broken":          {"[32]", "[32", 4, "", "did not find"},
		"a list":          {least, "- name\n", 1, "", "want fields"},
		"a word":          {least, "digits\n", 1, "", "want fields"},
		"empty":           {least, "# nothing\n", 1, "", "empty"},
		"empty document":  {least, "---\n", 2, "", "empty"},
	} {
		if !strings.Contains(least, c.old) {
			t.Fatalf("%s: the file has no %q", name, c.old)
		}
		got, err := spec.ParseTask([]byte(strings.Replace(least, c.old, c.new, 1)))
		if err == nil {
			t.Errorf("%s: is accepted", name)
			continue
		}
		var field *spec.FieldError
		if c.line > 0 && (!errors.As(err, &field) || field.Line != c.line || field.Field != c.field) {
			t.Errorf("%s: %v: want line %d, field %q", name, err, c.line, c.field)
		}
		if !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s: %v: want %q", name, err, c.why)
		}
		if diff := cmp.Diff(spec.TaskSpec{}, got); diff != "" {
			t.Errorf("%s: a refused file is a task: %s", name, diff)
		}
	}
}

func TestFieldErrorReadsLikeALine(t *testing.T) {
	for want, e := range map[string]spec.FieldError{
		"task file line 3: model.kind: missing":         {Field: "model.kind", Why: "missing", Line: 3},
		"task file line 3: broken":                      {Why: "broken", Line: 3},
		"task: escrow: missing":                         {Field: "escrow", Why: "missing"},
		"task file line 3: retries 20: want at most 16": {Field: "retries", Given: "20", Why: "want at most 16", Line: 3},
	} {
		if got := e.Error(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestTaskYAMLRoundTrip(t *testing.T) {
	for _, change := range []func(*spec.TaskSpec){
		func(*spec.TaskSpec) {},
		func(s *spec.TaskSpec) {
			s.Model = spec.Model{Kind: spec.ModelSoftmax, Inputs: 1, Classes: 2, Seed: 1<<64 - 1}
		},
		func(s *spec.TaskSpec) { s.Model.Access = spec.AccessMembers },
		func(s *spec.TaskSpec) {
			s.Training = spec.Training{
				Optimiser: spec.OptimiserAdam, Batch: 1, Epochs: 2, Rate: 3, Momentum: 4,
				WeightDecay: 5, Proximal: 6, Clip: 7, Arithmetic: spec.ArithmeticFused,
			}
			s.Aggregation.Optimiser, s.Aggregation.Rate, s.Aggregation.Tau = spec.ServerFedAdagrad, 1, 2
		},
		func(s *spec.TaskSpec) {
			s.Overlap, s.Retain = false, spec.MaxDuration
			s.Deadlines = spec.Deadlines{Select: 1001, Train: spec.MinDuration, Attest: spec.Minute, Aggregate: spec.Hour + 1, Evaluate: 90 * spec.Second}
		},
		func(s *spec.TaskSpec) { s.Name, s.Data.Name = "1.5: [x] # {y}", "~" },
		func(s *spec.TaskSpec) {
			s.Training.Rate, s.Target.Accuracy, s.Selection.MinAccuracy = 1, 999_999, spec.One
		},
		func(s *spec.TaskSpec) {
			s.Selection.Resources = spec.Resources{CPU: 1, Memory: 2, GPU: 3, Storage: 4, Bandwidth: 5}
		},
	} {
		want, err := spec.ParseTask([]byte(least))
		if err != nil {
			t.Fatal(err)
		}
		change(&want)
		file, err := yaml.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := spec.ParseTask(file)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v %s\n%s", err, diff, file)
		}
	}
}

func TestValidateChangesNothing(t *testing.T) {
	task, err := spec.ParseTask([]byte(least))
	if err != nil {
		t.Fatal(err)
	}
	before := fmt.Sprintf("%#v", task)
	if err := task.Validate(); err != nil || fmt.Sprintf("%#v", task) != before {
		t.Errorf("%v: %#v, was %s", err, task, before)
	}
}

func FuzzParseTask(f *testing.F) {
	f.Add([]byte(least))
	for _, seed := range []string{"", "---\n", "a: &a [*a]\n", "name: x\n---\n", "model: {hidden: [1, 2]}\n", "target: {accuracy: 1e400}\n", "? [a]\n: b\n", "escrow: 0b1\n", "!!binary x: y\n", "name: !!int x\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		task, err := spec.ParseTask(file)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "task") {
				t.Errorf("error %q does not say what it is about", err)
			}
			return
		}
		if err := task.Validate(); err != nil {
			t.Errorf("an accepted task is not valid: %v", err)
		}
		again, err := yaml.Marshal(task)
		if err != nil {
			t.Fatal(err)
		}
		same, err := spec.ParseTask(again)
		if diff := cmp.Diff(task, same); err != nil || diff != "" {
			t.Errorf("%v %s\n%s", err, diff, again)
		}
	})
}
