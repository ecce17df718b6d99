package task_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/spec"
)

// anyTask draws a small task, so that several can run at the same time.
func anyTask(t *rapid.T) spec.TaskSpec {
	asked := digits()
	asked.Selection.Trainers = rapid.Uint32Range(1, 4).Draw(t, "trainers")
	asked.Selection.MinTrainers = rapid.Uint32Range(1, asked.Selection.Trainers).Draw(t, "least")
	asked.Selection.Aggregators = rapid.SampledFrom([]uint32{1, 4}).Draw(t, "aggregators")
	asked.Selection.Evaluators = rapid.Uint32Range(1, 3).Draw(t, "evaluators")
	asked.Target.Rounds = rapid.Uint32Range(1, 3).Draw(t, "rounds")
	asked.Escrow = rapid.Uint64Range(0, 400_000).Draw(t, "escrow")
	asked.Deadlines = spec.Deadlines{
		Select: 40 * spec.Second, Train: 3 * spec.Second,
		Attest: 3 * spec.Second, Aggregate: 2 * spec.Second, Evaluate: 2 * spec.Second,
	}
	asked.Overlap = rapid.Bool().Draw(t, "overlap")
	return asked
}

// anyMessages draws the messages of a block: most of those that honest nodes owe, in any order, and some
// that are not owed.
func anyMessages(t *rapid.T, w *world) (msgs []sdk.Msg) {
	known := uint64(len(w.tasks()))
	for id := uint64(1); id <= known; id++ {
		if rapid.IntRange(0, 7).Draw(t, "pause") > 0 {
			msgs = append(msgs, w.owed(id)...)
		}
	}
	if len(msgs) > 0 {
		msgs = rapid.Permutation(msgs).Draw(t, "order")
		msgs = msgs[min(len(msgs)-1, max(0, rapid.IntRange(-20, 3).Draw(t, "missing"))):]
		wrong := clone(rapid.SampledFrom(msgs).Draw(t, "answer"))
		switch m, ok := wrong.(*taskpb.MsgCommitAggregate); {
		case ok && rapid.Bool().Draw(t, "cannot be opened"):
			m.Commitment[0] ^= 1
			msgs = append([]sdk.Msg{m}, msgs...)
		case rapid.Bool().Draw(t, "another node"):
			setOwner(wrong, owner(rapid.Uint64Range(1, 15).Draw(t, "node")))
			msgs = append([]sdk.Msg{wrong}, msgs...)
		default:
			setNumber(wrong, "Task", rapid.Uint64Range(0, 4).Draw(t, "other task"))
			msgs = append([]sdk.Msg{wrong}, msgs...)
		}
	}
	who := account(rapid.SampledFrom(append(consumers(), "nobody")).Draw(t, "consumer"))
	if known < 4 && rapid.IntRange(0, 2).Draw(t, "create") == 0 {
		msgs = append(msgs, &taskpb.MsgCreate{Owner: who, Spec: taskpb.TaskSpecFromSpec(anyTask(t))})
	}
	if rapid.IntRange(0, 30).Draw(t, "cancel") == 0 {
		msgs = append(msgs, &taskpb.MsgCancel{Owner: who, Task: rapid.Uint64Range(1, 4).Draw(t, "task")})
	}
	return msgs
}

// deliver runs a message as a block does: a refused one is undone.
func (w *world) deliver(msg sdk.Msg) error {
	cached, write := w.ctx.CacheContext()
	err := w.run(cached, msg)
	if err == nil {
		write()
	}
	return err
}

// TestNoCoinIsLost: random messages in random order, and a bank that refuses some payments. No coin is
// made or lost, the escrow account holds what open tasks have not spent, exactly the owed messages
// are accepted, and in the end all tasks are closed and no node is busy.
func TestNoCoinIsLost(t *testing.T) {
	closed := map[spec.TaskState]int{}
	rapid.Check(t, func(t *rapid.T) {
		w := network(t, 4, 5, 5)
		supply := w.supply()
		for range rapid.IntRange(1, 60).Draw(t, "blocks") {
			for _, msg := range anyMessages(t, w) {
				before, owed := w.everything(), w.Owed(w.ctx, msg)
				err := w.deliver(msg)
				if owed != (err == nil && owing(msg)) {
					t.Fatalf("owed %t, and %T: %v", owed, msg, err)
				}
				if err != nil && w.everything() != before {
					t.Fatalf("%T is refused (%v) and changes something", msg, err)
				}
			}
			if rapid.IntRange(0, 15).Draw(t, "freeze") == 0 {
				who := rapid.SampledFrom([]string{owner(1), owner(2), account("alice")}).Draw(t, "who")
				w.bank.frozen[who] = !w.bank.frozen[who]
			}
			w.end()
			w.solvent()
			if w.supply() != supply {
				t.Fatalf("supply was %d and is %d", supply, w.supply())
			}
		}
		clear(w.bank.frozen)
		w.silence()
		for _, task := range w.tasks() {
			state, err := task.State.ToSpec()
			w.must(err)
			closed[state]++
			if !state.Final() {
				t.Fatalf("task %d stays %s", task.Id, state)
			}
		}
		if w.balance(escrowAccount()) != 0 || w.supply() != supply {
			t.Fatalf("in the end the escrow account holds %d, and all have %d of %d", w.balance(escrowAccount()), w.supply(), supply)
		}
		w.idle(14)
	})
	for _, state := range []spec.TaskState{spec.TaskReached, spec.TaskSpent, spec.TaskFailed, spec.TaskCancelled} {
		if closed[state] == 0 {
			t.Errorf("no random task was %s: the histories are not diverse enough (%v)", state, closed)
		}
	}
}

// silence makes blocks without messages until no task is open.
func (w *world) silence() {
	w.Helper()
	open := func(t taskpb.Task) bool { return t.Due > 0 }
	for range 3000 {
		if !slices.ContainsFunc(w.tasks(), open) {
			return
		}
		w.end()
	}
}
