package spec_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/althing-network/althing/spec"
)

// pictures returns a small architecture that lists its layers.
func pictures() spec.Model {
	return spec.Model{
		Kind: spec.ModelLayers, Inputs: 96, Image: spec.Image{Height: 8, Width: 6, Channels: 2}, Classes: 3,
		Layers: []spec.Layer{
			{Kind: spec.LayerConv2D, Out: 4, Kernel: 3, Stride: 2, Padding: 1},
			{Kind: spec.LayerReLU},
			{Kind: spec.LayerMaxPool, Size: 2},
			{Kind: spec.LayerDropout, Rate: 500_000},
			{Kind: spec.LayerDense, Out: 3},
		},
	}
}

func TestStages(t *testing.T) {
	stages, err := pictures().Stages()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range stages {
		got = append(got, s.Layer.Kind+" "+s.Out.String())
	}
	want := []string{"conv2d 4x3x4", "relu 4x3x4", "maxpool 2x1x4", "dropout 2x1x4", "dense 1x1x3"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("height, width and channels (-want +got):\n%s", diff)
	}
}

// Models from before images and layers existed keep their JSON, and so their digests.
func TestModelJSONOmitsWhatIsNotSaid(t *testing.T) {
	got, err := json.Marshal(spec.Model{Kind: spec.ModelMLP, Inputs: 64, Hidden: []uint32{32}, Classes: 10, Seed: 7})
	if want := `{"kind":"mlp","inputs":64,"hidden":[32],"classes":10,"seed":7}`; err != nil || string(got) != want {
		t.Errorf("got %s (%v), want %s", got, err, want)
	}
	text, err := json.Marshal(pictures())
	if err != nil {
		t.Fatal(err)
	}
	var back spec.Model
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(pictures(), back); diff != "" {
		t.Errorf("%s\n%s", diff, text)
	}
}

func TestLayersInATaskFile(t *testing.T) {
	const old = "  kind: mlp\n  inputs: 64\n  hidden: [32]\n  classes: 10\n"
	said := "  kind: layers\n  inputs: 64\n  image: {height: 8, width: 8, channels: 1}\n  classes: 10\n  layers:\n" +
		"    - {kind: conv2d, out: 4, kernel: 5, padding: 2}\n    - {kind: relu}\n    - {kind: dropout, rate: 0.25}\n    - {kind: dense, out: 10}\n"
	task, err := spec.ParseTask([]byte(strings.Replace(least, old, said, 1)))
	if err != nil {
		t.Fatal(err)
	}
	want := []spec.Layer{
		{Kind: spec.LayerConv2D, Out: 4, Kernel: 5, Padding: 2},
		{Kind: spec.LayerReLU},
		{Kind: spec.LayerDropout, Rate: 250_000},
		{Kind: spec.LayerDense, Out: 10},
	}
	if diff := cmp.Diff(want, task.Model.Layers); diff != "" {
		t.Errorf("layers (-want +got):\n%s", diff)
	}
	file, err := yaml.Marshal(task)
	if err != nil {
		t.Fatal(err)
	}
	again, err := spec.ParseTask(file)
	if diff := cmp.Diff(task, again); err != nil || diff != "" {
		t.Errorf("%v %s\n%s", err, diff, file)
	}
	for name, c := range map[string]struct{ old, new, want string }{
		"unknown field": {"padding: 2", "pad: 2", "task file line 8: model.layers.pad: unknown field"},
		"text":          {"kernel: 5", "kernel: five", `task file line 8: model.layers.kernel "five": want a whole number`},
		"one":           {"{kind: relu}", "relu", "task file line 9: model.layers: want fields"},
		"out of bounds": {"0.25", "1", "task file line 7: model.layers: layer 3 (dropout): rate is 1"},
		"no image":      {"  image: {height: 8, width: 8, channels: 1}\n", "", "task file line 6: model.layers: layer 1 (conv2d): it needs an image"},
	} {
		_, err := spec.ParseTask([]byte(strings.Replace(least, old, strings.Replace(said, c.old, c.new, 1), 1)))
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: got error %v, want %s", name, err, c.want)
		}
	}
}

// A model with one output predicts a number, whatever comes before it.
func TestModelsOfANumber(t *testing.T) {
	image := spec.Image{Height: 8, Width: 8, Channels: 1}
	for _, m := range []spec.Model{
		{Kind: spec.ModelLinear},
		{Kind: spec.ModelMLP, Hidden: []uint32{3}},
		{Kind: spec.ModelCNN, Image: image},
		{Kind: spec.ModelCNNSmall, Image: image},
		{Kind: spec.ModelLayers, Layers: []spec.Layer{{Kind: spec.LayerReLU}, {Kind: spec.LayerDense, Out: 1}}},
	} {
		m.Inputs, m.Classes, m.Loss = 64, 1, spec.LossMSE
		stages, err := m.Stages()
		if err != nil || !m.Regression() {
			t.Errorf("%s: %v", m.Kind, err)
			continue
		}
		if last := stages[len(stages)-1]; last.Layer.Kind != spec.LayerDense || last.Out.Values() != 1 {
			t.Errorf("%s ends in %+v, want one output", m.Kind, last)
		}
		if m.Loss = ""; m.Validate() == nil {
			t.Errorf("%s of a number has the cross-entropy", m.Kind)
		}
	}
	if (spec.Model{Classes: 2}).Regression() {
		t.Error("a model of two classes predicts a number")
	}
}

