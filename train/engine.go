package train

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train/gemm"
)

// Engine is the built-in [Trainer], for every architecture of package model. Its
// zero value is ready. It is safe for concurrent use and uses one thread per call:
// a machine can train as many shards at a time as it has cores.
type Engine struct {
	// Kernel multiplies matrices during training; nil stands for the fastest kernel of
	// the job's arithmetic. Evaluation always uses a strict kernel.
	Kernel *gemm.Kernel
}

var _ Trainer = Engine{}

// Train minimises the mean loss by steps of the job's optimiser. Each epoch goes
// through all rows once, in an order drawn from the seed, in batches; the last batch
// may be smaller. With strict arithmetic, which is the default, the same job gives the
// same bits.
//
// Each step computes the gradient of the mean loss. If training.clip is set, each row's
// gradient is clipped before the mean is taken. Then weight decay and the FedProx term
// are added, unclipped, and the optimiser changes the weights.
//
// Train fails if job and model do not fit, and if the loss, a row's gradient that is to
// be clipped, or the weights stop being finite numbers; the error names the step. The
// steps of a private job are different, and nothing in its rows makes it fail: see
// [Private].
func (e Engine) Train(ctx context.Context, job Job, progress func(done, total int)) (Result, error) {
	net, kernel, err := e.prepare(job, Job.validate)
	if err != nil {
		return Result{}, fmt.Errorf("%w: %w", ErrTraining, err)
	}
	var result Result
	if job.Private != nil {
		err = descendPrivately(ctx, net, job, kernel, progress)
	} else {
		result.Samples = job.Table.Rows()
		result.Loss, err = descend(ctx, net, job, kernel, progress)
	}
	if err != nil {
		return Result{}, fmt.Errorf("%w: %w", ErrTraining, err)
	}
	result.Weights = net.weights
	return result, nil
}

// prepare checks a job and makes its network, with a copy of the job's weights, and its
// kernel.
func (e Engine) prepare(job Job, validate func(Job) error) (*network, gemm.Kernel, error) {
	if job.Training.Arithmetic == "" {
		job.Training.Arithmetic = spec.ArithmeticStrict
	}
	if err := job.Training.Validate(); err != nil {
		return nil, gemm.Kernel{}, err
	}
	if err := validate(job); err != nil {
		return nil, gemm.Kernel{}, err
	}
	kernel, err := e.chooseKernel(job.Training.Arithmetic)
	if err != nil {
		return nil, gemm.Kernel{}, err
	}
	batch := int(min(uint64(job.Training.Batch), uint64(max(1, job.Table.Rows()))))
	net, err := newNetwork(job.Model, kernel, slices.Clone(job.Weights), batch, &job.Seed)
	if err != nil {
		return nil, gemm.Kernel{}, err
	}
	net.bound = model.Fraction(job.Training.Clip)
	return net, kernel, nil
}

// chooseKernel is the kernel for a task with the given arithmetic.
func (e Engine) chooseKernel(arithmetic string) (gemm.Kernel, error) {
	strict := arithmetic == spec.ArithmeticStrict
	if !strict && arithmetic != spec.ArithmeticFused {
		return gemm.Kernel{}, fmt.Errorf("the engine has no arithmetic %q", arithmetic)
	}
	if e.Kernel != nil {
		return *e.Kernel, nil
	}
	return gemm.Best(strict), nil
}

