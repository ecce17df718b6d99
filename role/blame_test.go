package role_test

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/spec"
)

// alone is a task with one aggregator, in a network of some trainers.
func alone(t *testing.T, trainers int) *sim.Network {
	t.Helper()
	asked := sim.DigitsTask(1)
	asked.Selection.Aggregators, asked.Selection.MinTrainers, asked.Retries = 1, uint32(trainers), 2
	n, err := sim.Digits(sim.Config{Chain: chain, Policy: spec.Policy{SoleAggregator: true}}, trainers)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.Open("consumer", asked); err != nil {
		t.Fatal(err)
	}
	return n
}

// standing is the reputation of a node.
func standing(n *sim.Network, node uint64) spec.PPM {
	record, _ := n.Node(node)
	return record.Reputation
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
		return n, finish(t, n)
	}
	n, task := play(false)
	if task.State != spec.TaskFailed || task.Delivered != 0 {
		t.Fatalf("task %s, %d paid for deliveries: the attack does not work even undefended", task.State, task.Delivered)
	}
	for i := range uint64(trainers) {
		if standing(n, first+i) != round.NewStanding().Reputation {
			t.Errorf("trainer %d has lost standing for what it cannot have done", first+i)
		}
	}

	n, task = play(true)
	share := task.Spec.PerRound() / 2 / trainers
	for i := range uint64(trainers) {
		if got := paid(n, first+i); got < share {
			t.Errorf("trainer %d was paid %d for its update: want at least %d", first+i, got, share)
		}
		if standing(n, first+i) != round.NewStanding().Reputation {
			t.Errorf("trainer %d has lost standing", first+i)
		}
	}
	if standing(n, 1) >= round.NewStanding().Reputation {
		t.Errorf("the robber stands at %s", standing(n, 1))
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
	reach(t, n, 1, spec.PhaseTrain)
	n.Nodes[0].Serves = full{n.Nodes[0].Serves}
	if task := finish(t, n); task.State != spec.TaskFailed || task.Accepted != 0 {
		t.Fatalf("task %s after %d rounds", task.State, task.Accepted)
	}
	for i := range uint64(trainers) {
		if got := standing(n, first+i); got != round.NewStanding().Reputation {
			t.Errorf("trainer %d stands at %s", first+i, got)
		}
	}
	start := round.NewStanding().Reputation
	if got := standing(n, 1); got != start-start/4 { // one missed round
		t.Errorf("the aggregator stands at %s", got)
	}
}

// TestDivergenceIsToldAtOnce: all trainers know after a moment that a task cannot be
// trained. The consumer once waited for 251 s.
func TestDivergenceIsToldAtOnce(t *testing.T) {
	asked := sim.DigitsTask(3)
	asked.Training.Rate = math.MaxUint32
	asked.Training.Epochs = 50
	asked.Selection.MinTrainers = 4
	n := open(t, 4, asked)
	began := n.Now()
	task := finish(t, n)
	if task.State != spec.TaskFailed || !strings.Contains(task.Reason, "4 declined: training diverged") {
		t.Errorf("task %s: %s", task.State, task.Reason)
	}
	if took := n.Now() - began; took >= 0 && spec.Duration(took.Milliseconds()) >= asked.Deadlines.Train {
		t.Errorf("it took %s of network time, as if all had waited for the deadline", took)
	}
	for i := range uint64(4) {
		if standing(n, first+i) != round.NewStanding().Reputation {
			t.Errorf("trainer %d stands at %s", first+i, standing(n, first+i))
		}
	}
}

// TestRowsThatDoNotFitAreTold: one trainer has too few rows and says so at once, so the
// others do not wait for it.
func TestRowsThatDoNotFitAreTold(t *testing.T) {
	asked := sim.DigitsTask(1)
	asked.Data.MinSamples = 50
	n := open(t, 4, asked)
	node := n.Nodes[first-1]
	node.Table = node.Table.Select([]int{0, 1})
	finish(t, n)
	r := rounds(t, n)[0]
	c := r.Trainers[r.Trainer(node.ID)]
	if c.Declined != spec.DeclineRows || r.Survivors() != 3 {
		t.Errorf("%d survive; the one with two rows: %+v", r.Survivors(), c)
	}
	if standing(n, node.ID) != round.NewStanding().Reputation {
		t.Errorf("it stands at %s", standing(n, node.ID))
	}
}

// TestPolicyOfTheNodeItself: a node whose owner has made its policy stricter since it was
// registered declines what it is selected for all the same, and says why.
func TestPolicyOfTheNodeItself(t *testing.T) {
	asked := sim.DigitsTask(1)
	asked.Selection.MinTrainers = 2
	n := open(t, 3, asked)
	node := n.Nodes[first-1]
	node.Tools.Policy = &spec.Policy{Owners: []string{"somebody else"}}
	finish(t, n)
	r := rounds(t, n)[0]
	if c := r.Trainers[r.Trainer(node.ID)]; c.Declined != spec.DeclinePolicy || r.Survivors() != 2 {
		t.Errorf("%d survive; the one with a policy: %+v", r.Survivors(), c)
	}
	if len(node.Errs) != 1 || !strings.Contains(node.Errs[0].Error(), "serves only other owners") {
		t.Errorf("it says %v", node.Errs)
	}
}
