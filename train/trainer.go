package train

import (
	"context"
	"errors"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/spec"
)

// Every error of this package wraps one of these two.
var (
	ErrTraining   = errors.New("training")
	ErrEvaluation = errors.New("evaluation")
)

// Trainer trains and evaluates models. It must neither keep nor change its arguments,
// and must return when the context is done.
type Trainer interface {
	// Train runs a job to its end. After every step it calls progress, unless that is
	// nil, with the number of steps done and the number of all steps. Its errors wrap
	// ErrTraining. If the context ended the training, they wrap the context's error too;
	// after any other error the same job would fail again.
	Train(ctx context.Context, job Job, progress func(done, total int)) (Result, error)
	// Evaluate measures how good a model is on the rows of a table. Its errors wrap
	// ErrEvaluation and, if the context ended it, the context's error.
	Evaluate(ctx context.Context, m spec.Model, weights []float32, t data.Table) (Evaluation, error)
}

// Job is one trainer's work in one round.
type Job struct {
	Model    spec.Model
	Training spec.Training
	Weights  []float32  // at the start, in the layout of package model
	Seed     uint64     // for the order of the rows and for dropout
	Table    data.Table // may be a view: read its rows with Row
	// Private makes the job private: it runs for Steps steps, not for epochs. If Private
	// is nil, the job is not private and Steps is 0.
	Private Private
	Steps   int
}

// Result is the outcome of a job.
type Result struct {
	Weights []float32 // after training, in the layout of package model
	Samples int       // rows of the table; 0 for a private job, which keeps it secret
	Loss    float64   // mean loss during the last epoch, cross-entropy in nats or squared error; 0 for a private job
}
