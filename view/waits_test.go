package view_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/view"
)

// someNodes are nodes of a role with rows of a data set, each with a free slot.
func someNodes(first uint64, count int, role spec.Role, data string) (nodes []spec.Node) {
	for i := range count {
		n := spec.Node{ID: first + uint64(i), Deposit: spec.Deposit{State: spec.NodeActive, Stake: 100 * spec.Thing}}
		n.Profile = spec.Profile{Name: fmt.Sprintf("%s-%d", role, i+1), Roles: role, Slots: 1, Policy: spec.Policy{SoleAggregator: true}}
		if data != "" {
			n.Profile.Holdings = []spec.Holding{{Name: data, Samples: 50}}
		}
		nodes = append(nodes, n)
	}
	return nodes
}

func TestWaitingTaskSaysForWhom(t *testing.T) {
	task := spec.Task{State: spec.TaskWaiting}
	task.Spec.Data = spec.Data{Name: "Digits", MinHoldout: 10, MinSamples: 10}
	task.Spec.Selection = spec.Selection{Aggregators: 4, Evaluators: 2, Trainers: 3, MinTrainers: 3}
	task.Tariff.MinBond = 10 * spec.Thing
	aggregators := someNodes(1, 4, spec.Aggregator, "")
	evaluators := someNodes(11, 2, spec.Evaluator, "Digits")
	strangers := someNodes(21, 10, spec.Evaluator, "digits")
	busy := someNodes(31, 2, spec.Evaluator, "Digits")
	busy[0].Busy = 1
	busy[1].Profile.Holdings[0].Samples = 9
	poor := someNodes(41, 4, spec.Aggregator, "")
	poor[0].Stake = spec.Thing
	both := someNodes(51, 5, spec.Aggregator|spec.Evaluator, "Digits")
	for _, c := range []struct {
		name  string
		nodes [][]spec.Node
		want  []string
	}{
		{"enough", [][]spec.Node{aggregators, evaluators}, nil},
		{"nobody", nil, []string{"aggregators: 0 of 4 are registered", "evaluators: 0 of 2 are registered"}},
		{"too few", [][]spec.Node{aggregators[:2], evaluators}, []string{"aggregators: 2 of 4 are registered"}},
		{"other data", [][]spec.Node{aggregators, strangers}, []string{"evaluators: no node has rows of Digits; 10 have digits"}},
		{"busy and small", [][]spec.Node{aggregators, busy}, []string{"evaluators: 0 of 2 can serve the task; not: 1 without a free slot, 1 with too few rows"}},
		{"poor", [][]spec.Node{poor, evaluators}, []string{"aggregators: 3 of 4 can serve the task; not: 1 with less free stake than the bond of 10 THING"}},
		{"one or the other", [][]spec.Node{both}, []string{"aggregators and evaluators: 5 nodes can be one or the other, and the task needs 6 together"}},
	} {
		var nodes []spec.Node
		for _, some := range c.nodes {
			nodes = append(nodes, some...)
		}
		if diff := cmp.Diff(c.want, view.CommitteeWaitsFor(task, nodes)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
	trainers := someNodes(61, 3, spec.Trainer, "Digits")
	if got := view.TrainersWaitsFor(task, trainers); got != nil {
		t.Errorf("a task with enough trainers waits for %q", got)
	}
	task.Evaluators = []spec.Member{{Node: 61}}
	if diff := cmp.Diff([]string{"trainers: 2 of 3 are registered"}, view.TrainersWaitsFor(task, trainers)); diff != "" {
		t.Errorf("a trainer that evaluates the task counts (-want +got):\n%s", diff)
	}
}

func TestUnansweredAreThoseNotCounted(t *testing.T) {
	r := spec.Round{Phase: spec.PhaseTrain, Trainers: []spec.Contribution{{Node: 1, Height: 5}, {Node: 2}, {Node: 3, Declined: "rows"}}}
	if diff := cmp.Diff([]uint64{2}, view.Unanswered(r)); diff != "" {
		t.Error(diff)
	}
	if done, all := view.Answered(r); done != 1 || all != 2 {
		t.Errorf("%d of %d have answered, want 1 of 2", done, all)
	}
}
