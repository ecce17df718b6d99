package train

import (
	"math"
	"math/rand/v2"

	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train/gemm"
)

// network is a chain of layers, with all the memory that training needs: a step
// allocates nothing.
type network struct {
	batch    int       // maximum number of rows
	weights  []float32 // all layers, in the layout of package model
	gradient []float32 // of the mean loss, by weight, times divisor
	divisor  float32   // 1; the number of rows if gradient is a sum of clipped gradients
	layers   []layer
	loss     loss
	classes  int
	labels   []label     // of the loaded rows
	outputs  [][]float32 // outputs[0] is the input, outputs[i+1] the output of layer i: batch x width
	deltas   [][]float32 // gradients by outputs; nil if no layer before them has parameters
	bound    float64     // maximum L2 norm of a row's gradient; 0 for no bound
	squares  []float64   // squared L2 norm of each row's gradient, in clip
}

// newNetwork makes a network that uses weights in place, and changes them when it
// trains, for batches of at most batch rows. Without a seed the network can only
// evaluate and has no memory for gradients.
func newNetwork(m spec.Model, kernel gemm.Kernel, weights []float32, batch int, seed *uint64) (*network, error) {
	tensors, err := model.Layout(m)
	if err != nil {
		return nil, err
	}
	stages, err := m.Stages()
	if err != nil {
		return nil, err
	}
	loss, err := lossOf(m)
	if err != nil {
		return nil, err
	}
	net := &network{
		batch:   batch,
		weights: weights,
		loss:    loss,
		classes: int(m.Classes),
		labels:  make([]label, batch),
		outputs: [][]float32{make([]float32, batch*int(m.Inputs))},
		deltas:  [][]float32{nil},
		squares: make([]float64, batch),
	}
	if seed != nil {
		net.gradient = make([]float32, len(weights))
	}
	trainableBefore := false // whether a layer so far has parameters
	for i, stage := range stages {
		p := layerConfig{Stage: stage, kernel: kernel, batch: batch, needsInputGradient: net.deltas[i] != nil}
		if seed != nil {
			p.random = rand.NewPCG(*seed, dropoutStream+uint64(i))
		}
		if stage.FanIn() > 0 {
			weight, bias := tensors[0], tensors[1]
			tensors = tensors[2:]
			p.weight, p.weightGradient = tensorSlice(weights, weight), tensorSlice(net.gradient, weight)
			p.bias, p.biasGradient = tensorSlice(weights, bias), tensorSlice(net.gradient, bias)
			trainableBefore = true
		}
		l, inPlace, err := newLayer(p)
		if err != nil {
			return nil, err
		}
		y, dy := net.outputs[i], net.deltas[i]
		if !inPlace {
			y = make([]float32, batch*stage.Out.Values())
			if seed != nil && trainableBefore {
				dy = make([]float32, len(y))
			}
		}
		net.layers = append(net.layers, l)
		net.outputs = append(net.outputs, y)
		net.deltas = append(net.deltas, dy)
	}
	return net, nil
}

// tensorSlice is the part of flat that belongs to a tensor; nil if flat is nil.
func tensorSlice(flat []float32, t model.Tensor) []float32 {
	if flat == nil {
		return nil
	}
	return flat[t.Offset : t.Offset+t.Len]
}

// load copies a row of a table into row i of the input.
func (n *network) load(i int, row []float32) { copy(n.outputs[0][i*len(row):], row) }

// forward computes the scores of the first rows of the input, rows x classes. It may
// overwrite the input.
func (n *network) forward(rows int) []float32 {
	for i, l := range n.layers {
		l.forward(n.outputs[i+1], n.outputs[i], rows)
	}
	return n.outputs[len(n.layers)][:rows*n.classes]
}

// computeGradient sets gradient to that of the mean loss over the loaded rows; with a
// bound, to the sum of the rows' clipped gradients. It returns the sum of the rows'
// losses and, with a bound, the largest norm of a row's gradient before clipping.
func (n *network) computeGradient(labels []label) (loss, longest float64) {
	rows := len(labels)
	n.divisor = 1
	if n.bound > 0 {
		n.divisor = float32(rows)
	}
	loss = n.forwardBackward(labels, float32(rows)/n.divisor)
	if n.bound > 0 {
		return loss, n.clip(rows)
	}
	for i, l := range n.layers {
		if l, ok := l.(trainable); ok {
			l.parameterGradients(n.deltas[i+1], n.outputs[i], rows)
		}
	}
	return loss, 0
}

// forwardBackward runs the loaded rows forward and backward through the layers. It sets
// outputs, and sets deltas to the gradients of each row's loss divided by divisor. It
// returns the sum of the rows' losses.
func (n *network) forwardBackward(labels []label, divisor float32) (loss float64) {
	rows, last := len(labels), len(n.layers)
	scores := n.forward(rows)
	for i, y := range labels {
		row := scores[i*n.classes : (i+1)*n.classes]
		loss += float64(n.loss(row, y))
		for c, v := range row {
			n.deltas[last][i*n.classes+c] = v / divisor
		}
	}
	for i := last - 1; i >= 0 && n.deltas[i] != nil; i-- {
		n.layers[i].backward(n.deltas[i], n.deltas[i+1], n.outputs[i], rows)
	}
	return loss
}

// finite reports whether x is neither NaN nor infinite.
func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
