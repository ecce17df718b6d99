package main

import (
	"context"
	"fmt"
	"math"

	"github.com/althing-network/althing/bench/plot"
	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// inversion is the result of the attack that rebuilds rows from one step of a trainer.
type inversion struct {
	name     string
	rebuilt  [][]float64 // pixels of each row
	likeness []float64   // correlation with the row; 1: the same image
}

// invert lets a trainer with a single row take one step with a softmax, for each row in turn,
// and rebuilds the row from the change of the weights.
func invert(ctx context.Context, rows data.Table, name string, p *promise) (inversion, error) {
	m := spec.Model{Kind: spec.ModelSoftmax, Inputs: uint32(rows.Features), Classes: uint32(rows.Classes), Seed: 1}
	weights, err := model.Init(m)
	if err != nil {
		return inversion{}, err
	}
	found := inversion{name: name}
	for i := range rows.Rows() {
		job := train.Job{
			Model: m, Weights: weights, Table: rows.View([]int{i}), Seed: 1,
			Training: spec.Training{Optimiser: spec.OptimiserSGD, Batch: 1, Epochs: 1, Rate: spec.One},
		}
		if p != nil {
			if job.Private, err = p.begin(uint64(i)); err != nil {
				return found, err
			}
			job.Steps = p.steps
		}
		result, err := train.Engine{}.Train(ctx, job, nil)
		if err != nil {
			return found, fmt.Errorf("row %d: %w", i, err)
		}
		gradient := make([]float64, len(weights))
		for j, w := range result.Weights {
			gradient[j] = float64(weights[j]) - float64(w)
		}
		pixels := rebuild(gradient, rows.Features, rows.Classes)
		found.rebuilt = append(found.rebuilt, pixels)
		found.likeness = append(found.likeness, correlation(pixels, rows.Row(i)))
	}
	return found, nil
}

// rebuild computes the row from the gradient of a softmax with biases. The gradient of a
// class is a factor times the row, and the gradient of its bias is the factor. The least
// squares over all classes give the row.
func rebuild(gradient []float64, features, classes int) []float64 {
	biases := gradient[features*classes:]
	row, squares := make([]float64, features), 0.0
	for c, bias := range biases {
		squares += bias * bias
		for i := range row {
			row[i] += bias * gradient[c*features+i]
		}
	}
	for i := range row {
		row[i] /= squares
	}
	return row
}

// correlation is Pearson's correlation of pixels.
func correlation(a []float64, b []float32) float64 {
	var meanA, meanB float64
	for i := range a {
		meanA += a[i] / float64(len(a))
		meanB += float64(b[i]) / float64(len(a))
	}
	var ab, aa, bb float64
	for i := range a {
		x, y := a[i]-meanA, float64(b[i])-meanB
		ab, aa, bb = ab+x*y, aa+x*x, bb+y*y
	}
	return ab / math.Sqrt(aa*bb)
}

// gallery shows rows and the rebuilt rows.
func gallery(rows data.Table, all []inversion) plot.Gallery {
	g := plot.Gallery{Title: "a row, and what its trainer's step shows of it", Rows: []plot.Strip{{Name: "the row"}}}
	for i := range rows.Rows() {
		g.Columns = append(g.Columns, fmt.Sprint(rows.Y[i]))
		var pixels []float64
		for _, v := range rows.Row(i) {
			pixels = append(pixels, float64(v))
		}
		g.Rows[0].Pictures = append(g.Rows[0].Pictures, plot.Picture{Width: int(rows.Image.Width), Cells: pixels})
	}
	for _, found := range all {
		strip := plot.Strip{Name: found.name}
		for _, pixels := range found.rebuilt {
			strip.Pictures = append(strip.Pictures, plot.Picture{Width: int(rows.Image.Width), Cells: pixels})
		}
		g.Rows = append(g.Rows, strip)
	}
	return g
}
