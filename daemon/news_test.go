package daemon_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/spec"
)

// TestNews: the lines that a node logs as its tasks change. It logs nothing twice.
func TestNews(t *testing.T) {
	const node, owner = 7, "payer"
	round := func(phase spec.Phase, change func(*spec.Round)) spec.Round {
		r := spec.Round{Task: 1, Number: 2, Phase: phase}
		change(&r)
		return r
	}
	with := func(t spec.Task, rounds ...spec.Round) client.Duty {
		t.ID, t.Spec.Name = 1, "digits"
		return client.Duty{Task: t, Rounds: rounds}
	}
	task := spec.Task{State: spec.TaskRunning}
	for name, steps := range map[string][]struct {
		sees  []client.Duty
		tells []string
		ended int
	}{
		"a trainer": {
			{
				[]client.Duty{with(task, round(spec.PhaseTrain, func(r *spec.Round) { r.Trainers = []spec.Contribution{{Node: node}} }))},
				[]string{"selected to train task=1 round=2"},
				0,
			},
			{
				[]client.Duty{with(task, round(spec.PhaseTrain, func(r *spec.Round) { r.Trainers = []spec.Contribution{{Node: node, Height: 5}} }))},
				[]string{"committed to its update task=1 round=2"},
				0,
			},
			{[]client.Duty{with(task, round(spec.PhaseAttest, func(r *spec.Round) { r.Trainers = []spec.Contribution{{Node: node, Height: 5}} }))}, nil, 0},
			{nil, nil, 1},
			{nil, nil, 0},
		},
		"an aggregator": {
			{
				[]client.Duty{with(spec.Task{State: spec.TaskPreparing, Aggregators: []spec.Member{{Node: 1}, {Node: node}}})},
				[]string{"selected for a task task=1 as=aggregator name=digits"},
				0,
			},
			{[]client.Duty{with(spec.Task{State: spec.TaskRunning, Aggregators: []spec.Member{{Node: node}}},
				round(spec.PhaseTrain, func(r *spec.Round) { r.Aggregates = []spec.Aggregate{{Node: node}} }))}, nil, 0},
			{
				[]client.Duty{with(spec.Task{State: spec.TaskRunning, Aggregators: []spec.Member{{Node: node}}},
					round(spec.PhaseAggregate, func(r *spec.Round) {
						r.Trainers = make([]spec.Contribution, 3)
						r.Aggregates = []spec.Aggregate{{Node: node, Attested: 8, Holds: []byte{0b101}, Committed: 9}}
					}))},
				[]string{"attested the updates it holds task=1 round=2 updates=2", "committed to the next model task=1 round=2"},
				0,
			},
			{
				[]client.Duty{with(spec.Task{State: spec.TaskRunning, Aggregators: []spec.Member{{Node: node}}},
					round(spec.PhaseScore, func(r *spec.Round) {
						r.Aggregates = []spec.Aggregate{{Node: node, Attested: 8, Committed: 9, Revealed: 10, Digest: spec.Digest{0xab}}}
					}))},
				[]string{"revealed the next model task=1 round=2 model=ab000000"},
				0,
			},
			{nil, nil, 2}, // the round and the task
		},
		"an evaluator": {
			{
				[]client.Duty{with(spec.Task{State: spec.TaskRunning, Evaluators: []spec.Member{{Node: node}}},
					round(spec.PhaseOpen, func(r *spec.Round) {
						r.Scores = []spec.Evaluation{{Node: node, Committed: 9, Revealed: 10, Score: 500_000}}
					}))},
				[]string{"selected for a task task=1 as=evaluator name=digits", "committed to its score task=1 round=2", "revealed its score task=1 round=2 score=0.5"},
				0,
			},
		},
		"a consumer": {
			{
				[]client.Duty{with(spec.Task{Owner: owner, State: spec.TaskWaiting, Spec: spec.TaskSpec{Escrow: 3}})},
				[]string{"own task was created task=1 name=digits escrow_uthing=3"},
				0,
			},
			{[]client.Duty{with(spec.Task{Owner: owner, State: spec.TaskRunning})}, []string{"own task is running task=1"}, 0},
			{
				[]client.Duty{with(spec.Task{Owner: owner, State: spec.TaskReached, Accepted: 4, Reason: "target reached"})},
				[]string{"own task is closed task=1 state=reached rounds=4 why=target reached"},
				0,
			},
			{[]client.Duty{with(spec.Task{Owner: owner, State: spec.TaskReached, Accepted: 4, Reason: "target reached"})}, nil, 0},
		},
		"a trainer that declines, and one that shows receipts": {
			{[]client.Duty{with(task, round(spec.PhaseTrain, func(r *spec.Round) { r.Trainers = []spec.Contribution{{Node: node}} }))}, []string{"selected to train task=1 round=2"}, 0},
			{
				[]client.Duty{with(task, round(spec.PhaseTrain, func(r *spec.Round) {
					r.Trainers = []spec.Contribution{{Node: node, Declined: spec.DeclineDiverged}}
				}))},
				[]string{"declined to train task=1 round=2 why=training diverged"},
				0,
			},
			{
				[]client.Duty{with(task, round(spec.PhaseProve, func(r *spec.Round) {
					r.Trainers = []spec.Contribution{{Node: node, Height: 5, Proved: 9, Receipts: 0b11}}
				}))},
				[]string{"committed to its update task=1 round=2", "showed receipts for its update task=1 round=2 aggregators=2"},
				0,
			},
		},
		"nobody": {
			{[]client.Duty{with(task, round(spec.PhaseTrain, func(r *spec.Round) { r.Trainers = []spec.Contribution{{Node: 1, Height: 5}} }))}, nil, 0},
			{nil, nil, 0},
		},
	} {
		t.Run(name, func(t *testing.T) {
			n := daemon.OfNode(node, owner)
			for i, step := range steps {
				told, ended := n.See(step.sees...)
				if diff := cmp.Diff(step.tells, told); diff != "" || ended != step.ended {
					t.Errorf("step %d: the node queries the end of %d rounds and tasks, want %d; logged (-want +got):\n%s", i+1, ended, step.ended, diff)
				}
			}
		})
	}
}

