package train

import (
	"math"
	"math/rand/v2"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train/gemm"
)

// network is a chain of layers and all the memory that training it takes: a step
// allocates nothing.
type network struct {
	kernel   gemm.Kernel
	weights  []float32 // all layers, in the layout of package model
	gradient []float32 // of the mean loss by each weight
	layers   []layer
	loss     loss
	classes  int
	outputs  [][]float32 // outputs[0] is the input, outputs[i+1] that of layer i: batch x width
	deltas   [][]float32 // gradients of the mean loss by outputs; deltas[0] is empty
}

// newNetwork lays a network over weights, which it changes when it trains, for
// batches of at most batch rows. Without a seed it can classify, not train.
func newNetwork(m spec.Model, kernel gemm.Kernel, weights []float32, batch int, seed *uint64) (*network, error) {
	tensors, err := model.Layout(m)
	if err != nil {
		return nil, err
	}
	stages, err := m.Stages()
	if err != nil {
		return nil, err
	}
	net := &network{
		kernel:   kernel,
		weights:  weights,
		gradient: make([]float32, len(weights)),
		loss:     lossOf(m),
		classes:  int(m.Classes),
		outputs:  [][]float32{make([]float32, batch*int(m.Inputs))},
		deltas:   [][]float32{nil},
	}
	for i, stage := range stages {
		p := place{Stage: stage, kernel: net.kernel, batch: batch}
		if seed != nil {
			p.dice = rand.NewPCG(*seed, dropStream+uint64(i))
		}
		if stage.FanIn() > 0 {
			weight, bias := tensors[0], tensors[1]
			tensors = tensors[2:]
			p.weight, p.weightGradient = part(weights, weight), part(net.gradient, weight)
			p.bias, p.biasGradient = part(weights, bias), part(net.gradient, bias)
		}
		l, inPlace := newLayer(p)
		y, dy := net.outputs[i], net.deltas[i]
		if !inPlace {
			y, dy = make([]float32, batch*stage.Out.Values()), make([]float32, batch*stage.Out.Values())
		}
		net.layers = append(net.layers, l)
		net.outputs = append(net.outputs, y)
		net.deltas = append(net.deltas, dy)
	}
	return net, nil
}

func part(flat []float32, t model.Tensor) []float32 {
	return flat[t.Offset : t.Offset+t.Len]
}

// load copies rows of a table into the input, and their classes into labels.
func (n *network) load(t data.Table, rows []int, labels []int32) {
	for i, row := range rows {
		copy(n.outputs[0][i*t.Features:], t.Row(row))
		labels[i] = t.Y[row]
	}
}

// forward computes the scores of the first rows of the input, which it may
// overwrite: rows x classes.
func (n *network) forward(rows int) []float32 {
	for i, l := range n.layers {
		l.forward(n.outputs[i+1], n.outputs[i], rows)
	}
	return n.outputs[len(n.layers)][:rows*n.classes]
}

// step moves the weights once against the gradient of the mean loss over the
// loaded rows. It returns the sum of their losses, before the move.
func (n *network) step(labels []int32, rate float32) (loss float64) {
	rows, last := len(labels), len(n.layers)
	scores := n.forward(rows)
	for i, y := range labels {
		row := scores[i*n.classes : (i+1)*n.classes]
		loss += float64(n.loss(row, y))
		for c, v := range row {
			n.deltas[last][i*n.classes+c] = v / float32(rows)
		}
	}
	for i := last - 1; i >= 0; i-- {
		if l, ok := n.layers[i].(learner); ok {
			l.gradients(n.deltas[i+1], n.outputs[i], rows)
		}
		if n.deltas[i] != nil {
			n.layers[i].backward(n.deltas[i], n.deltas[i+1], n.outputs[i], rows)
		}
	}
	n.kernel.AddScaled(n.weights, -rate, n.gradient)
	return loss
}

// finite reports whether x is a number other than the infinities.
func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
