package aggregator_test

import (
	"context"
	"testing"

	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/sim/simtest"
	"github.com/althing-network/althing/train"
)

// content is a trainer that finds nothing to learn.
type content struct{ train.Engine }

// Train implements [train.Trainer].
func (content) Train(_ context.Context, job train.Job, _ func(done, total int)) (train.Result, error) {
	return train.Result{Weights: job.Weights, Samples: job.Table.Rows()}, nil
}

// Trainers whose rows a model fits already send the same values, all of them 0, and nobody
// takes them for copies.
func TestNothingToLearn(t *testing.T) {
	n := simtest.Open(t, 4, sim.DigitsTask(2))
	for _, node := range n.Nodes[sim.FirstTrainer-1:] {
		node.Tools.Trainer = content{}
	}
	simtest.Finish(t, n)
	for _, r := range simtest.SettledRounds(t, n) {
		for _, c := range r.Trainers {
			if !c.Survivor {
				t.Errorf("round %d: node %d is left out", r.Number, c.Node)
			}
		}
	}
	if err := n.Errs(); err != nil {
		t.Error(err)
	}
}
