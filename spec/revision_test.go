package spec_test

import (
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/spec"
)

// revisable returns a task in which every hyper-parameter may be set.
func revisable() spec.TaskSpec {
	t := spec.DefaultTask()
	t.Name, t.Governed, t.Line = "digits", true, "digits"
	t.Model = spec.Model{Kind: spec.ModelSoftmax, Inputs: 64, Classes: 10}
	t.Data.Name = "digits"
	t.Training = spec.Training{Optimiser: spec.OptimiserMomentum, Batch: 16, Epochs: 1, Rate: 1, Momentum: 1, Arithmetic: spec.ArithmeticStrict}
	t.Aggregation.Optimiser, t.Aggregation.Rate, t.Aggregation.Momentum, t.Aggregation.Tau = spec.ServerFedAdam, 1, 1, 1
	t.Target.Rounds, t.Escrow = 2, spec.Thing
	return t
}

// set returns the value of a field of a task file by its name.
func set(t spec.TaskSpec, name string) uint64 {
	v := reflect.ValueOf(t)
	for part := range strings.SplitSeq(name, ".") {
		v = v.FieldByIndex(slices.DeleteFunc(reflect.VisibleFields(v.Type()), func(f reflect.StructField) bool {
			return f.Tag.Get("yaml") != part
		})[0].Index)
	}
	return v.Uint()
}

// Each hyper-parameter changes the field of its name and no other one.
func TestHyperparameters(t *testing.T) {
	before := revisable()
	if err := before.Validate(); err != nil {
		t.Fatal(err)
	}
	for _, h := range spec.Hyperparameters() {
		after, err := spec.Revise(before, []spec.Tuning{{Name: h.Name, Value: 7}})
		if err != nil || set(after, h.Name) != 7 || h.ValueIn(after) != 7 {
			t.Errorf("%s: set to 7 it is %d, %d, %v", h.Name, set(after, h.Name), h.ValueIn(after), err)
		}
		if back, err := spec.Revise(after, []spec.Tuning{{Name: h.Name, Value: set(before, h.Name)}}); err != nil || !cmp.Equal(back, before) {
			t.Errorf("%s: set back (-want +got), %v:\n%s", h.Name, err, cmp.Diff(before, back))
		}
		want := h.Name + " 7"
		if h.Unit == spec.UnitPart {
			want = h.Name + " 0.000007"
		}
		if got := (spec.Tuning{Name: h.Name, Value: 7}).String(); got != want {
			t.Errorf("%q: want %q", got, want)
		}
	}
	if !cmp.Equal(before, revisable()) {
		t.Error("Revise has changed its argument")
	}
}

func TestReviseRefuses(t *testing.T) {
	for want, settings := range map[string][]spec.Tuning{
		`"privacy.noise": want one of training.batch`:         {{Name: "privacy.noise", Value: 1}},
		`"": want one of training.batch`:                      {{}},
		"training.rate: set twice":                            {{Name: "training.rate", Value: 1}, {Name: "training.rate", Value: 1}},
		"training.rate: 4294967296: want at most 4294.967295": {{Name: "training.rate", Value: math.MaxUint32 + 1}},
		"training.batch: 4294967296: want at most 4294967295": {{Name: "training.batch", Value: math.MaxUint32 + 1}},
		"training.epochs: want 1 to":                          {{Name: "training.epochs"}},
		"aggregation.momentum: want less than 1":              {{Name: "aggregation.momentum", Value: uint64(spec.One)}},
	} {
		_, err := spec.Revise(revisable(), settings)
		if _, ok := errors.AsType[*spec.FieldError](err); !ok || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v, want %s", settings, err, want)
		}
	}
}

// A round has the settings of the newest revision for it or for a round before it.
func TestSpecOf(t *testing.T) {
	task := spec.Task{Spec: revisable()}
	for i, round := range []uint64{3, 5} {
		r := spec.Revision{Round: round, Training: task.Spec.Training, Aggregation: task.Spec.Aggregation}
		r.Training.Rate = spec.PPM(100 * (i + 1))
		task.Revisions = append(task.Revisions, r)
	}
	for round, want := range []spec.PPM{1, 1, 1, 100, 100, 200, 200} {
		if got := task.SpecOf(uint64(round)).Training.Rate; got != want {
			t.Errorf("round %d has the rate %s: want %s", round, got, want)
		}
		if in := task.AtRound(uint64(round)); in.Spec.Training.Rate != want || in.SpecOf(4).Training.Rate != 100 {
			t.Errorf("round %d: %+v", round, in.Spec.Training)
		}
	}
	if task.Spec.Training.Rate != 1 {
		t.Error("the task file changes")
	}
}

func TestLineIsPrintable(t *testing.T) {
	asked := revisable()
	asked.Line = "a\nb"
	if err := asked.Validate(); err == nil || !strings.Contains(err.Error(), "line: want") {
		t.Errorf("got %v", err)
	}
}
