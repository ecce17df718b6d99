package view_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/view"
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
	want := []view.ModelVersion{
		{Model: rounds[0].Base, Federated: view.Score(100_000, true)},
		{Round: 1, Model: rounds[0].Next, Score: view.Score(800_000, true), Federated: view.Score(500_000, true), Survivors: 2, Height: 20},
		{Round: 3, Model: rounds[2].Next, Survivors: 1, Height: 40},
	}
	if diff := cmp.Diff(want, view.VersionsOf(task, rounds)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestScoreHasItsRound: where the newest models have no score, the score of an older one is
// named by its round, and where none has a score, none is shown.
func TestScoreHasItsRound(t *testing.T) {
	task, rounds := trained()
	task.Accepted, task.Spec.Target.Rounds = 2, 5
	rows := func(scored spec.Round) string {
		t.Helper()
		v := view.ClosedTaskOf(task, scored)
		_, text, _ := strings.Cut(shown(t, v.Page()), task.Model.String()+"\n")
		text, _, _ = strings.Cut(text, "money")
		return text
	}
	if got, want := rows(spec.Round{}), "score          not scored\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	task.Score, task.ScoredRound, task.Best, task.BestRound = 800_000, 1, 800_000, 1
	rounds[0].Scores = []spec.Evaluation{
		{Node: 4, Score: 800_000, Revealed: 18, Counts: []spec.Count{{Rows: 7, Correct: 7}, {Rows: 3, Correct: 1}}},
		{Node: 5, Score: 500_000, Revealed: 18},
	}
	want := "score          0.8 (round 1); the current model is not scored\n" +
		"hold-out       0.8 over all 10 rows, 10 rows each, of 1 of 2 evaluators; the others published no counts\n" +
		"balanced       0.666666, the mean over the classes\n" +
		"largest class  0.7 of the rows: what always guessing it reaches\n"
	if diff := cmp.Diff(want, rows(rounds[0])); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	task.Model, task.Best, task.BestRound, task.ScoredRound, task.Stale = rounds[2].Next, 900_000, 1, 3, 1
	if got := rows(rounds[2]); got != "score          0.8 (round 3)\nbest score     0.9 (round 1), no better since: 1 model\n" {
		t.Errorf("got %q", got)
	}
}

// TestOneMeaningOfFederated: the versions of a task and the list of its rounds have the
// trainers' figure beside the same model, and a line that is shown before that figure is
// known names the model that was judged.
func TestOneMeaningOfFederated(t *testing.T) {
	task, rounds := trained()
	task.Aggregators[0].Ready = rounds[0].Base
	list := view.VersionsOf(task, rounds)
	for i, v := range list[1:] {
		r := rounds[2*i] // the one between was aborted
		if diff := cmp.Diff(v.Federated, view.RoundOf(r, rounds[2*i+1:]).Federated); diff != "" {
			t.Errorf("round %d: (-versions +rounds):\n%s", r.Number, diff)
		}
	}
	made := view.Origins{}
	var lines []string
	for _, r := range rounds {
		lines = append(lines, view.EndedRoundOf(r).Lines(view.Accuracy, made.Of(task, r.Base))[0])
		made.Add(r)
	}
	want := []string{
		"round   1  accuracy 0.8000  2/2 updates  federated 0.1000 of model 0",
		"round   2  aborted: ; 0.000012 THING of fees",
		"round   3  not scored  1/2 updates  federated 0.5000 of round 1",
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	rounds[2].Measures = true
	if f := view.FederatedScore(rounds[2]); f != nil {
		t.Errorf("trainers that measured their columns have judged a model: %s", f)
	}
}

func TestVersionsBeforeTheFirstRound(t *testing.T) {
	if got := view.VersionsOf(spec.Task{}, nil); len(got) != 0 {
		t.Errorf("a task without a model has versions %v", got)
	}
	zero := spec.DigestOf([]byte("0"))
	if diff := cmp.Diff([]view.ModelVersion{{Model: zero}}, view.VersionsOf(spec.Task{Model: zero}, nil)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestParts wants everybody's rounds and earnings, and no more paid than there was.
func TestParts(t *testing.T) {
	task, rounds := trained()
	want := []view.Participant{
		{Node: 1, Role: spec.Trainer, Rounds: 3, Served: 1, Earned: 50},
		{Node: 2, Role: spec.Trainer, Rounds: 3, Served: 2, Earned: 140},
		{Node: 3, Role: spec.Aggregator, Rounds: 3, Served: 2, Earned: 11, Aborted: 4},
		{Node: 4, Role: spec.Evaluator, Rounds: 3, Served: 1, Earned: 6, Aborted: 6},
	}
	if diff := cmp.Diff(want, view.ParticipantsOf(task, rounds)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
