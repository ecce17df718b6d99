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
	for i, layer := range m.expand() {
		wrong := func(why string) error {
			field := "model.layers"
			if m.Kind != ModelLayers {
				field = "model.image"
			}
			return &FieldError{Field: field, Why: fmt.Sprintf("layer %d (%s): %s", i+1, layer.Kind, why)}
		}
		if err := layer.validate(); err != nil {
			return nil, wrong(err.Error())
		}
		if flat && (layer.Kind == LayerConv2D || layer.Kind == LayerMaxPool) {
			return nil, wrong("it needs an image, and what comes before it gives none")
		}
		if layer.Kind == LayerConv2D {
			layer.Stride = max(layer.Stride, 1)
		}
		stage := Stage{Layer: layer, In: shape}
		if why := stage.chain(); why != "" {
			return nil, wrong(why)
		}
		flat = flat || layer.Kind == LayerDense
		shape = stage.Out
		stages = append(stages, stage)
	}
	if n := shape.Values(); n != int(m.Classes) {
		return nil, &FieldError{Field: "model.layers", Why: fmt.Sprintf("the last one puts out %d values: want one for each of %d classes", n, m.Classes)}
	}
	return stages, nil
}

// chain finds what comes out of a stage, or why nothing does.
func (s *Stage) chain() (why string) {
	l, in := s.Layer, s.In
	s.Out = in
	switch l.Kind {
	case LayerDense:
		s.Out = Image{Height: 1, Width: 1, Channels: l.Out}
	case LayerConv2D:
		if in.Height+2*l.Padding < l.Kernel || in.Width+2*l.Padding < l.Kernel {
			return fmt.Sprintf("a kernel of %d does not fit on the %s that comes in, padded by %d", l.Kernel, in, l.Padding)
		}
		s.Out = Image{
			Height:   (in.Height+2*l.Padding-l.Kernel)/l.Stride + 1,
			Width:    (in.Width+2*l.Padding-l.Kernel)/l.Stride + 1,
			Channels: l.Out,
		}
		places := uint64(s.Out.Height) * uint64(s.Out.Width)
		if under := places * uint64(s.FanIn()); s.Out.Values() <= MaxWidth && under > MaxPatches {
			return fmt.Sprintf("%d values under all places of the kernel: want at most %d", under, MaxPatches)
		}
	case LayerMaxPool:
		if in.Height < l.Size || in.Width < l.Size {
			return fmt.Sprintf("a window of %d does not fit on the %s that comes in", l.Size, in)
		}
		s.Out = Image{Height: in.Height / l.Size, Width: in.Width / l.Size, Channels: in.Channels}
	}
	if s.Out.Values() > MaxWidth {
		return fmt.Sprintf("it puts out %s: want at most %d values", s.Out, MaxWidth)
	}
	return ""
}

// FanIn is how many values one output of a layer with parameters is made of, and
// 0 for a layer without.
func (s Stage) FanIn() int {
	switch s.Layer.Kind {
	case LayerDense:
		return s.In.Values()
	case LayerConv2D:
		return int(s.In.Channels) * int(s.Layer.Kernel) * int(s.Layer.Kernel)
	}
	return 0
}

// parameters are FanIn weights and a bias for each output.
func (s Stage) parameters() uint64 {
	if s.FanIn() == 0 {
		return 0
	}
	return uint64(s.FanIn()+1) * uint64(s.Layer.Out)
}
