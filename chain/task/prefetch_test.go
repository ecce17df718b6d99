package task_test

import (
	"testing"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/chain/task"
	"github.com/althing-network/althing/spec"
)

// TestPrefetchChangesNoResult: the check whether messages are owed, in any order and any number of times,
// does not change the result of their execution. It would if a state that was read for one message
// were used for another one, or after another message had changed it.
func TestPrefetchChangesNoResult(t *testing.T) {
	for _, phase := range []spec.Phase{spec.PhaseTrain, spec.PhaseAggregate, spec.PhaseScore} {
		for name, asked := range map[string][]int{
			"nothing": nil, "the first": {0}, "the second": {1}, "both": {0, 1}, "both, the other way round": {1, 0},
			"one twice": {0, 0}, "all": {0, 1, 2, 0},
		} {
			carried := func(hear bool) string {
				w := network(t, 5, 4, 4)
				id := w.create("alice", digits())
				w.play(id, 1, phase)
				msgs := w.owed(id)[:3]
				ctx := w.ctx
				if hear {
					ctx = task.WithPrefetch(w.ctx)
					for _, i := range asked {
						if !w.Owed(ctx, msgs[i]) {
							t.Fatalf("%s: message %d is not owed", phase, i)
						}
					}
				}
				for _, msg := range msgs {
					w.must(w.run(ctx, msg))
				}
				for _, msg := range msgs { // each was executed, and is refused now
					if err := w.run(ctx, msg); err == nil {
						t.Errorf("%s, checked %s: the same message is accepted twice", phase, name)
					}
				}
				return w.everything()
			}
			if carried(true) != carried(false) {
				t.Errorf("%s, checked %s: the store differs from the one without checks", phase, name)
			}
		}
	}
}

// TestPrefetchIsPerTransaction: a state that was prefetched in one context is not used in another one.
func TestPrefetchIsPerTransaction(t *testing.T) {
	w := network(t, 5, 4, 4)
	id := w.create("alice", digits())
	w.play(id, 1, spec.PhaseTrain)
	msg := w.owed(id)[0]
	one, other := task.WithPrefetch(w.ctx), task.WithPrefetch(w.ctx)
	if !w.Owed(one, msg) || !w.Owed(other, msg) {
		t.Fatal("the message is not owed")
	}
	w.must(w.run(one, msg))
	for name, ctx := range map[string]sdk.Context{"the same": one, "none": w.ctx} {
		if w.Owed(ctx, msg) || w.run(ctx, msg) == nil {
			t.Errorf("in the context %q the message is accepted again", name)
		}
	}
}
