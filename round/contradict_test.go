package round_test

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// twoReceipts is the proof that an aggregator signed receipts for two updates of a trainer.
func (w *world) twoReceipts(number, aggregator, trainer uint64) round.TwoReceipts {
	slot := w.Task.Slot(number, trainer)
	receipt := func(update string) round.SignedReceipt {
		c := spec.UpdateCommitment(slot, digest(update), salt(trainer))
		return round.SignedReceipt{Commitment: c, Signature: spec.SignReceipt(transportKey(aggregator), slot, aggregator, c).Signature}
	}
	return round.TwoReceipts{Round: number, Aggregator: aggregator, Trainer: trainer, First: receipt("one"), Second: receipt("another")}
}

// TestAttack13TwoReceipts: an aggregator signs receipts for two updates of one trainer, so that it
// can later claim to have either.
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

	// Off: nobody shows the receipts, and the aggregator is paid and loses nothing.
	off := play(false)
	if len(find[round.Slash](off.effects)) > 0 || len(off.Task.Faults) > 0 {
		t.Fatalf("the attack does not work even undefended: %v", off.Task.Faults)
	}
	// On: anybody may show both receipts. The accuser is not paid.
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

// TestAttack25EquivocationInEveryRound: a node that contradicts itself in every round does not make
// the task's record grow without bound.
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
		t.Errorf("%d accusations in 30 rounds are accepted, with %d faults: want 8 and 8", accepted, len(w.Task.Faults))
	}
}

// equivocate plays a round in which nodes 3 and 6 sign two answers each. Each answer is valid by
// itself, and the chain accepts the one that it gets first. It returns proofs.
func equivocate(w *world) (all []round.TwoAnswers) {
	w.train(11, 12, 13, 14)
	one := round.Attest{Node: 3, Round: 1, Holds: holding(w.Round, 11, 12)}
	another := round.Attest{Node: 3, Round: 1, Holds: holding(w.Round, 13, 14)}
	for _, attest := range []round.Attest{one, another} { // either would be accepted
		if _, _, err := w.Step(at(w.height), attest); err != nil {
			w.Fatal(err)
		}
	}
	w.attest(11, 12, 13, 14)
	w.aggregate("m", "m", "m", "m")
	w.score(500_000, 500_000, 500_000, 500_000)
	return []round.TwoAnswers{
		{First: one, Second: another},
		{First: w.revealAggregate(3, "m"), Second: w.revealAggregate(3, "another")},
		{First: round.RevealScore{Node: 6, Round: 1, Score: 1}, Second: round.RevealScore{Node: 6, Round: 1, Score: 2}},
		{First: round.RevealScore{Node: 6, Round: 1, Score: 1, Counts: []spec.Count{{Rows: 9}}}, Second: round.RevealScore{Node: 6, Round: 1, Score: 1}},
		{
			First:  round.RevealScore{Node: 6, Round: 1, Score: 500_000, Counts: []spec.Count{{Rows: 2, Correct: 1}}},
			Second: round.RevealScore{Node: 6, Round: 1, Score: 500_000, Counts: []spec.Count{{Rows: 4, Correct: 2}}},
		},
	}
}

// TestAttack13TwoAnswers: a member of the committee sends different bitmaps, models or scores to
// different nodes.
func TestAttack13TwoAnswers(t *testing.T) {
	// Off: nobody shows both answers, and the member is paid and loses nothing.
	off := newWorld(t, task())
	shown := equivocate(off)
	if len(find[round.Slash](off.effects)) > 0 || len(off.Task.Faults) > 0 {
		t.Fatalf("the attack does not work even undefended: %v", off.Task.Faults)
	}
	for _, in := range shown {
		on := newWorld(t, task())
		equivocate(on)
		before := len(on.effects)
		on.do(in)
		node := reflect.ValueOf(in.First).FieldByName("Node").Uint()
		want := []round.Slash{{Round: 1, Node: node, Fault: spec.FaultEquivocation, Part: spec.DefaultTariff().Equivocation}}
		if diff := cmp.Diff(want, find[round.Slash](on.effects[before:])); diff != "" {
			t.Errorf("%v: slashes (-want +got):\n%s", in, diff)
		}
		if diff := cmp.Diff(find[round.Pay](off.effects), find[round.Pay](on.effects)); diff != "" {
			t.Errorf("an accusation moves pay (-without +with):\n%s", diff)
		}
		on.refuse(in, round.ErrKnown)
		on.refuse(round.TwoAnswers{First: in.Second, Second: in.First}, round.ErrKnown)
	}
	// A node gets at most one such fault per round.
	on := newWorld(t, task())
	equivocate(on)
	on.do(on.twoReceipts(1, 3, 11))
	on.refuse(shown[0], round.ErrKnown)
	on.refuse(shown[1], round.ErrKnown)
}

