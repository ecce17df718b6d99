package sim_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/spec"
)

// TestSameSeedSameModel: with full participation a task ends in the same model, whatever the
// id of the chain, the ids of the task and the nodes, and the delays of messages. Only the
// seed of the task and the names of the nodes matter.
func TestSameSeedSameModel(t *testing.T) {
	table, err := data.Digits()
	if err != nil {
		t.Fatal(err)
	}
	parts, err := data.Shards(table, sim.Evaluators+5)
	if err != nil {
		t.Fatal(err)
	}
	run := func(c sim.Config, earlier int, seed uint64, backwards bool) spec.Digest {
		t.Helper()
		n := sim.New(c)
		var members []sim.Member
		for i, rows := range parts {
			m := sim.Member{Name: fmt.Sprintf("part-%d", i), Roles: spec.Trainer, Rows: rows}
			if i < sim.Evaluators {
				m.Roles = spec.Evaluator
			}
			members = append(members, m)
		}
		for range sim.Aggregators {
			members = append(members, sim.Member{Roles: spec.Aggregator})
		}
		if backwards {
			slices.Reverse(members)
		}
		for _, m := range members {
			if _, err := n.Join(m); err != nil {
				t.Fatal(err)
			}
		}
		task := mlp(3)
		task.Model.Seed, task.Selection.Trainers, task.Selection.MinTrainers = seed, 5, 5
		id := uint64(0)
		for range earlier + 1 {
			if id, err = n.Open("consumer", task); err != nil {
				t.Fatal(err)
			}
		}
		closed := func() bool {
			got, err := n.Task(id)
			return err == nil && got.State.Final()
		}
		if err := n.Until(t.Context(), 2000, closed); err != nil {
			t.Fatal(err)
		}
		wantNoErrors(t, n)
		got, err := n.Task(id)
		if err != nil || got.State != spec.TaskSpent {
			t.Fatalf("%v: task %d is %s (%s)", err, id, got.State, got.Reason)
		}
		return got.Model
	}
	first := run(sim.Config{}, 0, 1, false)
	for name, other := range map[string]spec.Digest{
		"another chain":             run(sim.Config{Chain: "elsewhere"}, 0, 1, false),
		"nodes in another order":    run(sim.Config{}, 0, 1, true),
		"the second of two tasks":   run(sim.Config{}, 1, 1, false),
		"messages late and unalike": run(sim.Config{Seed: 9, Jitter: 200 * time.Millisecond}, 0, 1, false),
	} {
		if other != first {
			t.Errorf("%s: the model is %s: want %s", name, other.Short(), first.Short())
		}
	}
	if run(sim.Config{}, 0, 2, false) == first {
		t.Error("another seed gives the same model")
	}
}
