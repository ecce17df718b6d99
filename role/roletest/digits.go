package roletest

import (
	"testing"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/spec"
)

// What the nodes of [Digits] do: 1 to 4 aggregate, 5 to 8 evaluate a hold-out
// shard each, the others train on a shard each.
const (
	Aggregators  = 4
	Evaluators   = 4
	FirstTrainer = Aggregators + Evaluators + 1
)

// Digits is a network that learns the embedded digits.
func Digits(t testing.TB, trainers int) *Network {
	t.Helper()
	table, err := data.Digits()
	if err != nil {
		t.Fatal(err)
	}
	train, holdout, err := data.Holdout(table, spec.One/5, 1)
	if err != nil {
		t.Fatal(err)
	}
	shards, err := data.Shards(train, trainers)
	if err != nil {
		t.Fatal(err)
	}
	held, err := data.Shards(holdout, Evaluators)
	if err != nil {
		t.Fatal(err)
	}
	n := New(t)
	for range Aggregators {
		n.Join(spec.Aggregator, data.Table{})
	}
	for _, table := range held {
		n.Join(spec.Evaluator, table)
	}
	for _, table := range shards {
		n.Join(spec.Trainer, table)
	}
	return n
}

// DigitsTask asks all nodes of [Digits] for a softmax, for some rounds, and lets
// everybody audit them.
func DigitsTask(rounds uint32) spec.TaskSpec {
	t := spec.DefaultTask()
	t.Name = "digits"
	t.Model = spec.Model{Kind: spec.ModelSoftmax, Inputs: 64, Classes: 10}
	t.Data = spec.Data{Name: "digits"}
	t.Training.Rate = spec.One / 10
	t.Target.Rounds = rounds
	t.Selection.Trainers, t.Selection.MinTrainers = 32, 1
	t.Escrow = 1_000_000 * uint64(rounds)
	t.Deadlines = spec.Deadlines{Select: 40, Train: 40, Attest: 20, Aggregate: 20, Evaluate: 20}
	t.Audit = spec.AuditPublic
	return t
}
