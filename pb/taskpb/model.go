package taskpb

import (
	"math"

	"github.com/althing-network/althing/spec"
)

// ModelFromSpec is the wire form of an architecture.
func ModelFromSpec(m spec.Model) Model {
	out := Model{
		Kind: m.Kind, Inputs: m.Inputs, Hidden: m.Hidden,
		Classes: m.Classes, Seed: m.Seed, Loss: m.Loss, Access: m.Access, Init: initFromSpec(m.Init),
	}
	if m.Image != (spec.Image{}) {
		out.Image = &Image{Height: m.Image.Height, Width: m.Image.Width, Channels: m.Image.Channels}
	}
	for _, l := range m.Layers {
		out.Layers = append(out.Layers, Layer{
			Kind: l.Kind, Out: l.Out, Kernel: l.Kernel, Stride: l.Stride,
			Padding: l.Padding, Size_: l.Size, Rate: uint32(l.Rate),
		})
	}
	return out
}

// ToSpec is the architecture in plain types.
func (m *Model) ToSpec() spec.Model {
	out := spec.Model{
		Kind: m.Kind, Inputs: m.Inputs, Hidden: m.Hidden,
		Classes: m.Classes, Seed: m.Seed, Loss: m.Loss, Access: m.Access, Init: m.Init.toSpec(),
	}
	if m.Image != nil {
		out.Image = spec.Image{Height: m.Image.Height, Width: m.Image.Width, Channels: m.Image.Channels}
	}
	for _, l := range m.Layers {
		out.Layers = append(out.Layers, spec.Layer{
			Kind: l.Kind, Out: l.Out, Kernel: l.Kernel, Stride: l.Stride,
			Padding: l.Padding, Size: l.Size_, Rate: spec.PPM(l.Rate),
		})
	}
	return out
}

func initFromSpec(i spec.Init) *Init {
	if i.IsZero() {
		return nil
	}
	return &Init{Model: digest(i.Model), Task: i.Task, Holder: i.Holder}
}

// toSpec converts an Init. If the digest has a wrong length it returns a holder without a model,
// which [spec.Model.Validate] refuses.
func (m *Init) toSpec() spec.Init {
	if m == nil {
		return spec.Init{}
	}
	d, err := spec.DigestFrom(m.Model)
	if err != nil {
		return spec.Init{Holder: math.MaxUint64}
	}
	return spec.Init{Model: d, Task: m.Task, Holder: m.Holder}
}
