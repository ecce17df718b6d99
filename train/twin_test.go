package train_test

import (
	"math"
	"math/rand/v2"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// twin is the engine done dumbly: one row at a time, plain loops, float64 and
// package math. It is what the fast one is compared with.
type twin struct {
	widths  []int
	weights []float64
}

func newTwin(m spec.Model, weights []float32) *twin {
	w := &twin{widths: []int{int(m.Inputs)}}
	for _, h := range m.Hidden {
		w.widths = append(w.widths, int(h))
	}
	w.widths = append(w.widths, int(m.Classes))
	for _, v := range weights {
		w.weights = append(w.weights, float64(v))
	}
	return w
}

// scores are the outputs of all layers for one row, the input first.
func (w *twin) scores(row []float32) [][]float64 {
	x := make([]float64, len(row))
	for i, v := range row {
		x[i] = float64(v)
	}
	outputs, at := [][]float64{x}, 0
	for l := 1; l < len(w.widths); l++ {
		in, out := w.widths[l-1], w.widths[l]
		y := make([]float64, out)
		for o := range y {
			y[o] = w.weights[at+in*out+o]
			for i, v := range outputs[l-1] {
				y[o] += w.weights[at+o*in+i] * v
			}
			if l < len(w.widths)-1 {
				y[o] = max(y[o], 0)
			}
		}
		outputs = append(outputs, y)
		at += in*out + out
	}
	return outputs
}

// probabilities are the softmax of the scores.
func probabilities(scores []float64) []float64 {
	p, sum := make([]float64, len(scores)), 0.0
	for c, s := range scores {
		p[c] = math.Exp(s)
		sum += p[c]
	}
	for c := range p {
		p[c] /= sum
	}
	return p
}

// loss is the mean cross-entropy over some rows.
func (w *twin) loss(t data.Table, rows []int) (mean float64) {
	for _, r := range rows {
		outputs := w.scores(t.Row(r))
		mean -= math.Log(probabilities(outputs[len(outputs)-1])[t.Y[r]]) / float64(len(rows))
	}
	return mean
}

// gradient is that of the mean cross-entropy over some rows, by each weight.
func (w *twin) gradient(t data.Table, rows []int) []float64 {
	g := make([]float64, len(w.weights))
	for _, r := range rows {
		outputs := w.scores(t.Row(r))
		last := len(w.widths) - 1
		delta := probabilities(outputs[last])
		delta[t.Y[r]]--
		at := len(g)
		for l := last; l > 0; l-- {
			in, out := w.widths[l-1], w.widths[l]
			at -= in*out + out
			before := make([]float64, in)
			for o, d := range delta {
				for i, v := range outputs[l-1] {
					g[at+o*in+i] += d * v / float64(len(rows))
					if v > 0 {
						before[i] += d * w.weights[at+o*in+i]
					}
				}
				g[at+in*out+o] += d / float64(len(rows))
			}
			delta = before
		}
	}
	return g
}

// train does what Engine.Train promises and returns the loss of the last epoch.
func (w *twin) train(job train.Job) (loss float64) {
	order := make([]int, job.Table.Rows())
	for i := range order {
		order[i] = i
	}
	source := rand.NewPCG(job.Seed, train.Stream)
	for range job.Training.Epochs {
		data.Permute(order, source)
		loss = 0
		for first := 0; first < len(order); first += int(job.Training.Batch) {
			rows := order[first:min(first+int(job.Training.Batch), len(order))]
			loss += w.loss(job.Table, rows) * float64(len(rows)) / float64(len(order))
			for i, g := range w.gradient(job.Table, rows) {
				w.weights[i] -= g * float64(job.Training.Rate) / 1e6
			}
		}
	}
	return loss
}

// predict is the most likely class of a row.
func (w *twin) predict(row []float32) (class int32) {
	outputs := w.scores(row)
	scores := outputs[len(outputs)-1]
	for c, s := range scores {
		if s > scores[class] {
			class = int32(c)
		}
	}
	return class
}
