package spec

import (
	"fmt"
	"slices"
)

// The words of model.kind, model.loss and model.access.
const (
	ModelSoftmax  = "softmax"
	ModelLinear   = "linear"
	ModelMLP      = "mlp"
	ModelCNN      = "cnn"
	ModelCNNSmall = "cnnsmall"
	ModelLayers   = "layers"

	LossMSE = "mse"

	AccessPublic  = "public"
	AccessMembers = "members"
)

// Model describes an architecture as data, and who may fetch its versions. Every kind but
// ModelLayers is short for a list of layers: see [Model.Stages].
type Model struct {
	Kind    string   `json:"kind" yaml:"kind"` // one of [ModelKinds]
	Inputs  uint32   `json:"inputs" yaml:"inputs"`
	Hidden  []uint32 `json:"hidden,omitempty" yaml:"hidden,omitempty"` // widths of the hidden layers of an mlp
	Image   Image    `json:"image,omitzero" yaml:"image,omitempty"`    // shape of the inputs, if they are an image
	Layers  []Layer  `json:"layers,omitempty" yaml:"layers,omitempty"` // only of ModelLayers
	Loss    string   `json:"loss,omitempty" yaml:"loss,omitempty"`     // one of [Losses]; empty: cross-entropy
	Classes uint32   `json:"classes" yaml:"classes"`                   // 1: the label is a number
	Seed    uint64   `json:"seed" yaml:"seed"`                         // of the strict initialisation of model 0
	// Access says who may fetch the versions of the model: one of [Accesses]; empty: public.
	// It is not part of the architecture, so model files do not state it.
	Access string `json:"access,omitempty" yaml:"access,omitempty"`
	// Init is the model whose weights model 0 starts with. If it is zero, the weights are drawn
	// from the seed. It is not part of the architecture either.
	Init Init `json:"init,omitzero" yaml:"init,omitempty"`
}

// Init names the model file, of the same architecture, with which a task starts.
type Init struct {
	Model  Digest `json:"model" yaml:"model"`
	Task   uint64 `json:"task,omitempty" yaml:"task,omitempty"`     // task whose aggregators serve the file; 0: none
	Holder uint64 `json:"holder,omitempty" yaml:"holder,omitempty"` // node that serves the file; 0: none
}

// IsZero reports whether no model is named.
func (i Init) IsZero() bool { return i == Init{} }

// Private reports whether the versions of the model are for members only.
func (m Model) Private() bool { return m.Access == AccessMembers }

// Regression reports whether a model predicts a number instead of a class. Its only output
// is that number.
func (m Model) Regression() bool { return m.Classes == 1 }

// Image is the shape of an image. Its values are ordered by channel, then row, then column,
// as in PyTorch.
type Image struct {
	Height   uint32 `json:"height" yaml:"height"`
	Width    uint32 `json:"width" yaml:"width"`
	Channels uint32 `json:"channels" yaml:"channels"`
}

// Values is the number of values of an image, or MaxWidth + 1 if there are more.
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

// ModelKinds lists the words of model.kind.
func ModelKinds() (words []Word) {
	for _, k := range modelKinds() {
		words = append(words, k.Word)
	}
	return words
}

// Losses lists the words of model.loss. Without one, the loss is the cross-entropy.
func Losses() []Word {
	return []Word{{LossMSE, "mean squared distance of the scores from 1 for the row's class and 0 for the others, or of the one output from the row's number"}}
}

// Accesses lists the words of model.access.
func Accesses() []Word {
	return []Word{
		{AccessPublic, "anyone may fetch every version of the model"},
		{AccessMembers, "only members of the task may fetch it: the consumer's node, the aggregators and evaluators, and the trainers of the round that made a version or that began with it"},
	}
}

// modelKind describes all models of one kind.
type modelKind struct {
	Word
	hidden bool // the task file must give the widths of hidden layers
	image  bool // the inputs must be an image
	free   bool // the task file gives layers and loss, and the inputs may be an image
	// expand gives the layers that a model of the kind has.
	expand func(m Model) []Layer
}

func modelKinds() []modelKind {
	return []modelKind{
		{
			Word:   Word{ModelSoftmax, "one dense layer, with a score for each class"},
			expand: perceptron,
		},
		{
			Word:   Word{ModelLinear, "one dense layer with one output, which is the number that it predicts"},
			expand: perceptron,
		},
		{
			Word:   Word{ModelMLP, "dense hidden layers with ReLU after each, and a last layer with a score for each class"},
			hidden: true,
			expand: perceptron,
		},
		{
			Word:   Word{ModelCNN, "5x5 convolutions of 32 and 64 channels that keep height and width, each followed by ReLU and a 2x2 max-pool, and a hidden layer 512 wide (McMahan et al. 2017, section 3)"},
			image:  true,
			expand: func(m Model) []Layer { return convolutional(32, 64, 512, m.Classes) },
		},
		{
			Word:   Word{ModelCNNSmall, "like cnn, with 8 and 16 channels and a hidden layer 64 wide"},
			image:  true,
			expand: func(m Model) []Layer { return convolutional(8, 16, 64, m.Classes) },
		},
		{
			Word:   Word{ModelLayers, "the layers that `model.layers` lists"},
			free:   true,
			expand: func(m Model) []Layer { return slices.Clone(m.Layers) },
		},
	}
}

// kind finds the kind of a model; the zero modelKind if it is unknown.
func (m Model) kind() modelKind {
	for _, k := range modelKinds() {
		if k.Name == m.Kind {
			return k
		}
	}
	return modelKind{}
}

