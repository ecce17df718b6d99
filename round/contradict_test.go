package round_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// twoReceipts are those of an aggregator for two updates of a trainer in a round.
func (w *world) twoReceipts(number, aggregator, trainer uint64) round.TwoReceipts {
	slot := w.Task.Slot(number, trainer)
	given := func(update string) round.Given {
		c := spec.UpdateCommitment(slot, digest(update), salt(trainer))
		return round.Given{Commitment: c, Signature: spec.SignReceipt(transportKey(aggregator), slot, aggregator, c).Signature}
	}
	return round.TwoReceipts{Round: number, Aggregator: aggregator, Trainer: trainer, First: given("one"), Second: given("another")}
}

// An aggregator signs receipts for two updates of one trainer, and so could prove whichever
// of them suits it.
func TestAttack13TwoReceipts(t *testing.T) {
	play := func(accuse bool) *world {
		w := newWorld(t, task())
		w.train(11, 12, 13, 14)
		if accuse {
			w.do(w.twoReceipts(1, 3, 11))
		}
		w.attest(11, 12, 13, 14)
		w.aggregate("m", "m", "m", "m")
		w.score(500_000, 500_000, 500_000, 500_000)
		return w
	}
	paid := func(w *world) (all []round.Pay) { return find[round.Pay](w.effects) }

	// Off: nobody shows them, and the aggregator is paid and loses nothing.
	off := play(false)
	if len(find[round.Slash](off.effects)) > 0 || len(off.Task.Faults) > 0 {
		t.Fatalf("the attack does not work even undefended: %v", off.Task.Faults)
	}
	// On: whoever has them shows them. Nobody is paid for that.
	on := play(true)
	want := []round.Slash{{Round: 1, Node: 3, Fault: spec.FaultEquivocation, Part: spec.DefaultTariff().Equivocation}}
	if diff := cmp.Diff(want, find[round.Slash](on.effects)); diff != "" {
		t.Errorf("slashes (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(paid(off), paid(on)); diff != "" {
		t.Errorf("an accusation moves pay (-without +with):\n%s", diff)
	}
	on.refuse(on.twoReceipts(1, 3, 12), round.ErrKnown)
}

// What a node contradicts itself in does not let a task grow for ever.
func TestAttack25EquivocationInEveryRound(t *testing.T) {
	long := task()
	long.Target.Rounds, long.Escrow = 30, 30_000
	w := newWorld(t, long)
	accepted := 0
	for w.Task.State == spec.TaskRunning {
		if !w.Running() {
			w.do(round.Select{Trainers: []uint64{11, 12, 13, 14}})
		}
		if _, _, err := w.Step(at(w.height), w.twoReceipts(w.Task.Round, 3, 11)); err == nil {
			w.do(w.twoReceipts(w.Task.Round, 3, 11))
			accepted++
		}
		w.train(11, 12, 13, 14)
		w.attest(11, 12, 13, 14)
		w.aggregate("m", "m", "m", "m")
		w.score(500_000, 500_000, 500_000, 500_000)
	}
	if accepted != 8 || len(w.Task.Faults) != accepted {
		t.Errorf("%d of 30 rounds are recorded, in %d faults: want 8", accepted, len(w.Task.Faults))
	}
}
