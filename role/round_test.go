package role_test

import (
	"testing"

	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/sim/simtest"
	"github.com/althing-network/althing/spec"
)

const first = sim.FirstTrainer

// TestRoundsSettle: three rounds with honest nodes are accepted, scored and paid, and the score
// rises.
func TestRoundsSettle(t *testing.T) {
	n := simtest.Open(t, 5, sim.DigitsTask(3))
	task := simtest.Finish(t, n)
	simtest.WantNoErrors(t, n)
	if task.State != spec.TaskSpent || task.Accepted != 3 || len(task.Faults) != 0 {
		t.Fatalf("task is %s (%s) after %d rounds, faults %v", task.State, task.Reason, task.Accepted, task.Faults)
	}
	all := simtest.SettledRounds(t, n)
	for _, r := range all {
		if r.Survivors() != 5 || !r.Scored {
			t.Errorf("round %d has %d survivors, want 5; scored %t, want true", r.Number, r.Survivors(), r.Scored)
		}
		for _, a := range r.Aggregates {
			if a.Digest != r.Next || a.Revealed == 0 {
				t.Errorf("round %d: aggregator %d revealed %s, the round accepted %s", r.Number, a.Node, a.Digest.Short(), r.Next.Short())
			}
		}
		for _, e := range r.Scores {
			if e.Revealed == 0 {
				t.Errorf("round %d: evaluator %d did not reveal", r.Number, e.Node)
			}
		}
	}
	a, b := all[0], all[2]
	began, _ := a.FederatedScore()
	last, _ := b.FederatedScore()
	if b.Score <= a.Score || last <= began || b.Score < 800_000 {
		t.Errorf("the score went from %s to %s, the accuracy on the trainers' rows from %s to %s: want both to rise", a.Score, b.Score, began, last)
	}
	for id := uint64(first); id < first+5; id++ {
		if simtest.Earned(n, id) != 450_000 {
			t.Errorf("trainer %d was paid %d, want 450000", id, simtest.Earned(n, id))
		}
	}
	if _, err := n.Stranger().Model(t.Context(), task, task.Model); err != nil {
		t.Errorf("a stranger cannot fetch the final model: %v", err)
	}
}
