package roundtest

import (
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// Lives of tasks whose rounds overlap, and of chains that stand still.

// overlapping is a task for three rounds that overlap, of 300 uthing each, with all
// the time that an evaluation may need.
func overlapping() spec.TaskSpec {
	asked := digits()
	asked.Overlap = true
	asked.Target.Rounds, asked.Escrow = 3, 4*spec.Thing
	asked.Deadlines.Evaluate = 100 * spec.Second
	return asked
}

// evaluators do not score; everybody else does what it owes.
func evaluators() cast { return cast{silent: []uint64{10, 11, 12, 13}} }

// training lists the phases of a round that has no model yet.
func training() []spec.Phase {
	return []spec.Phase{spec.PhaseTrain, spec.PhaseAttest, spec.PhaseAggregate, spec.PhaseReveal}
}

// both plays until round 2 is in a phase while round 1 is scored.
func (w *twins) both(id uint64, phase spec.Phase) {
	w.Helper()
	w.reach(cast{}, id, 1, spec.PhaseScore)
	w.reach(evaluators(), id, 2, phase)
	if s := w.state(id); s.Task.Scoring != 1 || len(s.OpenRounds()) != 2 {
		w.Fatalf("round 2 is in phase %s, and round 1 is not being scored: %+v", phase, s.Task)
	}
}

// Four blocks a round one after the other where rounds overlap, six where not; the
// trainers, who have one slot, serve in both rounds, and everybody earns the same.
func overlap(w *twins) {
	w.populate(5, 4, 4, 1)
	took := map[bool]int64{}
	for _, overlaps := range []bool{true, false} {
		asked := overlapping()
		asked.Overlap, asked.Target.Accuracy = overlaps, 0
		began := w.one.Height()
		id := w.task(map[bool]string{true: "alice", false: "bob"}[overlaps], asked)
		if overlaps {
			w.reach(cast{}, id, 2, spec.PhaseTrain)
			if n, _ := w.one.Node(1); w.state(id).Task.Scoring != 1 || n.Busy != 2 {
				w.Fatalf("a trainer is busy with %d parts in %+v", n.Busy, w.state(id).Task)
			}
		}
		w.finish(cast{}, id, spec.TaskSpent, 3000000)
		took[overlaps] = w.one.Height() - began
	}
	w.earned(900000, 900000, 900000, 900000, 900000)
	if saved := took[false] - took[true]; saved != 2*2 {
		w.Fatalf("three rounds take %d blocks, overlapping %d: want 2 less for each of two", took[false], took[true])
	}
}

// A round waits with its model until the one before it has its score.
func overlapHeld(w *twins) {
	id := single(w, overlapping())
	w.both(id, spec.PhaseReveal)
	for range 20 {
		w.answer(evaluators(), id)
		w.end()
	}
	if s := w.state(id); s.Round.Phase != spec.PhaseReveal || s.Scoring.Phase != spec.PhaseScore {
		w.Fatalf("round 2 is in phase %s, round 1 in phase %s", s.Round.Phase, s.Scoring.Phase)
	}
	w.finish(cast{}, id, spec.TaskReached, 2880000) // the second reaches the target, and the third has begun
	w.earned(450000, 450000, 450000, 450000, 450000)
}

// The target is reached while the next round is in each of its phases: who has
// committed is paid, and the model of that round is nobody's.
func overlapTarget(w *twins) {
	w.populate(5, 4, 4, 4)
	for i, phase := range training() {
		asked := overlapping()
		asked.Target.Accuracy = 400_000 // of round 1
		id := w.task([]string{"alice", "bob", "carol", "dan"}[i], asked)
		w.both(id, phase)
		t := w.finish(cast{}, id, spec.TaskReached, 1_880_000) // nobody scores round 2
		if r := w.state(id).Round; t.Model != digest("model 1") || t.Accepted != 1 || r.Phase != spec.PhaseAborted || !r.Next.IsZero() || r.Paid != 880_000 {
			w.Fatalf("from phase %s: the task has model %s after %d rounds, and round 2 is %+v", phase, t.Model, t.Accepted, r)
		}
	}
	w.earned(1_200_000, 1_200_000, 1_200_000, 1_200_000, 1_200_000)
}

// Nobody gains by being one of few when a round is stopped, and who has not
// committed has no demerit.
func overlapTargetOfFew(w *twins) {
	asked := overlapping()
	asked.Target.Accuracy = 400_000
	id := single(w, asked)
	w.both(id, spec.PhaseTrain)
	few := cast{silent: []uint64{2, 3, 4, 5}}
	w.answer(few, id)
	w.end()
	w.finish(few, id, spec.TaskReached, 1280000)
	w.earned(300000, 150000, 150000, 150000, 150000)
	w.blamed(2, "")
}

// A task whose target is reached before anybody has begun to train in vain.
func overlapTargetOfNone(w *twins) {
	asked := overlapping()
	asked.Target.Accuracy = 400_000
	id := single(w, asked)
	w.both(id, spec.PhaseTrain)
	w.finish(cast{silent: []uint64{1, 2, 3, 4, 5}}, id, spec.TaskReached, 1015625)
	w.blamed(1, "")
}

// A cancel in each phase of the next round finishes both.
func overlapCancelled(w *twins) {
	w.populate(5, 4, 4, 4)
	owner := w.fund("alice", 100*spec.Thing)
	for _, phase := range training() {
		asked := overlapping()
		asked.Target.Accuracy = 0
		id, err := w.create(owner, asked)
		if err != nil {
			w.Fatalf("%v", err)
		}
		w.both(id, phase)
		w.hear(id, round.Cancel{Owner: owner})
		if t := w.finish(cast{}, id, spec.TaskCancelled, 2000000); t.Accepted != 2 || t.Model != digest("model 2") {
			w.Fatalf("cancelled in phase %s: %d rounds, model %s", phase, t.Accepted, t.Model)
		}
	}
}

// The next round is aborted again and again while one is scored: the task fails when
// that has its score, and it reaches its target if that is the score.
func overlapAborted(w *twins) {
	w.populate(5, 4, 4, 4)
	for i, target := range []spec.PPM{900_000, 400_000} {
		asked := overlapping()
		asked.Target.Accuracy = target
		id := w.task([]string{"alice", "bob"}[i], asked)
		w.reach(cast{}, id, 1, spec.PhaseScore)
		hiders := cast{hiders: []uint64{1, 2, 3, 4, 5}, silent: evaluators().silent}
		if target == 400_000 { // a round that comes to no model need not wait for a score
			hiders = cast{liars: []uint64{6, 7}, silent: evaluators().silent}
		}
		w.until(hiders, id, func(s round.State) bool { return s.Task.Aborted == 2 })
		for range 10 {
			w.end()
		}
		s := w.state(id)
		if s.Task.State != spec.TaskRunning || s.Round.Number != 3 || s.Scoring.Number != 1 || s.Round.Base != s.Scoring.Next {
			w.Fatalf("task %s, round %d on %s, round %d being scored", s.Task.State, s.Round.Number, s.Round.Base, s.Scoring.Number)
		}
		w.finish(cast{}, id, []spec.TaskState{spec.TaskFailed, spec.TaskReached}[i], []uint64{1_108_381, 1_617_181}[i])
	}
}

// A task that finds no trainers for the next round waits for the score first, and
// then as long as it may.
func overlapAlone(w *twins) {
	id := single(w, overlapping())
	w.reach(cast{}, id, 1, spec.PhaseReveal)
	for trainer := uint64(1); trainer <= 5; trainer++ {
		w.setActive(trainer, false)
	}
	w.reach(cast{}, id, 1, spec.PhaseScore)
	for range 40 { // deadlines.select is 20 s
		w.end()
	}
	if s := w.state(id); s.Task.State != spec.TaskRunning || s.Round.Phase != spec.PhaseScore {
		w.Fatalf("task %s, round %s", s.Task.State, s.Round.Phase)
	}
	w.finish(cast{}, id, spec.TaskFailed, 1015625)
}

// A chain that stands still for an hour in each phase, before anybody has answered
// and again when some have, blames nobody: for tasks whose rounds overlap and not.
func standstill(w *twins) {
	w.populate(5, 4, 4, 4)
	for i, asked := range []spec.TaskSpec{overlapping(), digits()} {
		asked.Target.Accuracy = 0
		asked.Deadlines = spec.Deadlines{
			Select: 16 * spec.Second, Train: 16 * spec.Second,
			Attest: 16 * spec.Second, Aggregate: 16 * spec.Second, Evaluate: 16 * spec.Second,
		}
		id := w.task([]string{"alice", "bob"}[i], asked)
		stood := map[spec.Phase]bool{}
		stand := func() {
			w.pause(spec.Hour)
			for _, r := range w.state(id).OpenRounds() {
				stood[r.Phase] = true
			}
		}
		for !w.state(id).Task.State.Final() {
			stand()
			w.answer(cast{silent: []uint64{1, 6, 10}}, id)
			stand()
			stand()
			w.answer(cast{}, id)
			w.end()
		}
		w.ended(id, spec.TaskSpent, (asked.PerRound()-50_000)*uint64(asked.Target.Rounds)) // without the shares of 6 and 10
		for _, phase := range passed() {
			if !stood[phase] {
				w.Fatalf("the chain never stood still in phase %s", phase)
			}
		}
	}
	for id := uint64(1); id <= w.nodes; id++ {
		w.blamed(id, "")
	}
}
