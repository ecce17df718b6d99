package sim_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/role/aggregator"
	"github.com/althing-network/althing/role/evaluator"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/spec"
)

// slowScoring lets evaluators take so long that a round is still being scored while the
// next one goes through all its phases.
func slowScoring(n *sim.Node, a role.Action) time.Duration {
	if _, scores := a.(evaluator.Score); scores {
		return 1600 * time.Millisecond // a block takes 250 ms
	}
	return sim.Takes(n, a)
}

// everyAction makes a node refuse all actions.
func everyAction(role.Action) bool { return true }

// TestOverlapWithFailures: a round runs while the round before it is being scored. In each
// of its phases nodes of each role crash and restart, owners cancel the task, and rounds
// abort and are retried. In every combination the task ends in the right state, pays for
// the work done and leaves no node busy; a stranger can verify all settled rounds; and no
// action has failed.
func TestOverlapWithFailures(t *testing.T) {
	const trainers, aggregates, evaluates = sim.FirstTrainer, 1, sim.Aggregators + 1
	crashes := map[string][]uint64{
		"nobody": nil, "a trainer": {trainers}, "an aggregator": {aggregates}, "an evaluator": {evaluates},
		"all": {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11},
	}
	for _, phase := range []spec.Phase{spec.PhaseTrain, spec.PhaseAttest, spec.PhaseAggregate, spec.PhaseReveal} {
		for who, nodes := range crashes {
			for _, also := range []string{"goes on", "is cancelled", "is aborted", "is aborted and cancelled"} {
				t.Run(fmt.Sprintf("%s crashes in phase %s of a task that %s", who, phase, also), func(t *testing.T) {
					cancels := also == "is cancelled" || also == "is aborted and cancelled"
					aborts := also == "is aborted" || also == "is aborted and cancelled"
					n := digits(t, sim.Config{Seed: 1, Takes: slowScoring}, 3, sim.DigitsTask(3))
					for _, node := range nodes {
						n.CrashIn(node, 1, 2, phase, 20*time.Millisecond, 300*time.Millisecond)
					}
					var began spec.Task
					n.When(1, 2, phase, func() {
						began = taskOf(t, n)
						if cancels {
							if err := n.Say(1, round.Cancel{Owner: "consumer"}); err != nil {
								t.Error(err)
							}
						}
						if aborts { // aggregators do nothing until the round is aborted
							refuse(n.Nodes[:sim.Aggregators], everyAction)
							n.When(1, 2, spec.PhaseAborted, func() { refuse(n.Nodes[:sim.Aggregators], nil) })
						}
					})
					task := finish(t, n)
					if began.Scoring != 1 {
						t.Fatalf("in phase %s of round 2, round %d is being scored: want round 1", phase, began.Scoring)
					}
					want, accepted := spec.TaskSpent, uint32(3)
					switch {
					case aborts && cancels:
						want, accepted = spec.TaskCancelled, 1
					case cancels:
						want, accepted = spec.TaskCancelled, 2
					}
					// At least the whole pay without the shares of evaluators, which may be late.
					maxPaid := uint64(accepted)*spec.Thing + task.Fees + task.Delivered
					minPaid := maxPaid - uint64(accepted)*120_000
					if task.State != want || task.Accepted != accepted || task.Paid > maxPaid || task.Paid < minPaid {
						t.Errorf("task %s (%s) after %d rounds, paid %d uthing; want %s after %d, %d to %d uthing", task.State, task.Reason, task.Accepted, task.Paid, want, accepted, minPaid, maxPaid)
					}
					if !aborts {
						wantNoErrors(t, n)
					}
					wantVerified(t, n, task)
					wantIdle(t, n)
				})
			}
		}
	}
}

// wantVerified checks that a stranger can verify every settled round.
func wantVerified(t *testing.T, n *sim.Network, task spec.Task) {
	t.Helper()
	settled := uint32(0)
	for number := uint64(1); number <= task.Round; number++ {
		r, err := n.Round(1, number)
		if err != nil {
			t.Fatal(err)
		}
		if r.Phase != spec.PhaseSettled {
			continue
		}
		settled++
		if d, err := aggregator.Verify(t.Context(), n.Stranger(), task, r); err != nil || d != r.Next {
			t.Errorf("a stranger cannot verify round %d: model %s (%v), want %s", number, d.Short(), err, r.Next.Short())
		}
	}
	if settled != task.Accepted {
		t.Errorf("%d rounds are settled and %d accepted", settled, task.Accepted)
	}
}

// wantIdle checks that no node is busy and no money is in escrow.
func wantIdle(t *testing.T, n *sim.Network) {
	t.Helper()
	for _, node := range n.Nodes {
		if on, _ := n.Node(node.ID); on.Busy > 0 {
			t.Errorf("node %d is busy with %d tasks: want 0", node.ID, on.Busy)
		}
	}
	if n.Escrow() != 0 {
		t.Errorf("the escrow holds %d uthing: want 0", n.Escrow())
	}
}

// TestOverlapTarget: a score reaches the target while the next round is in each of its
// phases. That round aborts: its work so far is paid, and it makes no model.
func TestOverlapTarget(t *testing.T) {
	for _, phase := range []spec.Phase{spec.PhaseTrain, spec.PhaseAttest, spec.PhaseAggregate, spec.PhaseReveal} {
		asked := sim.DigitsTask(5)
		asked.Target.Accuracy = 1 // whatever the first score is
		n := digits(t, sim.Config{Seed: 1}, 3, asked)
		evaluators := n.Nodes[sim.Aggregators:][:sim.Evaluators]
		n.When(1, 1, spec.PhaseScore, func() { refuse(evaluators, everyAction) })
		n.When(1, 2, phase, func() { refuse(evaluators, nil) })
		task := finish(t, n)
		wantNoErrors(t, n)
		first, err := n.Round(1, 1)
		if err != nil {
			t.Fatal(err)
		}
		second, err := n.Round(1, 2)
		if err != nil {
			t.Fatal(err)
		}
		if task.State != spec.TaskReached || task.Round != 2 || task.Model != first.Next || second.Phase != spec.PhaseAborted || !second.Next.IsZero() {
			t.Errorf("target reached in phase %s: task %s with model %s after round %d, round 2 in phase %s; want reached with model %s, round 2 aborted", phase, task.State, task.Model.Short(), task.Round, second.Phase, first.Next.Short())
		}
		if task.Paid != first.Paid+second.Paid || second.Paid != 880_000 { // nobody scores round 2
			t.Errorf("target reached in phase %s: the task paid %d uthing, the rounds %d and %d: want 880000 for round 2", phase, task.Paid, first.Paid, second.Paid)
		}
		wantVerified(t, n, task)
		wantIdle(t, n)
	}
}

// refuse sets which actions nodes refuse to start; nil: none.
func refuse(nodes []*sim.Node, what func(role.Action) bool) {
	for _, node := range nodes {
		node.Refuses = what
	}
}
