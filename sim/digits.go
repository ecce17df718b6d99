package sim

import (
	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/spec"
)

// The roles of the nodes of [Digits]: 1 to 4 are aggregators, 5 to 8 are evaluators with
// a hold-out shard each, the others are trainers with a shard each.
const (
	Aggregators  = 4
	Evaluators   = 4
	FirstTrainer = Aggregators + Evaluators + 1
)

// Digits is a network that can learn the embedded digits. One fifth of the rows is the
// hold-out. Evaluators and trainers have equal shards.
func Digits(c Config, trainers int) (*Network, error) {
	table, err := data.Digits()
	if err != nil {
		return nil, err
	}
	train, holdout, err := data.Holdout(table, spec.One/5, 1)
	if err != nil {
		return nil, err
	}
	shards, err := data.Shards(train, trainers)
	if err != nil {
		return nil, err
	}
	held, err := data.Shards(holdout, Evaluators)
	if err != nil {
		return nil, err
	}
	n := New(c)
	var members []Member
	for range Aggregators {
		members = append(members, Member{Roles: spec.Aggregator})
	}
	for _, rows := range held {
		members = append(members, Member{Roles: spec.Evaluator, Rows: rows})
	}
	for _, rows := range shards {
		members = append(members, Member{Roles: spec.Trainer, Rows: rows})
	}
	for _, m := range members {
		m.Policy = c.Policy
		if _, err := n.Join(m); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// DigitsTask is a task for all trainers of [Digits]: a softmax model, a number of rounds,
// a public audit, 1 THING per round.
func DigitsTask(rounds uint32) spec.TaskSpec {
	t := spec.DefaultTask()
	t.Name = "digits"
	t.Model = spec.Model{Kind: spec.ModelSoftmax, Inputs: 64, Classes: 10, Seed: 4}
	t.Data = spec.Data{Name: "digits"}
	t.Training.Rate = spec.One / 10
	t.Target.Rounds = rounds
	t.Selection.Trainers, t.Selection.MinTrainers = 32, 1
	t.Escrow = spec.Thing * (uint64(rounds) + 1)
	t.Deadlines = spec.Deadlines{
		Select: 10 * spec.Second, Train: 10 * spec.Second,
		Attest: 5 * spec.Second, Aggregate: 5 * spec.Second, Evaluate: 5 * spec.Second,
	}
	t.Audit = spec.AuditPublic
	return t
}
