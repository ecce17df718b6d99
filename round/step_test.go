package round_test

import (
	"testing"

	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// TestTooFewBitmapsAbort: fewer than 2f+1 bitmaps abort the round, because the aggregators that
// agree may all be liars.
func TestTooFewBitmapsAbort(t *testing.T) {
	w := newWorld(t, task())
	w.train(11, 12, 13, 14)
	w.do(round.Attest{Node: 1, Round: 1, Holds: []byte{15}}, round.Attest{Node: 2, Round: 1, Holds: []byte{15}})
	w.pass()
	if w.Round.Phase != spec.PhaseAborted || w.Round.Reason != "too few aggregators attested" {
		t.Errorf("round in phase %s (%s), want aborted: too few aggregators attested", w.Round.Phase, w.Round.Reason)
	}
}

// TestRetriesAreCountedSinceTheLastAcceptedRound: an accepted round resets the count of aborted
// rounds.
func TestRetriesAreCountedSinceTheLastAcceptedRound(t *testing.T) {
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
		t.Errorf("task %s, %d accepted, %d aborted; want running, 2, 0", w.Task.State, w.Task.Accepted, w.Task.Aborted)
	}
}

// TestMedianIsWeightedByStake: the score is the stake-weighted median. If there are two medians,
// it is the lower one.
func TestMedianIsWeightedByStake(t *testing.T) {
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
		"stake, not number":     {[]spec.Evaluation{answer(1, 10, 9), answer(2, 1, 3), answer(3, 1, 5)}, 9},
		"no stake, by number":   {[]spec.Evaluation{answer(1, 0, 9), answer(2, 0, 3), answer(3, 0, 5)}, 5},
		"the whole supply each": {[]spec.Evaluation{answer(1, spec.MaxEscrow, 9), answer(2, spec.MaxEscrow, 3), answer(3, spec.MaxEscrow, 5)}, 5},
	} {
		if got, scored := settledScore(c.scores); !scored || got != c.want {
			t.Errorf("%s: got %d, scored %t; want %d", name, got, scored, c.want)
		}
	}
}

// deadline is the height of the block in which the phase's deadline passes.
func deadline(w *world) int64 { return int64(w.Round.Deadline) / int64(spec.Second) }

// TestDeadlineHoldsWithoutATick: a message after the deadline is late even if the task got no tick
// since. A busy chain may give ticks late.
func TestDeadlineHoldsWithoutATick(t *testing.T) {
	w := newWorld(t, task())
	w.height = deadline(w) + 5 // network time grows by at most 5 s in the first block after a standstill
	w.do(w.commit(11))
	w.height++
	w.refuse(w.commit(12), round.ErrLate)
}

// TestStepCopiesItsInput: a caller that changes its bytes later does not change the state.
func TestStepCopiesItsInput(t *testing.T) {
	w := newWorld(t, task())
	w.train(11, 12, 13, 14)
	holds := []byte{15}
	w.do(round.Attest{Node: 1, Round: 1, Holds: holds})
	holds[0] = 0
	if got := w.Round.Aggregates[0].Holds[0]; got != 15 {
		t.Errorf("the bitmap became %08b, want 00001111", got)
	}
}

// TestWaitingEndsAtItsDeadline: a task for which no committee is found closes at its deadline.
func TestWaitingEndsAtItsDeadline(t *testing.T) {
	soon := task()
	soon.Deadlines.Select = 7 * spec.Second
	w := &world{TB: t, State: round.New("althing-test", 1, "owner", soon, spec.DefaultTariff(), at(1)), height: 1}
	for !w.Task.State.Final() {
		w.end()
	}
	if w.Task.Closed != 8 {
		t.Errorf("closed at height %d, want 8", w.Task.Closed)
	}
}

// TestPreparationHasAGracePeriod: when enough members of the committee are ready, the others have
// as much time again.
func TestPreparationHasAGracePeriod(t *testing.T) {
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
			t.Errorf("%d of 8 members ready at height 4: the task begins at height %d, want %d", ready, began, want)
		}
	}
}

// TestTargetIsReachedByAnEqualScore: a score equal to the target reaches it.
func TestTargetIsReachedByAnEqualScore(t *testing.T) {
	modest := task()
	modest.Target.Accuracy = 500_000
	for score, want := range map[spec.PPM]spec.TaskState{499_999: spec.TaskRunning, 500_000: spec.TaskReached} {
		w := newWorld(t, modest)
		w.train(11, 12, 13, 14)
		w.attest(11, 12, 13, 14)
		w.aggregate("m", "m", "m", "m")
		w.score(score, score, score, score)
		if w.Task.State != want {
			t.Errorf("score %s: task %s, want %s", score, w.Task.State, want)
		}
	}
}

// TestRevealsWaitForAgreement: as long as no 2f+1 revealed digests agree, the phase reveal waits
// for the missing ones until its deadline, without a grace period.
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
		t.Errorf("round in phase %s, faults %v; want model m and one fault", w.Round.Phase, w.Task.Faults)
	}
}

// TestNoDemeritBeforeTheDeadline: if a phase ends before its deadline, nobody was too late.
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
