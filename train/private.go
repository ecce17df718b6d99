package train

import (
	"context"
	"errors"
	"fmt"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/train/gemm"
)

// Private stands between the rows of a private job and its weights. In each step the
// engine asks it for a sample, gives it the gradient of the loss of each row in the
// sample, and goes on with what it releases (Abadi et al. 2016, "Deep learning with
// differential privacy", algorithm 1). So whatever a private job gives depends on rows
// through Release alone: not the number of its steps, nor whether it fails, nor its
// Result. Only the time that it takes does.
//
// The gradient of a row depends on the row, the weights and the step, and on no other
// row: where one row more or less is in the table, the sum changes by its gradient.
type Private interface {
	// Sample begins a step and lists the rows, of so many, that take part in it, in rising
	// order. What was added in a step that was stopped before its release is forgotten.
	// The engine has read the list before it calls Release.
	Sample(rows int) []int
	// Add is given the gradient of the loss of one row of the sample, in the layout of
	// the job's Weights, which it must neither keep nor change. Nothing has clipped it,
	// and its values need not be finite numbers.
	Add(gradient []float32)
	// Release ends a step: it writes, in the layout of Weights, what the optimiser may see
	// of the sum. Its error ends the training.
	Release(gradient []float32) error
}

// Gradients gives add the gradient of the loss of each row of the job's table, in the
// order of the rows, at the job's weights, which stay as they are. It must neither keep
// nor change what it is given. As in a step of a private job, nothing has clipped the
// gradients, and whatever a row holds it changes no other row's gradient, and Gradients
// does not fail; where its context ends it, not all rows were given. Of the job's Training only batch and arithmetic matter: so many rows go
// through the network together.
func (e Engine) Gradients(ctx context.Context, job Job, add func(gradient []float32)) error {
	net, _, err := e.begin(job, Job.validateGradients)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrTraining, err)
	}
	rows := make([]int, job.Table.Rows())
	for i := range rows {
		rows[i] = i
	}
	if err := net.each(ctx, job.Table, rows, add); err != nil {
		return fmt.Errorf("%w: stopped: %w", ErrTraining, err)
	}
	return nil
}

// descendPrivately runs all steps of a private job.
func descendPrivately(ctx context.Context, net *network, job Job, kernel gemm.Kernel, progress func(done, total int)) error {
	pull := newPenalty(job.Training, kernel, job.Weights)
	rule, err := newOptimiser(job.Training, kernel, len(net.weights))
	if err != nil {
		return err
	}
	for step := 1; step <= job.Steps; step++ {
		if err := net.each(ctx, job.Table, job.Private.Sample(job.Table.Rows()), job.Private.Add); err != nil {
			return fmt.Errorf("stopped at step %d of %d: %w", step, job.Steps, err)
		}
		if err := job.Private.Release(net.gradient); err != nil {
			return fmt.Errorf("release of step %d of %d: %w", step, job.Steps, err)
		}
		pull.add(net.gradient, 1, net.weights)
		rule.move(net.weights, net.gradient, 1)
		if progress != nil {
			progress(step, job.Steps)
		}
	}
	return job.checkWeights(net.weights, job.Steps)
}

// each gives add the gradient of the loss of each of some rows, which go forward and
// backward together, a batch at a time. A row whose label is no class has none. Its
// error is the context's.
func (n *network) each(ctx context.Context, t data.Table, rows []int, add func(gradient []float32)) error {
	for _, l := range n.layers {
		if d, ok := l.(*dropout); ok {
			d.dropAlike()
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
		n.pass(n.labels[:count], 1)
		for row := range count {
			n.alone(row)
			add(n.gradient)
		}
		if len(rows) == 0 {
			return nil
		}
	}
}

// alone sets the gradient to that of the loss of one of the rows that the last pass
// went through.
func (n *network) alone(row int) {
	of := func(values []float32) []float32 {
		width := len(values) / n.batch
		return values[row*width : (row+1)*width]
	}
	for i, l := range n.layers {
		if l, ok := l.(learner); ok {
			l.gradients(of(n.deltas[i+1]), of(n.outputs[i]), 1)
		}
	}
}

func (job Job) validateGradients() error {
	if job.Private != nil || job.Steps != 0 {
		return errors.New("gradients of a private job: they are its own business")
	}
	return job.validateRowByRow()
}

// validateRowByRow is of a job whose rows' gradients are summed elsewhere. It looks at
// no row.
func (job Job) validateRowByRow() error {
	if job.Training.Clip != 0 {
		return fmt.Errorf("training.clip is %s where each row's gradient is handed on: who sums them clips them", job.Training.Clip)
	}
	if err := fitsShape(job.Model, job.Weights, job.Table); err != nil {
		return err
	}
	return hasLabels(job.Model, job.Table)
}
