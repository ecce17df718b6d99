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

// slowly lets evaluators take so long that a round is still being scored while the
// next one goes through all its phases.
func slowly(n *sim.Node, a role.Action) time.Duration {
	if _, scores := a.(evaluator.Score); scores {
		return 1600 * time.Millisecond // and a block comes every 250
	}
	return sim.Takes(n, a)
}

// idle refuses everything.
func idle(role.Action) bool { return true }

// TestOverlapDisturbed: in each phase of a round that trains while the one before it
// is scored, nodes of each role crash and start again, owners cancel, and rounds abort
// and are retried. Always the task ends as it should, pays for what was done, and leaves
// nobody busy; what is settled can be verified by a stranger; and no node has failed.
func TestOverlapDisturbed(t *testing.T) {
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
					n := digits(t, sim.Config{Seed: 1, Takes: slowly}, 3, sim.DigitsTask(3))
					for _, node := range nodes {
						n.CrashIn(node, 1, 2, phase, 20*time.Millisecond, 300*time.Millisecond)
					}
					var began spec.Task
					n.When(1, 2, phase, func() {
						began = look(t, n)
						if cancels {
							if err := n.Say(1, round.Cancel{Owner: "consumer"}); err != nil {
								t.Error(err)
							}
						}
						if aborts { // no aggregator goes on, until the round is given up
							refuse(n.Nodes[:sim.Aggregators], idle)
							n.When(1, 2, spec.PhaseAborted, func() { refuse(n.Nodes[:sim.Aggregators], nil) })
						}
					})
					task := finish(t, n)
					if began.Scoring != 1 {
						t.Fatalf("in phase %s of round 2 round %d is being scored", phase, began.Scoring)
					}
					want, accepted := spec.TaskSpent, uint32(3)
					switch {
					case aborts && cancels:
						want, accepted = spec.TaskCancelled, 1
					case cancels:
						want, accepted = spec.TaskCancelled, 2
					}
					// All but the shares of evaluators that could not score in time.
					most := uint64(accepted)*spec.Thing + task.Fees + task.Delivered
					if task.State != want || task.Accepted != accepted || task.Paid > most || task.Paid < most-uint64(accepted)*120_000 {
						t.Errorf("task %s (%s) after %d rounds, paid %d; want %s after %d", task.State, task.Reason, task.Accepted, task.Paid, want, accepted)
					}
					if !aborts {
						wantNoErrors(t, n)
					}
					verified(t, n, task)
					free(t, n)
				})
			}
		}
	}
}

// verified wants a stranger to find every settled round right.
func verified(t *testing.T, n *sim.Network, task spec.Task) {
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
			t.Errorf("round %d: %v", number, err)
		}
	}
	if settled != task.Accepted {
		t.Errorf("%d rounds are settled and %d accepted", settled, task.Accepted)
	}
}

// free wants nobody to be busy and no money to be locked.
func free(t *testing.T, n *sim.Network) {
	t.Helper()
	for _, node := range n.Nodes {
		if on, _ := n.Node(node.ID); on.Busy > 0 {
			t.Errorf("node %d is busy with %d", node.ID, on.Busy)
		}
	}
	if n.Escrow() != 0 {
		t.Errorf("the escrow holds %d", n.Escrow())
	}
}

// TestOverlapTarget: a score that reaches the target while the next round is in each
// of its phases. That round is paid for what was done and gives no model.
func TestOverlapTarget(t *testing.T) {
	for _, phase := range []spec.Phase{spec.PhaseTrain, spec.PhaseAttest, spec.PhaseAggregate, spec.PhaseReveal} {
		asked := sim.DigitsTask(5)
		asked.Target.Accuracy = 1 // whatever the first score is
		n := digits(t, sim.Config{Seed: 1}, 3, asked)
		evaluators := n.Nodes[sim.Aggregators:][:sim.Evaluators]
		n.When(1, 1, spec.PhaseScore, func() { refuse(evaluators, idle) })
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
			t.Errorf("reached in phase %s: task %s with model %s after round %d, round 2 %s", phase, task.State, task.Model.Short(), task.Round, second.Phase)
		}
		if task.Paid != first.Paid+second.Paid || second.Paid != 880_000 { // nobody scores round 2
			t.Errorf("reached in phase %s: the task paid %d, the rounds %d and %d", phase, task.Paid, first.Paid, second.Paid)
		}
		verified(t, n, task)
		free(t, n)
	}
}

// refuse says what nodes do not begin.
func refuse(nodes []*sim.Node, what func(role.Action) bool) {
	for _, node := range nodes {
		node.Refuses = what
	}
}
