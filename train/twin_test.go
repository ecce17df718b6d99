package train_test

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// twin is a simple reference implementation of the engine: one row at a time, plain loops,
// float64 and package math. Tests compare the engine with it.
type twin struct {
	layers  []twinLayer
	loss    twinLoss
	weights []float64
	sums    [][]float64 // of the clipped row gradients, per step; empty without a bound
}

// twinLoss is the loss of a row of class y, whose score should be value.
type twinLoss func(scores []float64, y int32, value float64) (loss float64, gradient []float64)

// twinLosses has every loss; the empty word is for a model that names none.
func twinLosses() map[string]twinLoss {
	return map[string]twinLoss{"": entropy, spec.LossMSE: distance}
}

// label is the class of a row, and what its score should be: 1, or the row's number.
func label(t data.Table, row int) (y int32, value float64) {
	if t.Targets != nil {
		return 0, float64(t.Targets[row])
	}
	return t.Y[row], 1
}

func newTwin(m spec.Model, weights []float32) *twin {
	stages, err := m.Stages()
	if err != nil {
		panic(err)
	}
	w := &twin{loss: twinLosses()[m.Loss]}
	at := 0
	for _, s := range stages {
		l := newTwinLayer(s, at)
		at += l.parameters
		w.layers = append(w.layers, l)
	}
	for _, v := range weights {
		w.weights = append(w.weights, float64(v))
	}
	return w
}

// scores are the outputs of all layers for one row, the input first. factors are those of
// dropout, one list per layer; nil for no dropout.
func (w *twin) scores(row []float32, factors [][]float64) [][]float64 {
	x := make([]float64, len(row))
	for i, v := range row {
		x[i] = float64(v)
	}
	outputs := [][]float64{x}
	for i, l := range w.layers {
		y := l.forward(w.weights, outputs[i])
		if factors != nil && factors[i] != nil {
			for j, f := range factors[i] {
				y[j] *= f
			}
		}
		outputs = append(outputs, y)
	}
	return outputs
}

// entropy is the cross-entropy of the softmax of some scores.
func entropy(scores []float64, y int32, _ float64) (float64, []float64) {
	p, sum := make([]float64, len(scores)), 0.0
	for c, s := range scores {
		p[c] = math.Exp(s)
		sum += p[c]
	}
	for c := range p {
		p[c] /= sum
	}
	loss := -math.Log(p[y])
	p[y]--
	return loss, p
}

// distance is the mean squared error: class y should have the value, every other class 0.
func distance(scores []float64, y int32, value float64) (loss float64, gradient []float64) {
	for c, s := range scores {
		if c == int(y) {
			s -= value
		}
		loss += s * s / float64(len(scores))
		gradient = append(gradient, 2*s/float64(len(scores)))
	}
	return loss, gradient
}

// mean is the mean loss of some rows, each with its dropout factors.
func (w *twin) mean(t data.Table, rows []int, factors [][][]float64) (mean float64) {
	for i, r := range rows {
		outputs := w.scores(t.Row(r), factors[i])
		y, value := label(t, r)
		loss, _ := w.loss(outputs[len(w.layers)], y, value)
		mean += loss / float64(len(rows))
	}
	return mean
}

// gradient is the gradient of the mean loss over some rows.
func (w *twin) gradient(t data.Table, rows []int, factors [][][]float64) []float64 {
	g := make([]float64, len(w.weights))
	for n, r := range rows {
		outputs := w.scores(t.Row(r), factors[n])
		y, value := label(t, r)
		_, delta := w.loss(outputs[len(w.layers)], y, value)
		for c := range delta {
			delta[c] /= float64(len(rows))
		}
		for i, layer := range slices.Backward(w.layers) {
			for j, f := range factors[n][i] {
				delta[j] *= f
			}
			delta = layer.backward(g, delta, w.weights, outputs[i])
		}
	}
	return g
}

// clipped is the gradient; with a bound, the mean of the rows' gradients, each clipped to the
// bound, by definition.
func (w *twin) clipped(job train.Job, rows []int, factors [][][]float64) []float64 {
	bound := float64(job.Training.Clip) / 1e6
	if bound == 0 {
		return w.gradient(job.Table, rows, factors)
	}
	sum, mean := make([]float64, len(w.weights)), make([]float64, len(w.weights))
	for n := range rows {
		g := w.gradient(job.Table, rows[n:n+1], factors[n:n+1])
		scale := min(1, bound/norm(g))
		for i, v := range g {
			sum[i] += v * scale
			mean[i] += v * scale / float64(len(rows))
		}
	}
	w.sums = append(w.sums, sum)
	return mean
}

func norm(x []float64) (sum float64) {
	for _, v := range x {
		sum += v * v
	}
	return math.Sqrt(sum)
}

// randoms are the random generators of the layers for a job.
func (w *twin) randoms(seed uint64) (dice []*rand.PCG) {
	for i := range w.layers {
		dice = append(dice, rand.NewPCG(seed, train.DropoutStream+uint64(i)))
	}
	return dice
}

// draw draws the factors of each dropout layer for some rows.
func (w *twin) draw(dice []*rand.PCG, rows int) [][][]float64 {
	factors := make([][][]float64, rows)
	for r := range factors {
		factors[r] = make([][]float64, len(w.layers))
		for i, l := range w.layers {
			if l.Layer.Kind != spec.LayerDropout {
				continue
			}
			for range l.Out.Values() {
				f := 0.0
				if (dice[i].Uint64()>>32)*1_000_000>>32 >= uint64(l.Layer.Rate) {
					f = 1e6 / float64(1_000_000-l.Layer.Rate)
				}
				factors[r][i] = append(factors[r][i], f)
			}
		}
	}
	return factors
}

// train does the same as Engine.Train and returns the loss of the last epoch.
func (w *twin) train(job train.Job) (loss float64) {
	order := make([]int, job.Table.Rows())
	for i := range order {
		order[i] = i
	}
	source, dice := rand.NewPCG(job.Seed, train.RowOrderStream), w.randoms(job.Seed)
	rule := newTwinRule(job.Training, w.weights)
	for range job.Training.Epochs {
		data.Permute(order, source)
		loss = 0
		for first := 0; first < len(order); first += int(job.Training.Batch) {
			rows := order[first:min(first+int(job.Training.Batch), len(order))]
			factors := w.draw(dice, len(rows))
			loss += w.mean(job.Table, rows, factors) * float64(len(rows)) / float64(len(order))
			rule.move(w.weights, w.clipped(job, rows, factors))
		}
	}
	return loss
}

// predict is the most likely class of a row.
func (w *twin) predict(row []float32) (class int32) {
	outputs := w.scores(row, nil)
	scores := outputs[len(w.layers)]
	for c, s := range scores {
		if s > scores[class] {
			class = int32(c)
		}
	}
	return class
}
