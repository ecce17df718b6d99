package aggregator_test

import (
	"context"
	"testing"

	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/sim/simtest"
	"github.com/althing-network/althing/train"
)

// idleEngine is an engine that returns the base model.
type idleEngine struct{ train.Engine }

// Train implements [train.Trainer].
func (idleEngine) Train(_ context.Context, job train.Job, _ func(done, total int)) (train.Result, error) {
	return train.Result{Weights: job.Weights, Samples: job.Table.Rows()}, nil
}

// TestUpdatesOfZerosAreNoCopies: trainers whose rows the model already fits all send zeros. The
// aggregators do not take these equal updates for copies.
func TestUpdatesOfZerosAreNoCopies(t *testing.T) {
	n := simtest.Open(t, 4, sim.DigitsTask(2))
	for _, node := range n.Nodes[sim.FirstTrainer-1:] {
		node.Tools.Trainer = idleEngine{}
	}
	simtest.Finish(t, n)
	for _, r := range simtest.SettledRounds(t, n) {
		for _, c := range r.Trainers {
			if !c.Survivor {
				t.Errorf("round %d: trainer %d is no survivor", r.Number, c.Node)
			}
		}
	}
	simtest.WantNoErrors(t, n)
}