func TestModelRefuses(t *testing.T) {
	cnn := spec.Model{Kind: spec.ModelCNN, Inputs: 64, Image: spec.Image{Height: 8, Width: 8, Channels: 1}, Classes: 10}
	if err := cnn.Validate(); err != nil {
		t.Fatal(err)
	}
	with := func(change func(*spec.Model)) spec.Model {
		m := pictures()
		change(&m)
		return m
	}
	layer := func(i int, l spec.Layer) spec.Model { return with(func(m *spec.Model) { m.Layers[i] = l }) }
	for name, c := range map[string]struct {
		model spec.Model
		field string
		why   string
	}{
		"cnn without image": {spec.Model{Kind: spec.ModelCNN, Inputs: 64, Classes: 2}, "model.image", "missing"},
		"mlp with image":    {spec.Model{Kind: spec.ModelMLP, Inputs: 4, Hidden: []uint32{1}, Image: spec.Image{Height: 2, Width: 2, Channels: 1}, Classes: 2}, "model.image", "takes no image"},
		"another size":      {with(func(m *spec.Model) { m.Inputs = 97 }), "model.image", "8x6x2 does not have the 97 values"},
		"half an image":     {with(func(m *spec.Model) { m.Image.Channels = 0 }), "model.image", "does not have the 96 values"},
		"image overflows":   {with(func(m *spec.Model) { m.Image = spec.Image{Height: 1 << 31, Width: 1 << 31, Channels: 4} }), "model.image", "does not have the 96 values"},
		"image too small":   {spec.Model{Kind: spec.ModelCNN, Inputs: 3, Image: spec.Image{Height: 3, Width: 1, Channels: 1}, Classes: 2}, "model.image", "layer 3 (maxpool): a window of 2 does not fit on its input of 3x1x32"},
		"cnn with hidden":   {spec.Model{Kind: spec.ModelCNN, Inputs: 64, Hidden: []uint32{3}, Image: cnn.Image, Classes: 2}, "model.hidden", "fixed layers"},
		"cnn with layers":   {spec.Model{Kind: spec.ModelCNN, Inputs: 64, Layers: pictures().Layers, Image: cnn.Image, Classes: 2}, "model.layers", "has fixed layers"},
		"cnn with loss":     {spec.Model{Kind: spec.ModelCNN, Inputs: 64, Loss: spec.LossMSE, Image: cnn.Image, Classes: 2}, "model.loss", "cross-entropy"},
		"no classes":        {spec.Model{Kind: spec.ModelMLP, Inputs: 4, Hidden: []uint32{1}}, "model.classes", "want 2 to 1048576 classes, or 1 if the label is a number"},
		"softmax of one":    {spec.Model{Kind: spec.ModelSoftmax, Inputs: 4, Classes: 1}, "model.classes", "want 2 to 1048576 classes for softmax, or the kind linear, which predicts a number"},
		"linear classes":    {spec.Model{Kind: spec.ModelLinear, Inputs: 4, Classes: 2}, "model.classes", "want 1 for linear, which predicts a number, or the kind softmax"},
		"linear, no loss":   {spec.Model{Kind: spec.ModelLinear, Inputs: 4, Classes: 1}, "model.loss", "missing: want mse"},
		"linear with image": {spec.Model{Kind: spec.ModelLinear, Inputs: 64, Image: cnn.Image, Loss: spec.LossMSE, Classes: 1}, "model.image", "takes no image"},
		"linear and hidden": {spec.Model{Kind: spec.ModelLinear, Inputs: 4, Hidden: []uint32{3}, Loss: spec.LossMSE, Classes: 1}, "model.hidden", "ask for mlp"},
		"one, no loss":      {spec.Model{Kind: spec.ModelMLP, Inputs: 4, Hidden: []uint32{1}, Classes: 1}, "model.classes", "if the label is a number, 1 and model.loss: mse"},
		"strange loss":      {spec.Model{Kind: spec.ModelMLP, Inputs: 4, Hidden: []uint32{1}, Loss: "strange", Classes: 1}, "model.loss", `unknown loss "strange"`},
		"ends in two":       {spec.Model{Kind: spec.ModelLayers, Inputs: 4, Layers: []spec.Layer{{Kind: spec.LayerDense, Out: 2}}, Loss: spec.LossMSE, Classes: 1}, "model.layers", "puts out 2 values: want one, the number that the model predicts"},
		"unknown loss":      {with(func(m *spec.Model) { m.Loss = "strange" }), "model.loss", `unknown loss "strange"`},
		"no layers":         {with(func(m *spec.Model) { m.Layers = nil }), "model.layers", "missing"},
		"too many layers":   {with(func(m *spec.Model) { m.Layers = make([]spec.Layer, 65) }), "model.layers", "at most 64"},
		"unknown layer":     {layer(1, spec.Layer{Kind: "strange"}), "model.layers", `layer 2 (strange): unknown kind "strange"`},
		"field of another":  {layer(1, spec.Layer{Kind: spec.LayerReLU, Out: 3}), "model.layers", "layer 2 (relu): a layer of this kind has no field out"},
		"conv of no output": {layer(0, spec.Layer{Kind: spec.LayerConv2D, Kernel: 3}), "model.layers", "layer 1 (conv2d): out is 0"},
		"conv of no kernel": {layer(0, spec.Layer{Kind: spec.LayerConv2D, Out: 3}), "model.layers", "kernel is 0"},
		"wide padding":      {layer(0, spec.Layer{Kind: spec.LayerConv2D, Out: 3, Kernel: 3, Padding: 3}), "model.layers", "padding is 3: want less than the kernel, 3"},
		"kernel too large":  {layer(0, spec.Layer{Kind: spec.LayerConv2D, Out: 3, Kernel: 7}), "model.layers", "a kernel of 7 does not fit on its input of 8x6x2"},
		"dense of no width": {layer(4, spec.Layer{Kind: spec.LayerDense}), "model.layers", "layer 5 (dense): out is 0"},
		"pool of one":       {layer(2, spec.Layer{Kind: spec.LayerMaxPool, Size: 1}), "model.layers", "size is 1: want 2"},
		"pool too large":    {layer(2, spec.Layer{Kind: spec.LayerMaxPool, Size: 5}), "model.layers", "a window of 5 does not fit"},
		"drops nothing":     {layer(3, spec.Layer{Kind: spec.LayerDropout}), "model.layers", "rate is 0"},
		"drops all":         {layer(3, spec.Layer{Kind: spec.LayerDropout, Rate: spec.One}), "model.layers", "rate is 1"},
		"conv after dense":  {with(func(m *spec.Model) { m.Layers = append([]spec.Layer{{Kind: spec.LayerDense, Out: 4}}, m.Layers...) }), "model.layers", "layer 2 (conv2d): it needs an image"},
		"ends elsewhere":    {with(func(m *spec.Model) { m.Classes = 4 }), "model.layers", "puts out 3 values: want one for each of 4"},
		"nothing to learn":  {spec.Model{Kind: spec.ModelLayers, Inputs: 3, Layers: []spec.Layer{{Kind: spec.LayerReLU}}, Classes: 3}, "model.layers", "no layer has weights"},
		"too many values":   {with(func(m *spec.Model) { m.Layers[0].Out = 1 << 20 }), "model.layers", "at most 1048576 values"},
		"too much work": {with(func(m *spec.Model) {
			m.Image, m.Inputs = spec.Image{Height: 64, Width: 64, Channels: 3}, 64*64*3
			m.Layers = []spec.Layer{{Kind: spec.LayerConv2D, Out: 800, Kernel: 64, Padding: 17}, {Kind: spec.LayerDense, Out: m.Classes}}
		}), "model", "one row takes 12"},
		"too much padding": {spec.Model{
			Kind: spec.ModelLayers, Inputs: 4096, Image: spec.Image{Height: 1, Width: 1, Channels: 4096}, Classes: 2,
			Layers: []spec.Layer{{Kind: spec.LayerConv2D, Out: 1, Kernel: 64, Stride: 64, Padding: 63}, {Kind: spec.LayerDense, Out: 2}},
		}, "model", "layers with padding have 66064384 inputs, padding included: want at most 16777216"},
		"too many patches":   {big(64, 1), "model.layers", "the kernel covers"},
		"too many in all":    {big(1, 9), "model", "values per row"},
		"too many of weight": {spec.Model{Kind: spec.ModelLayers, Inputs: 1 << 20, Layers: []spec.Layer{{Kind: spec.LayerDense, Out: 1 << 10}}, Classes: 1 << 10}, "model", "parameters"},
	} {
		err := c.model.Validate()
		var field *spec.FieldError
		if !errors.As(err, &field) || field.Field != c.field || !strings.Contains(field.Why, c.why) {
			t.Errorf("%s: got error %v, want %s: %s", name, err, c.field, c.why)
		}
		if _, again := c.model.Stages(); again == nil {
			t.Errorf("%s: has stages", name)
		}
	}
}

// big returns a model of 1024x1024 pixels with a number of equal convolutions.
func big(kernel uint32, times int) spec.Model {
	m := spec.Model{Kind: spec.ModelLayers, Inputs: 1 << 20, Image: spec.Image{Height: 1024, Width: 1024, Channels: 1}, Classes: 2}
	for range times {
		m.Layers = append(m.Layers, spec.Layer{Kind: spec.LayerConv2D, Out: 1, Kernel: kernel})
	}
	m.Layers = append(m.Layers, spec.Layer{Kind: spec.LayerDense, Out: 2})
	return m
}
