package train

import "github.com/althing-network/althing/train/gemm"

// scattering adds the gradients by all patches of an image to those by its pixels,
// place by place (col2im, the way back from im2col).
type scattering struct {
	kernel   gemm.Kernel
	channels int         // that come out
	weight   gemm.Matrix // channels out x values in a patch
	pixels   frame       // gradients by an image
	places   []int32     // where in it the patches begin
	elements []int32     // and where the values in a patch are from there
	patches  gemm.Matrix // gradients: places x values in a patch
	values   []float32   // of the patches
}

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
	s.values = make([]float32, len(s.places)*len(s.elements))
	s.patches = gemm.Of(s.values, len(s.places), len(s.elements))
	return s
}

func (s *scattering) run(dx, dy []float32, rows int) {
	in, out := s.pixels.image.Values(), s.channels*len(s.places)
	for r := range rows {
		slopes := gemm.Of(dy[r*out:(r+1)*out], s.channels, len(s.places))
		s.kernel.Multiply(s.patches, slopes.T(), s.weight)
		clear(s.pixels.floats)
		values := s.values
		for _, place := range s.places {
			pixels := s.pixels.floats[place:]
			for i, element := range s.elements {
				pixels[element] += values[i]
			}
			values = values[len(s.elements):]
		}
		s.pixels.take(dx[r*in : (r+1)*in])
	}
}
