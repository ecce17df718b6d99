package roundtest

import (
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// Scenarios of tasks whose rounds overlap, and of chains that stand still.

// overlapping is a task of three rounds that overlap, with a long deadline for evaluations.
func overlapping() spec.TaskSpec {
	asked := digits()
	asked.Overlap = true
	asked.Target.Rounds, asked.Escrow = 3, 4*spec.Thing
	asked.Deadlines.Evaluate = 100 * spec.Second
	return asked
}

// silentEvaluators is the behaviour in which no evaluator scores, and all other nodes answer.
func silentEvaluators() behaviour { return behaviour{silent: []uint64{10, 11, 12, 13}} }

// phasesBeforeModel lists the phases of a round before it has a model.
func phasesBeforeModel() []spec.Phase {
	return []spec.Phase{spec.PhaseTrain, spec.PhaseAttest, spec.PhaseAggregate, spec.PhaseReveal}
}

// reachBoth plays until round 2 is in a phase while round 1 is scored.
func (w *twins) reachBoth(id uint64, phase spec.Phase) {
	w.Helper()
	w.reach(behaviour{}, id, 1, spec.PhaseScore)
	w.reach(silentEvaluators(), id, 2, phase)
	if s := w.state(id); s.Task.Scoring != 1 || len(s.OpenRounds()) != 2 {
		w.Fatalf("round 2 is in phase %s, and round 1 is not being scored: %+v", phase, s.Task)
	}
}

// overlap: overlapping rounds save two blocks per round after the first, and everybody earns the
// same. A trainer with one slot serves in both running rounds.
func overlap(w *twins) {
	w.populate(5, 4, 4, 1)
	blocks := map[bool]int64{}
	for _, overlaps := range []bool{true, false} {
		asked := overlapping()
		asked.Overlap, asked.Target.Accuracy = overlaps, 0
		start := w.one.Height()
		id := w.task(map[bool]string{true: "alice", false: "bob"}[overlaps], asked)
		if overlaps {
			w.reach(behaviour{}, id, 2, spec.PhaseTrain)
			if n, _ := w.one.Node(1); w.state(id).Task.Scoring != 1 || n.Busy != 2 {
				w.Fatalf("a trainer is busy with %d parts in %+v", n.Busy, w.state(id).Task)
			}
		}
		w.finish(behaviour{}, id, spec.TaskSpent, 3000000)
		blocks[overlaps] = w.one.Height() - start
	}
	w.wantEarned(900000, 900000, 900000, 900000, 900000)
	if saved := blocks[false] - blocks[true]; saved != 2*2 {
		w.Fatalf("three rounds take %d blocks, and %d if they overlap: want 2 fewer for each of two rounds", blocks[false], blocks[true])
	}
}

// overlapWaitsForScore: a round does not reveal its model until the round before it has a score.
func overlapWaitsForScore(w *twins) {
	id := openTask(w, overlapping())
	w.reachBoth(id, spec.PhaseReveal)
	for range 20 {
		w.answer(silentEvaluators(), id)
		w.end()
	}
	if s := w.state(id); s.Round.Phase != spec.PhaseReveal || s.Scoring.Phase != spec.PhaseScore {
		w.Fatalf("round 2 is in phase %s, round 1 in phase %s", s.Round.Phase, s.Scoring.Phase)
	}
	w.finish(behaviour{}, id, spec.TaskReached, 2880000) // round 2 reaches the target after round 3 has begun
	w.wantEarned(450000, 450000, 450000, 450000, 450000)
}

// overlapTarget: the target is reached while the next round is in each of its phases. The next
// round is aborted: the trainers that have committed are paid, and its model is dropped.
func overlapTarget(w *twins) {
	w.populate(5, 4, 4, 4)
	for i, phase := range phasesBeforeModel() {
		asked := overlapping()
		asked.Target.Accuracy = 400_000 // of round 1
		id := w.task([]string{"alice", "bob", "carol", "dan"}[i], asked)
		w.reachBoth(id, phase)
		t := w.finish(behaviour{}, id, spec.TaskReached, 1_880_000) // nobody scores round 2
		if r := w.state(id).Round; t.Model != digest("model 1") || t.Accepted != 1 || r.Phase != spec.PhaseAborted || !r.Next.IsZero() || r.Paid != 880_000 {
			w.Fatalf("from phase %s: the task has model %s after %d rounds, and round 2 is %+v", phase, t.Model, t.Accepted, r)
		}
	}
	w.wantEarned(1_200_000, 1_200_000, 1_200_000, 1_200_000, 1_200_000)
}

// overlapTargetOfFew: if the target stops a round in which few have committed, each of them is
// paid no more than if all had. Trainers that have not committed get no demerit.
func overlapTargetOfFew(w *twins) {
	asked := overlapping()
	asked.Target.Accuracy = 400_000
	id := openTask(w, asked)
	w.reachBoth(id, spec.PhaseTrain)
	few := behaviour{silent: []uint64{2, 3, 4, 5}}
	w.answer(few, id)
	w.end()
	w.finish(few, id, spec.TaskReached, 1280000)
	w.wantEarned(300000, 150000, 150000, 150000, 150000)
	w.wantBlamed(2, "")
}

// overlapTargetOfNone: the target stops a round in which no trainer has committed.
func overlapTargetOfNone(w *twins) {
	asked := overlapping()
	asked.Target.Accuracy = 400_000
	id := openTask(w, asked)
	w.reachBoth(id, spec.PhaseTrain)
	w.finish(behaviour{silent: []uint64{1, 2, 3, 4, 5}}, id, spec.TaskReached, 1015625)
	w.wantBlamed(1, "")
}

// overlapCancelled: the task is cancelled in each phase of the next round. Both rounds are finished.
func overlapCancelled(w *twins) {
	w.populate(5, 4, 4, 4)
	owner := w.fund("alice", 100*spec.Thing)
	for _, phase := range phasesBeforeModel() {
		asked := overlapping()
		asked.Target.Accuracy = 0
		id, err := w.create(owner, asked)
		if err != nil {
			w.Fatalf("%v", err)
		}
		w.reachBoth(id, phase)
		w.wantAccepted(id, round.Cancel{Owner: owner})
		if t := w.finish(behaviour{}, id, spec.TaskCancelled, 2000000); t.Accepted != 2 || t.Model != digest("model 2") {
			w.Fatalf("cancelled in phase %s: %d rounds, model %s", phase, t.Accepted, t.Model)
		}
	}
}

// overlapAborted: the next rounds are aborted until the retries are spent, while a round is
// scored. The task then waits for that score. It fails, or ends as reached if the score is the
// target.
func overlapAborted(w *twins) {
	w.populate(5, 4, 4, 4)
	for i, target := range []spec.PPM{900_000, 400_000} {
		asked := overlapping()
		asked.Target.Accuracy = target
		id := w.task([]string{"alice", "bob"}[i], asked)
		w.reach(behaviour{}, id, 1, spec.PhaseScore)
		withholders := behaviour{withholders: []uint64{1, 2, 3, 4, 5}, silent: silentEvaluators().silent}
		if target == 400_000 { // these rounds are aborted in the phase reveal, without waiting for the score
			withholders = behaviour{liars: []uint64{6, 7}, silent: silentEvaluators().silent}
		}
		w.until(withholders, id, func(s round.State) bool { return s.Task.Aborted == 2 })
		for range 10 {
			w.end()
		}
		s := w.state(id)
		if s.Task.State != spec.TaskRunning || s.Round.Number != 3 || s.Scoring.Number != 1 || s.Round.Base != s.Scoring.Next {
			w.Fatalf("task %s, round %d on %s, round %d being scored", s.Task.State, s.Round.Number, s.Round.Base, s.Scoring.Number)
		}
		w.finish(behaviour{}, id, []spec.TaskState{spec.TaskFailed, spec.TaskReached}[i], []uint64{1_108_381, 1_617_181}[i])
	}
}

// overlapWithoutTrainers: a task that finds no trainers for the next round waits for the score,
// and only then for deadlines.select.
func overlapWithoutTrainers(w *twins) {
	id := openTask(w, overlapping())
	w.reach(behaviour{}, id, 1, spec.PhaseReveal)
	for trainer := uint64(1); trainer <= 5; trainer++ {
		w.setActive(trainer, false)
	}
	w.reach(behaviour{}, id, 1, spec.PhaseScore)
	for range 40 { // deadlines.select is 20 s
		w.end()
	}
	if s := w.state(id); s.Task.State != spec.TaskRunning || s.Round.Phase != spec.PhaseScore {
		w.Fatalf("task %s, round %s", s.Task.State, s.Round.Phase)
	}
	w.finish(behaviour{}, id, spec.TaskFailed, 1015625)
}

// standstill: the chain stands still for an hour in each phase, before any node has answered and
// again after some have. Nobody is blamed, whether rounds overlap or not.
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
			w.answer(behaviour{silent: []uint64{1, 6, 10}}, id)
			stand()
			stand()
			w.answer(behaviour{}, id)
			w.end()
		}
		w.wantEnded(id, spec.TaskSpent, (asked.PerRound()-50_000)*uint64(asked.Target.Rounds)) // nodes 6 and 10 lose their shares
		for _, phase := range phasesWithModel() {
			if !stood[phase] {
				w.Fatalf("the chain never stood still in phase %s", phase)
			}
		}
	}
	for id := uint64(1); id <= w.nodes; id++ {
		w.wantBlamed(id, "")
	}
}
