package consumer_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/role/consumer"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/spec"
)

func saw(tasks ...spec.Task) role.Saw {
	var s role.Saw
	for _, t := range tasks {
		s.Duties = append(s.Duties, role.Duty{Task: t})
	}
	return s
}

// network is a network of some trainers of the digits with a task of one round.
func network(t *testing.T, trainers int) (*sim.Network, spec.Task) {
	t.Helper()
	n, err := sim.Digits(sim.Config{}, trainers)
	if err != nil {
		t.Fatal(err)
	}
	id, err := n.Open("consumer", sim.DigitsTask(1))
	if err != nil {
		t.Fatal(err)
	}
	task, err := n.Task(id)
	if err != nil {
		t.Fatal(err)
	}
	return n, task
}

func finish(t *testing.T, n *sim.Network) spec.Task {
	t.Helper()
	task, err := n.Finish(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	return task
}

func TestDownloadsTheFinalModelOnce(t *testing.T) {
	n, open := network(t, 2)
	var m consumer.Machine
	failed := spec.Task{ID: 2, State: spec.TaskFailed} // no model to have
	if actions := m.Handle(saw(open, failed)); len(actions) != 0 {
		t.Fatalf("nothing is final, but it wants %v", actions)
	}
	task := finish(t, n)
	actions := m.Handle(saw(task, failed))
	if diff := cmp.Diff([]role.Action{consumer.Download{Task: task}}, actions); diff != "" {
		t.Fatal(diff)
	}
	tools := n.Stranger()
	event, err := actions[0].Do(t.Context(), tools)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(role.Event(consumer.Downloaded{Task: 1, Model: task.Model}), event); diff != "" {
		t.Error(diff)
	}
	if _, err := role.ReadBlob(t.Context(), tools.Store, task.Model); err != nil {
		t.Error(err)
	}
	if actions := m.Handle(event); len(actions) != 0 {
		t.Errorf("it has the model and wants %v", actions)
	}
}

func TestDownloadFails(t *testing.T) {
	n, _ := network(t, 1)
	task := finish(t, n)
	task.Model = spec.DigestOf([]byte("other"))
	if _, err := (consumer.Download{Task: task}).Do(t.Context(), n.Stranger()); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("got error %v, want %v", err, blob.ErrNotFound)
	}
}