// Parameters is the number of weights of an architecture.
func (m Model) Parameters() (uint64, error) {
	if err := m.validate(); err != nil {
		return 0, err
	}
	stages, err := m.stages()
	return countWeights(stages), err
}

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
	parameters, padded, values := countWeights(stages), uint64(0), outputValues(stages)
	for _, s := range stages {
		padded += s.padded()
	}
	return first(
		check{"model.layers", parameters == 0, "no layer has weights: want at least one of the kind dense or conv2d"},
		check{"model", parameters > MaxParameters, fmt.Sprintf("%d parameters: want at most %d", parameters, MaxParameters)},
		check{"model", padded > MaxPadded, fmt.Sprintf("layers with padding have %d inputs, padding included: want at most %d", padded, MaxPadded)},
		check{"model", work(stages) > MaxWork, fmt.Sprintf("one row takes %d multiplications: want at most %d", work(stages), uint64(MaxWork))},
		check{"model", values > MaxValues, fmt.Sprintf("the layers put out %d values per row: want at most %d", values, MaxValues)},
	)
}

// validateFields checks each field, but not the sizes that follow from them together.
func (m Model) validateFields() error {
	kind, hasImage := m.kind(), m.Image != Image{}
	if err := first(
		check{"model.kind", m.Kind == "", "missing: want " + ChoiceOf(ModelKinds())},
		check{"model.kind", !known(ModelKinds(), m.Kind), fmt.Sprintf("unknown kind %q: want %s", m.Kind, ChoiceOf(ModelKinds()))},
		check{"model.inputs", m.Inputs == 0 || m.Inputs > MaxWidth, fmt.Sprintf("want 1 to %d features", MaxWidth)},
		check{"model.classes", m.Classes == 0 || m.Classes > MaxWidth, fmt.Sprintf("want 2 to %d classes, or 1 if the label is a number", MaxWidth)},
		check{"model.classes", m.Kind == ModelSoftmax && m.Regression(), fmt.Sprintf("want 2 to %d classes for softmax, or the kind linear, which predicts a number", MaxWidth)},
		check{"model.classes", m.Kind == ModelLinear && !m.Regression(), "want 1 for linear, which predicts a number, or the kind softmax, which has a score for each class"},
		check{"model.classes", m.Kind != ModelLinear && m.Regression() && m.Loss == "", fmt.Sprintf("want 2 to %d classes, or, if the label is a number, 1 and model.loss: mse", MaxWidth)},
		check{"model.hidden", m.Kind == ModelSoftmax && len(m.Hidden) > 0, "softmax has no hidden layer: leave it out, or ask for mlp"},
		check{"model.hidden", kind.hidden && len(m.Hidden) == 0, fmt.Sprintf("missing: %s needs the widths of its hidden layers", m.Kind)},
		check{"model.hidden", !kind.hidden && len(m.Hidden) > 0, fmt.Sprintf("%s has fixed layers: leave it out, or ask for mlp", m.Kind)},
		check{"model.hidden", len(m.Hidden) > MaxDepth, fmt.Sprintf("want at most %d layers", MaxDepth)},
		check{"model.image", kind.image && !hasImage, fmt.Sprintf("missing: %s needs the height, width and channels of its images", m.Kind)},
		check{"model.image", hasImage && !kind.image && !kind.free, fmt.Sprintf("%s takes no image: leave it out", m.Kind)},
		check{"model.image", hasImage && m.Image.Values() != int(m.Inputs), fmt.Sprintf("%s does not have the %d values of model.inputs", m.Image, m.Inputs)},
		check{"model.layers", kind.free && len(m.Layers) == 0, "missing: want a list of layers"},
		check{"model.layers", !kind.free && len(m.Layers) > 0, fmt.Sprintf("%s has fixed layers: leave the list out, or ask for the kind layers", m.Kind)},
		check{"model.layers", len(m.Layers) > MaxLayers, fmt.Sprintf("%d layers: want at most %d layers", len(m.Layers), MaxLayers)},
		check{"model.loss", m.Loss == "" && m.Regression(), "missing: want mse, the loss of a model that predicts a number"},
		check{"model.loss", m.Loss != "" && !kind.free && !m.Regression(), fmt.Sprintf("%s always has the cross-entropy: leave it out, or ask for the kind layers", m.Kind)},
		check{"model.loss", m.Loss != "" && !known(Losses(), m.Loss), fmt.Sprintf("unknown loss %q: want %s, or leave it out", m.Loss, ChoiceOf(Losses()))},
		check{"model.init.model", !m.Init.IsZero() && m.Init.Model.IsZero(), "missing: want the digest of the model file, 64 hexadecimal digits"},
		check{"model.init", !m.Init.IsZero() && m.Init.Task == 0 && m.Init.Holder == 0, "nobody serves the file: want model.init.task, the task that made it, or model.init.holder, a node that has it"},
		check{"model.access", m.Access != "" && !known(Accesses(), m.Access), fmt.Sprintf("unknown access %q: want %s, or leave it out", m.Access, ChoiceOf(Accesses()))},
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

// perceptron gives dense layers with ReLU between them.
func perceptron(m Model) []Layer {
	var layers []Layer
	for _, width := range m.Hidden {
		layers = append(layers, Layer{Kind: LayerDense, Out: width}, Layer{Kind: LayerReLU})
	}
	return append(layers, Layer{Kind: LayerDense, Out: m.Classes})
}

// convolutional gives two 5x5 convolutions that keep height and width, each followed by
// ReLU and a 2x2 max-pool, then a hidden layer and the outputs.
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