func TestNewsOfARoundThatEnded(t *testing.T) {
	n := daemon.OfNode(7, "")
	trained := func(paid uint64) []spec.Contribution { return []spec.Contribution{{Node: 7, Paid: paid}} }
	for want, r := range map[string]spec.Round{
		"round is settled, paid task=1 round=2 uthing=5 score=0.25":                        {Phase: spec.PhaseSettled, Scored: true, Score: 250_000, Trainers: trained(5)},
		"round is settled, not paid task=1 round=2 score=0.25":                             {Phase: spec.PhaseSettled, Scored: true, Score: 250_000, Trainers: trained(0)},
		"round is settled without a score, paid task=1 round=2 uthing=5":                   {Phase: spec.PhaseSettled, Trainers: trained(5)},
		"round is aborted, not paid task=1 round=2 why=too few updates survived":           {Phase: spec.PhaseAborted, Reason: "too few updates survived", Trainers: trained(0)},
		"round is aborted, paid task=1 round=2 uthing=5 why=the target is reached":         {Phase: spec.PhaseAborted, Reason: "the target is reached", Trainers: trained(5)},
		"round is settled task=1 round=2 score=0.25":                                       {Phase: spec.PhaseSettled, Scored: true, Score: 250_000},
		"round is aborted, paid task=1 round=2 uthing=3 why=too few aggregators committed": {Phase: spec.PhaseAborted, Reason: "too few aggregators committed", Aggregates: []spec.Aggregate{{Node: 7, Paid: 3}}},
		"round is settled, paid task=1 round=2 uthing=4 score=0.25":                        {Phase: spec.PhaseSettled, Scored: true, Score: 250_000, Scores: []spec.Evaluation{{Node: 7, Paid: 4}}},
	} {
		r.Task, r.Number = 1, 2
		if got := n.Ended(r); got != want {
			t.Errorf("logged %q, want %q", got, want)
		}
	}
}

func TestNewsOfARegistration(t *testing.T) {
	n := daemon.OfNode(7, "")
	node := spec.Node{ID: 7, Deposit: spec.Deposit{State: spec.NodeActive}}
	idle, gone := node, spec.Node{}
	idle.State = spec.NodePending
	blamed := node
	blamed.Reputation, blamed.History = 400_000, []spec.Change{{Task: 1, Round: 2, Demerit: true, Reason: "silent"}}
	for i, step := range []struct {
		record spec.Node
		told   []string
	}{
		{node, []string{"node is registered again"}}, // it was not registered before
		{node, nil},
		{idle, []string{"node is pending (it applies, its stake is too small, or its owner declared a leave): it finishes its rounds and is not selected"}},
		{idle, nil},
		{node, []string{"node is active: it may be selected"}},
		{blamed, []string{"blamed on the chain task=1 round=2 why=silent reputation=0.4"}},
		{blamed, nil},
		{gone, []string{"node is retired: its owner removed it from the chain; start it again to register anew"}},
		{gone, nil},
	} {
		if diff := cmp.Diff(step.told, n.Registered(step.record)); diff != "" {
			t.Errorf("record %d (-want +got):\n%s", i+1, diff)
		}
	}
}

