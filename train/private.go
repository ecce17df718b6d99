package train

import (
	"context"
	"errors"
	"fmt"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/train/gemm"
)

// Private stands between the rows of a private job and its weights. In each step the
// engine asks it for a sample of the rows, gives it the gradient of the loss of each row
// in the sample, and continues with the gradient that it releases (Abadi et al. 2016,
// "Deep learning with differential privacy", algorithm 1). So the weights depend on the
// rows through Release alone. The number of steps, whether the job fails, and the rest of
// its Result do not depend on the rows at all. Only the running time does.
//
// The gradient of a row depends on the row, the weights and the step, and on no other
// row: adding a row to the table changes the sum by the gradient of that row only.
type Private interface {
	// Sample begins a step: of the rows 0 to rows-1 it lists those that take part, in rising
	// order. It discards gradients of an earlier step that was stopped before its release.
	// The engine reads the list before it calls Release.
	Sample(rows int) []int
	// Add receives the gradient of the loss of one row of the sample, in the layout of
	// the job's Weights. It must neither keep nor change the slice. The gradient is not
	// clipped, and its values need not be finite.
	Add(gradient []float32)
	// Release ends a step: it writes the gradient that the optimiser may see, in the layout
	// of the job's Weights. An error ends the training.
	Release(gradient []float32) error
}

// Gradients calls add with the gradient of the loss of each row of the job's table, at
// the job's weights, in the order of the rows. It does not change the weights, and add
// must neither keep nor change the slice. As in a step of a private job, gradients are not
// clipped, and nothing in a row changes the gradient of another row or makes Gradients
// fail. If the context ends it, add was not called for all rows. Of the job's Training
// only batch, the number of rows in one pass through the network, and arithmetic matter.
func (e Engine) Gradients(ctx context.Context, job Job, add func(gradient []float32)) error {
	net, _, err := e.prepare(job, Job.validateGradients)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrTraining, err)
	}
	rows := make([]int, job.Table.Rows())
	for i := range rows {
		rows[i] = i
	}
	if err := net.eachGradient(ctx, job.Table, rows, add); err != nil {
		return fmt.Errorf("%w: stopped: %w", ErrTraining, err)
	}
	return nil
}

// descendPrivately runs all steps of a private job.
func descendPrivately(ctx context.Context, net *network, job Job, kernel gemm.Kernel, progress func(done, total int)) error {
	penalty := newPenalty(job.Training, kernel, job.Weights)
	optimiser, err := newOptimiser(job.Training, kernel, len(net.weights))
	if err != nil {
		return err
	}
	for step := 1; step <= job.Steps; step++ {
		if err := net.eachGradient(ctx, job.Table, job.Private.Sample(job.Table.Rows()), job.Private.Add); err != nil {
			return fmt.Errorf("stopped at step %d of %d: %w", step, job.Steps, err)
		}
		if err := job.Private.Release(net.gradient); err != nil {
			return fmt.Errorf("release of step %d of %d: %w", step, job.Steps, err)
		}
		penalty.add(net.gradient, 1, net.weights)
		optimiser.step(net.weights, net.gradient, 1)
		if progress != nil {
			progress(step, job.Steps)
		}
	}
	return job.checkWeights(net.weights, job.Steps)
}

// eachGradient calls add with the gradient of the loss of each of the given rows, which go
// forward and backward in batches. It leaves out rows whose label is not a class of the
// model. Its error is the context's.
func (n *network) eachGradient(ctx context.Context, t data.Table, rows []int, add func(gradient []float32)) error {
	for _, l := range n.layers {
		if d, ok := l.(*dropout); ok {
			d.drawForAllRows()
		}
	}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		count := 0
		for ; len(rows) > 0 && count < n.batch; rows = rows[1:] {
			if y := t.Y[rows[0]]; y >= 0 && int(y) < n.classes {
				n.load(count, t.Row(rows[0]))
				n.labels[count] = labelOf(t, rows[0])
				count++
			}
		}
		n.forwardBackward(n.labels[:count], 1)
		for row := range count {
			n.rowGradient(row)
			add(n.gradient)
		}
		if len(rows) == 0 {
			return nil
		}
	}
}

// rowGradient sets the gradient to that of the loss of one row of the last
// forwardBackward.
func (n *network) rowGradient(row int) {
	of := func(values []float32) []float32 {
		width := len(values) / n.batch
		return values[row*width : (row+1)*width]
	}
	for i, l := range n.layers {
		if l, ok := l.(trainable); ok {
			l.parameterGradients(of(n.deltas[i+1]), of(n.outputs[i]), 1)
		}
	}
}

func (job Job) validateGradients() error {
	if job.Private != nil || job.Steps != 0 {
		return errors.New("gradients of a private job: want a job that is not private and has 0 steps")
	}
	return job.validateRowByRow()
}

// validateRowByRow validates a job whose row gradients the caller sums. It does not look
// at the rows.
func (job Job) validateRowByRow() error {
	if job.Training.Clip != 0 {
		return fmt.Errorf("training.clip is %s: want 0 in a job that hands out each row's gradient, because its caller clips them", job.Training.Clip)
	}
	if err := checkShape(job.Model, job.Weights, job.Table); err != nil {
		return err
	}
	return checkLabels(job.Model, job.Table)
}
