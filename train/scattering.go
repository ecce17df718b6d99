package train

import (
	"slices"

	"github.com/althing-network/althing/train/gemm"
)

// scattering adds the gradients by all patches of an image to those by its pixels,
// place by place (col2im, the way back from im2col).
type scattering struct {
	kernel   gemm.Kernel
	channels int         // that come out
	weight   gemm.Matrix // channels out x values in a patch
	pixels   frame       // gradients by an image
	places   []int32     // where in it the patches begin
	elements []int32     // and where the values in a patch are from there
	values   []float32   // gradients by some patches at a time: places x values in a patch
}

// together is how many values the patches have that are made at a time: they stay
// in the second cache.
const together = 1 << 16

func newScattering(p place) *scattering {
	side, padding := int(p.Layer.Kernel), int(p.Layer.Padding)
	s := &scattering{
		kernel:   p.kernel,
		channels: int(p.Out.Channels),
		weight:   gemm.Of(p.weight, int(p.Out.Channels), p.FanIn()),
		pixels:   newFrame(p.In, padding, padding, 0),
	}
	s.places = s.pixels.grid(1, int(p.Out.Height), int(p.Out.Width), int(p.Layer.Stride))
	s.elements = s.pixels.grid(int(p.In.Channels), side, side, 1)
	s.values = make([]float32, max(1, min(len(s.places), together/len(s.elements)))*len(s.elements))
	return s
}

func (s *scattering) run(dx, dy []float32, rows int) {
	in, out := s.pixels.image.Values(), s.channels*len(s.places)
	for r := range rows {
		clear(s.pixels.floats)
		first := r * out
		for places := range slices.Chunk(s.places, len(s.values)/len(s.elements)) {
			s.add(places, gemm.View(dy[first:(r+1)*out], s.channels, len(places), len(s.places)))
			first += len(places)
		}
		s.pixels.take(dx[r*in : (r+1)*in])
	}
}

// add goes through some places, from the gradients by what comes out there:
// channels out x places.
func (s *scattering) add(places []int32, slopes gemm.Matrix) {
	values := s.values[:len(places)*len(s.elements)]
	s.kernel.Multiply(gemm.Of(values, len(places), len(s.elements)), slopes.T(), s.weight)
	for _, place := range places {
		pixels := s.pixels.floats[place:]
		for i, element := range s.elements {
			pixels[element] += values[i]
		}
		values = values[len(s.elements):]
	}
}
