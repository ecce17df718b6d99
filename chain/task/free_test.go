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

// counts is how many counts of free messages lie in the store.
func (w *world) counts() int { return strings.Count(w.dump(task.Name), "\n"+task.Name+" 0f") }

// A node has so many free messages for a phase, also where each of them fails; whoever
// says what it owes leaves nothing behind, and whoever does not leaves its count no longer
// than the phase.
func TestFreeMessagesOfAPhase(t *testing.T) {
	// Of the kinds that an honest node says of itself in a phase; nil: nobody fails.
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
				case !w.Owed(w.ctx, msg): // who says it has failed in the phase before
				case failed == 0 && strings.HasSuffix(sdk.MsgTypeURL(msg), ".Msg"+failing):
					failed, counted = 1, true
					w.Free(w.ctx, msg) // and is not carried out
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

// phase is where a task is.
func (w *world) phase(id uint64) string {
	w.Helper()
	r := w.round(id)
	return fmt.Sprint(w.task(id).State, " ", r.Number, " ", r.Phase)
}

// Failed messages are free so often, and no more.
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

// What is not owed is not counted, and no count bounds another node, round or task.
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
		t.Error("want no more of one message, and those of another node and of another task")
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

// Two rounds of a task run side by side; the count of one ends with its own phase, and
// stays when the other's phase ends.
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
