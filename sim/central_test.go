package sim_test

import (
	"errors"
	"testing"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// central is a task of digits whose unit is the example, for ten trainers, of whom one
// may collude with somebody.
func central(kind string, rounds uint32, clip, noise spec.PPM) spec.TaskSpec {
	t := sim.DigitsTask(rounds)
	t.Selection.Trainers, t.Selection.MinTrainers = 10, 10
	t.Aggregation = spec.Aggregation{Rule: spec.RuleMean, ScaleBits: 8, Optimiser: spec.ServerFedAvgM, Rate: 600_000, Momentum: 900_000}
	t.Privacy = spec.Privacy{Mode: spec.PrivacyCentral, Kind: kind, Clip: clip, Noise: noise, Divisor: 1600, Unit: spec.UnitExample, Corrupt: 1}
	t.Overlap, t.Audit = false, spec.AuditAggregators
	return t
}

// owning is a network of digits whose trainers own a data set each, with so much epsilon
// for each row.
func owning(t *testing.T, trainers int, epsilon cost.Epsilon, task spec.TaskSpec) *sim.Network {
	t.Helper()
	n, err := sim.Digits(sim.Config{}, trainers)
	if err != nil {
		t.Fatal(err)
	}
	for _, node := range n.Nodes[sim.FirstTrainer-1:] {
		limit := cost.Limit{Unit: cost.Unit(task.Privacy.Unit), Adjacency: cost.AddRemove, Epsilon: epsilon, Delta: cost.OneDelta / 100_000}
		id, err := n.RegisterDataset(node.Owner, limit)
		if err == nil {
			err = errors.Join(n.Grant(id, node.ID), n.Hold(node.ID, "digits", id))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := n.Open("consumer", task); err != nil {
		t.Fatal(err)
	}
	return n
}

// accuracy is how many rows of the whole hold-out the task's newest model gets right.
func accuracy(t *testing.T, n *sim.Network, task spec.Task) float64 {
	t.Helper()
	all, err := data.Digits()
	if err != nil {
		t.Fatal(err)
	}
	_, holdout, err := data.Holdout(all, spec.One/5, 1)
	if err != nil {
		t.Fatal(err)
	}
	model, err := n.Nodes[0].Tools.Model(t.Context(), task, task.Model)
	if err != nil {
		t.Fatal(err)
	}
	judged, err := train.Engine{}.Evaluate(t.Context(), task.Spec.Model, model.Weights, holdout)
	if err != nil {
		t.Fatal(err)
	}
	return float64(judged.Accuracy()) / float64(spec.One)
}

// TestCentral: ten trainers learn digits together, and each row's loss is what the books
// say. Where epsilon is a tenth, little is learned: the noise is real.
func TestCentral(t *testing.T) {
	for name, c := range map[string]struct {
		task    spec.TaskSpec
		epsilon cost.Epsilon
		least   float64
		most    float64
	}{
		"gaussian":              {central(spec.KindGaussian, 30, 2*spec.One, 3_520_000), 8 * cost.OneEpsilon, 0.89, 1},
		"gaussian, epsilon 0.1": {central(spec.KindGaussian, 30, spec.One/10, 270_000_000), cost.OneEpsilon / 10, 0, 0.6},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := owning(t, 10, c.epsilon, c.task)
			task, err := n.Finish(t.Context(), 1)
			if err != nil {
				t.Fatal(err)
			}
			if task.State != spec.TaskSpent || task.Accepted != c.task.Target.Rounds {
				t.Fatalf("the task is %s (%s) with %d rounds", task.State, task.Reason, task.Accepted)
			}
			b, rows, _ := n.Book(1)
			got := accuracy(t, n, task)
			t.Logf("accuracy %.3f, spent %+v of %+v in %d rows", got, b.Spent, b.Limit, len(rows))
			if got < c.least || got > c.most {
				t.Errorf("accuracy %.3f: want %.2f to %.2f", got, c.least, c.most)
			}
		})
	}
}
