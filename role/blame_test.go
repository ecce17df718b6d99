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

// openSoleAggregator returns a network whose open task has one aggregator.
func openSoleAggregator(t *testing.T, trainers int) *sim.Network {
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

// alterMessages changes every message that a node sends to the chain.
func alterMessages(n *sim.Node, change func(round.Input) round.Input) {
	send := n.Tools.Send
	n.Tools.Send = func(ctx context.Context, s role.Send) error {
		s.Input = change(s.Input)
		return send(ctx, s)
	}
}

// attestNothing changes an attestation to one of no update.
func attestNothing(in round.Input) round.Input {
	if a, ok := in.(round.Attest); ok {
		a.Holds = make([]byte, len(a.Holds))
		return a
	}
	return in
}

// TestAttack20OnlyAggregatorRobsTrainers: the consumer runs the only aggregator. It takes the
// updates and attests none, so that no trainer is paid.
func TestAttack20OnlyAggregatorRobsTrainers(t *testing.T) {
	const trainers = 3
	play := func(receipts bool) (*sim.Network, spec.Task) {
		n := openSoleAggregator(t, trainers)
		alterMessages(n.Nodes[0], attestNothing)
		if !receipts { // off: the trainers show no receipts
			for i := range trainers {
				alterMessages(n.Nodes[first-1+i], func(in round.Input) round.Input {
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
		t.Fatalf("task %s, %d uthing paid for deliveries: the attack does not work even without the defence", task.State, task.Delivered)
	}
	for i := range uint64(trainers) {
		if simtest.Reputation(n, first+i) != round.NewStanding().Reputation {
			t.Errorf("without receipts, trainer %d has lost reputation for what it cannot have done", first+i)
		}
	}

	n, task = play(true)
	share := task.Spec.PerRound() / 2 / trainers
	for i := range uint64(trainers) {
		if got := simtest.Earned(n, first+i); got < share {
			t.Errorf("trainer %d was paid %d uthing for its update, want at least %d", first+i, got, share)
		}
		if simtest.Reputation(n, first+i) != round.NewStanding().Reputation {
			t.Errorf("trainer %d has lost reputation", first+i)
		}
	}
	if simtest.Reputation(n, 1) >= round.NewStanding().Reputation {
		t.Errorf("the aggregator has reputation %s, want less than %s", simtest.Reputation(n, 1), round.NewStanding().Reputation)
	}
	if task.Paid >= 2*task.Spec.PerRound() {
		t.Errorf("the aborted rounds cost %d uthing, want less than two accepted ones of %d", task.Paid, task.Spec.PerRound())
	}
}

// fullStore is a store without room.
type fullStore struct{ blob.Store }

func (s fullStore) For(task uint64) blob.Store { return fullStore{s.Store.For(task)} }

func (fullStore) Draft(context.Context, spec.Digest, int64) (*blob.Draft, error) {
	return nil, blob.ErrFull
}

// TestFullDiskCostsNoTrainer: the only aggregator's disk is full, so it takes no update. Three
// trainers once lost reputation for that, from 0.80 to 0.24.
func TestFullDiskCostsNoTrainer(t *testing.T) {
	const trainers = 3
	n := openSoleAggregator(t, trainers)
	simtest.Reach(t, n, 1, spec.PhaseTrain)
	n.Nodes[0].Serves = fullStore{n.Nodes[0].Serves}
	if task := simtest.Finish(t, n); task.State != spec.TaskFailed || task.Accepted != 0 {
		t.Fatalf("task %s after %d accepted rounds, want %s after 0", task.State, task.Accepted, spec.TaskFailed)
	}
	for i := range uint64(trainers) {
		if got := simtest.Reputation(n, first+i); got != round.NewStanding().Reputation {
			t.Errorf("trainer %d has reputation %s, want no loss", first+i, got)
		}
	}
	start := round.NewStanding().Reputation
	if got := simtest.Reputation(n, 1); got != start-start/4 { // one missed round
		t.Errorf("the aggregator has reputation %s, want %s", got, start-start/4)
	}
}
