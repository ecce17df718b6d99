package task_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// list reads all pages of a query; none may be longer than its limit.
func (w *world) list(req taskpb.QueryTasks, limit uint64) (ids []uint64) {
	w.Helper()
	var key []byte
	for {
		req.Pagination = &query.PageRequest{Key: key, Limit: limit}
		resp, err := w.Tasks(w.ctx, &req)
		w.must(err)
		if uint64(len(resp.Tasks)) > limit {
			w.Fatalf("a page of %d tasks: want at most %d", len(resp.Tasks), limit)
		}
		for _, t := range resp.Tasks {
			ids = append(ids, t.Id)
		}
		if key = resp.Pagination.NextKey; key == nil {
			return ids
		}
	}
}

func TestTaskQueries(t *testing.T) {
	w := network(t, 0, 0, 0)
	every := map[string][]uint64{}
	note := func(id uint64, keys ...string) {
		for _, key := range keys {
			every[key] = append(every[key], id)
		}
	}
	for i := range 12 {
		name := consumers()[i%2]
		id := w.create(name, digits())
		state := spec.TaskWaiting
		if i%3 == 0 {
			_, err := w.Cancel(w.ctx, &taskpb.MsgCancel{Owner: account(name), Task: id})
			w.must(err)
			state = spec.TaskCancelled
		}
		note(id, "", name, string(state), name+string(state))
	}
	w.end()
	for _, name := range []string{"", "alice", "bob", "carol"} {
		for _, state := range []spec.TaskState{"", spec.TaskWaiting, spec.TaskRunning, spec.TaskCancelled} {
			req, key := taskpb.QueryTasks{State: taskpb.TaskStateFromSpec(state)}, name
			if name != "" {
				req.Owner = account(name)
			}
			if state != "" {
				key += string(state)
			}
			for _, limit := range []uint64{1, 2, 5, 100} {
				if diff := cmp.Diff(every[key], w.list(req, limit)); diff != "" {
					t.Errorf("tasks of %q in state %q, %d a page:\n%s", name, state, limit, diff)
				}
			}
		}
	}
	resp, err := w.Tasks(w.ctx, &taskpb.QueryTasks{Pagination: &query.PageRequest{Offset: 3, Limit: 2, CountTotal: true, Reverse: true}})
	if err != nil || resp.Pagination.Total != 12 || len(resp.Tasks) != 2 || resp.Tasks[0].Id != 9 {
		t.Errorf("from behind: %v, %v", resp, err)
	}
	for want, ask := range map[string]func() error{
		"task/2": func() error { _, err := w.Task(w.ctx, &taskpb.QueryTask{Id: 99}); return err },
		"task/6": func() error { _, err := w.Tasks(w.ctx, &taskpb.QueryTasks{Owner: "alice"}); return err },
		"task/3": func() error { _, err := w.Round(w.ctx, &taskpb.QueryRound{Task: 1, Number: 1}); return err },
	} {
		if err := ask(); code(err) != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	for name, req := range map[string]*taskpb.QueryTasks{
		"all": {}, "of an owner": {Owner: account("alice")}, "in a state": {State: taskpb.TASK_STATE_WAITING},
	} {
		req.Pagination = &query.PageRequest{Key: []byte("here"), Offset: 3}
		if resp, err := w.Tasks(w.ctx, req); err == nil {
			t.Errorf("a page that begins at two places, %s: %v", name, resp)
		}
	}
	if _, err := w.Round(w.ctx, &taskpb.QueryRound{Task: 99, Number: 1}); code(err) != "task/2" {
		t.Errorf("a round of no task: %v", err)
	}
	if _, err := w.Rounds(w.ctx, &taskpb.QueryRounds{Task: 99}); code(err) != "task/2" {
		t.Errorf("the rounds of no task: %v", err)
	}
}

func TestRoundsAndDuties(t *testing.T) {
	w := network(t, 4, 8, 8)
	asked := digits()
	asked.Target.Accuracy = 0
	asked.Target.Rounds = 3
	first, second := w.create("alice", asked), w.create("bob", asked)
	duties := func(node uint64) string {
		resp, err := w.Duties(w.ctx, &taskpb.QueryDuties{Node: node})
		w.must(err)
		said := ""
		for _, d := range resp.Duties {
			said += fmt.Sprint(d.Task.Id)
			for _, r := range d.Rounds {
				said += fmt.Sprintf("/%d", r.Number)
			}
			said += " "
		}
		return said
	}
	if got := duties(5); got != "" {
		t.Errorf("a duty before anybody was selected: %s", got)
	}
	w.end()
	if a, b, c := duties(1), duties(5), duties(9); a != "" || b != "1 2 " || c != "" {
		t.Errorf("while they prepare a trainer has duties %q, an aggregator %q, one that was not selected %q", a, b, c)
	}
	for w.round(first).Number < 2 {
		w.say(first)
		if w.round(first).Number == 0 || w.round(second).Phase != spec.PhaseAttest {
			w.say(second)
		}
		w.end()
	}
	if a, b := duties(1), duties(5); a != "1/2 2/1 " || b != "1/2 2/1 " {
		t.Errorf("a trainer has duties %q, an aggregator %q", a, b)
	}
	for !w.task(first).State.Final() || !w.task(second).State.Final() {
		w.say(first)
		w.say(second)
		w.end()
	}
	for limit := range uint64(4) {
		var numbers []uint64
		page := &query.PageRequest{Limit: limit + 1}
		for page != nil {
			resp, err := w.Rounds(w.ctx, &taskpb.QueryRounds{Task: second, Pagination: page})
			w.must(err)
			for _, r := range resp.Rounds {
				if r.Task != second || r.Phase != taskpb.PHASE_SETTLED {
					t.Errorf("among the rounds of task %d: task %d, %s", second, r.Task, r.Phase)
				}
				numbers = append(numbers, r.Number)
			}
			if page.Key = resp.Pagination.NextKey; page.Key == nil {
				page = nil
			}
		}
		if !cmp.Equal(numbers, []uint64{1, 2, 3}) {
			t.Errorf("rounds %v, %d a page", numbers, limit+1)
		}
	}
	w.idle(20)
}

// TestPagesAreBounded: an answer has at most a thousand entries, whatever the query asks for; the rest is
// in the next page.
func TestPagesAreBounded(t *testing.T) {
	w := waiting(t, 1500, 1_000_000)
	for name, req := range map[string]taskpb.QueryTasks{
		"all": {}, "of an owner": {Owner: account("alice")}, "in a state": {State: taskpb.TASK_STATE_WAITING},
	} {
		req.Pagination = &query.PageRequest{Limit: 1 << 40}
		page, err := w.Tasks(w.ctx, &req)
		w.must(err)
		req.Pagination = &query.PageRequest{Limit: 1 << 40, Key: page.Pagination.NextKey}
		rest, err := w.Tasks(w.ctx, &req)
		w.must(err)
		if len(page.Tasks) != 1000 || len(rest.Tasks) != 501 || rest.Pagination.NextKey != nil {
			t.Errorf("%s: a page of %d tasks, then one of %d", name, len(page.Tasks), len(rest.Tasks))
		}
	}
}

// TestDutiesConcernTheNode: a node's duties have what it needs: for an aggregator every contribution, for
// a trainer its own, for an evaluator none, and for all the parts of the committee. A trainer can
// query who has sent a commitment.
func TestDutiesConcernTheNode(t *testing.T) {
	w := network(t, 6, 4, 4)
	id := w.create("alice", digits())
	w.play(id, 1, spec.PhaseTrain)
	w.must(w.run(w.ctx, w.owed(id)[1]))
	said := w.round(id).Trainers[1].Commitment
	who := func(task uint64, commitment []byte) uint64 {
		resp, err := w.Committed(w.ctx, &taskpb.QueryCommitted{Task: task, Commitment: commitment})
		w.must(err)
		return resp.Node
	}
	if got := who(id, said[:]); got != 2 {
		t.Errorf("node %d is returned for the commitment of node 2", got)
	}
	if a, b := who(id, make([]byte, 32)), who(id, nil); a != 0 || b != 0 {
		t.Errorf("nodes %d and %d are returned for a commitment that nobody has sent", a, b)
	}
	if _, err := w.Committed(w.ctx, &taskpb.QueryCommitted{Task: 99, Commitment: said[:]}); code(err) != "task/2" {
		t.Errorf("a commitment in no task: %v", err)
	}
	w.play(id, 1, spec.PhaseAggregate)
	if got := who(id, said[:]); got != 0 {
		t.Errorf("after the training node %d is known to have committed", got)
	}
	whole := w.round(id)
	for node := uint64(1); node <= 14; node++ {
		resp, err := w.Duties(w.ctx, &taskpb.QueryDuties{Node: node})
		w.must(err)
		got, err := resp.Duties[0].Rounds[0].ToSpec()
		w.must(err)
		want := round.State{Round: whole}.Only(round.PartsFor(node, whole.Aggregator(node) >= 0)).Round
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("node %d (-want +got):\n%s", node, diff)
		}
		contributions := 0
		switch {
		case whole.Aggregator(node) >= 0:
			contributions = 6
		case whole.Trainer(node) >= 0:
			contributions = 1
		}
		if len(got.Trainers) != contributions || len(got.Aggregates) != 4 || len(got.Scores) != 4 {
			t.Errorf("node %d sees %d contributions, %d aggregates, %d scores", node, len(got.Trainers), len(got.Aggregates), len(got.Scores))
		}
	}
}

