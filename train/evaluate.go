package train

import (
	"context"
	"fmt"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train/gemm"
)

// portion is how many rows are classified at a time: 64, or fewer of a model that
// puts out so much that they would take more than 64 MiB.
func portion(m spec.Model) (int, error) {
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

// Evaluate counts the rows whose class [Predict] finds, or says how near [Values] comes
// to the numbers of the rows.
func (Engine) Evaluate(ctx context.Context, m spec.Model, weights []float32, t data.Table) (Evaluation, error) {
	if err := hasLabels(m, t); err != nil {
		return Evaluation{}, fmt.Errorf("%w: %w", ErrEvaluation, err)
	}
	e := Evaluation{Samples: t.Rows()}
	found := make([]int32, 0, t.Rows())    // of a regression: none
	values := make([]float32, 0, t.Rows()) // of a regression alone
	err := classify(ctx, m, weights, t, func(net *network, first int, logits []float32) {
		for i := range len(logits) / net.classes {
			row := logits[i*net.classes : (i+1)*net.classes]
			if m.Regression() {
				values = append(values, row[0])
			} else {
				found = append(found, argmax(row))
			}
			e.Loss += float64(net.loss(row, labelOf(t, first+i)))
		}
	})
	if err != nil {
		return Evaluation{}, err
	}
	e.Loss /= float64(e.Samples)
	if m.Regression() {
		e.fit(values, t.Targets)
	} else {
		e.count(found, t.Y, int(m.Classes))
	}
	return e, nil
}

// Predict is the class a model gives to each row of a table: the one with the
// largest score, the first of equals. Errors are ErrEvaluation; it is one where the model
// predicts a number.
func Predict(m spec.Model, weights []float32, t data.Table) ([]int32, error) {
	if m.Regression() {
		return nil, fmt.Errorf("%w: %w", ErrEvaluation, errNumber)
	}
	y := make([]int32, 0, t.Rows())
	err := classify(context.Background(), m, weights, t, func(net *network, _ int, logits []float32) {
		for i := range len(logits) / net.classes {
			y = append(y, argmax(logits[i*net.classes:(i+1)*net.classes]))
		}
	})
	if err != nil {
		return nil, err
	}
	return y, nil
}

// classify hands the scores of all rows to use, a few rows at a time, with the network
// that made them: logits are rows x classes, the first of them is row first of the
// table.
func classify(ctx context.Context, m spec.Model, weights []float32, t data.Table, use func(net *network, first int, logits []float32)) error {
	if err := fits(m, weights, t); err != nil {
		return fmt.Errorf("%w: %w", ErrEvaluation, err)
	}
	portion, err := portion(m)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrEvaluation, err)
	}
	net, err := newNetwork(m, gemm.Best(true), weights, portion, nil)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrEvaluation, err)
	}
	for first := 0; first < t.Rows(); first += portion {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("%w: stopped at row %d of %d: %w", ErrEvaluation, first, t.Rows(), err)
		}
		rows := min(portion, t.Rows()-first)
		for i := range rows {
			net.load(i, t.Row(first+i))
		}
		use(net, first, net.forward(rows))
	}
	return nil
}

// argmax is the index of the largest value, the first of equals.
func argmax(x []float32) int32 {
	best := 0
	for i, v := range x {
		if v > x[best] {
			best = i
		}
	}
	return int32(best)
}
