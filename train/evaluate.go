package train

import (
	"context"
	"fmt"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train/gemm"
)

// evaluationBatch is how many rows are evaluated at a time: 64, or fewer if the outputs of
// all layers for 64 rows would take more than 64 MiB.
func evaluationBatch(m spec.Model) (int, error) {
	stages, err := m.Stages()
	if err != nil {
		return 0, err
	}
	values := int(m.Inputs)
	for _, s := range stages {
		values += s.Out.Values()
	}
	return max(1, min(64, 16<<20/values)), nil
}

// Evaluate counts the rows whose class [Predict] finds. For a model that predicts a number
// it measures how close [Values] come to the rows' labels.
func (Engine) Evaluate(ctx context.Context, m spec.Model, weights []float32, t data.Table) (Evaluation, error) {
	if err := checkLabels(m, t); err != nil {
		return Evaluation{}, fmt.Errorf("%w: %w", ErrEvaluation, err)
	}
	e := Evaluation{Samples: t.Rows()}
	predicted := make([]int32, 0, t.Rows()) // empty in a regression
	values := make([]float32, 0, t.Rows())  // in a regression only
	err := forwardAll(ctx, m, weights, t, func(net *network, first int, logits []float32) {
		for i := range len(logits) / net.classes {
			row := logits[i*net.classes : (i+1)*net.classes]
			if m.Regression() {
				values = append(values, row[0])
			} else {
				predicted = append(predicted, argmax(row))
			}
			e.Loss += float64(net.loss(row, labelOf(t, first+i)))
		}
	})
	if err != nil {
		return Evaluation{}, err
	}
	e.Loss /= float64(e.Samples)
	if m.Regression() {
		e.setR2(values, t.Targets)
	} else {
		e.countCorrect(predicted, t.Y, int(m.Classes))
	}
	return e, nil
}

// Predict is the class that a model predicts for each row of a table: the one with the
// largest score, the first of several equal ones. Errors wrap ErrEvaluation. It is an error
// if the model predicts a number.
func Predict(m spec.Model, weights []float32, t data.Table) ([]int32, error) {
	if m.Regression() {
		return nil, fmt.Errorf("%w: %w", ErrEvaluation, errPredictsNumber)
	}
	y := make([]int32, 0, t.Rows())
	err := forwardAll(context.Background(), m, weights, t, func(net *network, _ int, logits []float32) {
		for i := range len(logits) / net.classes {
			y = append(y, argmax(logits[i*net.classes:(i+1)*net.classes]))
		}
	})
	if err != nil {
		return nil, err
	}
	return y, nil
}

// forwardAll computes the scores of all rows and calls use for each batch of them, with the
// network: logits are rows x classes, and their first row is row first of the table.
func forwardAll(ctx context.Context, m spec.Model, weights []float32, t data.Table, use func(net *network, first int, logits []float32)) error {
	if err := checkFits(m, weights, t); err != nil {
		return fmt.Errorf("%w: %w", ErrEvaluation, err)
	}
	batch, err := evaluationBatch(m)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrEvaluation, err)
	}
	net, err := newNetwork(m, gemm.Best(true), weights, batch, nil)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrEvaluation, err)
	}
	for first := 0; first < t.Rows(); first += batch {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("%w: stopped at row %d of %d: %w", ErrEvaluation, first, t.Rows(), err)
		}
		rows := min(batch, t.Rows()-first)
		for i := range rows {
			net.load(i, t.Row(first+i))
		}
		use(net, first, net.forward(rows))
	}
	return nil
}

// argmax is the index of the largest value, the first of several equal ones.
func argmax(x []float32) int32 {
	best := 0
	for i, v := range x {
		if v > x[best] {
			best = i
		}
	}
	return int32(best)
}
