package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/spec"
)

// trained is a task of three rounds, the second of which was aborted: nodes 1
// and 2 train, 3 aggregates, 4 evaluates.
func trained() (spec.Task, []spec.Round) {
	first, second, third := spec.DigestOf([]byte("0")), spec.DigestOf([]byte("1")), spec.DigestOf([]byte("3"))
	task := spec.Task{
		ID: 7, Round: 3, Model: third,
		Aggregators: []spec.Member{{Node: 3}}, Evaluators: []spec.Member{{Node: 4}},
	}
	return task, []spec.Round{
		{
			Task: 7, Number: 1, Phase: spec.PhaseSettled, Base: first, Next: second, Closed: 20, Paid: 110, Validators: 3, Score: 800_000, Scored: true,
			Trainers:   []spec.Contribution{{Node: 1, Height: 11, Samples: 10, Correct: 1, Survivor: true, Paid: 50}, {Node: 2, Height: 12, Samples: 30, Correct: 3, Survivor: true, Paid: 50}},
			Aggregates: []spec.Aggregate{{Node: 3, Digest: second, Revealed: 15, Paid: 7}},
			Scores:     []spec.Evaluation{{Node: 4, Score: 800_000, Revealed: 18}},
		},
		{
			Task: 7, Number: 2, Phase: spec.PhaseAborted, Base: second, Closed: 30, Paid: 12, Validators: 2,
			Trainers:   []spec.Contribution{{Node: 1}, {Node: 2}},
			Aggregates: []spec.Aggregate{{Node: 3, Paid: 4}},
			Scores:     []spec.Evaluation{{Node: 4, Paid: 6}},
		},
		{
			Task: 7, Number: 3, Phase: spec.PhaseSettled, Base: second, Next: third, Closed: 40, Paid: 90,
			Trainers:   []spec.Contribution{{Node: 1}, {Node: 2, Height: 32, Samples: 30, Correct: 15, Survivor: true, Paid: 90}},
			Aggregates: []spec.Aggregate{{Node: 3, Digest: third, Revealed: 35}},
			Scores:     []spec.Evaluation{{Node: 4}},
		},
	}
}

// TestVersions wants the trainers' own score beside the model it is about: that
// of the round before, across an aborted one.
func TestVersions(t *testing.T) {
	task, rounds := trained()
	want := []version{
		{Model: rounds[0].Base, Federated: number(100_000, true)},
		{Round: 1, Model: rounds[0].Next, Score: number(800_000, true), Federated: number(500_000, true), Survivors: 2, Height: 20},
		{Round: 3, Model: rounds[2].Next, Survivors: 1, Height: 40},
	}
	if diff := cmp.Diff(want, versions(task, rounds)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestVersionsBeforeTheFirstRound(t *testing.T) {
	if got := versions(spec.Task{}, nil); len(got) != 0 {
		t.Errorf("a task without a model has versions %v", got)
	}
	zero := spec.DigestOf([]byte("0"))
	if diff := cmp.Diff([]version{{Model: zero}}, versions(spec.Task{Model: zero}, nil)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestParts wants everybody's rounds and earnings, and no more paid than there was.
func TestParts(t *testing.T) {
	task, rounds := trained()
	want := []participant{
		{Node: 1, Role: spec.Trainer, Rounds: 3, Served: 1, Earned: 50},
		{Node: 2, Role: spec.Trainer, Rounds: 3, Served: 2, Earned: 140},
		{Node: 3, Role: spec.Aggregator, Rounds: 3, Served: 2, Earned: 11, Aborted: 4},
		{Node: 4, Role: spec.Evaluator, Rounds: 3, Served: 1, Earned: 6, Aborted: 6},
	}
	if diff := cmp.Diff(want, parts(task, rounds)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
