package spec_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/althing-network/althing/spec"
)

// convolution returns an architecture with a value in every kind of field.
func convolution() spec.Model {
	return spec.Model{
		Kind: spec.ModelLayers, Inputs: 16, Image: spec.Image{Height: 4, Width: 4, Channels: 1},
		Layers: []spec.Layer{{Kind: spec.LayerConv2D, Out: 2, Kernel: 3, Stride: 1, Padding: 1}, {Kind: spec.LayerDense, Out: 10}},
		Loss:   spec.LossMSE, Classes: 10, Seed: 7,
	}
}

func TestLineNames(t *testing.T) {
	for name, want := range map[string]uint64{"task-7": 7, "task-0": 0, "task-18446744073709551615": 1<<64 - 1} {
		if task, own := spec.TaskOfLine(name); !own || task != want || spec.LineOfTask(task) != name {
			t.Errorf("%s is the line of task %d (%v)", name, task, own)
		}
	}
	for _, name := range []string{"", "task-", "task-07", "task-+7", "task-7 ", "Task-7", "task-18446744073709551616", "digits"} {
		if task, own := spec.TaskOfLine(name); own {
			t.Errorf("%q is the line of task %d", name, task)
		}
	}
}

func TestLineIsRefused(t *testing.T) {
	good := spec.Line{ID: 1, Owner: "ann", Name: "digits", Model: convolution(), Versions: 3, Scored: 2, Score: 5, Cards: spec.MaxCards}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*spec.Line){
		"want an id from 1":                      func(l *spec.Line) { l.ID = 0 },
		"has no owner":                           func(l *spec.Line) { l.Owner = "" },
		"printable text":                         func(l *spec.Line) { l.Name = "two\nlines" },
		"1 to 64 bytes":                          func(l *spec.Line) { l.Name = strings.Repeat("n", 65) },
		"has 3 versions, but version 4 has":      func(l *spec.Line) { l.Scored = 4 },
		"0 if no version has one":                func(l *spec.Line) { l.Scored = 0 },
		"has the score 1000001: want at most":    func(l *spec.Line) { l.Score = spec.One + 1 },
		"has 257 cards: want at most 256":        func(l *spec.Line) { l.Cards++ },
		"line 1: task: model.classes: want 2 to": func(l *spec.Line) { l.Model.Classes = 0 },
	} {
		l := good
		change(&l)
		if err := l.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestVersionIsRefused(t *testing.T) {
	good := spec.Version{Model: spec.Digest{1}, Base: spec.Digest{2}, Task: 1, Round: 3, Score: 5, Scored: true}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*spec.Version){
		"names no task":                func(v *spec.Version) { v.Task = 0 },
		"has no model":                 func(v *spec.Version) { v.Model = spec.Digest{} },
		"names round 3 and proposal 1": func(v *spec.Version) { v.Proposal = 1 },
		"want a base for every version but a task's first model": func(v *spec.Version) { v.Round = 0 },
		"want a base for every version":                          func(v *spec.Version) { v.Base = spec.Digest{} },
		"has the score 1000001: want at most":                    func(v *spec.Version) { v.Score = spec.One + 1 },
		"and 0 if it was not scored":                             func(v *spec.Version) { v.Scored = false },
	} {
		v := good
		change(&v)
		if err := v.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestCards(t *testing.T) {
	for _, text := range []string{"x", "# Ziffern\n\n\tgrün 0–9 ✓\n", strings.Repeat("y", spec.MaxCard)} {
		if err := spec.ValidateCard(text); err != nil {
			t.Errorf("%.20q: %v", text, err)
		}
	}
	for text, want := range map[string]string{
		"":                                  "card of 0 bytes: want 1 to 8192",
		strings.Repeat("y", spec.MaxCard+1): "card of 8193 bytes",
		"\xff":                              "not valid UTF-8",
		"one\r\ntwo":                        `control character '\r' after "one"`,
		"one\n\x1b[31mred":                  `control character '\x1b' after ""`,
		"a\u0085b":                          `control character '\u0085' after "a"`,
		"nul\x00":                           `control character '\x00'`,
	} {
		if err := spec.ValidateCard(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: got %v, want %q", text, err, want)
		}
	}
}

// The difference of two architectures names the first field that differs.
func TestEveryDifferenceOfArchitecturesIsNamed(t *testing.T) {
	if d := convolution().Difference(convolution()); d != "" {
		t.Errorf("an architecture differs from itself: %s", d)
	}
	public := convolution()
	public.Access = spec.AccessPublic
	if d := public.Difference(convolution()); d != "" {
		t.Errorf("public differs from what is public without a word: %s", d)
	}
	changed := map[string]func(*spec.Model){
		"kind": func(m *spec.Model) { m.Kind = spec.ModelCNN }, "inputs": func(m *spec.Model) { m.Inputs++ },
		"hidden": func(m *spec.Model) { m.Hidden = []uint32{3} }, "image": func(m *spec.Model) { m.Image.Channels++ },
		"layers": func(m *spec.Model) { m.Layers[1].Out++ }, "loss": func(m *spec.Model) { m.Loss = "" },
		"classes": func(m *spec.Model) { m.Classes++ }, "seed": func(m *spec.Model) { m.Seed++ },
		"access": func(m *spec.Model) { m.Access = spec.AccessMembers },
	}
	for field := range reflect.TypeFor[spec.Model]().Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		if name == "init" { // where its weights start, not what it is
			continue
		}
		change, known := changed[name]
		if !known {
			t.Fatalf("the test has no other value for model.%s", name)
		}
		other := convolution()
		change(&other)
		if d := other.Difference(convolution()); !strings.HasPrefix(d, "model."+name) {
			t.Errorf("another model.%s: got the difference %q", name, d)
		}
	}
	shorter := convolution()
	shorter.Layers = shorter.Layers[1:]
	if d := shorter.Difference(convolution()); d != "model.layers is 1 instead of 2" {
		t.Errorf("got %q", d)
	}
	wider := convolution()
	wider.Layers[1].Out = 11
	if d := wider.Difference(convolution()); d != "model.layers[1] is dense out 11 instead of dense out 10" {
		t.Errorf("got %q", d)
	}
}
