package roundtest

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// scenario is a sequence of events of some tasks, played in both worlds. Each scenario checks its
// outcome, so that it cannot pass because nothing happened.
type scenario struct {
	name string
	play func(w *twins)
}

func scenarios() []scenario {
	return []scenario{
		{"target reached", targetReached},
		{"all rounds run", allRoundsRun},
		{"a liar", liar},
		{"two receipts for two updates", twoReceipts},
		{"two answers that contradict each other", twoAnswers},
		{"an update withheld", updateWithheld},
		{"a dropout", dropout},
		{"aggregators whose disks are full", diskFull},
		{"training diverges", diverged},
		{"a late trainer", lateTrainer},
		{"nobody scores", unscored},
		{"a silent aggregator", silentAggregator},
		{"retries spent", retriesSpent},
		{"no committee", noCommittee},
		{"a committee that is not ready", notReady},
		{"cancelled in each phase", cancelled},
		{"trainers leave between two rounds", trainersLeave},
		{"trainers leave a task that is cancelled", cancelledBetween},
		{"a node that is deactivated", deactivated},
		{"two tasks want the same slots", twoTasksCompete},
		{"several tasks due in one block", severalDue},
		{"more tasks due than a block looks at", flood},
		{"nodes of several roles", manyRoles},
		{"standing decides the next selection", standingDecides},
		{"a task holds a bond of each node", bonds},
		{"a bond is slashed", slashes},
		{"a trainer that becomes inactive first", declaredLeave},
		{"answers that are refused", refusals},
		{"scores that are not what their counts say", wrongCounts},
		{"no better model within the patience", outOfPatience},
		{"registrations that are refused", refusedNodes},
		{"rounds overlap", overlap},
		{"a model waits for the score before it", overlapWaitsForScore},
		{"target reached while a round runs", overlapTarget},
		{"target reached, and few have committed", overlapTargetOfFew},
		{"target reached, and nobody has committed", overlapTargetOfNone},
		{"cancelled while two rounds run", overlapCancelled},
		{"aborted while a round is scored", overlapAborted},
		{"no trainers while a round is scored", overlapWithoutTrainers},
		{"a chain that stands still", standstill},
		{"votes change a governed task", votes},
		{"votes change no other task", votesOnUngovernedTask},
		{"the first round measures columns", measures},
		{"a vote adopts a model before columns are measured", measuresNothing},
		{"a private task is charged", privateCharged},
		{"a private task whose steps are sampled is charged", privateSampled},
		{"private tasks that are refused", privateRefused},
		{"a private task that names the owners it admits", privateAdmitted},
		{"private commitments that nobody signed", privateSigned},
		{"a private round that comes to nothing", privateAborted},
	}
}

// openTask creates a task of alice in a world with the trainers 1 to 5, the aggregators 6 to 9
// and the evaluators 10 to 13.
func openTask(w *twins, asked spec.TaskSpec) uint64 {
	w.Helper()
	w.populate(5, 4, 4, 4)
	return w.task("alice", asked)
}

// task creates a task of an account, after giving the account enough money.
func (w *twins) task(owner string, asked spec.TaskSpec) uint64 {
	w.Helper()
	id, err := w.create(w.fund(owner, 100*spec.Thing), asked)
	if err != nil {
		w.Fatalf("%v", err)
	}
	return id
}

// answer gives tasks all messages that their nodes owe, each of which must be accepted.
func (w *twins) answer(c behaviour, tasks ...uint64) {
	w.Helper()
	for _, id := range tasks {
		for _, in := range c.owed(w.state(id)) {
			w.wantAccepted(id, in)
		}
	}
}

// wantAccepted gives a task an input that must be accepted.
func (w *twins) wantAccepted(id uint64, in round.Input) {
	w.Helper()
	if err := w.say(id, in); err != nil {
		w.Fatalf("task %d: %#v: %v", id, in, err)
	}
}

// wantRefused gives a task an input that must be refused for a reason.
func (w *twins) wantRefused(id uint64, in round.Input, want error) {
	w.Helper()
	if err := w.say(id, in); !errors.Is(err, want) {
		w.Fatalf("task %d: %#v: got %v, want %v", id, in, err, want)
	}
}

// until plays blocks, in which the nodes answer by their behaviour, until a condition holds.
func (w *twins) until(c behaviour, id uint64, holds func(s round.State) bool) {
	w.Helper()
	for range 500 {
		if holds(w.state(id)) {
			return
		}
		w.answer(c, id)
		w.end()
	}
	w.Fatalf("after 500 blocks the condition does not hold for task %d: %+v", id, w.state(id))
}

