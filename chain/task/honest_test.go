package task_test

import (
	"reflect"
	"strings"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

func salt(node uint64) spec.Salt { return spec.Salt{byte(node), byte(node >> 8), 1} }

// scoreOf returns the score that evaluators measure: 0.5 after the first round, 0.95 later.
func scoreOf(number uint64) spec.PPM {
	if number == 1 {
		return 500_000
	}
	return 950_000
}

// countsOf returns the counts of a score. They make the longest possible message: the largest number of
// classes that are counted separately, with large numbers of rows.
func (w *world) countsOf(r spec.Round) (counts []spec.Count) {
	const rows = 16_000_000 // per class, of 64 classes: the largest number that the sum allows
	for range w.task(r.Task).Spec.Model.Classes {
		counts = append(counts, spec.Count{Rows: rows, Correct: rows / uint32(spec.One) * uint32(scoreOf(r.Number))})
	}
	return counts
}

// owed returns the messages that the honest nodes of a task owe now and have not sent yet.
func (w *world) owed(id uint64) (msgs []sdk.Msg) {
	w.Helper()
	t := w.task(id)
	if t.State == spec.TaskPreparing {
		for _, m := range t.Aggregators {
			if m.Ready.IsZero() {
				msgs = append(msgs, ready(id, m.Node, digest("model 0")))
			}
		}
		for _, m := range t.Evaluators {
			if m.Ready.IsZero() {
				msgs = append(msgs, ready(id, m.Node, digest("shard %d", m.Node)))
			}
		}
		return msgs
	}
	if t.State != spec.TaskRunning {
		return nil
	}
	return w.answers(w.round(id))
}

func ready(id, node uint64, d spec.Digest) sdk.Msg {
	return &taskpb.MsgReady{Owner: owner(node), Task: id, Digest: d[:]}
}

func (w *world) answers(r spec.Round) (msgs []sdk.Msg) {
	slot := func(node uint64) spec.Slot {
		return spec.Slot{Chain: chainID, Task: r.Task, Round: r.Number, Node: node}
	}
	next := digest("model %d", r.Number)
	full := w.full && r.Number == 1 // the aggregators' disks are full: they hold no update
	held := make([]bool, len(r.Trainers))
	for i, t := range r.Trainers {
		held[i] = t.Height > 0 && !full
		if r.Phase == spec.PhaseProve && t.Height > 0 && t.Proved == 0 {
			msgs = append(msgs, &taskpb.MsgProve{Owner: owner(t.Node), Task: r.Task, Round: r.Number})
		}
		if r.Phase == spec.PhaseTrain && t.Height == 0 {
			c := spec.UpdateCommitment(slot(t.Node), digest("update %d", t.Node), salt(t.Node))
			msgs = append(msgs, &taskpb.MsgCommit{Owner: owner(t.Node), Task: r.Task, Round: r.Number, Commitment: c[:], Samples: 100, Correct: 50})
		}
	}
	for _, a := range r.Aggregates {
		salt := salt(a.Node)
		switch {
		case r.Phase == spec.PhaseAttest && a.Attested == 0:
			msgs = append(msgs, &taskpb.MsgAttest{Owner: owner(a.Node), Task: r.Task, Round: r.Number, Holds: spec.Bitmap(held)})
		case r.Phase == spec.PhaseAggregate && a.Committed == 0:
			c := spec.AggregateCommitment(slot(a.Node), next, salt)
			msgs = append(msgs, &taskpb.MsgCommitAggregate{Owner: owner(a.Node), Task: r.Task, Round: r.Number, Commitment: c[:]})
		case r.Phase == spec.PhaseReveal && a.Committed > 0 && a.Revealed == 0:
			msgs = append(msgs, &taskpb.MsgRevealAggregate{Owner: owner(a.Node), Task: r.Task, Round: r.Number, Digest: next[:], Salt: salt[:]})
		}
	}
	for _, e := range r.Scores {
		salt, counts := salt(e.Node), w.countsOf(r)
		switch {
		case r.Phase == spec.PhaseScore && e.Committed == 0:
			c := spec.ScoreCommitment(slot(e.Node), r.Next, scoreOf(r.Number), counts, salt)
			msgs = append(msgs, &taskpb.MsgCommitScore{Owner: owner(e.Node), Task: r.Task, Round: r.Number, Commitment: c[:]})
		case r.Phase == spec.PhaseOpen && e.Committed > 0 && e.Revealed == 0:
			m, err := taskpb.MessageOf(owner(e.Node), r.Task, round.RevealScore{Round: r.Number, Score: scoreOf(r.Number), Counts: counts, Salt: salt})
			w.must(err)
			msgs = append(msgs, m)
		}
	}
	return msgs
}

// run calls the handler of a message.
func (w *world) run(ctx sdk.Context, msg sdk.Msg) error {
	w.Helper()
	handler := reflect.ValueOf(w.Keeper).MethodByName(strings.TrimPrefix(sdk.MsgTypeURL(msg), "/althing.task.v1.Msg"))
	if !handler.IsValid() {
		w.Fatalf("no handler for %T", msg)
	}
	answer := handler.Call([]reflect.Value{reflect.ValueOf(ctx), reflect.ValueOf(msg)})
	err, _ := reflect.TypeAssert[error](answer[1])
	return err
}

// say sends the owed messages of a task's honest nodes; all must be accepted.
func (w *world) say(id uint64) {
	w.Helper()
	for _, msg := range w.owed(id) {
		if !w.Owed(w.ctx, msg) {
			w.Fatalf("height %d: %T is not owed", w.ctx.BlockHeight(), msg)
		}
		w.must(w.run(w.ctx, msg))
	}
}

// play runs a task with honest nodes up to a phase of a round.
func (w *world) play(id, number uint64, phase spec.Phase) {
	w.Helper()
	w.full = phase == spec.PhaseProve
	for range 200 {
		if r := w.round(id); r.Number == number && r.Phase == phase {
			return
		}
		w.say(id)
		w.end()
	}
	w.Fatalf("round %d never came to %s: %+v", number, phase, w.task(id))
}

// finish runs a task with honest nodes to its end.
func (w *world) finish(id uint64) spec.Task {
	w.Helper()
	for range 1000 {
		if t := w.task(id); t.State.Final() {
			return t
		}
		w.say(id)
		w.end()
	}
	w.Fatalf("task %d never ends: %+v", id, w.task(id))
	return spec.Task{}
}
