package task_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/chain/task"
	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// counts returns the number of counts of free messages in the store.
func (w *world) counts() int { return strings.Count(w.dump(task.Name), "\n"+task.Name+" 0f") }

// TestFreeMessagesOfAPhase: a node has a number of free messages per phase, also if they fail. Its count
// is deleted when it sends the owed message, and otherwise at the end of the phase.
func TestFreeMessagesOfAPhase(t *testing.T) {
	// Kinds of messages that honest nodes send in a phase; nil: none fails.
	kinds := slices.DeleteFunc(append(round.Answers(), nil), func(in round.Input) bool {
		return reflect.TypeOf(in) == reflect.TypeFor[round.Decline]() || reflect.TypeOf(in) == reflect.TypeFor[round.AttestModel]()
	})
	for _, kind := range kinds {
		failing := strings.TrimPrefix(fmt.Sprintf("%T", kind), "round.")
		w := network(t, 5, 4, 4)
		w.full = failing == "Prove"
		id, counted := w.create("alice", digits()), false
		for !w.task(id).State.Final() {
			before, failed := w.phase(id), 0
			for _, msg := range w.owed(id) {
				switch {
				case !w.Owed(w.ctx, msg): // its sender has failed in the phase before
				case failed == 0 && strings.HasSuffix(sdk.MsgTypeURL(msg), ".Msg"+failing):
					failed, counted = 1, true
					w.Free(w.ctx, msg) // but not executed
				case !w.Free(w.ctx, msg):
					t.Errorf("%s fails: %T is not free", failing, msg)
				default:
					w.must(w.run(w.ctx, msg))
				}
			}
			if n := w.counts(); n != failed {
				t.Errorf("%s fails: %d counts in %s, want %d", failing, n, before, failed)
			}
			w.end()
			if n := w.counts(); n > 0 && w.phase(id) != before {
				t.Errorf("%s fails: %d counts are left of %s", failing, n, before)
			}
		}
		if counted != (kind != nil) {
			t.Errorf("%s fails: counted is %v", failing, counted)
		}
	}
}

// phase returns the phase of a task.
func (w *world) phase(id uint64) string {
	w.Helper()
	r := w.round(id)
	return fmt.Sprint(w.task(id).State, " ", r.Number, " ", r.Phase)
}

// TestFreeMessagesAreFew: only a limited number of failed messages is free.
func TestFreeMessagesAreFew(t *testing.T) {
	w := network(t, 5, 4, 4)
	id := w.create("alice", digits())
	w.play(id, 1, spec.PhaseTrain)
	msg, free := w.owed(id)[0], 0
	for range 10 {
		if w.Free(w.ctx, msg) {
			free++
		}
		w.end()
	}
	if free != task.FreeMessages || !w.Owed(w.ctx, msg) {
		t.Errorf("%d messages were free, and the message is owed: %v; want %d, true", free, w.Owed(w.ctx, msg), task.FreeMessages)
	}
	w.must(w.run(w.ctx, msg)) // for a fee
}

// TestCountsAreApart: messages that are not owed are not counted, and a count does not limit another
// node, round or task.
func TestCountsAreApart(t *testing.T) {
	w := network(t, 5, 4, 4)
	one, two := w.create("alice", digits()), w.create("bob", digits())
	w.play(one, 1, spec.PhaseTrain)
	w.play(two, 1, spec.PhaseTrain)
	msgs := w.owed(one)
	for range task.FreeMessages {
		w.Free(w.ctx, msgs[0])
	}
	if w.Free(w.ctx, msgs[0]) || !w.Free(w.ctx, msgs[1]) || !w.Free(w.ctx, w.owed(two)[0]) {
		t.Error("want no more free messages of one kind, but still those of another node and of another task")
	}
	before := w.everything()
	for what, wrong := range w.variants(msgs[2]) {
		if w.Free(w.ctx, wrong) || w.everything() != before {
			t.Errorf("%s: it is free, or counted", what)
		}
	}
	ctx := w.ctx.WithGasMeter(storetypes.NewInfiniteGasMeter())
	if w.Free(ctx, &sdkMessage{}) || ctx.GasMeter().GasConsumed() > 0 {
		t.Error("something is read for a message that no task takes")
	}
}

// sdkMessage is none of a task's.
type sdkMessage struct{ sdk.Msg }

// TestCountsOfRoundsThatOverlap: two rounds of a task overlap. The count of one round is deleted at the
// end of its own phase, not at the end of the other round's phase.
func TestCountsOfRoundsThatOverlap(t *testing.T) {
	w := network(t, 5, 4, 4)
	asked := digits()
	asked.Overlap = true
	id := w.create("alice", asked)
	for w.task(id).Scoring == 0 {
		w.say(id)
		w.end()
	}
	scoring := func() spec.Round {
		resp, err := w.Round(w.ctx, &taskpb.QueryRound{Task: id, Number: 1})
		w.must(err)
		r, err := resp.Round.ToSpec()
		w.must(err)
		return r
	}
	trainer, evaluators := w.owed(id)[0], w.answers(scoring())
	if !w.Free(w.ctx, trainer) || !w.Free(w.ctx, evaluators[0]) || w.counts() != 2 {
		t.Fatalf("%d counts of two messages that are free and not carried out", w.counts())
	}
	for _, msg := range evaluators {
		w.must(w.run(w.ctx, msg))
	}
	if !w.Free(w.ctx, trainer) || w.counts() != 1 {
		t.Errorf("%d counts when all evaluators have answered, want the trainer's", w.counts())
	}
	for scoring().Phase == spec.PhaseScore {
		w.end()
	}
	if r := w.round(id); r.Phase != spec.PhaseTrain || w.counts() != 1 {
		t.Errorf("%d counts in %s when the other round has gone on, want the trainer's", w.counts(), r.Phase)
	}
	for w.round(id).Phase == spec.PhaseTrain && !w.task(id).State.Final() {
		w.say(id)
		w.end()
	}
	if n := w.counts(); n > 0 {
		t.Errorf("%d counts are left", n)
	}
}
