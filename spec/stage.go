package spec

import "fmt"

// Stage is a layer at its place in an architecture: what goes in and what comes
// out for one row. Values that are no image are one of height and width 1.
type Stage struct {
	Layer   Layer // stride filled in
	In, Out Image
}

// Stages lists the layers of an architecture, its kind spelled out, with their
// shapes. The error is that of [Model.Validate].
func (m Model) Stages() ([]Stage, error) {
	if err := m.validate(); err != nil {
		return nil, err
	}
	return m.stages()
}

// stages chains the layers; fields are valid.
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
			return nil, wrong("it needs an image, and what comes before it gives none")
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
			return nil, wrong(fmt.Sprintf("it puts out %s: want at most %d values", stage.Out, MaxWidth))
		}
		flat = flat || kind.flat
		shape = stage.Out
		stages = append(stages, stage)
	}
	if n := shape.Values(); n != int(m.Classes) {
		return nil, &FieldError{Field: "model.layers", Why: fmt.Sprintf("the last one puts out %d values: want %s", n, m.outputs())}
	}
	return stages, nil
}

// outputs says what the last layer has to put out.
func (m Model) outputs() string {
	if m.Regression() {
		return "one, the number that the model predicts"
	}
	return fmt.Sprintf("one for each of %d classes", m.Classes)
}

// Weight is the shape of a layer's weights, [out, in, ...]; nil where it has none.
func (s Stage) Weight() []int {
	kind, why := s.Layer.kind()
	if why != "" || kind.weight == nil {
		return nil
	}
	return kind.weight(s.Layer, s.In)
}

// FanIn is how many values one output of a layer with parameters is made of, and
// 0 for a layer without.
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

// parameters are FanIn weights and a bias for each output.
func (s Stage) parameters() uint64 {
	if s.FanIn() == 0 {
		return 0
	}
	return uint64(s.FanIn()+1) * uint64(s.Layer.Out)
}

// learned is how many weights all layers have.
func learned(stages []Stage) (parameters uint64) {
	for _, s := range stages {
		parameters += s.parameters()
	}
	return parameters
}

// padded is how many values go into a layer that puts zeros around them, with the
// zeros; 0 for other layers.
func (s Stage) padded() uint64 {
	if s.Layer.Padding == 0 {
		return 0
	}
	around := 2 * uint64(s.Layer.Padding)
	return uint64(s.In.Channels) * (uint64(s.In.Height) + around) * (uint64(s.In.Width) + around)
}

// work is how many products one row takes on its way forward through all layers.
func work(stages []Stage) (products uint64) {
	for _, s := range stages {
		products += uint64(s.FanIn()) * uint64(s.Out.Values())
	}
	return products
}

// putOut is how many values all layers put out for one row.
func putOut(stages []Stage) (values uint64) {
	for _, s := range stages {
		values += uint64(s.Out.Values())
	}
	return values
}
