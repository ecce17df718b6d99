package train_test

import "github.com/althing-network/althing/spec"

// twinLayer is a layer as a list of wires: output out takes part in input in,
// times a weight where there is one.
type twinLayer struct {
	spec.Stage
	wires      []wire
	bias       []int // index of that of each output, where the layer has parameters
	parameters int
}

type wire struct{ out, in, weight int }

// newTwinLayer wires a layer whose parameters begin at some index.
func newTwinLayer(s spec.Stage, at int) twinLayer {
	l := twinLayer{Stage: s}
	in := func(c, y, x int) int { return (c*int(s.In.Height)+y)*int(s.In.Width) + x }
	out := func(c, y, x int) int { return (c*int(s.Out.Height)+y)*int(s.Out.Width) + x }
	each := func(image spec.Image, visit func(c, y, x int)) {
		for c := range int(image.Channels) {
			for y := range int(image.Height) {
				for x := range int(image.Width) {
					visit(c, y, x)
				}
			}
		}
	}
	weights := s.FanIn() * int(s.Layer.Out)
	switch s.Layer.Kind {
	case spec.LayerDense:
		for o := range int(s.Layer.Out) {
			for i := range s.In.Values() {
				l.wires = append(l.wires, wire{o, i, at + o*s.In.Values() + i})
			}
			l.bias = append(l.bias, at+weights+o)
		}
		l.parameters = weights + int(s.Layer.Out)
	case spec.LayerConv2D:
		side, stride, padding := int(s.Layer.Kernel), int(s.Layer.Stride), int(s.Layer.Padding)
		each(s.Out, func(o, oy, ox int) {
			each(spec.Image{Height: s.Layer.Kernel, Width: s.Layer.Kernel, Channels: s.In.Channels}, func(c, ky, kx int) {
				y, x := oy*stride+ky-padding, ox*stride+kx-padding
				if y >= 0 && y < int(s.In.Height) && x >= 0 && x < int(s.In.Width) {
					l.wires = append(l.wires, wire{out(o, oy, ox), in(c, y, x), at + ((o*int(s.In.Channels)+c)*side+ky)*side + kx})
				}
			})
			l.bias = append(l.bias, at+weights+o)
		})
		l.parameters = weights + int(s.Layer.Out)
	case spec.LayerMaxPool:
		each(s.Out, func(c, oy, ox int) {
			each(spec.Image{Height: s.Layer.Size, Width: s.Layer.Size, Channels: 1}, func(_, y, x int) {
				l.wires = append(l.wires, wire{out(c, oy, ox), in(c, oy*int(s.Layer.Size)+y, ox*int(s.Layer.Size)+x), -1})
			})
		})
	}
	return l
}

func (l twinLayer) forward(weights, x []float64) []float64 {
	y := make([]float64, l.Out.Values())
	switch l.Layer.Kind {
	case spec.LayerReLU:
		for i, v := range x {
			y[i] = max(v, 0)
		}
	case spec.LayerDropout:
		copy(y, x)
	case spec.LayerMaxPool:
		for o, from := range l.largest(x) {
			y[o] = x[from]
		}
	default:
		for o, at := range l.bias {
			y[o] = weights[at]
		}
		for _, w := range l.wires {
			y[w.out] += weights[w.weight] * x[w.in]
		}
	}
	return y
}

// backward adds to the gradient g by all weights, and returns that by x.
func (l twinLayer) backward(g, delta, weights, x []float64) []float64 {
	dx := make([]float64, len(x))
	switch l.Layer.Kind {
	case spec.LayerReLU:
		for i, v := range x {
			if v > 0 {
				dx[i] = delta[i]
			}
		}
	case spec.LayerDropout:
		copy(dx, delta)
	case spec.LayerMaxPool:
		for o, from := range l.largest(x) {
			dx[from] += delta[o]
		}
	default:
		for o, at := range l.bias {
			g[at] += delta[o]
		}
		for _, w := range l.wires {
			g[w.weight] += delta[w.out] * x[w.in]
			dx[w.in] += delta[w.out] * weights[w.weight]
		}
	}
	return dx
}

// largest is the index of the largest input of each output, the first of equals.
func (l twinLayer) largest(x []float64) []int {
	from := make([]int, l.Out.Values())
	for o := range from {
		from[o] = -1
	}
	for _, w := range l.wires {
		if from[w.out] < 0 || x[w.in] > x[from[w.out]] {
			from[w.out] = w.in
		}
	}
	return from
}
