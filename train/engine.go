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
// zero value is ready. It is safe for concurrent use, and uses one thread a call:
// a machine trains as many shards at a time as it has cores.
type Engine struct {
	// Kernel multiplies where tasks are trained; nil stands for the fastest one of
	// the task's arithmetic. Evaluations are strict whatever it is.
	Kernel *gemm.Kernel
}

var _ Trainer = Engine{}

// Train minimises the mean loss by steps of the job's optimiser: each epoch goes
// through all rows once, in an order drawn from the seed, in batches of which the
// last may be smaller. Same job, same bits, where arithmetic is strict; where the
// job does not say which, it is.
//
// In each step the gradient of the mean loss is computed; with a bound, each row's
// is clipped before the mean. Then weight decay and FedProx's term are added, which no
// bound holds back, and the optimiser moves the weights.
//
// Train fails when job and model do not fit, and when the loss, a row's gradient that
// is to be clipped, or the weights stop being finite numbers, naming the step. A
// private job takes other steps, and what its rows hold never makes it fail: see
// [Private].
func (e Engine) Train(ctx context.Context, job Job, progress func(done, total int)) (Result, error) {
	net, kernel, err := e.begin(job, Job.validate)
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

// begin makes what a valid job trains, with a copy of the job's weights, and what
// multiplies in it.
func (e Engine) begin(job Job, validate func(Job) error) (*network, gemm.Kernel, error) {
	if job.Training.Arithmetic == "" {
		job.Training.Arithmetic = spec.ArithmeticStrict
	}
	if err := job.Training.Validate(); err != nil {
		return nil, gemm.Kernel{}, err
	}
	if err := validate(job); err != nil {
		return nil, gemm.Kernel{}, err
	}
	kernel, err := e.kernel(job.Training.Arithmetic)
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

// kernel is what multiplies in a task of some arithmetic.
func (e Engine) kernel(arithmetic string) (gemm.Kernel, error) {
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
	pull := newPenalty(job.Training, kernel, job.Weights)
	rule, err := newOptimiser(job.Training, kernel, len(net.weights))
	if err != nil {
		return 0, err
	}
	steps := (t.Rows() + batch - 1) / batch
	total := steps * int(job.Training.Epochs)
	source := rand.NewPCG(job.Seed, stream)
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
			sum, longest := net.slope(net.labels[:len(rows)])
			done++
			switch {
			case !finite(sum):
				return 0, fmt.Errorf("the loss is %v at step %d of %d: the rate %s is too high or the weights are too large", sum, done, total, job.Training.Rate)
			case !finite(longest):
				return 0, fmt.Errorf("a row's gradient has norm %v at step %d of %d: the rate %s is too high or the weights are too large", longest, done, total, job.Training.Rate)
			}
			pull.add(net.gradient, net.parts, net.weights)
			rule.move(net.weights, net.gradient, net.parts)
			loss += sum
			if progress != nil {
				progress(done, total)
			}
		}
	}
	return loss / float64(t.Rows()), job.checkWeights(net.weights, total)
}

// checkWeights reports a weight that is no number after all steps.
func (job Job) checkWeights(weights []float32, steps int) error {
	for i, w := range weights {
		if !finite(float64(w)) {
			return fmt.Errorf("weight %d is %v after step %d of %d: the rate %s is too high", i, w, steps, steps, job.Training.Rate)
		}
	}
	return nil
}

// These keep the row order and what each dropout layer draws apart from each other
// and from other uses of a seed: "rowsrows", and "dropdrop" plus the layer's index.
const (
	stream     = 0x726f7773726f7773
	dropStream = 0x64726f7064726f70
)

// validate reports the first reason why a job cannot be run.
func (job Job) validate() error {
	if job.Private == nil {
		if job.Steps != 0 {
			return fmt.Errorf("%d steps of a job that is not private: it takes as many as its epochs make", job.Steps)
		}
		if err := fits(job.Model, job.Weights, job.Table); err != nil {
			return err
		}
		return hasLabels(job.Model, job.Table)
	}
	if job.Steps < 1 {
		return fmt.Errorf("a private job of %d steps: want at least 1, for how many epochs make depends on the rows", job.Steps)
	}
	return job.validateRowByRow()
}

// fits reports the first reason why a model, its weights and the rows of a table do
// not go together.
func fits(m spec.Model, weights []float32, t data.Table) error {
	if err := fitsShape(m, weights, t); err != nil {
		return err
	}
	if t.Rows() == 0 {
		return errors.New("the table has no rows")
	}
	return t.Validate()
}

// hasLabels reports whether rows say what a model should find: a number of each, where it
// predicts one. That they say a class is known of every table.
func hasLabels(m spec.Model, t data.Table) error {
	if m.Regression() && len(t.Targets) != t.Rows() {
		return fmt.Errorf("the table has %d rows and %d labels that are numbers: the model predicts a number of each", t.Rows(), len(t.Targets))
	}
	return nil
}

// fitsShape looks at no row.
func fitsShape(m spec.Model, weights []float32, t data.Table) error {
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