// TestTwoAnswersRefused: two answers that do not contradict each other, or that the task did not ask
// of the node, are refused.
func TestTwoAnswersRefused(t *testing.T) {
	w := newWorld(t, task())
	w.train(11, 12, 13, 14)
	attest := func(node, number uint64, holds ...byte) round.Attest {
		return round.Attest{Node: node, Round: number, Holds: holds}
	}
	model := func(node, number uint64, m string, s byte) round.RevealAggregate {
		return round.RevealAggregate{Node: node, Round: number, Digest: digest(m), Salt: spec.Salt{s}}
	}
	for name, c := range map[string]struct {
		first, second round.Input
		want          error
	}{
		"the same again":          {attest(3, 1, 0b01), attest(3, 1, 0b01), round.ErrContradiction},
		"a bitmap that grew":      {attest(3, 1, 0b01), attest(3, 1, 0b11), round.ErrContradiction},
		"a bitmap that was empty": {attest(3, 1), attest(3, 1, 0b11), round.ErrContradiction},
		"a longer bitmap":         {attest(3, 1, 0b11), attest(3, 1, 0b01, 0), round.ErrContradiction},
		"of another round":        {attest(3, 1, 0b01), attest(3, 2, 0b10), round.ErrContradiction},
		"of another node":         {attest(3, 1, 0b01), attest(4, 1, 0b10), round.ErrContradiction},
		"of two kinds":            {attest(3, 1, 0b01), model(3, 1, "m", 1), round.ErrContradiction},
		"a model and a score":     {model(3, 1, "m", 1), round.RevealScore{Node: 3, Round: 1, Score: 1}, round.ErrContradiction},
		"another salt":            {model(3, 1, "m", 1), model(3, 1, "m", 2), round.ErrContradiction},
		"a score under two salts": {round.RevealScore{Node: 5, Round: 1, Salt: spec.Salt{1}}, round.RevealScore{Node: 5, Round: 1}, round.ErrContradiction},
		"counts under two salts": {
			round.RevealScore{Node: 5, Round: 1, Counts: []spec.Count{{Rows: 1}}, Salt: spec.Salt{1}},
			round.RevealScore{Node: 5, Round: 1, Counts: []spec.Count{{Rows: 1}}},
			round.ErrContradiction,
		},
		"two commitments":          {round.CommitAggregate{Node: 3, Round: 1, Commitment: digest("a")}, round.CommitAggregate{Node: 3, Round: 1, Commitment: digest("b")}, round.ErrContradiction},
		"two shards":               {round.Ready{Node: 5, Digest: digest("a")}, round.Ready{Node: 5, Digest: digest("b")}, round.ErrContradiction},
		"two ends of a block":      {round.Tick{}, round.Tick{}, round.ErrContradiction},
		"nothing":                  {nil, nil, round.ErrContradiction},
		"a trainer's bitmaps":      {attest(11, 1, 0b01), attest(11, 1, 0b10), round.ErrNotSelected},
		"an evaluator's models":    {model(5, 1, "m", 1), model(5, 1, "n", 1), round.ErrNotSelected},
		"an aggregator's scores":   {round.RevealScore{Node: 3, Round: 1, Score: 1}, round.RevealScore{Node: 3, Round: 1, Score: 2}, round.ErrNotSelected},
		"a round that never began": {attest(3, 2, 0b01), attest(3, 2, 0b10), round.ErrWrongRound},
		"round 0":                  {attest(3, 0, 0b01), attest(3, 0, 0b10), round.ErrContradiction},
	} {
		t.Run(name, func(t *testing.T) {
			w.refuse(round.TwoAnswers{First: c.first, Second: c.second}, c.want)
			w.refuse(round.TwoAnswers{First: c.second, Second: c.first}, c.want)
		})
	}
}

// TestBitmapsThatGrowDoNotContradict: an aggregator that loses no update never contradicts itself,
// whenever it attests. One that has lost an update may.
func TestBitmapsThatGrowDoNotContradict(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var signed []round.Attest
		held := make([]bool, rapid.IntRange(0, 40).Draw(t, "trainers"))
		for range rapid.IntRange(1, 6).Draw(t, "times") {
			for i := range held {
				held[i] = held[i] || rapid.IntRange(0, 3).Draw(t, "arrives") == 0
			}
			signed = append(signed, round.Attest{Node: 3, Round: 1, Holds: spec.Bitmap(held)})
		}
		for _, a := range signed {
			for _, b := range signed {
				if round.Contradict(a, b) {
					t.Fatalf("%08b and %08b are a contradiction", a.Holds, b.Holds)
				}
			}
		}
	})
	lost := round.Attest{Node: 3, Round: 1, Holds: []byte{0b101}}
	if !round.Contradict(round.Attest{Node: 3, Round: 1, Holds: []byte{0b011}}, lost) {
		t.Error("two bitmaps of which neither contains the other are no contradiction, want one")
	}
}