// reach plays blocks until a round is in a phase.
func (w *twins) reach(c behaviour, id, number uint64, phase spec.Phase) {
	w.Helper()
	w.until(c, id, func(s round.State) bool {
		return slices.ContainsFunc(s.OpenRounds(), func(r spec.Round) bool { return r.Number == number && r.Phase == phase })
	})
}

// finish plays blocks until a task is closed, and checks its state and what it paid, in uthing.
func (w *twins) finish(c behaviour, id uint64, state spec.TaskState, paid uint64) spec.Task {
	w.Helper()
	w.until(c, id, func(s round.State) bool { return s.Task.State.Final() })
	return w.wantEnded(id, state, paid)
}

// wantEnded checks the state of a closed task, what it paid in uthing, and its refund.
func (w *twins) wantEnded(id uint64, state spec.TaskState, paid uint64) spec.Task {
	w.Helper()
	t := w.state(id).Task
	if t.State != state || t.Paid != paid || t.Refunded != t.Spec.Escrow-paid {
		w.Fatalf("task %d is %s (%s), paid %d and refunded %d: want %s and %d paid", id, t.State, t.Reason, t.Paid, t.Refunded, state, paid)
	}
	return t
}

// wantEarned checks what the owners of trainers 1, 2, ... have earned so far, in uthing.
func (w *twins) wantEarned(want ...uint64) {
	w.Helper()
	for i, uthing := range want {
		n, _ := w.one.Node(uint64(i) + 1)
		if got := w.one.Balance(n.Owner) - stake; got != uthing {
			w.Fatalf("node %d earned %d: want %d", n.ID, got, uthing)
		}
	}
}

// wantBlamed checks the reason of a node's last demerit.
func (w *twins) wantBlamed(node uint64, why string) {
	w.Helper()
	n, _ := w.one.Node(node)
	if c, _ := n.Blame(); c.Reason != why {
		w.Fatalf("node %d was last blamed for %q: want %q", node, c.Reason, why)
	}
}

// wantAnnounced checks that an effect with these words was announced.
func (w *twins) wantAnnounced(words string) {
	w.Helper()
	if !slices.ContainsFunc(w.one.Effects(), func(line string) bool { return strings.Contains(line, words) }) {
		w.Fatalf("no effect has the words %q:\n%s", words, strings.Join(w.one.Effects(), "\n"))
	}
}

func targetReached(w *twins) {
	id := openTask(w, digits())
	t := w.finish(behaviour{}, id, spec.TaskReached, 2*spec.Thing)
	if t.Model != digest("model 2") || t.Score != 961_000 {
		w.Fatalf("the model is %s at %s", t.Model, t.Score)
	}
	w.wantEarned(300_000, 300_000, 300_000, 300_000, 300_000)
	if n, _ := w.one.Node(1); len(n.Measured) != 1 || n.Measured[0].Accuracy != t.Score {
		w.Fatalf("a survivor's record is %+v", n.Measured)
	}
}

func allRoundsRun(w *twins) {
	asked := digits()
	asked.Target = spec.Target{Rounds: 3}
	asked.Escrow = 4*spec.Thing + 1 // 1 THING a round, 150000 uthing a trainer
	w.finish(behaviour{}, openTask(w, asked), spec.TaskSpent, 3*spec.Thing)
	w.wantEarned(450_000, 450_000, 450_000, 450_000, 450_000)
}

func liar(w *twins) {
	t := w.finish(behaviour{liars: []uint64{7}}, openTask(w, digits()), spec.TaskReached, 1_960_000) // two shares of 20000 stay
	w.wantBlamed(7, spec.FaultWrongAggregate)
	if len(t.Faults) != 1 || t.Faults[0].Node != 7 || t.Faults[0].Round != 1 {
		w.Fatalf("the faults are %+v", t.Faults)
	}
}

func updateWithheld(w *twins) {
	w.finish(behaviour{withholders: []uint64{3}}, openTask(w, digits()), spec.TaskReached, 2*spec.Thing)
	w.wantBlamed(3, "update withheld")
	w.wantEarned(375_000, 375_000, 0, 375_000, 375_000)
}

