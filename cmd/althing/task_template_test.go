package main

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.yaml.in/yaml/v3"

	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/view"
)

// TestTemplate: the template is the example of the reference, with every field that has a
// default written out.
func TestTemplate(t *testing.T) {
	reference, err := os.ReadFile("../../docs/task-file.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(reference), "```yaml\n")
	example, _, _ = strings.Cut(example, "```")
	want, err := spec.ParseTask([]byte(example))
	if err != nil {
		t.Fatal(err)
	}
	got, err := spec.ParseTask([]byte(template))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("template (-docs +template):\n%s", diff)
	}
	for _, f := range spec.Vocabulary() {
		if !strings.Contains(template, "{"+f.Field+"}") || !strings.Contains(templateText(), f.String()) {
			t.Errorf("template does not list the words of %s", f.Field)
		}
	}
	var root yaml.Node
	if err := yaml.Unmarshal([]byte(template), &root); err != nil {
		t.Fatal(err)
	}
	checkFields(t, root.Content[0], reflect.TypeFor[spec.TaskSpec](), "")
}

// checkFields wants a file to have every field of a struct.
func checkFields(t *testing.T, node *yaml.Node, of reflect.Type, prefix string) {
	t.Helper()
	for field := range of.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		found := false
		for j := 0; j+1 < len(node.Content); j += 2 {
			if node.Content[j].Value != name {
				continue
			}
			found = true
			if field.Type.Kind() == reflect.Struct {
				checkFields(t, node.Content[j+1], field.Type, prefix+name+".")
			} else if line := strings.Split(template, "\n")[node.Content[j].Line-1]; !strings.Contains(line, "#") {
				t.Errorf("template: %s%s has no comment", prefix, name)
			}
		}
		if !found {
			t.Errorf("template does not have %s%s", prefix, name)
		}
	}
}

func TestArchitecture(t *testing.T) {
	for want, m := range map[string]spec.Model{
		"softmax 64-10, 650 parameters": {Kind: spec.ModelSoftmax, Inputs: 64, Classes: 10},
		"mlp 64-32-10, 2410 parameters": {Kind: spec.ModelMLP, Inputs: 64, Hidden: []uint32{32}, Classes: 10},
		"cnnsmall 8x8x1-10, 8234 parameters": {
			Kind: spec.ModelCNNSmall, Inputs: 64, Image: spec.Image{Height: 8, Width: 8, Channels: 1}, Classes: 10,
		},
		"layers 64, dense out 20, relu, dropout rate 0.25, dense out 10, loss mse, 1510 parameters": {
			Kind: spec.ModelLayers, Inputs: 64, Classes: 10, Loss: spec.LossMSE,
			Layers: []spec.Layer{{Kind: spec.LayerDense, Out: 20}, {Kind: spec.LayerReLU}, {Kind: spec.LayerDropout, Rate: 250_000}, {Kind: spec.LayerDense, Out: 10}},
		},
	} {
		if got := view.Architecture(m); got != want {
			t.Errorf("Architecture(%v) = %q, want %q", m, got, want)
		}
	}
}

func TestQuote(t *testing.T) {
	for word, want := range map[string]string{
		"net/validator-1": "net/validator-1",
		"":                "''",
		"my net":          "'my net'",
		"it's":            `'it'\''s'`,
		"$HOME;rm":        "'$HOME;rm'",
	} {
		if got := quote(word); got != want {
			t.Errorf("quote(%q) = %s, want %s", word, got, want)
		}
	}
}

// TestCommandKeepsItsNetwork wants a hint to speak to the chain that was asked.
func TestCommandKeepsItsNetwork(t *testing.T) {
	for want, s := range map[string]session{
		"althing task list":                                   {},
		"althing task list --rpc http://a:1,http://b:2":       {rpc: []string{"http://a:1", "http://b:2"}},
		"althing task list --home 'my net/consumer-1'":        {home: "my net/consumer-1"},
		"althing task list --rpc http://a:1 --home net/alice": {rpc: []string{"http://a:1"}, home: "net/alice"},
	} {
		if got := s.command("task list"); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
