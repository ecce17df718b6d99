package model_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
)

// TestWarmStart: a task starts with the weights of a file of the same architecture. The seed
// and the state of the file do not matter: the new model 0 states the task's seed and no
// state.
func TestWarmStart(t *testing.T) {
	asked := spec.TaskSpec{Model: spec.Model{Kind: spec.ModelMLP, Inputs: 4, Hidden: []uint32{3}, Classes: 2, Seed: 7}}
	other := asked.Model
	other.Seed = 1<<64 - 1
	weights, err := model.Init(other)
	if err != nil {
		t.Fatal(err)
	}
	b, err := model.File{Model: other, Weights: weights, State: spec.DigestOf([]byte("state"))}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := model.WarmStart(asked, b)
	if diff := cmp.Diff(model.File{Model: asked.Model, Weights: weights}, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if most, err := model.WarmStartSize(asked); err != nil || int64(len(b)) > most {
		t.Errorf("a file of %d bytes: WarmStartSize is %d (%v), want at least as many", len(b), most, err)
	}
	wider := asked
	wider.Model.Hidden = []uint32{4}
	for why, c := range map[string]struct {
		asked spec.TaskSpec
		b     []byte
	}{
		"its model.hidden is [3] instead of [4]": {wider, b},
		"header":                                 {asked, b[:9]},
		"weights":                                {asked, b[:len(b)-1]},
	} {
		if _, err := model.WarmStart(c.asked, c.b); !errors.Is(err, model.ErrModel) || !strings.Contains(err.Error(), why) {
			t.Errorf("got %v, want %q", err, why)
		}
	}
}

// TestWarmStartKeepsTheScale: a measured scale is taken over with the weights. A file without
// the scale that the task needs is refused, and so is a file for other rows.
func TestWarmStartKeepsTheScale(t *testing.T) {
	asked := spec.TaskSpec{
		Model: spec.Model{Kind: spec.ModelSoftmax, Inputs: 2, Classes: 2},
		Data: spec.Data{Name: "d", Features: spec.FeaturesStandard, Schema: spec.Schema{
			Label: "l", Classes: []string{"a", "b"},
			Columns: []spec.Column{{Name: "x", Kind: spec.ColumnNumber}, {Name: "y", Kind: spec.ColumnNumber}},
		}},
	}
	file, err := model.Initial(asked)
	if err != nil {
		t.Fatal(err)
	}
	encode := func(f model.File) []byte {
		b, err := f.Encode()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	if _, err := model.WarmStart(asked, encode(file)); !errors.Is(err, model.ErrModel) || !strings.Contains(err.Error(), "it has no scale") {
		t.Errorf("a file without a scale: got %v, want an error", err)
	}
	file.Weights[1] = 2
	file.Scale = model.Scale{Shift: []float32{1, 2}, Width: []float32{3, 4}}
	got, err := model.WarmStart(asked, encode(file))
	if diff := cmp.Diff(file, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	swapped := asked
	swapped.Data.Schema.Columns = []spec.Column{asked.Data.Schema.Columns[1], asked.Data.Schema.Columns[0]}
	if _, err := model.WarmStart(swapped, encode(file)); !errors.Is(err, model.ErrModel) || !strings.Contains(err.Error(), "its rows are") {
		t.Errorf("a file for other rows: got %v, want an error", err)
	}
}