// dropout: in round 1 one trainer is silent, and the others need not wait for the deadline but
// only for the grace period. In round 2 too few commit before the deadline. That is no demerit:
// if most are silent, it may be that nobody could answer.
func dropout(w *twins) {
	id := openTask(w, digits())
	w.reach(behaviour{silent: []uint64{1}}, id, 2, spec.PhaseTrain)
	w.wantEarned(0, 187_500, 187_500, 187_500, 187_500)
	w.finish(behaviour{silent: []uint64{1, 2, 3, 4}}, id, spec.TaskFailed, 1_048_746) // two aborted rounds cost 48746
	w.wantBlamed(1, "")
	w.wantAnnounced("too few trainers committed")
}

// lateTrainer: one trainer commits within the grace period, and one after it.
func lateTrainer(w *twins) {
	id := openTask(w, digits())
	w.reach(behaviour{}, id, 1, spec.PhaseTrain)
	for range 3 {
		w.end()
	}
	w.answer(behaviour{silent: []uint64{1, 2}}, id)
	w.end()
	w.answer(behaviour{silent: []uint64{2}}, id)
	after := behaviour{}.owed(w.state(id))
	w.until(behaviour{silent: []uint64{2}}, id, func(s round.State) bool { return s.Round.Phase != spec.PhaseTrain })
	w.wantRefused(id, after[0], round.ErrLate)
	w.finish(behaviour{}, id, spec.TaskReached, 2*spec.Thing)
	w.wantEarned(337_500, 150_000, 337_500, 337_500, 337_500)
}

func silentAggregator(w *twins) {
	id := openTask(w, digits())
	for _, phase := range []spec.Phase{spec.PhaseTrain, spec.PhaseAttest, spec.PhaseAggregate, spec.PhaseReveal, spec.PhaseScore} {
		w.reach(behaviour{silent: []uint64{6}}, id, 1, phase)
	}
	w.reach(behaviour{}, id, 2, spec.PhaseReveal) // it commits, and then does not reveal
	w.finish(behaviour{silent: []uint64{6}}, id, spec.TaskReached, 1_960_000)
}

func retriesSpent(w *twins) {
	t := w.finish(behaviour{liars: []uint64{6, 7}}, openTask(w, digits()), spec.TaskFailed, 617_181) // 500000 for deliveries, and two fees
	if t.Round != 2 || t.Reason != "too many aborted rounds: aggregators did not agree" {
		w.Fatalf("after round %d: %s", t.Round, t.Reason)
	}
}

func noCommittee(w *twins) {
	w.populate(5, 4, 3, 4)
	id := w.task("alice", digits())
	if t := w.finish(behaviour{}, id, spec.TaskFailed, 0); t.Reason != round.ErrResources.Error() {
		w.Fatalf("it failed for %q", t.Reason)
	}
	id = w.task("bob", digits())
	w.end()
	w.join(spec.Evaluator, 1) // joins in time
	w.finish(behaviour{}, id, spec.TaskReached, 2*spec.Thing)
}

func notReady(w *twins) {
	id := openTask(w, digits())
	w.finish(behaviour{silent: []uint64{6, 7, 13}}, id, spec.TaskFailed, 11_250) // the fee of the members that were ready
	for _, node := range []uint64{6, 7, 13} {
		w.wantBlamed(node, "silent in the preparation")
	}
}

// phasesWithModel lists the phases of a round that is accepted.
func phasesWithModel() []spec.Phase {
	return slices.DeleteFunc(spec.Phases(), func(p spec.Phase) bool { return p.Final() || p == spec.PhaseProve })
}

func cancelled(w *twins) {
	w.populate(5, 4, 4, 4)
	owner := w.fund("alice", 1000*spec.Thing)
	wish := round.Cancel{Owner: owner}
	stranger := round.Cancel{Owner: w.fund("mallory", 1)}
	for _, at := range append([]spec.Phase{"waiting", "preparing"}, phasesWithModel()...) {
		id, err := w.create(owner, digits())
		if err != nil {
			w.Fatalf("%v", err)
		}
		paid := spec.Thing
		switch at {
		case "waiting":
			paid = 0
		case "preparing":
			w.until(behaviour{}, id, func(s round.State) bool { return s.Task.State == spec.TaskPreparing })
			paid = 15_625 // paid to the committee, which prepared in vain
		default:
			w.reach(behaviour{}, id, 1, at)
		}
		w.wantRefused(id, stranger, round.ErrNotOwner)
		w.wantAccepted(id, wish)
		w.wantRefused(id, wish, round.ErrAlreadyClosing)
		w.finish(behaviour{}, id, spec.TaskCancelled, paid)
		w.wantRefused(id, wish, round.ErrClosed)
	}
}

