package daemon_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/spec"
)

// openTasks is a chain with one node and some open tasks.
type openTasks struct {
	node   spec.Node
	tasks  []spec.Task
	duties []client.Duty
}

func (o *openTasks) Node(context.Context, uint64) (spec.Node, error) { return o.node, nil }

func (o *openTasks) Tasks(_ context.Context, state spec.TaskState, _ string, _ client.Page) (tasks []spec.Task, _ client.Page, _ error) {
	for _, t := range o.tasks {
		if t.State == state {
			tasks = append(tasks, t)
		}
	}
	return tasks, client.Page{}, nil
}

func (o *openTasks) Duties(context.Context, uint64) ([]client.Duty, spec.Time, error) {
	return o.duties, 0, nil
}

// TestNodeSaysWhyItIsNotSelected: a node logs why a task does not select it when the second check
// finds the same reason, and again when the reason changes. It reads its rows once per task.
func TestNodeSaysWhyItIsNotSelected(t *testing.T) {
	rows := loadTable(t, "plain.csv")
	other := rows.Schema
	other.Label = "none"
	asks := func(id uint64, state spec.TaskState, change func(*spec.TaskSpec)) spec.Task {
		task := spec.Task{ID: id, State: state, Spec: people(rows.Schema, 1, 1)}
		task.Spec.Name, task.Spec.Selection.MinAccuracy = fmt.Sprintf("t%d", id), 0
		change(&task.Spec)
		return task
	}
	same := func(*spec.TaskSpec) {}
	chain := &openTasks{
		node: spec.Node{
			ID: 7, Deposit: spec.Deposit{State: spec.NodeActive, Stake: 1 << 40},
			Profile: spec.Profile{
				Roles: spec.Trainer, Slots: 2, Resources: spec.Resources{CPU: 64, Memory: 1 << 20, Storage: 1 << 20, Bandwidth: 1 << 20},
				Holdings: []spec.Holding{{Name: "people", Samples: 1000}}, Claimed: spec.One,
			},
		},
		tasks: []spec.Task{
			asks(1, spec.TaskWaiting, func(s *spec.TaskSpec) { s.Data.Name = "People" }),
			asks(2, spec.TaskRunning, func(s *spec.TaskSpec) { s.Data.Schema = other }),
			asks(3, spec.TaskRunning, same), // an eligible node is selected in a later round
			asks(4, spec.TaskWaiting, same),
			asks(5, spec.TaskRunning, func(s *spec.TaskSpec) { s.Data.Name = "People" }), // it trains in this one
		},
		duties: []client.Duty{{Task: spec.Task{ID: 5}}},
	}
	reads := map[string]int{}
	held := role.InMemory(rows)
	check := daemon.Waiting(7, chain, func(asked spec.Data) (data.Table, error) {
		reads[asked.Schema.Label]++
		return held(asked)
	})
	wants := func(when string, want ...string) {
		t.Helper()
		if d := cmp.Diff(want, check(t)); d != "" {
			t.Errorf("%s (-want +got):\n%s", when, d)
		}
	}
	wants("the first check")
	wants("the second check",
		`not selected for a task task=1 name=t1 role=trainer why=the task asks for data set "People": the node has "people"`,
		"not selected for a task task=4 name=t4 role=trainer why=the node is eligible: the task waits for more nodes",
		"not selected for a task task=2 name=t2 role=trainer why=the node's rows do not fit the task: they have another schema",
	)
	wants("the third check")
	if reads["none"] != 1 {
		t.Errorf("rows were read %d times for one task, want once", reads["none"])
	}
	chain.node.State = spec.NodeJailed
	chain.tasks = chain.tasks[:1]
	wants("a new reason, first check")
	wants("a new reason, second check", "not selected for a task task=1 name=t1 role=trainer why=the node is jailed: want active")
}
