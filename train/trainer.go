package train

import (
	"context"
	"errors"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/spec"
)

// The two families of errors of this package; every error is of one of them.
var (
	ErrTraining   = errors.New("training")
	ErrEvaluation = errors.New("evaluation")
)

// Trainer trains and evaluates models. It must not keep or change what it is
// given, and must return when the context is done.
type Trainer interface {
	// Train runs a job to its end. It calls progress, unless it is nil, after
	// every step with the number of steps done and of all steps. Errors are
	// ErrTraining, and the context's error when that is the cause; with any other
	// cause the same job would fail again.
	Train(ctx context.Context, job Job, progress func(done, total int)) (Result, error)
	// Evaluate says how good a model is on the rows of a table.
	// Errors are ErrEvaluation, as those of Train are ErrTraining.
	Evaluate(ctx context.Context, m spec.Model, weights []float32, t data.Table) (Evaluation, error)
}

// Job is one trainer's work in one round.
type Job struct {
	Model    spec.Model
	Training spec.Training
	Weights  []float32  // to start from, in the layout of package model
	Seed     uint64     // of the order of the rows
	Table    data.Table // perhaps a view: Row finds its rows
	// Private makes the job a private one, of Steps steps instead of epochs. Nil: the
	// job is not private, and Steps is 0.
	Private Private
	Steps   int
}

// Result is what a job gave.
type Result struct {
	Weights []float32 // after training, in the layout of package model
	Samples int       // rows of the table; 0 of a private job, whose rows are not told
	Loss    float64   // mean loss of the last epoch, while it ran; cross-entropy in nats or squared distance; 0 of a private job
}
