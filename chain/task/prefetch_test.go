package task_test

import (
	"testing"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/chain/task"
	"github.com/althing-network/althing/spec"
)

// TestHeardMessagesLeadToTheSameStore: whether messages were asked about before they
// are carried out, in which order and how often, changes no byte of what they lead to.
// A state that was read for one message and used for another, or after another had
// changed it, would.
func TestHeardMessagesLeadToTheSameStore(t *testing.T) {
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
				for _, msg := range msgs { // each was said, and is refused now
					if err := w.run(ctx, msg); err == nil {
						t.Errorf("%s, asked about %s: the same message is taken twice", phase, name)
					}
				}
				return w.everything()
			}
			if carried(true) != carried(false) {
				t.Errorf("%s, asked about %s: another store than without", phase, name)
			}
		}
	}
}

// TestHeardIsOfOneTransaction: what one context has heard is nothing to another.
func TestHeardIsOfOneTransaction(t *testing.T) {
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
			t.Errorf("in %s context it is taken again", name)
		}
	}
}
