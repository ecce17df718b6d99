package round_test

import (
	"slices"
	"testing"

	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// TestAttack20ConsumerCheats: the consumer cancels after it has seen the model. In whichever phase
// it cancels, the round is finished and its survivors are paid.
func TestAttack20ConsumerCheats(t *testing.T) {
	playRound := func(cancelIn spec.Phase) *world {
		w := newWorld(t, task())
		cancel := func() {
			if w.Round.Phase == cancelIn {
				w.do(round.Cancel{Owner: "owner"})
			}
		}
		cancel()
		w.train(11, 12, 13, 14)
		cancel()
		w.attest(11, 12, 13, 14)
		cancel()
		for node := uint64(1); node <= 4; node++ {
			w.do(w.commitAggregate(node, "m"))
		}
		w.pass()
		cancel()
		for node := uint64(1); node <= 4; node++ {
			w.do(w.revealAggregate(node, "m"))
		}
		w.pass()
		cancel()
		for node := uint64(5); node <= 8; node++ {
			w.do(w.commitScore(node, 500_000))
		}
		w.pass()
		cancel()
		for node := uint64(5); node <= 8; node++ {
			w.do(w.revealScore(node, 500_000))
		}
		w.pass()
		return w
	}
	for _, phase := range slices.DeleteFunc(spec.Phases(), func(p spec.Phase) bool { return p.Final() || p == spec.PhaseProve }) {
		w := playRound(phase)
		if w.Task.State != spec.TaskCancelled || w.Task.Paid != 998 || w.Task.Refunded != 2002 {
			t.Errorf("cancelled in %s: task %s, paid %d, refunded %d", phase, w.Task.State, w.Task.Paid, w.Task.Refunded)
		}
	}
}

// TestAttack20ConsumerHidesTheHoldOut: the consumer's own evaluators do not score, or score 0. The
// trainers are paid the same.
func TestAttack20ConsumerHidesTheHoldOut(t *testing.T) {
	for name, scores := range map[string][]spec.PPM{
		"silent": nil, "half silent": {900_000, 900_000}, "score 0": {0, 0, 0, 0}, "honest": {900_000, 900_000, 900_000, 900_000},
	} {
		w := newWorld(t, task())
		w.train(11, 12, 13, 14)
		w.attest(11, 12, 13, 14)
		w.aggregate("m", "m", "m", "m")
		w.score(scores...)
		for _, c := range w.Round.Trainers {
			if c.Paid != 187 { // a quarter of 750
				t.Errorf("%s: paid %d uthing to node %d, want 187", name, c.Paid, c.Node)
			}
		}
	}
}

// TestAttack20ConsumerUnderfunds: a task is invalid if its escrow cannot pay all trainers of all
// rounds, backups included.
func TestAttack20ConsumerUnderfunds(t *testing.T) {
	poor := task()
	poor.Selection.Trainers = 10
	poor.Escrow = 3*13 - 1
	if err := poor.Validate(); err == nil {
		t.Error("38 uthing are enough for 13 trainers in two rounds and one spare round: want an error below 39")
	}
	poor.Escrow++
	if err := poor.Validate(); err != nil {
		t.Error(err)
	}
}

// TestAttack25StateBloat: an aggregator that lies in every round is accused in each, but the task
// records one fault.
func TestAttack25StateBloat(t *testing.T) {
	long := task()
	long.Target.Rounds, long.Escrow = 30, 30_000
	w := newWorld(t, long)
	for w.Task.State == spec.TaskRunning {
		if !w.Running() {
			w.do(round.Select{Trainers: []uint64{11, 12, 13, 14}})
		}
		w.train(11, 12, 13, 14)
		w.attest(11, 12, 13, 14)
		w.aggregate("m", "m", "lie", "m")
		w.score(500_000, 500_000, 500_000, 500_000)
	}
	if got := len(find[round.Accuse](w.effects)); got != 30 {
		t.Errorf("accused %d times in 30 rounds, want 30", got)
	}
	if len(w.Task.Faults) != 1 || w.Task.Faults[0].Node != 3 || w.Task.Faults[0].Round != 1 {
		t.Errorf("faults are %v, want one of node 3 in round 1", w.Task.Faults)
	}
}

// TestAttack29Replay: a commitment made for another chain, task, round or node does not open.
func TestAttack29Replay(t *testing.T) {
	elsewhere := func(w *world, node uint64) map[string]spec.Slot {
		here := w.slot(node)
		slots := map[string]spec.Slot{}
		for name, change := range map[string]func(*spec.Slot){
			"chain": func(s *spec.Slot) { s.Chain = "althing-main" },
			"task":  func(s *spec.Slot) { s.Task++ },
			"round": func(s *spec.Slot) { s.Round++ },
			"node":  func(s *spec.Slot) { s.Node++ },
		} {
			slot := here
			change(&slot)
			slots[name] = slot
		}
		return slots
	}
	to := func(phase spec.Phase) *world {
		w := newWorld(t, task())
		w.train(11, 12, 13, 14)
		w.attest(11, 12, 13, 14)
		if phase == spec.PhaseScore {
			w.aggregate("m", "m", "m", "m")
		}
		return w
	}
	for name := range elsewhere(to(spec.PhaseAggregate), 1) {
		w := to(spec.PhaseAggregate)
		w.do(round.CommitAggregate{Node: 1, Round: 1, Commitment: spec.AggregateCommitment(elsewhere(w, 1)[name], digest("m"), salt(1))})
		for node := uint64(2); node <= 4; node++ {
			w.do(w.commitAggregate(node, "m"))
		}
		w.pass()
		w.refuse(w.revealAggregate(1, "m"), round.ErrOpening)

		w = to(spec.PhaseScore)
		w.do(round.CommitScore{Node: 5, Round: 1, Commitment: spec.ScoreCommitment(elsewhere(w, 5)[name], w.Round.Next, 500_000, nil, salt(5))})
		for node := uint64(6); node <= 8; node++ {
			w.do(w.commitScore(node, 500_000))
		}
		w.pass()
		w.refuse(w.revealScore(5, 500_000), round.ErrOpening)
	}
}

// TestAttack29ReplayInTheNextRound: messages of round 1 are refused in round 2. With the round
// number changed, a commitment is accepted, but does not open.
func TestAttack29ReplayInTheNextRound(t *testing.T) {
	w := newWorld(t, task())
	ofRound1 := []round.Input{w.commit(11), w.commitAggregate(1, "m"), w.revealAggregate(1, "m")}
	w.train(11, 12, 13, 14)
	w.attest(11, 12, 13, 14)
	w.aggregate("m", "m", "m", "m")
	ofRound1 = append(ofRound1, w.commitScore(5, 500_000), w.revealScore(5, 500_000), round.Attest{Node: 1, Round: 1, Holds: []byte{15}})
	old := w.commitAggregate(1, "m")
	w.score(500_000, 500_000, 500_000, 500_000)
	w.do(round.Select{Trainers: []uint64{11, 12, 13, 14}})
	refuseAll := func() {
		t.Helper()
		for _, in := range ofRound1 {
			w.refuse(in, round.ErrWrongRound)
		}
	}
	refuseAll()
	w.train(11, 12, 13, 14)
	refuseAll()
	w.attest(11, 12, 13, 14)
	refuseAll()
	old.Round = 2
	w.do(old)
	for node := uint64(2); node <= 4; node++ {
		w.do(w.commitAggregate(node, "m"))
	}
	w.pass()
	refuseAll()
	w.refuse(w.revealAggregate(1, "m"), round.ErrOpening)
}
