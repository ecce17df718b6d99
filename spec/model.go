package spec

import (
	"fmt"
	"slices"
)

// Model describes an architecture by data. Every kind but ModelLayers is short
// for a list of layers: see [Model.Stages].
type Model struct {
	Kind    string   `json:"kind" yaml:"kind"` // ModelSoftmax, ModelMLP, ModelCNN, ModelCNNSmall or ModelLayers
	Inputs  uint32   `json:"inputs" yaml:"inputs"`
	Hidden  []uint32 `json:"hidden,omitempty" yaml:"hidden,omitempty"` // widths of the hidden layers of an mlp, ReLU between
	Image   Image    `json:"image,omitzero" yaml:"image,omitempty"`    // shape of the inputs, where they are an image
	Layers  []Layer  `json:"layers,omitempty" yaml:"layers,omitempty"` // of the kind ModelLayers
	Loss    string   `json:"loss,omitempty" yaml:"loss,omitempty"`     // of the kind ModelLayers: LossMSE; empty: cross-entropy
	Classes uint32   `json:"classes" yaml:"classes"`
	Seed    uint64   `json:"seed" yaml:"seed"` // of the strict initialisation of model 0
}

// Image is the shape of an image. Its values stand channel by channel, each
// channel row by row: PyTorch's order.
type Image struct {
	Height   uint32 `json:"height" yaml:"height"`
	Width    uint32 `json:"width" yaml:"width"`
	Channels uint32 `json:"channels" yaml:"channels"`
}

// Values is how many numbers an image has, and above MaxWidth where it is too large.
func (i Image) Values() int {
	if i.Height > MaxWidth || i.Width > MaxWidth || i.Channels > MaxWidth {
		return MaxWidth + 1
	}
	area := uint64(i.Height) * uint64(i.Width)
	if area > MaxWidth {
		return MaxWidth + 1
	}
	return int(min(area*uint64(i.Channels), MaxWidth+1))
}

// String is "28x28x1": height, width, channels.
func (i Image) String() string { return fmt.Sprintf("%dx%dx%d", i.Height, i.Width, i.Channels) }

const modelKinds = "softmax, mlp, cnn, cnnsmall or layers"

// Validate reports what is wrong with an architecture.
func (m Model) Validate() error { return m.validate() }

func (m Model) validate() error {
	if err := m.validateFields(); err != nil {
		return err
	}
	stages, err := m.stages()
	if err != nil {
		return err
	}
	parameters, padded, values := uint64(0), uint64(0), putOut(stages)
	for _, s := range stages {
		parameters += s.parameters()
		padded += s.padded()
	}
	return first(
		check{"model.layers", parameters == 0, "none of them has weights: want a dense or a conv2d"},
		check{"model", parameters > MaxParameters, fmt.Sprintf("%d parameters: want at most %d", parameters, MaxParameters)},
		check{"model", padded > MaxPadded, fmt.Sprintf("the layers see %d values, padding included: want at most %d", padded, MaxPadded)},
		check{"model", work(stages) > MaxWork, fmt.Sprintf("a row takes %d products: want at most %d", work(stages), uint64(MaxWork))},
		check{"model", values > MaxValues, fmt.Sprintf("the layers put out %d values a row: want at most %d", values, MaxValues)},
	)
}

// validateFields looks at what a file says, not yet at what it adds up to.
func (m Model) validateFields() error {
	known := slices.Contains([]string{ModelSoftmax, ModelMLP, ModelCNN, ModelCNNSmall, ModelLayers}, m.Kind)
	picture, layered := m.Kind == ModelCNN || m.Kind == ModelCNNSmall, m.Kind == ModelLayers
	hasImage := m.Image != Image{}
	if err := first(
		check{"model.kind", m.Kind == "", "missing: want " + modelKinds},
		check{"model.kind", !known, fmt.Sprintf("unknown kind %q: want %s", m.Kind, modelKinds)},
		check{"model.inputs", m.Inputs == 0 || m.Inputs > MaxWidth, fmt.Sprintf("want 1 to %d features", MaxWidth)},
		check{"model.classes", m.Classes < 2 || m.Classes > MaxWidth, fmt.Sprintf("want 2 to %d classes", MaxWidth)},
		check{"model.hidden", m.Kind == ModelSoftmax && len(m.Hidden) > 0, "softmax has no hidden layer: leave it out, or ask for mlp"},
		check{"model.hidden", m.Kind == ModelMLP && len(m.Hidden) == 0, "missing: an mlp needs the widths of its hidden layers"},
		check{"model.hidden", (picture || layered) && len(m.Hidden) > 0, fmt.Sprintf("%s has no such field: leave it out, or ask for mlp", m.Kind)},
		check{"model.hidden", len(m.Hidden) > MaxDepth, fmt.Sprintf("want at most %d layers", MaxDepth)},
		check{"model.image", picture && !hasImage, fmt.Sprintf("missing: %s needs the height, width and channels of its images", m.Kind)},
		check{"model.image", hasImage && !picture && !layered, fmt.Sprintf("%s sees no image: leave it out", m.Kind)},
		check{"model.image", hasImage && m.Image.Values() != int(m.Inputs), fmt.Sprintf("%s is not %d inputs", m.Image, m.Inputs)},
		check{"model.layers", layered && len(m.Layers) == 0, "missing: say which layers"},
		check{"model.layers", !layered && len(m.Layers) > 0, fmt.Sprintf("%s says its layers itself: leave them out, or ask for layers", m.Kind)},
		check{"model.layers", len(m.Layers) > MaxLayers, fmt.Sprintf("want at most %d layers", MaxLayers)},
		check{"model.loss", m.Loss != "" && !layered, fmt.Sprintf("%s has the cross-entropy: leave it out, or ask for layers", m.Kind)},
		check{"model.loss", m.Loss != "" && m.Loss != LossMSE, fmt.Sprintf("unknown loss %q: want mse, or leave it out", m.Loss)},
	); err != nil {
		return err
	}
	for _, width := range m.Hidden {
		if width == 0 || width > MaxWidth {
			return &FieldError{Field: "model.hidden", Why: fmt.Sprintf("a layer of width %d: want 1 to %d", width, MaxWidth)}
		}
	}
	return nil
}

// expand is the list of layers a kind stands for.
func (m Model) expand() []Layer {
	switch m.Kind {
	case ModelCNN: // McMahan et al. 2017, section 3
		return convolutional(32, 64, 512, m.Classes)
	case ModelCNNSmall:
		return convolutional(8, 16, 64, m.Classes)
	case ModelLayers:
		return slices.Clone(m.Layers)
	}
	var layers []Layer
	for _, width := range m.Hidden {
		layers = append(layers, Layer{Kind: LayerDense, Out: width}, Layer{Kind: LayerReLU})
	}
	return append(layers, Layer{Kind: LayerDense, Out: m.Classes})
}

// convolutional is two 5x5 convolutions that keep height and width, each followed
// by ReLU and a 2x2 max-pool, and a hidden layer.
func convolutional(one, two, hidden, classes uint32) []Layer {
	return []Layer{
		{Kind: LayerConv2D, Out: one, Kernel: 5, Stride: 1, Padding: 2},
		{Kind: LayerReLU},
		{Kind: LayerMaxPool, Size: 2},
		{Kind: LayerConv2D, Out: two, Kernel: 5, Stride: 1, Padding: 2},
		{Kind: LayerReLU},
		{Kind: LayerMaxPool, Size: 2},
		{Kind: LayerDense, Out: hidden},
		{Kind: LayerReLU},
		{Kind: LayerDense, Out: classes},
	}
}
