package view_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/client"
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
}

func TestTaskWaitsForTrainers(t *testing.T) {
	task := spec.Task{State: spec.TaskRunning}
	task.Spec.Data = spec.Data{Name: "Digits", MinSamples: 10}
	task.Spec.Selection = spec.Selection{Trainers: 3, MinTrainers: 3}
	task.Tariff.MinBond = 10 * spec.Thing
	trainers := someNodes(61, 3, spec.Trainer, "Digits")
	if got := view.TrainersWaitsFor(task, trainers, nil, nil); got != nil {
		t.Errorf("a task with enough trainers waits for %q", got)
	}
	trainers[0].Busy, trainers[0].Bonded, trainers[0].Stake = 1, 10*spec.Thing, 10*spec.Thing
	busy := []string{"trainers: 2 of 3 can serve the task; not: 1 with less free stake than the bond of 10 THING"}
	if diff := cmp.Diff(busy, view.TrainersWaitsFor(task, trainers, nil, nil)); diff != "" {
		t.Errorf("a trainer that serves another task with all its stake counts (-want +got):\n%s", diff)
	}
	scoring := []spec.Round{{Phase: spec.PhaseScore, Trainers: []spec.Contribution{{Node: 61}}}}
	if got := view.TrainersWaitsFor(task, trainers, scoring, nil); got != nil {
		t.Errorf("a trainer whose round is being scored is free for the next one, but the task waits for %q", got)
	}
	task.Evaluators = []spec.Member{{Node: 61}}
	if diff := cmp.Diff([]string{"trainers: 2 of 3 are registered"}, view.TrainersWaitsFor(task, trainers, nil, nil)); diff != "" {
		t.Errorf("a trainer that evaluates the task counts (-want +got):\n%s", diff)
	}
}

// TestPrivateTaskWaitsForBudgets: a trainer counts only if it has a registered data set that
// it may train on, whose owner the task admits, and whose privacy budget can pay. Two data
// sets of one owner count once.
func TestPrivateTaskWaitsForBudgets(t *testing.T) {
	task := spec.Task{State: spec.TaskRunning}
	task.Spec.Data = spec.Data{Name: "Digits", MinSamples: 10}
	task.Spec.Privacy.Mode = spec.PrivacyLocal
	task.Spec.Selection = spec.Selection{Trainers: 6, MinTrainers: 6, Owners: []string{"ann", "bob", "cho", "dee"}}
	trainers := someNodes(1, 6, spec.Trainer, "Digits")
	funding := view.Funding{Verdicts: map[uint64]client.Verdict{}, Grants: map[uint64][]uint64{}}
	for i, owner := range []string{"", "ann", "eve", "bob", "cho", "cho"} {
		dataset := uint64(100 + i)
		if owner == "" {
			continue // the rows of the first trainer are not registered
		}
		trainers[i].Profile.Holdings[0].Dataset = dataset
		funding.Verdicts[dataset] = client.Verdict{Dataset: dataset, Owner: owner, Affords: 1}
		if owner != "ann" {
			funding.Grants[dataset] = []uint64{trainers[i].ID}
		}
	}
	funding.Verdicts[103] = client.Verdict{Dataset: 103, Owner: "bob", Refused: "the budget is used up"}
	want := []string{"trainers: 1 of 6 can serve the task; not: 1 whose rows are not registered as a data set, " +
		"1 without a grant to train on their data set, 1 whose data set's owner is not among selection.owners, " +
		"1 whose data set's privacy budget cannot pay for another round, 1 whose data set has the same owner as another trainer's"}
	if diff := cmp.Diff(want, view.TrainersWaitsFor(task, trainers, nil, &funding)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	task.Spec.Selection.MinTrainers = 1
	if got := view.TrainersWaitsFor(task, trainers, nil, &funding); got != nil {
		t.Errorf("a task with one funded trainer, which is enough, waits for %q", got)
	}
}

func TestProposalSaysWhatItWaitsFor(t *testing.T) {
	const second = int64(spec.Second)
	rules := spec.VoteRules{Quorum: 334_000, Threshold: 500_000, MinDeposit: 50 * spec.Thing}
	voting := func(tally spec.Tally) spec.Proposal {
		return spec.Proposal{Status: spec.ProposalVoting, Ends: 1000 + 120*second, Poll: spec.Poll{Start: 1, Total: 1000, Tally: tally}}
	}
	queued := func(eta spec.Time, refusal string) spec.Proposal {
		return spec.Proposal{Status: spec.ProposalQueued, Entry: &spec.Entry{State: spec.EntryQueued, Now: 1000, ETA: eta, Expires: 61_000, Refusal: refusal}}
	}
	for want, p := range map[string]spec.Proposal{
		"deposit: 20 of 50 THING; the rest is due in 1m":                                                      {Status: spec.ProposalDeposit, Deposit: 20 * spec.Thing, DepositEnds: 1000 + 60*second},
		"quorum: 12.5% of 33.4% have voted; the vote ends in 2m":                                              voting(spec.Tally{Yes: 125}),
		"votes: 40% is Yes, want more than 50%; the vote ends in 2m":                                          voting(spec.Tally{Yes: 200, No: 300}),
		"end of the vote: it is in 2m, and the proposal would pass":                                           voting(spec.Tally{Yes: 400}),
		"timelock: it may be executed in 40s of network time":                                                 queued(41_000, ""),
		"execution: anybody may execute it within 1m of network time":                                         queued(1000, ""),
		"execution: anybody may execute it within 1m of network time, but it would fail now: node 3 has left": queued(1000, "node 3 has left"),
	} {
		if got := view.ProposalWaitsFor(view.Ballot{Proposal: p, Rules: rules, Now: 1000}); len(got) != 1 || got[0] != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := view.ProposalWaitsFor(view.Ballot{Proposal: spec.Proposal{Status: spec.ProposalExecuted}}); got != nil {
		t.Errorf("an executed proposal waits for %q", got)
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
