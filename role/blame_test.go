package role_test

import (
	"context"
	"testing"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/sim/simtest"
	"github.com/althing-network/althing/spec"
)

// alone is a task with one aggregator, in a network of some trainers.
func alone(t *testing.T, trainers int) *sim.Network {
	t.Helper()
	asked := sim.DigitsTask(1)
	asked.Selection.Aggregators, asked.Selection.MinTrainers, asked.Retries = 1, uint32(trainers), 2
	n, err := sim.Digits(sim.Config{Chain: simtest.Chain, Policy: spec.Policy{SoleAggregator: true}}, trainers)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.Open("consumer", asked); err != nil {
		t.Fatal(err)
	}
	return n
}

// says changes what a node says to the chain.
func says(n *sim.Node, change func(round.Input) round.Input) {
	send := n.Tools.Send
	n.Tools.Send = func(ctx context.Context, s role.Send) error {
		s.Input = change(s.Input)
		return send(ctx, s)
	}
}

// nothing has an aggregator attest that it holds nothing.
func nothing(in round.Input) round.Input {
	if a, ok := in.(round.Attest); ok {
		a.Holds = make([]byte, len(a.Holds))
		return a
	}
	return in
}

// TestAttack20OnlyAggregatorRobsTrainers: the consumer's aggregator is the only one. It
// takes the updates and attests nothing, so that nobody is paid.
func TestAttack20OnlyAggregatorRobsTrainers(t *testing.T) {
	const trainers = 3
	play := func(receipts bool) (*sim.Network, spec.Task) {
		n := alone(t, trainers)
		says(n.Nodes[0], nothing)
		if !receipts { // off: the trainers have no receipts to show
			for i := range trainers {
				says(n.Nodes[first-1+i], func(in round.Input) round.Input {
					if p, ok := in.(round.Prove); ok {
						p.Receipts = nil
						return p
					}
					return in
				})
			}
		}
		return n, simtest.Finish(t, n)
	}
	n, task := play(false)
	if task.State != spec.TaskFailed || task.Delivered != 0 {
		t.Fatalf("task %s, %d paid for deliveries: the attack does not work even undefended", task.State, task.Delivered)
	}
	for i := range uint64(trainers) {
		if simtest.Reputation(n, first+i) != round.NewStanding().Reputation {
			t.Errorf("trainer %d has lost standing for what it cannot have done", first+i)
		}
	}

	n, task = play(true)
	share := task.Spec.PerRound() / 2 / trainers
	for i := range uint64(trainers) {
		if got := simtest.Earned(n, first+i); got < share {
			t.Errorf("trainer %d was paid %d for its update: want at least %d", first+i, got, share)
		}
		if simtest.Reputation(n, first+i) != round.NewStanding().Reputation {
			t.Errorf("trainer %d has lost standing", first+i)
		}
	}
	if simtest.Reputation(n, 1) >= round.NewStanding().Reputation {
		t.Errorf("the robber stands at %s", simtest.Reputation(n, 1))
	}
	if task.Paid >= 2*task.Spec.PerRound() {
		t.Errorf("rounds that came to nothing cost %d, one that is accepted %d", task.Paid, task.Spec.PerRound())
	}
}

// full is a store that takes nothing.
type full struct{ blob.Store }

func (f full) For(task uint64) blob.Store { return full{f.Store.For(task)} }

func (full) Draft(context.Context, spec.Digest, int64) (*blob.Draft, error) {
	return nil, blob.ErrFull
}

// TestFullDiskCostsNoTrainer: an only aggregator whose disk is full takes no update. Three
// trainers once fell from 0.80 to 0.24 for it.
func TestFullDiskCostsNoTrainer(t *testing.T) {
	const trainers = 3
	n := alone(t, trainers)
	simtest.Reach(t, n, 1, spec.PhaseTrain)
	n.Nodes[0].Serves = full{n.Nodes[0].Serves}
	if task := simtest.Finish(t, n); task.State != spec.TaskFailed || task.Accepted != 0 {
		t.Fatalf("task %s after %d rounds", task.State, task.Accepted)
	}
	for i := range uint64(trainers) {
		if got := simtest.Reputation(n, first+i); got != round.NewStanding().Reputation {
			t.Errorf("trainer %d stands at %s", first+i, got)
		}
	}
	start := round.NewStanding().Reputation
	if got := simtest.Reputation(n, 1); got != start-start/4 { // one missed round
		t.Errorf("the aggregator stands at %s", got)
	}
}
