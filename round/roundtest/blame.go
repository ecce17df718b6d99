package roundtest

import (
	"fmt"

	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// diskFull: every aggregator attests no update. The trainers show receipts and are not blamed.
// Trainers with f+1 receipts are paid for the delivery, once per task.
func diskFull(w *twins) {
	asked := digits()
	asked.Retries = 2
	id := openTask(w, asked)
	w.reach(behaviour{}, id, 1, spec.PhaseAttest)
	w.wantRefused(id, round.Prove{Node: 1, Round: 1}, round.ErrEarly)
	w.attestNothing(id)
	proof := w.receipts(id, 1, 6, 7)
	forged := w.receipts(id, 1, 6, 7)
	forged.Receipts[1].Signature = forged.Receipts[0].Signature
	twice := w.receipts(id, 1, 6, 6)
	for _, bad := range []round.Prove{forged, twice, {Node: 1, Round: 1, Receipts: []spec.Receipt{{Aggregator: 1}}}} {
		w.wantRefused(id, bad, round.ErrReceipt)
	}
	w.wantAccepted(id, proof)
	w.wantRefused(id, proof, round.ErrRepeated)
	for node := uint64(2); node <= 5; node++ {
		w.wantAccepted(id, w.receipts(id, node, 7))
	}
	w.end()
	r, err := w.one.Round(id, 1)
	if err != nil || r.Phase != spec.PhaseAborted {
		w.Fatalf("round 1 is %s (%v)", r.Phase, err)
	}
	for node := uint64(1); node <= 5; node++ {
		w.wantBlamed(node, "")
	}
	w.wantBlamed(6, "attested without an update for which it gave a receipt")
	w.wantBlamed(7, "attested without an update for which it gave a receipt")
	w.wantBlamed(8, "lacks an update for which f+1 others gave receipts")
	w.wantEarned(109_375, 9_375, 9_375, 9_375, 9_375) // trainer 1 has f+1 receipts: 1/5 of 500000 more
	w.reach(behaviour{}, id, 2, spec.PhaseTrain)
	w.finish(behaviour{}, id, spec.TaskReached, 1_157_500) // one round, a fee of 57500 and 100000 for a delivery
}

// attestNothing has three aggregators attest that they hold no update, and ends the block.
func (w *twins) attestNothing(id uint64) {
	w.Helper()
	r := w.state(id).Round
	for _, a := range r.Aggregates[:3] {
		w.wantAccepted(id, round.Attest{Node: a.Node, Round: r.Number, Holds: make([]byte, 1)})
	}
	w.end()
}

// receipts returns a trainer's message with the receipts of some aggregators for its update.
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

// diverged: most trainers decline, so the task fails at once with their reasons, and nobody is
// blamed. A trainer that alone declines is excused three times, and blamed the fourth time.
func diverged(w *twins) {
	id := openTask(w, digits())
	w.reach(behaviour{}, id, 1, spec.PhaseTrain)
	w.wantRefused(id, round.Decline{Node: 1, Round: 1, Why: "boredom"}, round.ErrCause)
	w.wantRefused(id, round.Decline{Node: 1, Round: 1, Why: spec.DeclinePrivate}, round.ErrCause)
	for node := uint64(1); node <= 4; node++ {
		w.wantAccepted(id, round.Decline{Node: node, Round: 1, Why: spec.DeclineDiverged})
		w.wantRefused(id, round.Decline{Node: node, Round: 1, Why: spec.DeclineDiverged}, round.ErrRepeated)
	}
	w.end()
	t := w.wantEnded(id, spec.TaskFailed, 15_625)
	if t.Reason != "too few trainers committed; 4 declined: training diverged" || t.Round != 1 {
		w.Fatalf("the task failed in round %d: %s", t.Round, t.Reason)
	}
	declineAlone := func(account string) {
		asked := digits()
		asked.Target.Rounds = 1
		id := w.task(account, asked)
		w.reach(behaviour{}, id, 1, spec.PhaseTrain)
		w.wantAccepted(id, round.Decline{Node: 1, Round: 1, Why: spec.DeclineResources})
		w.wantRefused(id, round.Prove{Node: 2, Round: 1}, round.ErrEarly)
		w.reach(behaviour{silent: []uint64{1}}, id, 1, spec.PhaseAggregate)
		w.wantRefused(id, round.Prove{Node: 2, Round: 1}, round.ErrHeld)
		w.until(behaviour{}, id, func(s round.State) bool { return s.Task.State.Final() })
	}
	for _, account := range []string{"bob", "carol", "dan"} {
		declineAlone(account)
		w.wantBlamed(1, "")
	}
	declineAlone("eve")
	w.wantBlamed(1, "declined: it lacks memory, disk or time")
}
