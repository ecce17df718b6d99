package roundtest

import (
	"fmt"
	"slices"

	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// contradicted is an aggregator that signed receipts for two updates of one trainer.
func contradicted(id, number, aggregator, trainer uint64) round.TwoReceipts {
	given := func(update string) round.SignedReceipt {
		slot := spec.Slot{Chain: Chain, Task: id, Round: number, Node: trainer}
		c := spec.UpdateCommitment(slot, digest("%s", update), salt(trainer))
		return round.SignedReceipt{Commitment: c, Signature: spec.SignReceipt(transportKey(fmt.Sprintf("node%d", aggregator)), slot, aggregator, c).Signature}
	}
	return round.TwoReceipts{Round: number, Aggregator: aggregator, Trainer: trainer, First: given("one"), Second: given("another")}
}

// twoReceipts has anybody show that aggregators contradicted themselves: each is slashed
// and jailed, once for a round, also when the task is closed. What shows nothing changes
// nothing, and no money comes to who accuses.
func twoReceipts(w *twins) {
	id := single(w, bonding())
	proof := contradicted(id, 1, 6, 1)
	w.refuse(id, proof, round.ErrNotSelected)
	w.reach(cast{}, id, 1, spec.PhaseAttest)
	for change, wrong := range map[error]func(in *round.TwoReceipts){
		round.ErrContradiction: func(in *round.TwoReceipts) { in.Second = in.First },
		round.ErrNotSelected:   func(in *round.TwoReceipts) { in.Aggregator = 10 },
		round.ErrWrongRound:    func(in *round.TwoReceipts) { *in = contradicted(id, 2, 6, 1) },
	} {
		in := proof
		wrong(&in)
		w.refuse(id, in, change)
	}
	for _, wrong := range []func(in *round.TwoReceipts){
		func(in *round.TwoReceipts) { in.Second.Signature = in.First.Signature },
		func(in *round.TwoReceipts) { in.First.Signature = spec.Signature{} },
		func(in *round.TwoReceipts) { in.Aggregator = 7 },
		func(in *round.TwoReceipts) { in.Trainer = 2 },
		func(in *round.TwoReceipts) { in.Round = 2 },
	} {
		in := proof
		wrong(&in)
		w.refuse(id, in, round.ErrContradiction)
	}
	w.refuse(id+1, proof, round.ErrTaskNotFound)
	w.hear(id, proof)
	const loss = stake / 20 // of a bond
	w.end()
	if n := w.node(6); n.Stake != stake-loss || n.State != spec.NodeJailed || w.one.Burned() != loss {
		w.Fatalf("an aggregator that contradicted itself: %+v, %d are burned", n, w.one.Burned())
	}
	w.blamed(6, spec.FaultEquivocation)
	w.refuse(id, proof, round.ErrKnown)
	w.refuse(id, contradicted(id, 1, 6, 2), round.ErrKnown)

	t := w.finish(cast{}, id, spec.TaskReached, 2*spec.Thing)
	w.hear(id, contradicted(id, 1, 7, 2)) // the task is closed, and has given the bond back
	w.hear(id, contradicted(id, 2, 6, 1)) // a bond is no more than what is there
	w.end()
	w.refuse(id, contradicted(id, 1, 7, 2), round.ErrKnown)
	const again = (stake - loss) / 20
	after := w.state(id).Task
	if len(after.Faults) != 3 || after.Paid != t.Paid || after.Refunded != t.Refunded || after.State != t.State {
		w.Fatalf("the task after it was closed: %+v", after)
	}
	if after.Slashed() != 2*loss+again || after.Faults[0].Burned != loss {
		w.Fatalf("%d are slashed in the task: %+v", after.Slashed(), after.Faults)
	}
	if six, seven := w.node(6), w.node(7); six.Stake != stake-loss-again || seven.Stake != stake-loss || w.one.Burned() != 2*loss+again {
		w.Fatalf("%d and %d are left, %d are burned", six.Stake, seven.Stake, w.one.Burned())
	}
}

// attested is what an aggregator says that it holds.
func attested(node, number uint64, holds ...byte) round.Attest {
	return round.Attest{Node: node, Round: number, Holds: holds}
}

// twoAnswers has anybody show that members of a committee contradicted themselves in what
// they said to a round: it costs what two receipts cost, and one round is one fault.
func twoAnswers(w *twins) {
	id := single(w, bonding())
	w.reach(cast{}, id, 1, spec.PhaseAttest)
	two := func(first, second round.Input) round.TwoAnswers {
		return round.TwoAnswers{First: first, Second: second}
	}
	w.refuse(id, two(attested(6, 1, 0b01), attested(6, 1, 0b01)), round.ErrContradiction)
	w.refuse(id, two(attested(6, 1, 0b01), attested(6, 1, 0b11)), round.ErrContradiction)
	w.refuse(id, two(attested(6, 1, 0b01), attested(7, 1, 0b10)), round.ErrContradiction)
	w.refuse(id, two(attested(1, 1, 0b01), attested(1, 1, 0b10)), round.ErrNotSelected)
	w.refuse(id, two(attested(6, 2, 0b01), attested(6, 2, 0b10)), round.ErrWrongRound)
	w.hear(id, two(attested(6, 1, 0b01), attested(6, 1, 0b10)))
	w.refuse(id, two(attested(6, 1, 0b001), attested(6, 1, 0b100)), round.ErrKnown)
	w.refuse(id, contradicted(id, 1, 6, 1), round.ErrKnown)
	model := func(m string) round.RevealAggregate {
		return round.RevealAggregate{Node: 7, Round: 1, Digest: digest("%s", m), Salt: salt(7)}
	}
	score := func(ppm spec.PPM) round.RevealScore {
		return round.RevealScore{Node: 10, Round: 1, Score: ppm, Salt: salt(10)}
	}
	w.hear(id, two(model("one"), model("another")))
	w.finish(cast{}, id, spec.TaskReached, 2*spec.Thing)
	counted := score(1)
	counted.Counts = []spec.Count{{Rows: 1}}
	again := counted
	again.Counts = slices.Clone(counted.Counts)
	w.refuse(id, two(counted, again), round.ErrContradiction)
	w.hear(id, two(score(1), score(2))) // the task is closed
	w.refuse(id, two(score(1), counted), round.ErrKnown)
	w.end()
	const loss = stake / 20 // of a bond
	for _, node := range []uint64{6, 7, 10} {
		if n := w.node(node); n.Stake != stake-loss || n.State != spec.NodeJailed {
			w.Fatalf("node %d contradicted itself: %+v", node, n)
		}
		w.blamed(node, spec.FaultEquivocation)
	}
	if w.one.Burned() != 3*loss {
		w.Fatalf("%d are burned, want %d", w.one.Burned(), 3*loss)
	}
}