// leaveBetweenRounds plays round 1 of a task. All its trainers leave the network before round 2.
func leaveBetweenRounds(w *twins) uint64 {
	id := openTask(w, digits())
	w.reach(behaviour{}, id, 1, spec.PhaseOpen)
	w.answer(behaviour{}, id)
	for trainer := uint64(1); trainer <= 5; trainer++ {
		w.setActive(trainer, false)
	}
	w.end()
	if s := w.state(id); s.Task.State != spec.TaskRunning || s.Running() {
		w.Fatalf("the task is not between two rounds: %+v", s)
	}
	for trainer := uint64(1); trainer <= 5; trainer++ {
		if err := w.exit(trainer); err != nil {
			w.Fatalf("trainer %d: %v", trainer, err)
		}
	}
	w.pause(Rules().Unbonding)
	w.end()
	if n, ok := w.one.Node(1); !ok || n.State != spec.NodeExited || w.one.Balance(n.Owner) != 2*stake+150_000 {
		w.Fatalf("trainer 1 has not left: %+v", n)
	}
	return id
}

// setActive activates or deactivates a node.
func (w *twins) setActive(node uint64, active bool) {
	w.Helper()
	if err := w.do("(de)activating a node", func(world World) error { return world.SetActive(node, active) }); err != nil {
		w.Fatalf("node %d: %v", node, err)
	}
}

// exit lets a node leave the network.
func (w *twins) exit(node uint64) error {
	w.Helper()
	return w.do("a node that leaves", func(world World) error { return world.Exit(node) })
}

// trainersLeave: trainers may leave between two rounds. The task then fails because it finds no
// trainers, and the rest of the escrow is refunded.
func trainersLeave(w *twins) {
	id := leaveBetweenRounds(w)
	if err := w.exit(1); err == nil {
		w.Fatalf("trainer 1 can leave twice")
	}
	if err := w.exit(6); err == nil {
		w.Fatalf("an aggregator can leave a running task")
	}
	w.finish(behaviour{}, id, spec.TaskFailed, 1_015_625) // one round, and the committee's fee for waiting
	if err := w.exit(6); err != nil {
		w.Fatalf("an aggregator of a closed task cannot leave: %v", err)
	}
	w.join(spec.Trainer, 1)
}

func cancelledBetween(w *twins) {
	id := leaveBetweenRounds(w)
	w.wantAccepted(id, round.Cancel{Owner: w.account("alice")})
	w.finish(behaviour{}, id, spec.TaskCancelled, 1_015_625)
}

// deactivated: a node that its owner has deactivated finishes what it serves, and is selected
// again after it is activated.
func deactivated(w *twins) {
	id := openTask(w, digits())
	w.reach(behaviour{}, id, 1, spec.PhaseTrain)
	w.setActive(1, false)
	w.setActive(6, false)
	w.reach(behaviour{}, id, 2, spec.PhaseTrain)
	if w.state(id).Round.Trainer(1) >= 0 || w.state(id).Round.Aggregator(6) < 0 {
		w.Fatalf("trainer 1 was selected or aggregator 6 is gone: %+v", w.state(id).Round)
	}
	w.setActive(1, true)
	w.finish(behaviour{}, id, spec.TaskReached, 2*spec.Thing)
	w.wantEarned(150_000, 337_500, 337_500, 337_500, 337_500)
}

// twoTasksCompete: every node has one slot. First there are nodes for one committee only, so the
// second task waits until the first is closed. Then there are nodes for two committees, and the
// trainers serve one task at a time.
func twoTasksCompete(w *twins) {
	w.populate(5, 4, 4, 1)
	asked := digits()
	asked.Deadlines.Select = 100 * spec.Second
	first, second := w.task("alice", asked), w.task("bob", asked)
	w.finish(behaviour{}, first, spec.TaskReached, 2*spec.Thing)
	if s := w.state(second).Task; s.State == spec.TaskRunning || s.State.Final() {
		w.Fatalf("the second task is %s", s.State)
	}
	w.finish(behaviour{}, second, spec.TaskReached, 2*spec.Thing)
	w.wantEarned(600000, 600000, 600000, 600000, 600000)

	w.populate(0, 4, 4, 1)
	third, fourth := w.task("carol", asked), w.task("dan", asked)
	var waited bool
	for !w.state(third).Task.State.Final() || !w.state(fourth).Task.State.Final() {
		w.answer(behaviour{}, third, fourth)
		w.end()
		a, b := w.state(third), w.state(fourth)
		if a.Running() && b.Running() {
			w.Fatalf("trainers with one slot serve two rounds at once")
		}
		waited = waited || a.Running() && b.Task.State == spec.TaskRunning
	}
	if !waited {
		w.Fatalf("no task had to wait for the trainers of the other")
	}
}

