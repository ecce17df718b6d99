package taskpb_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/spec"
)

func TestTaskComesBackFromTheWire(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.Make[spec.Task]().Draw(t, "task")
		want.State = rapid.SampledFrom(spec.TaskStates()).Draw(t, "state")
		sent := taskpb.TaskFromSpec(want)
		raw, err := sent.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		var received taskpb.Task
		if err := received.Unmarshal(raw); err != nil {
			t.Fatal(err)
		}
		got, err := received.ToSpec()
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
			t.Fatalf("(-want +got):\n%s", d)
		}
	})
}

func TestRoundComesBackFromTheWire(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.Make[spec.Round]().Draw(t, "round")
		want.Phase = rapid.SampledFrom(spec.Phases()).Draw(t, "phase")
		for i := range want.Trainers {
			want.Trainers[i].Declined = rapid.SampledFrom(append(spec.Declines(), "")).Draw(t, "declined")
		}
		sent := taskpb.RoundFromSpec(want)
		raw, err := sent.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		var received taskpb.Round
		if err := received.Unmarshal(raw); err != nil {
			t.Fatal(err)
		}
		got, err := received.ToSpec()
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
			t.Fatalf("(-want +got):\n%s", d)
		}
	})
}

// Every state and every phase of spec has a number on the wire, and the names agree.
func TestWordsAgree(t *testing.T) {
	if got, want := len(taskpb.TaskState_name), len(spec.TaskStates())+1; got != want {
		t.Errorf("%d numbers of task states, unspecified included: want %d", got, want)
	}
	if got, want := len(taskpb.Phase_name), len(spec.Phases())+1; got != want {
		t.Errorf("%d numbers of phases, unspecified included: want %d", got, want)
	}
	for number, name := range taskpb.TaskState_name {
		word := strings.ToLower(strings.TrimPrefix(name, "TASK_STATE_"))
		if got, err := taskpb.TaskState(number).ToSpec(); number != 0 && (err != nil || string(got) != word || taskpb.TaskStateFromSpec(got) != taskpb.TaskState(number)) {
			t.Errorf("task state %d: got %v, %v; want %s", number, got, err, word)
		}
	}
	for number, name := range taskpb.Phase_name {
		word := strings.ToLower(strings.TrimPrefix(name, "PHASE_"))
		if got, err := taskpb.Phase(number).ToSpec(); number != 0 && (err != nil || string(got) != word || taskpb.PhaseFromSpec(got) != taskpb.Phase(number)) {
			t.Errorf("phase %d: got %v, %v; want %s", number, got, err, word)
		}
	}
}

func TestMalformedTaskIsRefused(t *testing.T) {
	good := taskpb.Task{Id: 3, State: taskpb.TASK_STATE_RUNNING, Spec: &taskpb.TaskSpec{}}
	if _, err := good.ToSpec(); err != nil {
		t.Fatal(err)
	}
	for want, spoil := range map[string]func(*taskpb.Task){
		"task 3: its task file is missing": func(m *taskpb.Task) { m.Spec = nil },
		"unknown task state 0":             func(m *taskpb.Task) { m.State = 0 },
		"unknown task state 8":             func(m *taskpb.Task) { m.State = 8 },
		"unknown task state -1":            func(m *taskpb.Task) { m.State = -1 },
		"model: digest of 31 bytes":        func(m *taskpb.Task) { m.Model = make([]byte, 31) },
		"ready: digest of 33 bytes":        func(m *taskpb.Task) { m.Aggregators = []taskpb.Member{{Ready: make([]byte, 33)}} },
		"ready: digest of 1 bytes":         func(m *taskpb.Task) { m.Evaluators = []taskpb.Member{{Ready: []byte{1}}} },
		"task 3: fault: digest of 2 byte":  func(m *taskpb.Task) { m.Faults = []taskpb.Fault{{Digest: []byte{1, 2}}} },
	} {
		bad := good
		spoil(&bad)
		if _, err := bad.ToSpec(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want %q", err, want)
		}
	}
}

func TestMalformedRoundIsRefused(t *testing.T) {
	good := taskpb.Round{Task: 3, Number: 2, Phase: taskpb.PHASE_TRAIN}
	if _, err := good.ToSpec(); err != nil {
		t.Fatal(err)
	}
	short := bytes.Repeat([]byte{1}, 20)
	for want, spoil := range map[string]func(*taskpb.Round){
		"task 3 round 2: unknown phase 0":       func(m *taskpb.Round) { m.Phase = 0 },
		"unknown phase 99":                      func(m *taskpb.Round) { m.Phase = 99 },
		"declined: unknown cause to decline 99": func(m *taskpb.Round) { m.Trainers = []taskpb.Contribution{{Declined: 99}} },
		"base: digest of 20 bytes":              func(m *taskpb.Round) { m.Base = short },
		"next: digest of 20 bytes":              func(m *taskpb.Round) { m.Next = short },
		"commitment: digest of 20 bytes":        func(m *taskpb.Round) { m.Trainers = []taskpb.Contribution{{Commitment: short}} },
		"digest: digest of 20 bytes":            func(m *taskpb.Round) { m.Aggregates = []taskpb.Aggregate{{Digest: short}} },
	} {
		bad := good
		spoil(&bad)
		if _, err := bad.ToSpec(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want %q", err, want)
		}
	}
}

func FuzzTask(f *testing.F) {
	seed := taskpb.TaskFromSpec(spec.Task{
		ID: 1, Owner: "ann", State: spec.TaskRunning, Model: spec.DigestOf(nil),
		Aggregators: []spec.Member{{Node: 2, Stake: 3}}, Faults: []spec.Fault{{Kind: spec.FaultWrongAggregate}},
		Spec: spec.TaskSpec{Model: spec.Model{Kind: spec.ModelMLP, Hidden: []uint32{32, 16}}},
	})
	raw, err := seed.Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte{0x20, 0x01, 0x7a, 0x01, 0x00})
	f.Fuzz(func(t *testing.T, raw []byte) {
		var m taskpb.Task
		if m.Unmarshal(raw) != nil {
			return
		}
		task, err := m.ToSpec()
		if err != nil {
			return
		}
		back := taskpb.TaskFromSpec(task)
		again, err := back.ToSpec()
		if err != nil {
			t.Fatalf("a task that was read cannot be read again: %v", err)
		}
		if d := cmp.Diff(task, again, cmpopts.EquateEmpty()); d != "" {
			t.Fatalf("(-first +second):\n%s", d)
		}
	})
}

func FuzzRound(f *testing.F) {
	seed := taskpb.RoundFromSpec(spec.Round{
		Task: 1, Number: 2, Phase: spec.PhaseOpen, Base: spec.DigestOf(nil),
		Trainers:   []spec.Contribution{{Node: 4, Commitment: spec.DigestOf([]byte("c"))}},
		Aggregates: []spec.Aggregate{{Node: 5, Holds: []byte{1}}}, Scores: []spec.Evaluation{{Node: 6, Score: 1}},
	})
	raw, err := seed.Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte{0x18, 0x01, 0x4a, 0x01, 0x00})
	f.Fuzz(func(t *testing.T, raw []byte) {
		var m taskpb.Round
		if m.Unmarshal(raw) != nil {
			return
		}
		round, err := m.ToSpec()
		if err != nil {
			return
		}
		back := taskpb.RoundFromSpec(round)
		again, err := back.ToSpec()
		if err != nil {
			t.Fatalf("a round that was read cannot be read again: %v", err)
		}
		if d := cmp.Diff(round, again, cmpopts.EquateEmpty()); d != "" {
			t.Fatalf("(-first +second):\n%s", d)
		}
	})
}
