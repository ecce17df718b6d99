package spec

import "fmt"

// Stage is a layer in an architecture, with the shapes of its input and output for one row.
// Values that are not an image have height and width 1.
type Stage struct {
	Layer   Layer // with its default stride
	In, Out Image
}

// Stages lists the layers of a model of any kind, with their shapes. The error is that of
// [Model.Validate].
func (m Model) Stages() ([]Stage, error) {
	if err := m.validate(); err != nil {
		return nil, err
	}
	return m.stages()
}

// stages computes the shapes layer by layer. The fields of m must be valid.
func (m Model) stages() ([]Stage, error) {
	flat := m.Image == Image{}
	shape := m.Image
	if flat {
		shape = Image{Height: 1, Width: 1, Channels: m.Inputs}
	}
	var stages []Stage
	for i, layer := range m.kind().expand(m) {
		wrong := func(why string) error {
			field := "model.layers"
			if m.Kind != ModelLayers {
				field = "model.image"
			}
			return &FieldError{Field: field, Why: fmt.Sprintf("layer %d (%s): %s", i+1, layer.Kind, why)}
		}
		kind, why := layer.kind()
		if why == "" {
			why = kind.check(layer)
		}
		if why != "" {
			return nil, wrong(why)
		}
		if flat && kind.image {
			return nil, wrong("it needs an image, but its input is not one: want model.image, and no dense layer before it")
		}
		if kind.filled != nil {
			layer = kind.filled(layer)
		}
		stage := Stage{Layer: layer, In: shape, Out: shape}
		if kind.out != nil {
			if stage.Out, why = kind.out(layer, shape); why != "" {
				return nil, wrong(why)
			}
		}
		if stage.Out.Values() > MaxWidth {
			return nil, wrong(fmt.Sprintf("its output is %s: want at most %d values", stage.Out, MaxWidth))
		}
		flat = flat || kind.flat
		shape = stage.Out
		stages = append(stages, stage)
	}
	if n := shape.Values(); n != int(m.Classes) {
		return nil, &FieldError{Field: "model.layers", Why: fmt.Sprintf("the last layer puts out %d values: want %s", n, m.outputs())}
	}
	return stages, nil
}

// outputs says, for an error, what the last layer must put out.
func (m Model) outputs() string {
	if m.Regression() {
		return "one, the number that the model predicts"
	}
	return fmt.Sprintf("one for each of %d classes", m.Classes)
}

// Weight is the shape of a layer's weights, [out, in, ...]; nil if it has none.
func (s Stage) Weight() []int {
	kind, why := s.Layer.kind()
	if why != "" || kind.weight == nil {
		return nil
	}
	return kind.weight(s.Layer, s.In)
}

// FanIn is how many inputs one output of a layer depends on; 0 for a layer without weights.
func (s Stage) FanIn() int {
	shape := s.Weight()
	if shape == nil {
		return 0
	}
	n := 1
	for _, side := range shape[1:] {
		n *= side
	}
	return n
}

// parameters counts FanIn weights and a bias for each output.
func (s Stage) parameters() uint64 {
	if s.FanIn() == 0 {
		return 0
	}
	return uint64(s.FanIn()+1) * uint64(s.Layer.Out)
}

// countWeights is the number of weights of all layers.
func countWeights(stages []Stage) (parameters uint64) {
	for _, s := range stages {
		parameters += s.parameters()
	}
	return parameters
}

// padded is the number of inputs of a layer with padding, padding included; 0 for a layer
// without.
func (s Stage) padded() uint64 {
	if s.Layer.Padding == 0 {
		return 0
	}
	around := 2 * uint64(s.Layer.Padding)
	return uint64(s.In.Channels) * (uint64(s.In.Height) + around) * (uint64(s.In.Width) + around)
}

// work is the number of multiplications of one forward pass of one row.
func work(stages []Stage) (products uint64) {
	for _, s := range stages {
		products += uint64(s.FanIn()) * uint64(s.Out.Values())
	}
	return products
}

// outputValues is the number of outputs of all layers for one row.
func outputValues(stages []Stage) (values uint64) {
	for _, s := range stages {
		values += uint64(s.Out.Values())
	}
	return values
}
