package roundtest

import (
	"fmt"
	"slices"

	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// twoReceiptsOf is the proof that an aggregator signed receipts for two updates of one trainer.
func twoReceiptsOf(id, number, aggregator, trainer uint64) round.TwoReceipts {
	receipt := func(update string) round.SignedReceipt {
		slot := spec.Slot{Chain: Chain, Task: id, Round: number, Node: trainer}
		c := spec.UpdateCommitment(slot, digest("%s", update), salt(trainer))
		return round.SignedReceipt{Commitment: c, Signature: spec.SignReceipt(transportKey(fmt.Sprintf("node%d", aggregator)), slot, aggregator, c).Signature}
	}
	return round.TwoReceipts{Round: number, Aggregator: aggregator, Trainer: trainer, First: receipt("one"), Second: receipt("another")}
}

// twoReceipts: anybody may prove that an aggregator contradicted itself. The aggregator is slashed
// and jailed, once per round, even after the task has closed. A proof that proves nothing
// changes nothing, and the accuser gets no money.
func twoReceipts(w *twins) {
	id := openTask(w, bonding())
	proof := twoReceiptsOf(id, 1, 6, 1)
	w.wantRefused(id, proof, round.ErrNotSelected)
	w.reach(behaviour{}, id, 1, spec.PhaseAttest)
	for change, wrong := range map[error]func(in *round.TwoReceipts){
		round.ErrContradiction: func(in *round.TwoReceipts) { in.Second = in.First },
		round.ErrNotSelected:   func(in *round.TwoReceipts) { in.Aggregator = 10 },
		round.ErrWrongRound:    func(in *round.TwoReceipts) { *in = twoReceiptsOf(id, 2, 6, 1) },
	} {
		in := proof
		wrong(&in)
		w.wantRefused(id, in, change)
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
		w.wantRefused(id, in, round.ErrContradiction)
	}
	w.wantRefused(id+1, proof, round.ErrTaskNotFound)
	w.wantAccepted(id, proof)
	const loss = stake / 20 // of a bond
	w.end()
	if n := w.node(6); n.Stake != stake-loss || n.State != spec.NodeJailed || w.one.Burned() != loss {
		w.Fatalf("an aggregator that contradicted itself: %+v, %d uthing burned", n, w.one.Burned())
	}
	w.wantBlamed(6, spec.FaultEquivocation)
	w.wantRefused(id, proof, round.ErrKnown)
	w.wantRefused(id, twoReceiptsOf(id, 1, 6, 2), round.ErrKnown)

	t := w.finish(behaviour{}, id, spec.TaskReached, 2*spec.Thing)
	w.wantAccepted(id, twoReceiptsOf(id, 1, 7, 2)) // even though the closed task has given the bond back
	w.wantAccepted(id, twoReceiptsOf(id, 2, 6, 1)) // the slash is a part of the stake that is left
	w.end()
	w.wantRefused(id, twoReceiptsOf(id, 1, 7, 2), round.ErrKnown)
	const secondLoss = (stake - loss) / 20
	after := w.state(id).Task
	if len(after.Faults) != 3 || after.Paid != t.Paid || after.Refunded != t.Refunded || after.State != t.State {
		w.Fatalf("the closed task after two accusations: %+v", after)
	}
	if after.Slashed() != 2*loss+secondLoss || after.Faults[0].Burned != loss {
		w.Fatalf("%d uthing slashed in the task: %+v", after.Slashed(), after.Faults)
	}
	if six, seven := w.node(6), w.node(7); six.Stake != stake-loss-secondLoss || seven.Stake != stake-loss || w.one.Burned() != 2*loss+secondLoss {
		w.Fatalf("aggregators 6 and 7 have stakes %d and %d, %d uthing burned", six.Stake, seven.Stake, w.one.Burned())
	}
}

// attest is an attestation with a given bitmap.
func attest(node, number uint64, holds ...byte) round.Attest {
	return round.Attest{Node: node, Round: number, Holds: holds}
}

// twoAnswers: anybody may prove that a member of a committee sent two contradicting answers in a
// round. The fine is that of twoReceipts, and a node has at most one such fault per round.
func twoAnswers(w *twins) {
	id := openTask(w, bonding())
	w.reach(behaviour{}, id, 1, spec.PhaseAttest)
	two := func(first, second round.Input) round.TwoAnswers {
		return round.TwoAnswers{First: first, Second: second}
	}
	w.wantRefused(id, two(attest(6, 1, 0b01), attest(6, 1, 0b01)), round.ErrContradiction)
	w.wantRefused(id, two(attest(6, 1, 0b01), attest(6, 1, 0b11)), round.ErrContradiction)
	w.wantRefused(id, two(attest(6, 1, 0b01), attest(7, 1, 0b10)), round.ErrContradiction)
	w.wantRefused(id, two(attest(1, 1, 0b01), attest(1, 1, 0b10)), round.ErrNotSelected)
	w.wantRefused(id, two(attest(6, 2, 0b01), attest(6, 2, 0b10)), round.ErrWrongRound)
	w.wantAccepted(id, two(attest(6, 1, 0b01), attest(6, 1, 0b10)))
	w.wantRefused(id, two(attest(6, 1, 0b001), attest(6, 1, 0b100)), round.ErrKnown)
	w.wantRefused(id, twoReceiptsOf(id, 1, 6, 1), round.ErrKnown)
	model := func(m string) round.RevealAggregate {
		return round.RevealAggregate{Node: 7, Round: 1, Digest: digest("%s", m), Salt: salt(7)}
	}
	score := func(ppm spec.PPM) round.RevealScore {
		return round.RevealScore{Node: 10, Round: 1, Score: ppm, Salt: salt(10)}
	}
	w.wantAccepted(id, two(model("one"), model("another")))
	w.finish(behaviour{}, id, spec.TaskReached, 2*spec.Thing)
	counted := score(1)
	counted.Counts = []spec.Count{{Rows: 1}}
	equal := counted
	equal.Counts = slices.Clone(counted.Counts)
	w.wantRefused(id, two(counted, equal), round.ErrContradiction)
	w.wantAccepted(id, two(score(1), score(2))) // the task is closed
	w.wantRefused(id, two(score(1), counted), round.ErrKnown)
	w.end()
	const loss = stake / 20 // of a bond
	for _, node := range []uint64{6, 7, 10} {
		if n := w.node(node); n.Stake != stake-loss || n.State != spec.NodeJailed {
			w.Fatalf("node %d, which contradicted itself: %+v, want it jailed and slashed", node, n)
		}
		w.wantBlamed(node, spec.FaultEquivocation)
	}
	if w.one.Burned() != 3*loss {
		w.Fatalf("%d uthing burned, want %d", w.one.Burned(), 3*loss)
	}
}
