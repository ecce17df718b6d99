package main

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/althing-network/althing/bench/plot"
	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// worlds are models that were each trained on a random half of the same rows, and their
// confidences about every row.
type worlds struct {
	in         [][]bool    // by model and row: whether the model was trained on the row
	confidence [][]float64 // by model and row: the logit of the label's probability
	accuracy   float64     // mean accuracy of the models on the hold-out
}

// worldsOf trains a number of models. If p is nil, it trains epochs without noise, as usual.
func worldsOf(ctx context.Context, rows, holdout data.Table, models int, p *promise) (worlds, error) {
	var w worlds
	for i := range models {
		coins := rand.New(rand.NewPCG(uint64(i), 1))
		in, chosen := make([]bool, rows.Rows()), []int{}
		for row := range in {
			if in[row] = coins.Uint64()&1 == 1; in[row] {
				chosen = append(chosen, row)
			}
		}
		m := attacked(rows)
		m.Seed = uint64(i)
		weights, err := model.Init(m)
		if err != nil {
			return w, err
		}
		job := train.Job{
			Model: m, Weights: weights, Table: rows.View(chosen), Seed: uint64(i),
			Training: spec.Training{Optimiser: spec.OptimiserSGD, Batch: 10, Epochs: 60, Rate: spec.One / 5},
		}
		if p != nil {
			if job.Private, err = p.begin(uint64(i)); err != nil {
				return w, err
			}
			job.Steps = p.steps
			job.Training = spec.Training{Optimiser: spec.OptimiserSGD, Batch: 64, Epochs: 1, Rate: 2 * spec.One}
		}
		result, err := train.Engine{}.Train(ctx, job, nil)
		if err != nil {
			return w, err
		}
		confidence, err := confidences(ctx, m, result.Weights, rows)
		if err != nil {
			return w, err
		}
		judged, err := train.Engine{}.Evaluate(ctx, m, result.Weights, holdout)
		if err != nil {
			return w, err
		}
		w.in, w.confidence = append(w.in, in), append(w.confidence, confidence)
		w.accuracy += float64(judged.Accuracy()) / float64(spec.One) / float64(models)
	}
	return w, nil
}

// attacked is the architecture of the models, which can memorise their rows.
func attacked(rows data.Table) spec.Model {
	return spec.Model{Kind: spec.ModelMLP, Inputs: uint32(rows.Features), Hidden: []uint32{32}, Classes: uint32(rows.Classes)}
}

// confidences is the logit of the probability that a model gives each row's label.
func confidences(ctx context.Context, m spec.Model, weights []float32, rows data.Table) ([]float64, error) {
	found := make([]float64, rows.Rows())
	for i := range found {
		judged, err := train.Engine{}.Evaluate(ctx, m, weights, rows.View([]int{i}))
		if err != nil {
			return nil, err
		}
		loss := max(judged.Loss, 1e-7) // so that a loss of 0 in float32 is not an infinite confidence
		found[i] = -loss - math.Log(-math.Expm1(-loss))
	}
	return found, nil
}

// guess is how likely it is that a model was trained on a row, and the truth.
type guess struct {
	score float64
	in    bool
}

// ratios attacks the second half of the models with the help of the first half (Carlini et
// al. 2022, "Membership inference attacks from first principles", algorithm 1). The
// confidences of the first half about a row, of models with it and of models without it, are
// taken as two normal laws. The score is the log-likelihood ratio of these laws.
func (w worlds) ratios() (all []guess) {
	half := len(w.in) / 2
	for row := range w.in[0] {
		var with, without law
		for i, in := range w.in[:half] {
			if x := w.confidence[i][row]; in[row] {
				with.add(x)
			} else {
				without.add(x)
			}
		}
		for i, in := range w.in[half:] {
			x := w.confidence[half+i][row]
			all = append(all, guess{with.likelihood(x) - without.likelihood(x), in[row]})
		}
	}
	return all
}

// law is a normal law, estimated from the added values.
type law struct{ n, sum, squares float64 }

func (l *law) add(x float64) { l.n, l.sum, l.squares = l.n+1, l.sum+x, l.squares+x*x }

// likelihood is the logarithm of the density at x, except for a constant.
func (l *law) likelihood(x float64) float64 {
	mean := l.sum / l.n
	variance := max(l.squares/l.n-mean*mean, 1e-6)
	return -math.Log(variance)/2 - (x-mean)*(x-mean)/(2*variance)
}

// curve is the true positive rate over the false positive rate, for every threshold of the
// score, the highest threshold first.
func curve(all []guess) (points []plot.Point) {
	slices.SortStableFunc(all, func(a, b guess) int {
		switch {
		case a.score > b.score:
			return -1
		case a.score < b.score:
			return 1
		}
		return 0
	})
	members := 0
	for _, g := range all {
		if g.in {
			members++
		}
	}
	found, accused := 0, 0
	for i, g := range all {
		if g.in {
			found++
		} else {
			accused++
		}
		if i+1 == len(all) || all[i+1].score != g.score {
			points = append(points, plot.Point{X: float64(accused) / float64(len(all)-members), Y: float64(found) / float64(members)})
		}
	}
	return points
}

// found is the largest true positive rate at a false positive rate of at most accused.
func found(points []plot.Point, accused float64) (rate float64) {
	for _, p := range points {
		if p.X <= accused {
			rate = max(rate, p.Y)
		}
	}
	return rate
}

// bound is the largest true positive rate of any attack against a guarantee of epsilon:
// e^epsilon times the false positive rate, plus delta.
func bound(epsilon float64) (points []plot.Point) {
	for x := 1e-4; x <= 1; x *= 1.1 {
		points = append(points, plot.Point{X: x, Y: min(1, math.Exp(epsilon)*x+delta)})
	}
	return points
}