// TestNewsIsSummarised: a node in a hundred tasks does not log a hundred lines per block.
func TestNewsIsSummarised(t *testing.T) {
	n := daemon.OfNode(7, "")
	see := func(tasks int, height int64) []string {
		var duties []client.Duty
		for id := range uint64(tasks) {
			r := spec.Round{Task: id + 1, Number: 1, Phase: spec.PhaseTrain, Trainers: []spec.Contribution{{Node: 7, Height: height}}}
			duties = append(duties, client.Duty{Task: spec.Task{ID: id + 1}, Rounds: []spec.Round{r}})
		}
		told, _ := n.See(duties...)
		return told
	}
	if got := len(see(3, 0)); got != 3 {
		t.Errorf("3 tasks: got %d lines, want 3", got)
	}
	if diff := cmp.Diff([]string{"selected to train times=97 tasks=97"}, see(100, 0)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"committed to its update times=100 tasks=100"}, see(100, 5)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestSilence: when a chain stops answering, a node logs it within seconds, then once per minute,
// and once when the chain answers again. A chain that answers now and then is not silent.
func TestSilence(t *testing.T) {
	want := []string{
		"13: silent since=2030-01-01T00:00:10Z",
		"73: silent since=2030-01-01T00:00:10Z for=1m3s",
		"133: silent since=2030-01-01T00:00:10Z for=2m3s",
		"150: back lasted=2m20s",
		"164: silent since=2030-01-01T00:02:41Z",
	}
	got := daemon.Silence(170, func(second int) bool { return second <= 10 || second >= 150 && second <= 161 })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := daemon.Silence(100, func(second int) bool { return second%2 == 0 }); got != nil {
		t.Errorf("a chain that answers every other second: logged %q, want nothing", got)
	}
}

// logged keeps the lines of a node's log: the message, with task, round and pay.
type logged struct {
	last  string        // the line that the test waits for
	told  chan struct{} // closed when last was logged
	mu    sync.Mutex
	lines []string
}

func (l *logged) Enabled(context.Context, slog.Level) bool { return true }

func (l *logged) Handle(_ context.Context, r slog.Record) error {
	line := r.Message
	r.Attrs(func(a slog.Attr) bool {
		if slices.Contains([]string{"task", "round", "uthing"}, a.Key) {
			line += " " + a.String()
		}
		return true
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lines = append(l.lines, line); line == l.last {
		close(l.told)
	}
	return nil
}

func (l *logged) WithAttrs([]slog.Attr) slog.Handler { return l }
func (l *logged) WithGroup(string) slog.Handler      { return l }

// TestLogOfATrainer: in a whole network, a trainer logs everything that happens to it, in order
// and once.
func TestLogOfATrainer(t *testing.T) {
	if testing.Short() {
		t.Skip("runs a whole network")
	}
	const trainers, rounds = 2, 2
	task := everybody(trainers, rounds)
	task.Overlap = false // otherwise a round begins before the previous one is paid
	n, err := sim.Digits(sim.Config{}, trainers)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"registered", "node is up"}
	for number := 1; number <= rounds; number++ {
		at := fmt.Sprintf(" task=1 round=%d", number)
		want = append(want, "selected to train"+at, "trained"+at, "committed to its update"+at, "uploaded its update"+at,
			fmt.Sprintf("round is settled, paid%s uthing=%d", at, spec.DefaultTariff().Split.Trainers.Of(task.PerRound())/trainers))
	}
	log := &logged{last: want[len(want)-1], told: make(chan struct{})}
	network(t, n, task, func(node uint64) slog.Handler {
		if node == sim.FirstTrainer {
			return log
		}
		return slog.DiscardHandler
	}, func() { <-log.told })
	want = append(want, "node has stopped")
	if diff := cmp.Diff(want, log.lines); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}