// TestRoundOfANode: a node that queries an ended round gets only its own contribution.
func TestRoundOfANode(t *testing.T) {
	w := network(t, 4, 4, 6)
	id := w.create("alice", digits())
	w.end()
	w.play(id, 1, spec.PhaseAggregate)
	whole := w.round(id)
	for node := uint64(0); node <= 14; node++ {
		resp, err := w.Round(w.ctx, &taskpb.QueryRound{Task: id, Number: 1, Node: node})
		w.must(err)
		got, err := resp.Round.ToSpec()
		w.must(err)
		want := whole
		if node != 0 {
			want = round.State{Round: whole}.Only(round.PartsFor(node, false)).Round
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("node %d (-want +got):\n%s", node, diff)
		}
		if len(got.Trainers) > 1 && node != 0 {
			t.Errorf("node %d sees %d contributions", node, len(got.Trainers))
		}
	}
}

// TestDutiesComeInPages: a node may serve as many tasks as it has slots. No answer has all of them; the
// pages together have each once.
func TestDutiesComeInPages(t *testing.T) {
	w := network(t, 4, 4, 4)
	var want []uint64
	for range 12 {
		asked := digits()
		asked.Selection.Trainers, asked.Selection.MinTrainers = 1, 1
		want = append(want, w.create("alice", asked))
	}
	w.end()
	var got []uint64
	for page := (&query.PageRequest{Limit: 1 << 40}); ; {
		resp, err := w.Duties(w.ctx, &taskpb.QueryDuties{Node: 5, Pagination: page})
		w.must(err)
		if len(resp.Duties) > 10 {
			t.Fatalf("%d tasks in an answer", len(resp.Duties))
		}
		for _, d := range resp.Duties {
			got = append(got, d.Task.Id)
		}
		if page = (&query.PageRequest{Key: resp.Pagination.NextKey}); page.Key == nil {
			break
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
