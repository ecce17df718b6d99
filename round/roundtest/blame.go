package roundtest

import (
	"fmt"

	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// diskFull has every aggregator attest nothing: the trainers show receipts, and are not to
// blame. Those that have them are paid for what they delivered, once in the task.
func diskFull(w *twins) {
	asked := digits()
	asked.Retries = 2
	id := single(w, asked)
	w.reach(cast{}, id, 1, spec.PhaseAttest)
	w.refuse(id, round.Prove{Node: 1, Round: 1}, round.ErrEarly)
	w.attestNothing(id)
	proof := w.receipts(id, 1, 6, 7)
	forged := w.receipts(id, 1, 6, 7)
	forged.Receipts[1].Signature = forged.Receipts[0].Signature
	twice := w.receipts(id, 1, 6, 6)
	for _, bad := range []round.Prove{forged, twice, {Node: 1, Round: 1, Receipts: []spec.Receipt{{Aggregator: 1}}}} {
		w.refuse(id, bad, round.ErrReceipt)
	}
	w.hear(id, proof)
	w.refuse(id, proof, round.ErrRepeated)
	for node := uint64(2); node <= 5; node++ {
		w.hear(id, w.receipts(id, node, 7))
	}
	w.end()
	r, err := w.one.Round(id, 1)
	if err != nil || r.Phase != spec.PhaseAborted {
		w.Fatalf("round 1 is %s (%v)", r.Phase, err)
	}
	for node := uint64(1); node <= 5; node++ {
		w.blamed(node, "")
	}
	w.blamed(6, "attested without an update for which it gave a receipt")
	w.blamed(7, "attested without an update for which it gave a receipt")
	w.blamed(8, "lacks an update for which f+1 others gave receipts")
	w.earned(109_375, 9_375, 9_375, 9_375, 9_375) // a fifth of 500000 for the one that has f+1 receipts
	w.reach(cast{}, id, 2, spec.PhaseTrain)
	w.finish(cast{}, id, spec.TaskReached, 1_157_500) // one round, a fee of 57500 and 100000 for what was delivered
}

// attestNothing has all aggregators say that they hold nothing, and ends the block.
func (w *twins) attestNothing(id uint64) {
	w.Helper()
	r := w.state(id).Round
	for _, a := range r.Aggregates[:3] {
		w.hear(id, round.Attest{Node: a.Node, Round: r.Number, Holds: make([]byte, 1)})
	}
	w.end()
}

// receipts are those of some aggregators for the update of a trainer.
func (w *twins) receipts(id, trainer uint64, aggregators ...uint64) round.Prove {
	w.Helper()
	s := w.state(id)
	slot := spec.Slot{Chain: Chain, Task: id, Round: s.Round.Number, Node: trainer}
	p := round.Prove{Node: trainer, Round: s.Round.Number}
	for _, a := range aggregators {
		commitment := s.Round.Trainers[s.Round.Trainer(trainer)].Commitment
		p.Receipts = append(p.Receipts, spec.SignReceipt(transportKey(fmt.Sprintf("node%d", a)), slot, a, commitment))
	}
	return p
}

// diverged has most trainers decline: the task ends at once with their reasons, and nobody
// is blamed. Who declines what others do is excused three times.
func diverged(w *twins) {
	id := single(w, digits())
	w.reach(cast{}, id, 1, spec.PhaseTrain)
	w.refuse(id, round.Decline{Node: 1, Round: 1, Why: "boredom"}, round.ErrCause)
	w.refuse(id, round.Decline{Node: 1, Round: 1, Why: spec.DeclinePrivate}, round.ErrCause)
	for node := uint64(1); node <= 4; node++ {
		w.hear(id, round.Decline{Node: node, Round: 1, Why: spec.DeclineDiverged})
		w.refuse(id, round.Decline{Node: node, Round: 1, Why: spec.DeclineDiverged}, round.ErrRepeated)
	}
	w.end()
	t := w.ended(id, spec.TaskFailed, 15_625)
	if t.Reason != "too few trainers committed; 4 declined: training diverged" || t.Round != 1 {
		w.Fatalf("the task failed in round %d: %s", t.Round, t.Reason)
	}
	lazy := func(account string) {
		asked := digits()
		asked.Target.Rounds = 1
		id := w.task(account, asked)
		w.reach(cast{}, id, 1, spec.PhaseTrain)
		w.hear(id, round.Decline{Node: 1, Round: 1, Why: spec.DeclineResources})
		w.refuse(id, round.Prove{Node: 2, Round: 1}, round.ErrEarly)
		w.reach(cast{silent: []uint64{1}}, id, 1, spec.PhaseAggregate)
		w.refuse(id, round.Prove{Node: 2, Round: 1}, round.ErrHeld)
		w.until(cast{}, id, func(s round.State) bool { return s.Task.State.Final() })
	}
	for _, account := range []string{"bob", "carol", "dan"} {
		lazy(account)
		w.blamed(1, "")
	}
	lazy("eve")
	w.blamed(1, "declined: it lacks memory, disk or time")
}
