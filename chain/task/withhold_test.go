package task_test

import (
	"crypto/ed25519"
	"testing"

	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/spec"
)

// What a hostile third of the trainers, or f+1 hostile aggregators, can still do.

// TestAttack12MoreThanAThirdWithhold: trainers that commit but upload their updates to nobody are blamed,
// unless more than a third of all do so: then the aggregators may be at fault. In both cases they
// are paid nothing.
func TestAttack12MoreThanAThirdWithhold(t *testing.T) {
	for hiders, escape := range map[uint64]bool{3: true, 2: false} { // of six
		w := rich(t, 6, 4, 4)
		asked := digits()
		asked.Escrow, asked.Target = 3*spec.Thing, spec.Target{Rounds: 2}
		id := w.create("alice", asked)
		for !w.task(id).State.Final() {
			for _, msg := range w.owed(id) {
				if m, ok := msg.(*taskpb.MsgAttest); ok {
					m.Holds[0] &^= 1<<hiders - 1
				}
				w.must(w.run(w.ctx, msg))
			}
			w.end()
		}
		if got := w.task(id); got.State != spec.TaskSpent {
			t.Fatalf("%d hide: the task is %s (%s)", hiders, got.State, got.Reason)
		}
		for node := uint64(1); node <= hiders; node++ {
			n := w.node(node)
			if blamed := n.Reputation < spec.One/2; blamed == escape || w.balance(owner(node)) != 0 {
				t.Errorf("%d hide: node %d stands at %s and was paid %d", hiders, node, n.Reputation, w.balance(owner(node)))
			}
		}
		if honest := w.node(hiders + 1); honest.Reputation <= spec.One/2 || w.balance(owner(honest.ID)) == 0 {
			t.Errorf("%d hide: an honest trainer stands at %s and was paid %d", hiders, honest.Reputation, w.balance(owner(honest.ID)))
		}
	}
}

// TestAttack12ReceiptsForNothing: f+1 aggregators sign receipts for updates that were never uploaded. Off:
// the task pays for deliveries again and again. On: it pays once, half of a round's pay. The honest
// aggregators, which lack these updates, still lose reputation.
func TestAttack12ReceiptsForNothing(t *testing.T) {
	play := func(again bool) (w *world, delivered uint64, got spec.Task) {
		w = rich(t, 6, 4, 4)
		for id := uint64(7); id <= 10; id++ {
			w.must(w.nodes.change(w.ctx, id, func(n *spec.Node) { n.Profile.TransportKey = signing(id).Public().(ed25519.PublicKey) }))
		}
		asked := digits()
		asked.Escrow, asked.Retries = 6*spec.Thing, 3
		asked.Target.Rounds = 5
		id := w.create("alice", asked)
		last := uint64(0)
		for !w.task(id).State.Final() {
			r := w.round(id)
			for _, msg := range w.owed(id) {
				switch m := msg.(type) {
				case *taskpb.MsgAttest:
					m.Holds = make([]byte, len(m.Holds))
				case *taskpb.MsgProve:
					node, err := w.nodes.IDOf(w.ctx, m.Owner)
					w.must(err)
					slot := spec.Slot{Chain: chainID, Task: id, Round: r.Number, Node: node}
					for _, a := range []uint64{7, 8} {
						receipt := spec.SignReceipt(signing(a), slot, a, r.Trainers[r.Trainer(node)].Commitment)
						m.Receipts = append(m.Receipts, taskpb.Receipt{Aggregator: a, Signature: receipt.Signature[:]})
					}
				}
				w.must(w.run(w.ctx, msg))
			}
			w.end()
			if now := w.task(id).Delivered; now != last {
				delivered, last = delivered+now, now
				if again {
					w.rewrite(id, func(t *taskpb.Task) { t.Delivered = 0 })
					last = 0
				}
			}
		}
		return w, delivered, w.task(id)
	}
	_, delivered, got := play(true)
	if half := got.Spec.PerRound() / 2; delivered <= half {
		t.Fatalf("%d uthing paid for nothing: without the defence the attack must work", delivered)
	}
	w, delivered, got := play(false)
	if perRound := got.Spec.PerRound(); delivered > perRound/2 || got.Paid >= perRound {
		t.Errorf("%d paid for nothing, %d in all, of %d a round", delivered, got.Paid, perRound)
	}
	t.Logf("%d rounds: %d paid for deliveries, %d in all, of %d a round; who colludes stands at %s, the others at %s",
		got.Round, delivered, got.Paid, got.Spec.PerRound(), w.node(7).Reputation, w.node(9).Reputation)
}
