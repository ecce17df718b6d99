package train

import (
	"context"
	"errors"
	"fmt"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/spec"
)

var (
	errPredictsNumber = errors.New("the model predicts a number: want one that predicts a class")
	errPredictsClass  = errors.New("the model predicts a class: want one that predicts a number")
)

// Probabilities are the probabilities that a model gives to each class of each row, rows x
// classes. They are at least 0, and those of a row add up to 1. [Predict] names the class
// with the largest one. Labels are ignored.
//
// They are the softmax of the scores. The scores of a model with the loss mse estimate
// probabilities directly: negative ones count as 0, and the others are divided by their sum;
// if no score is above 0, the largest one gets probability 1.
//
// Errors wrap ErrEvaluation. It is an error if the model predicts a number or a score is not
// finite.
func Probabilities(m spec.Model, weights []float32, t data.Table) ([]float32, error) {
	if m.Regression() {
		return nil, fmt.Errorf("%w: %w", ErrEvaluation, errPredictsNumber)
	}
	p, err := scores(m, weights, t)
	if err != nil {
		return nil, err
	}
	classes := int(m.Classes)
	for i := range t.Rows() {
		row := p[i*classes : (i+1)*classes]
		if m.Loss == spec.LossMSE {
			normalise(row)
		} else {
			softmax(row, 0)
		}
	}
	return p, nil
}

// Values are the numbers that a model predicts, one per row of a table. Labels are ignored.
// Errors wrap ErrEvaluation. It is an error if the model predicts a class or a value is not
// finite.
func Values(m spec.Model, weights []float32, t data.Table) ([]float32, error) {
	if !m.Regression() {
		return nil, fmt.Errorf("%w: %w", ErrEvaluation, errPredictsClass)
	}
	return scores(m, weights, t)
}

// scores are the model's outputs for all rows, rows x classes.
func scores(m spec.Model, weights []float32, t data.Table) ([]float32, error) {
	all := make([]float32, 0, t.Rows()*int(m.Classes))
	err := forwardAll(context.Background(), m, weights, t, func(_ *network, _ int, logits []float32) {
		all = append(all, logits...)
	})
	if err != nil {
		return nil, err
	}
	for i, s := range all {
		if !finite(float64(s)) {
			return nil, fmt.Errorf("%w: row %d: the model's output is %v: its weights or the row's features are too large", ErrEvaluation, i/int(m.Classes), s)
		}
	}
	return all, nil
}

// normalise replaces negative scores by 0 and divides the others by their sum.
func normalise(row []float32) {
	best := argmax(row)
	if row[best] <= 0 {
		clear(row)
		row[best] = 1
		return
	}
	largest := row[best] // dividing by it first keeps the sum from overflowing
	var sum float32
	for c, s := range row {
		row[c] = max(0, s) / largest
		sum += row[c]
	}
	for c := range row {
		row[c] /= sum
	}
}
