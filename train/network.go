package train

import (
	"math"
	"math/rand/v2"

	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train/gemm"
)

// network is a chain of layers and all the memory that training it takes: a step
// allocates nothing.
type network struct {
	batch    int       // rows at most
	weights  []float32 // all layers, in the layout of package model
	gradient []float32 // by each weight: the mean over the rows, times parts
	parts    float32   // 1, or as many as there are rows
	layers   []layer
	loss     loss
	classes  int
	labels   []label     // of the rows in the input
	outputs  [][]float32 // outputs[0] is the input, outputs[i+1] that of layer i: batch x width
	deltas   [][]float32 // gradients by outputs; nil where nothing before them learns
	bound    float64     // L2 norm of a row's gradient at most; 0: any
	squares  []float64   // of these norms, a row of a batch each
}

// newNetwork lays a network over weights, which it changes when it trains, for
// batches of at most batch rows. Without a seed it can classify, not train, and has
// no memory for gradients.
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
	learns := false // some layer so far
	for i, stage := range stages {
		p := place{Stage: stage, kernel: kernel, batch: batch, back: net.deltas[i] != nil}
		if seed != nil {
			p.dice = rand.NewPCG(*seed, dropStream+uint64(i))
		}
		if stage.FanIn() > 0 {
			weight, bias := tensors[0], tensors[1]
			tensors = tensors[2:]
			p.weight, p.weightGradient = part(weights, weight), part(net.gradient, weight)
			p.bias, p.biasGradient = part(weights, bias), part(net.gradient, bias)
			learns = true
		}
		l, inPlace, err := newLayer(p)
		if err != nil {
			return nil, err
		}
		y, dy := net.outputs[i], net.deltas[i]
		if !inPlace {
			y = make([]float32, batch*stage.Out.Values())
			if seed != nil && learns {
				dy = make([]float32, len(y))
			}
		}
		net.layers = append(net.layers, l)
		net.outputs = append(net.outputs, y)
		net.deltas = append(net.deltas, dy)
	}
	return net, nil
}

// part is a tensor's share of what all have, if they have any.
func part(flat []float32, t model.Tensor) []float32 {
	if flat == nil {
		return nil
	}
	return flat[t.Offset : t.Offset+t.Len]
}

// load copies a row of a table into row i of the input.
func (n *network) load(i int, row []float32) { copy(n.outputs[0][i*len(row):], row) }

// forward computes the scores of the first rows of the input, which it may
// overwrite: rows x classes.
func (n *network) forward(rows int) []float32 {
	for i, l := range n.layers {
		l.forward(n.outputs[i+1], n.outputs[i], rows)
	}
	return n.outputs[len(n.layers)][:rows*n.classes]
}

// slope computes the gradient of the mean loss over the loaded rows; with a bound,
// the sum of the rows' clipped gradients. It returns the sum of their losses, and
// the norm of the longest row's gradient where there is a bound.
func (n *network) slope(labels []label) (loss, longest float64) {
	rows := len(labels)
	n.parts = 1
	if n.bound > 0 {
		n.parts = float32(rows)
	}
	loss = n.pass(labels, float32(rows)/n.parts)
	if n.bound > 0 {
		return loss, n.clip(rows)
	}
	for i, l := range n.layers {
		if l, ok := l.(learner); ok {
			l.gradients(n.deltas[i+1], n.outputs[i], rows)
		}
	}
	return loss, 0
}

// pass goes forward and backward with the loaded rows, so that the gradients by what
// goes into each layer with parameters and by what comes out are there, those of the loss
// of each row divided by share. It returns the sum of their losses.
func (n *network) pass(labels []label, share float32) (loss float64) {
	rows, last := len(labels), len(n.layers)
	scores := n.forward(rows)
	for i, y := range labels {
		row := scores[i*n.classes : (i+1)*n.classes]
		loss += float64(n.loss(row, y))
		for c, v := range row {
			n.deltas[last][i*n.classes+c] = v / share
		}
	}
	for i := last - 1; i >= 0 && n.deltas[i] != nil; i-- {
		n.layers[i].backward(n.deltas[i], n.deltas[i+1], n.outputs[i], rows)
	}
	return loss
}

// finite reports whether x is a number other than the infinities.
func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
