package train

import (
	"fmt"
	"math"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train/gemm"
)

// network is a chain of dense layers with ReLU between them, and all the memory
// that training it takes: a step allocates nothing.
type network struct {
	kernel   gemm.Kernel
	weights  []float32 // all layers, in the layout of package model
	gradient []float32 // of the mean loss by each weight
	layers   []dense
	outputs  [][]float32 // outputs[0] is the input, outputs[i+1] that of layer i: batch x width
	deltas   [][]float32 // gradients of the mean loss by outputs; deltas[0] is empty
}

// newNetwork lays a network over weights, which it changes when it trains, for
// batches of at most batch rows.
func newNetwork(m spec.Model, weights []float32, batch int) (*network, error) {
	if m.Kind != spec.ModelSoftmax && m.Kind != spec.ModelMLP {
		return nil, fmt.Errorf("no engine for the kind %q", m.Kind)
	}
	tensors, err := model.Layout(m)
	if err != nil {
		return nil, err
	}
	net := &network{
		kernel:   gemm.Best(true),
		weights:  weights,
		gradient: make([]float32, len(weights)),
		outputs:  [][]float32{make([]float32, batch*int(m.Inputs))},
		deltas:   [][]float32{nil},
	}
	for i := 0; i < len(tensors); i += 2 {
		weight, bias := tensors[i], tensors[i+1]
		out, in := weight.Shape[0], weight.Shape[1]
		layer := dense{
			kernel:         net.kernel,
			in:             in,
			out:            out,
			weight:         gemm.Of(part(weights, weight), out, in),
			bias:           part(weights, bias),
			weightGradient: gemm.Of(part(net.gradient, weight), out, in),
			biasGradient:   part(net.gradient, bias),
		}
		net.layers = append(net.layers, layer)
		net.outputs = append(net.outputs, make([]float32, batch*layer.out))
		net.deltas = append(net.deltas, make([]float32, batch*layer.out))
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

// forward computes the scores of the first rows of the input: rows x classes.
func (n *network) forward(rows int) []float32 {
	for i := range n.layers {
		n.layers[i].forward(n.outputs[i+1], n.outputs[i], rows)
		if i+1 < len(n.layers) {
			rectify(n.outputs[i+1][:rows*n.layers[i].out])
		}
	}
	last := len(n.layers)
	return n.outputs[last][:rows*n.layers[last-1].out]
}

// step moves the weights once against the gradient of the mean loss over the
// loaded rows. It returns the sum of their losses, before the move.
func (n *network) step(labels []int32, rate float32) (loss float64) {
	rows := len(labels)
	logits := n.forward(rows)
	delta := n.deltas[len(n.layers)]
	classes := len(logits) / rows
	for i, y := range labels {
		row := logits[i*classes : (i+1)*classes]
		loss += float64(softmax(row, y))
		row[y]--
		for c, v := range row {
			delta[i*classes+c] = v / float32(rows)
		}
	}
	for i := len(n.layers) - 1; i >= 0; i-- {
		n.layers[i].gradient(n.deltas[i+1], n.outputs[i], rows)
		if i > 0 {
			n.layers[i].backward(n.deltas[i], n.deltas[i+1], rows)
			mask(n.deltas[i][:rows*n.layers[i].in], n.outputs[i])
		}
	}
	n.kernel.AddScaled(n.weights, -rate, n.gradient)
	return loss
}

// finite reports whether x is a number other than the infinities.
func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
