package task_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"

	"github.com/althing-network/althing/chain/task"
	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// gasOfEnd returns the gas for all reads and writes at the end of this block.
func (w *world) gasOfEnd() uint64 {
	w.Helper()
	ctx := w.ctx
	w.ctx = w.ctx.WithGasMeter(storetypes.NewInfiniteGasMeter())
	w.must(w.EndBlock(w.ctx))
	gas := w.ctx.GasMeter().GasConsumed()
	w.ctx = ctx
	w.next(time.Second)
	return gas
}

// waiting returns a world with a number of tasks that wait until a time, and one task that is due now.
func waiting(t failer, n int, until spec.Time) *world {
	w := network(t, 5, 4, 4)
	var g taskpb.Genesis
	asked := digits()
	asked.Deadlines.Select = spec.MaxDuration
	for i := range n + 1 {
		s := round.New(chainID, uint64(i+1), account("alice"), asked, spec.DefaultTariff(), round.Moment{Height: 1, Time: 1})
		if i > 0 {
			s.Task.Due = until
			s.Task.Spec.Selection.MinStake = spec.MaxEscrow // nobody is eligible
		}
		g.Tasks = append(g.Tasks, taskpb.TaskFromSpec(s.Task))
	}
	g.Next = uint64(n + 2)
	w.must(w.bank.balances.Set(w.ctx, escrowAccount(), uint64(n+1)*asked.Escrow))
	task.Module{Keeper: w.Keeper}.InitGenesis(w.ctx, w.codec, w.codec.MustMarshalJSON(&g))
	w.ctx.MultiStore().(storetypes.CacheMultiStore).Write() // as if it had been written long ago
	return w
}

// TestAttack25EndBlockFlood: a flood of tasks must not make blocks longer. Tasks that are not due cost
// nothing, the work for tasks that wait for nodes is bounded, and tasks that are served are not
// delayed.
func TestAttack25EndBlockFlood(t *testing.T) {
	few, many := waiting(t, 10, 1_000_000_000), waiting(t, 10_000, 1_000_000_000)
	if a, b := few.gasOfEnd(), many.gasOfEnd(); a != b || a == 0 {
		t.Errorf("the end of a block takes %d gas with 10 tasks that are not due, %d with 10000", a, b)
	}

	few, many = waiting(t, 0, 1), waiting(t, 2000, 1)
	few.end()
	many.end()
	for range 20 {
		few.say(1)
		many.say(1)
		alone, listed := few.gasOfEnd(), *many.nodes.listed
		const each = 40_000 // gas of one task that finds no nodes
		if flooded := many.gasOfEnd(); flooded > alone+100*each+200_000 {
			t.Errorf("height %d: the end of a block takes %d gas, in a flood %d", few.ctx.BlockHeight(), alone, flooded)
		}
		if listed = *many.nodes.listed - listed; listed > 2 {
			t.Errorf("height %d: a block lists all nodes %d times", few.ctx.BlockHeight(), listed)
		}
	}
	if a, b := few.task(1), many.task(1); a.Closed == 0 || a.Closed != b.Closed {
		t.Errorf("a task closes at %d, in a flood at %d", a.Closed, b.Closed)
	}
	many.solvent()
}

// TestStuckTask: when the bank refuses a payment, neither the chain nor another task stops, and no coin
// moves. All payments are made when the bank pays again.
func TestStuckTask(t *testing.T) {
	w := network(t, 5, 8, 8)
	asked := digits()
	asked.Selection.MinTrainers = 4
	asked.Escrow = 3001 // 1000 a round and as many in reserve, 1 back
	stuck, other := w.create("alice", asked), w.create("bob", asked)
	w.play(stuck, 1, spec.PhaseOpen)
	w.bank.frozen[owner(3)] = true
	w.say(stuck)
	before := w.dump("bank", "registry")
	again := w.time().After(100 * spec.Second)
	w.must(w.EndBlock(w.ctx))
	if events := fmt.Sprint(w.ctx.EventManager().Events()); !strings.Contains(events, "stuck: undefined/1") {
		t.Errorf("no event says that the task is stuck: %s", events)
	}
	if got := w.task(stuck); got.Paid != 0 || got.Due != again || w.round(stuck).Phase != spec.PhaseOpen {
		t.Errorf("paid %d, due %s, round %s", got.Paid, got.Due, w.round(stuck).Phase)
	}
	if w.dump("bank", "registry") != before {
		t.Error("some were paid or judged and others not")
	}
	w.solvent()

	w.bank.frozen[owner(3)] = false
	for w.time() < again {
		w.say(other)
		w.end()
	}
	if got := w.task(other); !got.State.Final() {
		t.Errorf("another task is %s", got.State)
	}
	if got := w.task(stuck); got.Paid != 0 {
		t.Errorf("tried before its time: paid %d", got.Paid)
	}
	w.end()
	if got := w.task(stuck); got.Paid != 1000 {
		t.Errorf("paid %d, want 1000", got.Paid)
	}
	w.bank.frozen[account("alice")] = true
	for range 300 {
		w.say(stuck)
		w.end()
	}
	if got := w.task(stuck); got.State.Final() || w.balance(escrowAccount()) == 0 {
		t.Errorf("a task whose refund is refused is %s", got.State)
	}
	w.bank.frozen[account("alice")] = false
	if got := w.finish(stuck); got.Paid != 2000 || got.Refunded != 1001 || w.balance(escrowAccount()) != 0 {
		t.Errorf("paid %d, refunded %d, escrow account %d", got.Paid, got.Refunded, w.balance(escrowAccount()))
	}
	w.idle(21)
}
