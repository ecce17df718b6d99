package task_test

import (
	"errors"
	"strings"
	"testing"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

func TestCreateTakesTheEscrow(t *testing.T) {
	w := network(t, 0, 0, 0)
	for want := uint64(1); want <= 3; want++ {
		if got := w.create("alice", digits()); got != want {
			t.Fatalf("got id %d, want %d", got, want)
		}
	}
	if got := w.balance(account("alice")); got != 991_000 {
		t.Errorf("alice has %d", got)
	}
	if got := w.balance(escrowAccount()); got != 9000 {
		t.Errorf("the escrow account has %d", got)
	}
	before := w.everything()
	for name, change := range map[string]func(*taskpb.MsgCreate){
		"task/5 escrow: missing": func(m *taskpb.MsgCreate) { m.Spec.Escrow = 0 },
		"task/7 ":                func(m *taskpb.MsgCreate) { m.Spec.Escrow = 991_001 },
		"task/7 spendable":       func(m *taskpb.MsgCreate) { m.Owner = account("nobody") },
		"task/6 ":                func(m *taskpb.MsgCreate) { m.Owner = "alice" },
		"task/6":                 func(m *taskpb.MsgCreate) { m.Owner = "" },
		"task/5 version":         func(m *taskpb.MsgCreate) { m.Spec = taskpb.TaskSpec{} },
		// What it starts with.
		"task/5 model.init: nobody serves the file":                           starts(spec.Init{Model: digest("m")}),
		"task/5 model.init.model: missing":                                    starts(spec.Init{Task: 1}),
		"task/2 model.init.task: task 9":                                      starts(spec.Init{Model: digest("m"), Task: 9}),
		"task/5 want a published version of the line of task 1":               starts(spec.Init{Model: digest("m"), Task: 1}),
		"task/5 model.inputs is 65 instead of 64":                             func(m *taskpb.MsgCreate) { starts(spec.Init{Model: digest("m"), Task: 1})(m); m.Spec.Model.Inputs = 65 },
		"task/5 model.init.model: missing: want the digest of the model file": func(m *taskpb.MsgCreate) { m.Spec.Model.Init = &taskpb.Init{Model: []byte{1}, Task: 1} },
	} {
		m := &taskpb.MsgCreate{Owner: account("alice"), Spec: taskpb.TaskSpecFromSpec(digits())}
		change(m)
		_, err := w.Create(w.ctx, m)
		place, why, _ := strings.Cut(name, " ")
		if code(err) != place || !strings.Contains(err.Error(), why) {
			t.Errorf("want %s, got %v", name, err)
		}
	}
	if w.everything() != before {
		t.Error("a refused task has changed something")
	}
	if got := w.create("bob", digits()); got != 4 {
		t.Errorf("got id %d after refused ones, want 4", got)
	}
	w.solvent()
}

// starts sets the model with which a task starts.
func starts(from spec.Init) func(*taskpb.MsgCreate) {
	return func(m *taskpb.MsgCreate) {
		m.Spec.Model.Init = &taskpb.Init{Model: from.Model[:], Task: from.Task, Holder: from.Holder}
	}
}

func TestCancel(t *testing.T) {
	w := network(t, 0, 0, 0)
	id := w.create("alice", digits())
	cancel := func(who string, id uint64) error {
		_, err := w.Cancel(w.ctx, &taskpb.MsgCancel{Owner: who, Task: id})
		return err
	}
	before := w.everything()
	for err, got := range map[error]error{
		round.ErrNotOwner: cancel(account("bob"), id), round.ErrTaskNotFound: cancel(account("alice"), 2), round.ErrMalformed: cancel("alice", id),
	} {
		if !errors.Is(got, err) {
			t.Errorf("got %v, want %v", got, err)
		}
	}
	if w.everything() != before {
		t.Error("a refused cancel changes something")
	}
	w.must(cancel(strings.ToUpper(account("alice")), id)) // one address, two spellings
	if err := cancel(account("alice"), id); !errors.Is(err, round.ErrAlreadyClosing) {
		t.Errorf("cancelled twice: %v", err)
	}
	w.end()
	if got := w.task(id); got.State != spec.TaskCancelled || got.Refunded != 3000 || w.balance(account("alice")) != 1_000_000 {
		t.Errorf("cancelled task is %s, refunded %d", got.State, got.Refunded)
	}
	if err := cancel(account("alice"), id); !errors.Is(err, round.ErrClosed) {
		t.Errorf("cancelled after its end: %v", err)
	}
	if next := w.create("alice", digits()); next != 2 {
		t.Errorf("id %d follows a closed task, want 2", next)
	}
	shouted := &taskpb.MsgCreate{Owner: strings.ToUpper(account("alice")), Spec: taskpb.TaskSpecFromSpec(digits())}
	resp, err := w.Create(w.ctx, shouted)
	w.must(err)
	if got := w.task(resp.Id).Owner; got != account("alice") {
		t.Errorf("owner is kept as %s", got)
	}
}

// idle fails the test if a node is busy or has a duty.
func (w *world) idle(nodes uint64) {
	w.Helper()
	for id := uint64(1); id <= nodes; id++ {
		n, err := w.nodes.Get(w.ctx, id)
		w.must(err)
		duties, err := w.Duties(w.ctx, &taskpb.QueryDuties{Node: id})
		w.must(err)
		if n.Busy != 0 || len(duties.Duties) != 0 {
			w.Fatalf("node %d: busy %d, %d duties", id, n.Busy, len(duties.Duties))
		}
	}
}

func TestOwed(t *testing.T) {
	w := network(t, 5, 4, 4)
	id := w.create("alice", digits())
	seen := map[string]int{}
	for !w.task(id).State.Final() {
		for _, msg := range w.owed(id) {
			seen[sdk.MsgTypeURL(msg)]++
			for what, wrong := range w.variants(msg) {
				if w.Owed(w.ctx, wrong) {
					t.Errorf("owed: %T %s", msg, what)
				}
			}
			before := w.everything()
			for range 2 { // the check changes nothing
				if !w.Owed(w.ctx, msg) {
					t.Fatalf("not owed: %T", msg)
				}
			}
			if w.everything() != before {
				t.Fatal("the check whether a message is owed has changed something")
			}
			w.must(w.run(w.ctx, msg))
			if w.Owed(w.ctx, msg) {
				t.Errorf("owed twice: %T", msg)
			}
		}
		for _, msg := range []sdk.Msg{
			&taskpb.MsgCancel{Owner: account("alice"), Task: id}, &taskpb.MsgCancel{Owner: owner(1), Task: id},
			&taskpb.MsgCreate{Owner: account("alice"), Spec: taskpb.TaskSpecFromSpec(digits())},
			&taskpb.QueryTask{Id: id},
		} {
			if w.Owed(w.ctx, msg) {
				t.Errorf("owed: %T", msg)
			}
		}
		w.end()
	}
	if len(seen) != 7 {
		t.Errorf("a life has %d kinds of owed messages, want 7: %v", len(seen), seen)
	}
}

// variants returns copies of an owed message, each with one thing wrong.
func (w *world) variants(msg sdk.Msg) map[string]sdk.Msg {
	copies := map[string]sdk.Msg{}
	change := func(what string, by func(m sdk.Msg)) {
		m := clone(msg)
		by(m)
		copies[what] = m
	}
	change("of a stranger", func(m sdk.Msg) { setOwner(m, account("stranger")) })
	change("of the owner of the task", func(m sdk.Msg) { setOwner(m, account("alice")) })
	change("of a node of another role", func(m sdk.Msg) { setOwner(m, w.other(m)) })
	change("for another task", func(m sdk.Msg) { setNumber(m, "Task", 99) })
	if _, ok := msg.(*taskpb.MsgReady); !ok {
		change("for the next round", func(m sdk.Msg) { setNumber(m, "Round", 99) })
		change("for no round", func(m sdk.Msg) { setNumber(m, "Round", 0) })
	}
	return copies
}