// severalDue: tasks that are due in one block are processed one after the other. Each takes its
// slots before the next is processed. Tasks that have a committee go first.
func severalDue(w *twins) {
	w.populate(4, 5, 5, 2)
	asked := digits()
	asked.Selection.Aggregators, asked.Selection.Evaluators = 1, 1
	asked.Deadlines.Select = 100 * spec.Second
	ids := make([]uint64, 5)
	for i := range ids {
		ids[i] = w.task([]string{"alice", "bob", "carol", "dan", "eve"}[i], asked)
	}
	began := w.one.Time()
	w.end()
	for _, id := range ids {
		if s := w.state(id).Task; s.State != spec.TaskPreparing || s.Since != began {
			w.Fatalf("task %d is %s since %s", id, s.State, s.Since)
		}
	}
	w.answer(behaviour{}, ids...)
	w.task("fay", asked) // waits while the others run
	w.end()
	if a, b := w.state(ids[0]), w.state(ids[2]); !a.Running() || b.Running() {
		w.Fatalf("with two slots each, trainers serve task 1: %t, and task 3: %t", a.Running(), b.Running())
	}
	for range 100 {
		w.answer(behaviour{}, append(ids, 6)...)
		w.end()
	}
	for _, id := range append(ids, 6) {
		w.wantEnded(id, spec.TaskReached, 2*spec.Thing)
	}
}

// flood: 120 tasks wait for nodes that do not exist, and a block processes 100 of them. The next
// block processes the others before the tasks that are due only then.
func flood(w *twins) {
	owner := w.fund("alice", 1000*spec.Thing)
	open := func(tasks int) {
		for range tasks {
			if _, err := w.create(owner, digits()); err != nil {
				w.Fatalf("%v", err)
			}
		}
	}
	open(120) // tasks 1 to 100 are due in blocks 1, 6, ...; the others in blocks 2, 7, ...
	for w.one.Height() < 6 {
		w.end()
	}
	open(3)
	w.end()
	told := len(w.one.Effects())
	w.end()
	for i, id := range append([]uint64{121, 122, 123}, 101, 102) {
		line := w.one.Effects()[told+i]
		if want := fmt.Sprintf("7: task %d round 0: %s", id, round.AskCommittee{}); line != want {
			w.Fatalf("effect %q: want %q", line, want)
		}
	}
}

// manyRoles: every node has all three roles, and some have two parts in one task.
func manyRoles(w *twins) {
	for range 9 {
		w.join(spec.Trainer|spec.Aggregator|spec.Evaluator, 2)
	}
	id := w.task("alice", digits())
	w.reach(behaviour{}, id, 1, spec.PhaseTrain)
	twoParts := 0
	for _, t := range w.state(id).Round.Trainers {
		n, _ := w.one.Node(t.Node)
		if n.Busy == 2 {
			twoParts++
		}
	}
	if twoParts == 0 {
		w.Fatalf("no trainer aggregates: %+v", w.state(id).Round)
	}
	w.finish(behaviour{}, id, spec.TaskReached, 2*spec.Thing)
}

// standingDecides: a trainer that withheld an update ranks after the others when the next task
// selects trainers.
func standingDecides(w *twins) {
	w.populate(7, 5, 5, 4)
	w.finish(behaviour{withholders: []uint64{1}}, w.task("alice", digits()), spec.TaskReached, 2*spec.Thing) // round 1 pays 5 trainers, round 2 pays 6
	id := w.task("bob", digits())
	w.reach(behaviour{}, id, 1, spec.PhaseTrain)
	if s := w.state(id); s.Round.Trainer(1) >= 0 || s.Round.Trainer(7) < 0 {
		w.Fatalf("trainer 1 withheld an update, and the next task asks %+v", s.Round.Trainers)
	}
	w.finish(behaviour{}, id, spec.TaskReached, 2000000)
}
