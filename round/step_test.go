package round_test

import (
	"testing"

	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// 2f+1 bitmaps or none: of fewer, those that agree may be the liars.
func TestTooFewBitmapsAbort(t *testing.T) {
	w := newWorld(t, task())
	w.train(11, 12, 13, 14)
	w.do(round.Attest{Node: 1, Round: 1, Holds: []byte{15}}, round.Attest{Node: 2, Round: 1, Holds: []byte{15}})
	w.pass()
	if w.Round.Phase != spec.PhaseAborted || w.Round.Reason != "too few aggregators attested" {
		t.Errorf("round %s: %s", w.Round.Phase, w.Round.Reason)
	}
}

// Retries are counted from the last accepted round, not over the whole task.
func TestAnAcceptedRoundForgivesAbortedOnes(t *testing.T) {
	once := task()
	once.Retries, once.Target.Rounds = 1, 3
	w := newWorld(t, once)
	for range 2 {
		w.pass() // nobody trains
		w.do(round.Select{Trainers: []uint64{11, 12, 13, 14}})
		w.train(11, 12, 13, 14)
		w.attest(11, 12, 13, 14)
		w.aggregate("m", "m", "m", "m")
		w.score(500_000, 500_000, 500_000, 500_000)
		w.do(round.Select{Trainers: []uint64{11, 12, 13, 14}})
	}
	if w.Task.State != spec.TaskRunning || w.Task.Accepted != 2 || w.Task.Aborted != 0 {
		t.Errorf("task %s, %d accepted, %d aborted", w.Task.State, w.Task.Accepted, w.Task.Aborted)
	}
}

func TestMedianIsTheLowerOneAndWeighted(t *testing.T) {
	answer := func(node, stake uint64, score spec.PPM) spec.Evaluation {
		return spec.Evaluation{Node: node, Stake: stake, Score: score, Committed: 6, Revealed: 7}
	}
	for name, c := range map[string]struct {
		scores []spec.Evaluation
		want   spec.PPM
	}{
		"one":                   {[]spec.Evaluation{answer(1, 5, 3)}, 3},
		"two of equal stake":    {[]spec.Evaluation{answer(1, 5, 9), answer(2, 5, 3)}, 3},
		"two of unequal stake":  {[]spec.Evaluation{answer(1, 6, 9), answer(2, 5, 3)}, 9},
		"the middle of three":   {[]spec.Evaluation{answer(1, 1, 9), answer(2, 1, 3), answer(3, 1, 5)}, 5},
		"stake, not heads":      {[]spec.Evaluation{answer(1, 10, 9), answer(2, 1, 3), answer(3, 1, 5)}, 9},
		"without stake, heads":  {[]spec.Evaluation{answer(1, 0, 9), answer(2, 0, 3), answer(3, 0, 5)}, 5},
		"the whole supply each": {[]spec.Evaluation{answer(1, spec.MaxEscrow, 9), answer(2, spec.MaxEscrow, 3), answer(3, spec.MaxEscrow, 5)}, 5},
	} {
		if got, scored := judged(c.scores); !scored || got != c.want {
			t.Errorf("%s: got %d, scored %v; want %d", name, got, scored, c.want)
		}
	}
}

// deadline is the height at which the phase's deadline passes.
func deadline(w *world) int64 { return int64(w.Round.Deadline) / int64(spec.Second) }

// A deadline holds even where nobody ticked: a chain that has much to do may
// look at a task late.
func TestLateWithoutATick(t *testing.T) {
	w := newWorld(t, task())
	w.height = deadline(w) + 5 // what one block of a chain that stood still may take
	w.do(w.commit(11))
	w.height++
	w.refuse(w.commit(12), round.ErrLate)
}

// What a caller does to its bytes later does not reach the state.
func TestStepKeepsItsOwnCopy(t *testing.T) {
	w := newWorld(t, task())
	w.train(11, 12, 13, 14)
	holds := []byte{15}
	w.do(round.Attest{Node: 1, Round: 1, Holds: holds})
	holds[0] = 0
	if got := w.Round.Aggregates[0].Holds[0]; got != 15 {
		t.Errorf("the bitmap became %08b", got)
	}
}

// The scheduler is asked every few seconds, and for the last time at the deadline.
func TestWaitingEndsAtItsDeadline(t *testing.T) {
	soon := task()
	soon.Deadlines.Select = 7 * spec.Second
	w := &world{TB: t, State: round.New("althing-test", 1, "owner", soon, spec.DefaultTariff(), at(1)), height: 1}
	for !w.Task.State.Final() {
		w.end()
	}
	if w.Task.Closed != 8 {
		t.Errorf("closed at %d, want 8", w.Task.Closed)
	}
}

// When enough of the committee are ready the rest has as long again.
func TestPreparationHasAGrace(t *testing.T) {
	for ready, want := range map[uint64]int64{8: 4, 7: 7} { // of 8; the height at which the task begins
		w := &world{TB: t, State: round.New("althing-test", 1, "owner", task(), spec.DefaultTariff(), at(1)), height: 1}
		w.do(round.Select{Aggregators: members(100, 1, 2, 3, 4), Evaluators: members(100, 5, 6, 7, 8)})
		for range 3 {
			w.end()
		}
		for node := uint64(1); node <= ready; node++ {
			w.do(round.Ready{Node: node, Digest: digest("model-0")})
		}
		for w.Task.State == spec.TaskPreparing {
			w.end()
		}
		if began := int64(w.Task.Since) / int64(spec.Second); began != want {
			t.Errorf("%d of 8 are ready at height 4, and the task begins at %d: want %d", ready, began, want)
		}
	}
}

func TestTheTargetIsReachedByEquality(t *testing.T) {
	modest := task()
	modest.Target.Accuracy = 500_000
	for score, want := range map[spec.PPM]spec.TaskState{499_999: spec.TaskRunning, 500_000: spec.TaskReached} {
		w := newWorld(t, modest)
		w.train(11, 12, 13, 14)
		w.attest(11, 12, 13, 14)
		w.aggregate("m", "m", "m", "m")
		w.score(score, score, score, score)
		if w.Task.State != want {
			t.Errorf("scored %s, task %s, want %s", score, w.Task.State, want)
		}
	}
}

// While 2f+1 do not agree yet, no grace cuts off the one whose word is missing.
func TestRevealsWaitForAgreement(t *testing.T) {
	w := newWorld(t, task())
	w.train(11, 12, 13, 14)
	w.attest(11, 12, 13, 14)
	models := []string{"m", "m", "l", "m"}
	for i, model := range models {
		w.do(w.commitAggregate(uint64(i+1), model))
	}
	w.pass()
	for i, model := range models[:3] {
		w.do(w.revealAggregate(uint64(i+1), model))
	}
	for w.height < deadline(w) {
		w.end()
	}
	w.do(w.revealAggregate(4, "m"))
	w.pass()
	if w.Round.Next != digest("m") || len(w.Task.Faults) != 1 {
		t.Errorf("round %s, faults %v", w.Round.Phase, w.Task.Faults)
	}
}

// Where a phase ends before its deadline nobody was too late.
func TestNoDemeritBeforeTheDeadline(t *testing.T) {
	for early, want := range map[int64]int{0: 1, 1: 0} {
		w := newWorld(t, task())
		w.train(11, 12, 13, 14)
		for w.height < deadline(w)-early {
			w.end()
		}
		for node := uint64(1); node <= 3; node++ {
			w.do(round.Attest{Node: node, Round: 1, Holds: []byte{15}})
		}
		w.pass()
		if got := len(find[round.Demerit](w.effects)); got != want {
			t.Errorf("%d blocks before the deadline: %d demerits, want %d", early, got, want)
		}
	}
}
