package train_test

import (
	"fmt"

	"github.com/althing-network/althing/spec"
)

// twinLayer is a simple implementation of a layer. If it has wires, input in contributes to
// output out, times a weight if the wire has one.
type twinLayer struct {
	spec.Stage
	kind       twinKind
	wires      []wire
	bias       []int // for each output the index of its bias; empty if the layer has no parameters
	parameters int
}

type wire struct{ out, in, weight int }

// twinKind is what the tests know about a kind of layer. wire is nil if it has no wires.
type twinKind struct {
	example spec.Layer // for an image of 5 x 7 pixels and more
	golden  string     // digest of the weights of its examples, on every architecture
	// wire makes the wires of a layer whose parameters begin at index at.
	wire    func(l *twinLayer, at int)
	forward func(l twinLayer, weights, x []float64) []float64
	// backward adds to g, the gradient by all weights, and returns the gradient by x.
	backward func(l twinLayer, g, delta, weights, x []float64) []float64
}

// twinKinds has every kind of layer. A new one needs nothing else in the tests.
func twinKinds() map[string]twinKind {
	return map[string]twinKind{
		spec.LayerDense: {
			example:  spec.Layer{Kind: spec.LayerDense, Out: 6},
			golden:   "40b1d44a9b0816268c06a137b2e8e2e24a81371348de51508779106a5da144b6",
			wire:     (*twinLayer).wireAll,
			forward:  twinLayer.weigh,
			backward: twinLayer.weighBack,
		},
		spec.LayerConv2D: {
			example:  spec.Layer{Kind: spec.LayerConv2D, Out: 4, Kernel: 3, Stride: 2, Padding: 1},
			golden:   "019a194eaa1954dc93727ecb8b71d11c3dfbfab9327203e7aa5f38281e2c58d9",
			wire:     (*twinLayer).wirePatches,
			forward:  twinLayer.weigh,
			backward: twinLayer.weighBack,
		},
		spec.LayerMaxPool: {
			example: spec.Layer{Kind: spec.LayerMaxPool, Size: 2},
			golden:  "584f5b298b2db81aa3d705e251bcda69b1187941e1ed597c8b382a59978837cd",
			wire:    (*twinLayer).wireWindows,
			forward: func(l twinLayer, _, x []float64) []float64 {
				y := make([]float64, l.Out.Values())
				for o, from := range l.largest(x) {
					y[o] = x[from]
				}
				return y
			},
			backward: func(l twinLayer, _, delta, _, x []float64) []float64 {
				dx := make([]float64, len(x))
				for o, from := range l.largest(x) {
					dx[from] += delta[o]
				}
				return dx
			},
		},
		spec.LayerReLU: {
			example: spec.Layer{Kind: spec.LayerReLU},
			golden:  "eba7fe595bc7793dba815cd9737ba8c0460f2f050f8145d4c68b72772c394a88",
			forward: func(_ twinLayer, _, x []float64) []float64 {
				y := make([]float64, len(x))
				for i, v := range x {
					y[i] = max(v, 0)
				}
				return y
			},
			backward: func(_ twinLayer, _, delta, _, x []float64) []float64 {
				dx := make([]float64, len(x))
				for i, v := range x {
					if v > 0 {
						dx[i] = delta[i]
					}
				}
				return dx
			},
		},
		spec.LayerDropout: { // the twin of a network multiplies by the factors
			example:  spec.Layer{Kind: spec.LayerDropout, Rate: 300_000},
			golden:   "a6bec9095b451c2e85710ccec9265905f677e752a960523ad5c527fac49f83ae",
			forward:  func(_ twinLayer, _, x []float64) []float64 { return append([]float64(nil), x...) },
			backward: func(_ twinLayer, _, delta, _, _ []float64) []float64 { return append([]float64(nil), delta...) },
		},
	}
}

func newTwinLayer(s spec.Stage, at int) twinLayer {
	kind, ok := twinKinds()[s.Layer.Kind]
	if !ok {
		panic(fmt.Sprintf("no twin of the layer %q", s.Layer.Kind))
	}
	l := twinLayer{Stage: s, kind: kind}
	if kind.wire != nil {
		kind.wire(&l, at)
	}
	return l
}

func (l twinLayer) forward(weights, x []float64) []float64 { return l.kind.forward(l, weights, x) }

func (l twinLayer) backward(g, delta, weights, x []float64) []float64 {
	return l.kind.backward(l, g, delta, weights, x)
}

// in and out are the indices of values.
func (l *twinLayer) in(c, y, x int) int { return (c*int(l.In.Height)+y)*int(l.In.Width) + x }

func (l *twinLayer) out(c, y, x int) int { return (c*int(l.Out.Height)+y)*int(l.Out.Width) + x }

func each(image spec.Image, visit func(c, y, x int)) {
	for c := range int(image.Channels) {
		for y := range int(image.Height) {
			for x := range int(image.Width) {
				visit(c, y, x)
			}
		}
	}
}

// wireAll wires each output to all inputs.
func (l *twinLayer) wireAll(at int) {
	out, in := int(l.Layer.Out), l.In.Values()
	for o := range out {
		for i := range in {
			l.wires = append(l.wires, wire{o, i, at + o*in + i})
		}
		l.bias = append(l.bias, at+out*in+o)
	}
	l.parameters = out * (in + 1)
}

// wirePatches wires each output to the inputs under the kernel at its position.
func (l *twinLayer) wirePatches(at int) {
	side, stride, padding := int(l.Layer.Kernel), int(l.Layer.Stride), int(l.Layer.Padding)
	weights := l.FanIn() * int(l.Layer.Out)
	each(l.Out, func(o, oy, ox int) {
		each(spec.Image{Height: l.Layer.Kernel, Width: l.Layer.Kernel, Channels: l.In.Channels}, func(c, ky, kx int) {
			y, x := oy*stride+ky-padding, ox*stride+kx-padding
			if y >= 0 && y < int(l.In.Height) && x >= 0 && x < int(l.In.Width) {
				l.wires = append(l.wires, wire{l.out(o, oy, ox), l.in(c, y, x), at + ((o*int(l.In.Channels)+c)*side+ky)*side + kx})
			}
		})
		l.bias = append(l.bias, at+weights+o)
	})
	l.parameters = weights + int(l.Layer.Out)
}

// wireWindows wires each output to its window.
func (l *twinLayer) wireWindows(int) {
	size := int(l.Layer.Size)
	each(l.Out, func(c, oy, ox int) {
		each(spec.Image{Height: l.Layer.Size, Width: l.Layer.Size, Channels: 1}, func(_, y, x int) {
			l.wires = append(l.wires, wire{l.out(c, oy, ox), l.in(c, oy*size+y, ox*size+x), -1})
		})
	})
}

// weigh sums the bias and the wires of each output.
func (l twinLayer) weigh(weights, x []float64) []float64 {
	y := make([]float64, l.Out.Values())
	for o, at := range l.bias {
		y[o] = weights[at]
	}
	for _, w := range l.wires {
		y[w.out] += weights[w.weight] * x[w.in]
	}
	return y
}

func (l twinLayer) weighBack(g, delta, weights, x []float64) []float64 {
	dx := make([]float64, len(x))
	for o, at := range l.bias {
		g[at] += delta[o]
	}
	for _, w := range l.wires {
		g[w.weight] += delta[w.out] * x[w.in]
		dx[w.in] += delta[w.out] * weights[w.weight]
	}
	return dx
}

// largest is for each output the index of its largest input, the first of several equal ones.
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
