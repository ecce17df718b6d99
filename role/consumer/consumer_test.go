package consumer_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/role/consumer"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/sim/simtest"
	"github.com/althing-network/althing/spec"
)

// saw is an event with one duty for each task.
func saw(tasks ...spec.Task) role.Saw {
	var s role.Saw
	for _, t := range tasks {
		s.Duties = append(s.Duties, role.Duty{Task: t})
	}
	return s
}

// TestDownloadsTheFinalModelOnce: a consumer downloads the model of its closed task once, and
// nothing for a task that failed.
func TestDownloadsTheFinalModelOnce(t *testing.T) {
	n := simtest.Open(t, 2, sim.DigitsTask(1))
	open, _ := simtest.Newest(t, n)
	var m consumer.Machine
	failed := spec.Task{ID: 2, State: spec.TaskFailed} // it has no model
	if actions := m.Handle(saw(open, failed)); len(actions) != 0 {
		t.Fatalf("no task is closed with a model, but the machine requests %v", actions)
	}
	task := simtest.Finish(t, n)
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
		t.Errorf("after the download the machine requests %v", actions)
	}
}

// TestDownloadFails: the error says if no node serves the model.
func TestDownloadFails(t *testing.T) {
	n := simtest.Open(t, 1, sim.DigitsTask(1))
	task := simtest.Finish(t, n)
	task.Model = spec.DigestOf([]byte("other"))
	if _, err := (consumer.Download{Task: task}).Do(t.Context(), n.Stranger()); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("got error %v, want %v", err, blob.ErrNotFound)
	}
}