// descend runs all steps of a job and returns the loss of the last epoch.
func descend(ctx context.Context, net *network, job Job, kernel gemm.Kernel, progress func(done, total int)) (loss float64, err error) {
	t, batch := job.Table, net.batch
	penalty := newPenalty(job.Training, kernel, job.Weights)
	optimiser, err := newOptimiser(job.Training, kernel, len(net.weights))
	if err != nil {
		return 0, err
	}
	steps := (t.Rows() + batch - 1) / batch
	total := steps * int(job.Training.Epochs)
	source := rand.NewPCG(job.Seed, rowOrderStream)
	order := make([]int, t.Rows())
	for i := range order {
		order[i] = i
	}
	done := 0
	for range job.Training.Epochs {
		data.Permute(order, source)
		loss = 0
		for rows := range slices.Chunk(order, batch) {
			if err := ctx.Err(); err != nil {
				return 0, fmt.Errorf("stopped at step %d of %d: %w", done+1, total, err)
			}
			for i, row := range rows {
				net.load(i, t.Row(row))
				net.labels[i] = labelOf(t, row)
			}
			sum, longest := net.computeGradient(net.labels[:len(rows)])
			done++
			switch {
			case !finite(sum):
				return 0, fmt.Errorf("the loss is %v at step %d of %d: the rate %s is too high or the weights are too large", sum, done, total, job.Training.Rate)
			case !finite(longest):
				return 0, fmt.Errorf("a row's gradient has norm %v at step %d of %d: the rate %s is too high or the weights are too large", longest, done, total, job.Training.Rate)
			}
			penalty.add(net.gradient, net.divisor, net.weights)
			optimiser.step(net.weights, net.gradient, net.divisor)
			loss += sum
			if progress != nil {
				progress(done, total)
			}
		}
	}
	return loss / float64(t.Rows()), job.checkWeights(net.weights, total)
}

// checkWeights reports the first weight that is not a finite number after all steps.
func (job Job) checkWeights(weights []float32, steps int) error {
	for i, w := range weights {
		if !finite(float64(w)) {
			return fmt.Errorf("weight %d is %v after step %d of %d: the rate %s is too high", i, w, steps, steps, job.Training.Rate)
		}
	}
	return nil
}

// Stream numbers of the random generators that share a job's seed: one for the order of
// the rows, "rowsrows" in ASCII, and one per dropout layer, "dropdrop" plus the layer's
// index.
const (
	rowOrderStream = 0x726f7773726f7773
	dropoutStream  = 0x64726f7064726f70
)

// validate reports the first reason why a job cannot run.
func (job Job) validate() error {
	if job.Private == nil {
		if job.Steps != 0 {
			return fmt.Errorf("a job of %d steps that is not private: want 0, because its epochs decide", job.Steps)
		}
		if err := checkFits(job.Model, job.Weights, job.Table); err != nil {
			return err
		}
		return checkLabels(job.Model, job.Table)
	}
	if job.Steps < 1 {
		return fmt.Errorf("a private job of %d steps: want at least 1; its epochs do not count, because their steps depend on the rows", job.Steps)
	}
	return job.validateRowByRow()
}

// checkFits reports the first mismatch between a model, its weights and a table.
func checkFits(m spec.Model, weights []float32, t data.Table) error {
	if err := checkShape(m, weights, t); err != nil {
		return err
	}
	if t.Rows() == 0 {
		return errors.New("the table has no rows")
	}
	return t.Validate()
}

// checkLabels reports that the model predicts a number and not every row has one as its
// label. Every table has classes, so a model that predicts a class needs no check.
func checkLabels(m spec.Model, t data.Table) error {
	if m.Regression() && len(t.Targets) != t.Rows() {
		return fmt.Errorf("the table has %d rows and %d labels that are numbers: the model predicts one number per row", t.Rows(), len(t.Targets))
	}
	return nil
}

// checkShape is checkFits without a look at the rows.
func checkShape(m spec.Model, weights []float32, t data.Table) error {
	size, err := model.Size(m)
	switch {
	case err != nil:
		return err
	case len(weights) != size:
		return fmt.Errorf("%d weights: the model has %d", len(weights), size)
	case t.Features != int(m.Inputs):
		return fmt.Errorf("the table has %d features: the model has %d inputs", t.Features, m.Inputs)
	case t.Classes != int(m.Classes):
		return fmt.Errorf("the table has %d classes: the model has %d", t.Classes, m.Classes)
	}
	return t.ValidateShape()
}
