package train

import (
	"context"
	"errors"
	"fmt"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/spec"
)

var (
	errNumber  = errors.New("the model predicts a number, which no class has a part in")
	errClasses = errors.New("the model predicts a class and no number")
)

// Probabilities are how likely a model finds each class of each row, rows x classes: they
// are at least 0, those of a row add up to 1, and [Predict] names the class of the largest.
// They are the softmax of the scores; of a model with the loss mse, whose scores estimate
// probabilities themselves, the scores above 0, divided by their sum, and where none is above
// 0, 1 for the largest. Labels do not matter. Errors are ErrEvaluation; it is one where the
// model predicts a number, and where a score is no finite number.
func Probabilities(m spec.Model, weights []float32, t data.Table) ([]float32, error) {
	if m.Regression() {
		return nil, fmt.Errorf("%w: %w", ErrEvaluation, errNumber)
	}
	p, err := scores(m, weights, t)
	if err != nil {
		return nil, err
	}
	classes := int(m.Classes)
	for i := range t.Rows() {
		row := p[i*classes : (i+1)*classes]
		if m.Loss == spec.LossMSE {
			shares(row)
		} else {
			softmax(row, 0)
		}
	}
	return p, nil
}

// Values are the numbers that a model predicts, one of each row of a table, whose labels
// do not matter. Errors are ErrEvaluation; it is one where the model predicts a class, and
// where a value is no finite number.
func Values(m spec.Model, weights []float32, t data.Table) ([]float32, error) {
	if !m.Regression() {
		return nil, fmt.Errorf("%w: %w", ErrEvaluation, errClasses)
	}
	return scores(m, weights, t)
}

// scores are what a model puts out for all rows, one after the other.
func scores(m spec.Model, weights []float32, t data.Table) ([]float32, error) {
	all := make([]float32, 0, t.Rows()*int(m.Classes))
	err := classify(context.Background(), m, weights, t, func(_ *network, _ int, logits []float32) {
		all = append(all, logits...)
	})
	if err != nil {
		return nil, err
	}
	for i, s := range all {
		if !finite(float64(s)) {
			return nil, fmt.Errorf("%w: row %d: the model puts out %v: its weights or the row's features are too large", ErrEvaluation, i/int(m.Classes), s)
		}
	}
	return all, nil
}

// shares divides what is above 0 by its sum.
func shares(row []float32) {
	best := argmax(row)
	if row[best] <= 0 {
		clear(row)
		row[best] = 1
		return
	}
	largest := row[best] // first divided by this one, so that no sum overflows
	var sum float32
	for c, s := range row {
		row[c] = max(0, s) / largest
		sum += row[c]
	}
	for c := range row {
		row[c] /= sum
	}
}
