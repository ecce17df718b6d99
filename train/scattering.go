package train

import (
	"slices"

	"github.com/althing-network/althing/train/gemm"
)

// scattering adds the gradients by all patches of an image to the gradients by its pixels,
// position by position (col2im, the reverse of im2col).
type scattering struct {
	kernel    gemm.Kernel
	channels  int         // of the output
	weight    gemm.Matrix // channels x values per patch
	pixels    frame       // gradients by the pixels of one image
	positions []int32     // index in pixels at which each patch begins
	elements  []int32     // index of each value of a patch, from the beginning of the patch
	values    []float32   // gradients by a few patches: positions x values per patch
}

// maxPatchFloats is how many floats the patches that are computed at a time have: they
// fit in the second-level cache.
const maxPatchFloats = 1 << 16

func newScattering(p layerConfig) *scattering {
	side, padding := int(p.Layer.Kernel), int(p.Layer.Padding)
	s := &scattering{
		kernel:   p.kernel,
		channels: int(p.Out.Channels),
		weight:   gemm.Of(p.weight, int(p.Out.Channels), p.FanIn()),
		pixels:   newFrame(p.In, padding, padding, 0),
	}
	s.positions = s.pixels.grid(1, int(p.Out.Height), int(p.Out.Width), int(p.Layer.Stride))
	s.elements = s.pixels.grid(int(p.In.Channels), side, side, 1)
	s.values = make([]float32, max(1, min(len(s.positions), maxPatchFloats/len(s.elements)))*len(s.elements))
	return s
}

func (s *scattering) run(dx, dy []float32, rows int) {
	in, out := s.pixels.image.Values(), s.channels*len(s.positions)
	for r := range rows {
		clear(s.pixels.floats)
		first := r * out
		for positions := range slices.Chunk(s.positions, len(s.values)/len(s.elements)) {
			s.add(positions, gemm.View(dy[first:(r+1)*out], s.channels, len(positions), len(s.positions)))
			first += len(positions)
		}
		s.pixels.copyTo(dx[r*in : (r+1)*in])
	}
}

// add adds the patches at some positions, computed from the gradients by the outputs
// there: channels x positions.
func (s *scattering) add(positions []int32, gradients gemm.Matrix) {
	values := s.values[:len(positions)*len(s.elements)]
	s.kernel.Multiply(gemm.Of(values, len(positions), len(s.elements)), gradients.T(), s.weight)
	for _, position := range positions {
		pixels := s.pixels.floats[position:]
		for i, element := range s.elements {
			pixels[element] += values[i]
		}
		values = values[len(s.elements):]
	}
}
