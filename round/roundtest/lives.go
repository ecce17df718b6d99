package roundtest

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// life is a sequence of events of some tasks, played in both worlds. Each life checks its
// outcome, so that it cannot pass because nothing happened.
type life struct {
	name string
	play func(w *twins)
}

func lives() []life {
	return []life{
		{"target reached", reached},
		{"all rounds run", spent},
		{"a liar", liar},
		{"two receipts for two updates", twoReceipts},
		{"two answers that contradict each other", twoAnswers},
		{"an update withheld", withheld},
		{"a dropout", dropout},
		{"aggregators whose disks are full", diskFull},
		{"training diverges", diverged},
		{"a late trainer", late},
		{"nobody scores", unscored},
		{"a silent aggregator", silentAggregator},
		{"retries spent", retriesSpent},
		{"no committee", noCommittee},
		{"a committee that is not ready", notReady},
		{"cancelled in each phase", cancelled},
		{"trainers leave between two rounds", trainersLeave},
		{"trainers leave a task that is cancelled", cancelledBetween},
		{"not to be selected", inactive},
		{"two tasks want the same slots", competing},
		{"several tasks due in one block", several},
		{"more tasks due than a block looks at", flood},
		{"nodes of several roles", manyRoles},
		{"standing decides the next selection", standing},
		{"a task holds a bond of each node", bonds},
		{"a bond is slashed", slashes},
		{"a declared leave", leave},
		{"answers that are refused", refusals},
		{"scores that are not what their counts say", counted},
		{"no better model in so many rounds", outOfPatience},
		{"nodes that are refused", strangers},
		{"rounds overlap", overlap},
		{"a model waits for the score before it", overlapHeld},
		{"target reached while a round runs", overlapTarget},
		{"target reached, and few have committed", overlapTargetOfFew},
		{"target reached, and nobody has committed", overlapTargetOfNone},
		{"cancelled while two rounds run", overlapCancelled},
		{"aborted while a round is scored", overlapAborted},
		{"no trainers while a round is scored", overlapAlone},
		{"a chain that stands still", standstill},
		{"votes change a governed task", votes},
		{"votes change no other task", votesAside},
		{"the first round measures columns", measures},
		{"a vote adopts a model before columns are measured", measuresNothing},
		{"a private task is charged", private},
		{"a private task whose steps are sampled is charged", privateSampled},
		{"private tasks that are refused", privateRefused},
		{"a private task that names the owners it admits", privateAdmitted},
		{"private commitments that nobody signed", privateSigned},
		{"a private round that comes to nothing", privateAborted},
	}
}

// single creates a task of alice in a world with the trainers 1 to 5, the aggregators 6 to 9
// and the evaluators 10 to 13.
func single(w *twins, asked spec.TaskSpec) uint64 {
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

// answer gives tasks all inputs that their nodes owe, and wants all of them to be accepted.
func (w *twins) answer(c cast, tasks ...uint64) {
	w.Helper()
	for _, id := range tasks {
		for _, in := range c.owed(w.state(id)) {
			w.hear(id, in)
		}
	}
}

func (w *twins) hear(id uint64, in round.Input) {
	w.Helper()
	if err := w.say(id, in); err != nil {
		w.Fatalf("task %d: %#v: %v", id, in, err)
	}
}

// refuse wants an input to be refused for a reason.
func (w *twins) refuse(id uint64, in round.Input, want error) {
	w.Helper()
	if err := w.say(id, in); !errors.Is(err, want) {
		w.Fatalf("task %d: %#v: got %v, want %v", id, in, err, want)
	}
}

// until plays blocks, in which the cast answers, until a task is in a wanted state.
func (w *twins) until(c cast, id uint64, there func(s round.State) bool) {
	w.Helper()
	for range 500 {
		if there(w.state(id)) {
			return
		}
		w.answer(c, id)
		w.end()
	}
	w.Fatalf("task %d never comes there: %+v", id, w.state(id))
}

// reach plays until a round is in a phase.
func (w *twins) reach(c cast, id, number uint64, phase spec.Phase) {
	w.Helper()
	w.until(c, id, func(s round.State) bool {
		return slices.ContainsFunc(s.OpenRounds(), func(r spec.Round) bool { return r.Number == number && r.Phase == phase })
	})
}

// finish plays to the end of a task, and checks its final state and what it paid.
func (w *twins) finish(c cast, id uint64, state spec.TaskState, paid uint64) spec.Task {
	w.Helper()
	w.until(c, id, func(s round.State) bool { return s.Task.State.Final() })
	return w.ended(id, state, paid)
}

func (w *twins) ended(id uint64, state spec.TaskState, paid uint64) spec.Task {
	w.Helper()
	t := w.state(id).Task
	if t.State != state || t.Paid != paid || t.Refunded != t.Spec.Escrow-paid {
		w.Fatalf("task %d is %s (%s), paid %d and refunded %d: want %s and %d paid", id, t.State, t.Reason, t.Paid, t.Refunded, state, paid)
	}
	return t
}

// earned checks what trainers 1, 2, ... have earned so far.
func (w *twins) earned(want ...uint64) {
	w.Helper()
	for i, uthing := range want {
		n, _ := w.one.Node(uint64(i) + 1)
		if got := w.one.Balance(n.Owner) - stake; got != uthing {
			w.Fatalf("node %d earned %d: want %d", n.ID, got, uthing)
		}
	}
}

// blamed checks the reason of a node's last demerit.
func (w *twins) blamed(node uint64, why string) {
	w.Helper()
	n, _ := w.one.Node(node)
	if c, _ := n.Blame(); c.Reason != why {
		w.Fatalf("node %d was last blamed for %q: want %q", node, c.Reason, why)
	}
}

// hint checks that an effect with these words was announced.
func (w *twins) hint(words string) {
	w.Helper()
	if !slices.ContainsFunc(w.one.Told(), func(line string) bool { return strings.Contains(line, words) }) {
		w.Fatalf("nobody was told %q:\n%s", words, strings.Join(w.one.Told(), "\n"))
	}
}

func reached(w *twins) {
	id := single(w, digits())
	t := w.finish(cast{}, id, spec.TaskReached, 2*spec.Thing)
	if t.Model != digest("model 2") || t.Score != 961_000 {
		w.Fatalf("the model is %s at %s", t.Model, t.Score)
	}
	w.earned(300_000, 300_000, 300_000, 300_000, 300_000)
	if n, _ := w.one.Node(1); len(n.Measured) != 1 || n.Measured[0].Accuracy != t.Score {
		w.Fatalf("a survivor's record is %+v", n.Measured)
	}
}

func spent(w *twins) {
	asked := digits()
	asked.Target = spec.Target{Rounds: 3}
	asked.Escrow = 4*spec.Thing + 1 // 1 THING a round, 150000 uthing a trainer
	w.finish(cast{}, single(w, asked), spec.TaskSpent, 3*spec.Thing)
	w.earned(450_000, 450_000, 450_000, 450_000, 450_000)
}

func liar(w *twins) {
	t := w.finish(cast{liars: []uint64{7}}, single(w, digits()), spec.TaskReached, 1_960_000) // two shares of 20000 stay
	w.blamed(7, spec.FaultWrongAggregate)
	if len(t.Faults) != 1 || t.Faults[0].Node != 7 || t.Faults[0].Round != 1 {
		w.Fatalf("the faults are %+v", t.Faults)
	}
}

func withheld(w *twins) {
	w.finish(cast{hiders: []uint64{3}}, single(w, digits()), spec.TaskReached, 2*spec.Thing)
	w.blamed(3, "update withheld")
	w.earned(375_000, 375_000, 0, 375_000, 375_000)
}

// The first trainer is silent until the deadline: the others get through on a
// grace. In the second round too few commit, and all wait for the deadline; that is no
// demerit, for where most are silent it may be that nobody could answer.
func dropout(w *twins) {
	id := single(w, digits())
	w.reach(cast{silent: []uint64{1}}, id, 2, spec.PhaseTrain)
	w.earned(0, 187_500, 187_500, 187_500, 187_500)
	w.finish(cast{silent: []uint64{1, 2, 3, 4}}, id, spec.TaskFailed, 1_048_746) // two rounds that were aborted cost 48746
	w.blamed(1, "")
	w.hint("too few trainers committed")
}

// One trainer commits within the grace, one after it.
func late(w *twins) {
	id := single(w, digits())
	w.reach(cast{}, id, 1, spec.PhaseTrain)
	for range 3 {
		w.end()
	}
	w.answer(cast{silent: []uint64{1, 2}}, id)
	w.end()
	w.answer(cast{silent: []uint64{2}}, id)
	after := cast{}.owed(w.state(id))
	w.until(cast{silent: []uint64{2}}, id, func(s round.State) bool { return s.Round.Phase != spec.PhaseTrain })
	w.refuse(id, after[0], round.ErrLate)
	w.finish(cast{}, id, spec.TaskReached, 2*spec.Thing)
	w.earned(337_500, 150_000, 337_500, 337_500, 337_500)
}

// Trainers are paid all the same, once where nobody commits to a score and once
// where nobody opens it.
func unscored(w *twins) {
	id := single(w, digits())
	evaluators := cast{silent: []uint64{10, 11, 12, 13}}
	w.reach(cast{}, id, 1, spec.PhaseScore)
	w.reach(evaluators, id, 2, spec.PhaseTrain)
	w.blamed(10, "") // nobody scored, so it may be that nobody could
	w.reach(cast{}, id, 2, spec.PhaseOpen)
	if t := w.finish(evaluators, id, spec.TaskSpent, 1_760_000); t.Score != 0 || t.Accepted != 2 {
		w.Fatalf("nobody scored, and the score is %s after %d rounds", t.Score, t.Accepted)
	}
	w.blamed(10, "")
	w.hint("unscored")
}

// counted has evaluators commit to scores that are not what their counts say, to counts that
// cannot be, as those of all rows together would be, and to those of a shard that
// is too small: none can be opened. The counts of an honest one are in the round. Who holds too few rows is not asked.
func counted(w *twins) {
	asked := digits()
	asked.Target.Rounds, asked.Data.MinHoldout = 1, 100
	asked.Escrow = 2 * spec.Thing
	id := single(w, asked)
	w.reach(cast{}, id, 1, spec.PhaseScore)
	honest := cast{}.owed(w.state(id))
	said := map[uint64]round.RevealScore{
		11: {Score: spec.One, Counts: tenth(99, 99)},
		12: {Score: 900_000, Counts: tenth(1000, 899)},
		13: {Score: 900_000, Counts: []spec.Count{{Rows: 1000, Correct: 900}}},
	}
	next := w.state(id).Round.Next
	for node, open := range said {
		c := spec.ScoreCommitment(spec.Slot{Chain: Chain, Task: id, Round: 1, Node: node}, next, open.Score, open.Counts, salt(node))
		w.hear(id, round.CommitScore{Node: node, Round: 1, Commitment: c})
	}
	w.hear(id, honest[0])
	w.reach(cast{}, id, 1, spec.PhaseOpen)
	for node, want := range map[uint64]error{11: round.ErrHoldout, 12: round.ErrCounted, 13: round.ErrCounts} {
		open := said[node]
		open.Node, open.Round, open.Salt = node, 1, salt(node)
		w.refuse(id, open, want)
	}
	open := cast{}.owed(w.state(id))[0].(round.RevealScore)
	w.hear(id, open)
	w.until(cast{silent: []uint64{11, 12, 13}}, id, func(s round.State) bool { return s.Task.State.Final() })
	if t := w.state(id).Task; t.ScoredRound != 0 || t.Best != 0 || t.BestRound != 0 {
		w.Fatalf("one of four evaluators opened its score, and the task has one: %+v", t)
	}
	_, err := w.one.Round(id, 1)
	r, otherErr := w.other.Round(id, 1)
	if err != nil || otherErr != nil || r.Holdout().Rows != 1000 || len(r.Holdout().Classes) != 10 {
		w.Fatalf("%v, %v: the hold-out is %+v", err, otherErr, r.Holdout())
	}
}

// outOfPatience has a task end when two models in a row were scored and none was better,
// also while the next round runs: its trainers are paid for what they have delivered. A
// round that nobody scored says nothing of its model.
func outOfPatience(w *twins) {
	asked := digits()
	asked.Target = spec.Target{Rounds: 8, Patience: 2}
	asked.Escrow = 9 * spec.Thing
	id := single(w, asked)
	w.reach(cast{}, id, 3, spec.PhaseScore) // 0.511, then 0.961
	w.until(cast{silent: []uint64{10, 11, 12, 13}}, id, func(s round.State) bool { return s.Task.Accepted == 3 && !s.Running() || s.Round.Number == 4 })
	if t := w.state(id).Task; t.Stale != 0 || t.ScoredRound != 2 || t.BestRound != 2 {
		w.Fatalf("nobody scored round 3: %+v", t)
	}
	t := w.finish(cast{}, id, spec.TaskSpent, 4_880_000) // the evaluators of round 3 stay unpaid
	if t.Accepted != 5 || t.Reason != "no better model in 2 rounds" || t.BestRound != 2 || t.ScoredRound != 5 || t.Stale != 2 {
		w.Fatalf("after %d models: %+v", t.Accepted, t)
	}
	if n, _ := w.one.Node(1); len(n.Measured) != 1 || n.Measured[0].Accuracy != t.Score {
		w.Fatalf("a survivor's record is %+v", n.Measured)
	}
	asked.Overlap = true
	w.populate(5, 4, 4, 4)
	second := w.task("bob", asked)
	w.until(cast{}, second, func(s round.State) bool { return s.Task.State.Final() })
	if t := w.state(second).Task; t.State != spec.TaskSpent || t.Round != 5 || t.Accepted != 4 || t.BestRound != 2 {
		w.Fatalf("rounds overlap: %+v", t)
	}
	w.hint("the round before was the last in which a better model was waited for")
}

func silentAggregator(w *twins) {
	id := single(w, digits())
	for _, phase := range []spec.Phase{spec.PhaseTrain, spec.PhaseAttest, spec.PhaseAggregate, spec.PhaseReveal, spec.PhaseScore} {
		w.reach(cast{silent: []uint64{6}}, id, 1, phase)
	}
	w.reach(cast{}, id, 2, spec.PhaseReveal) // it commits, and does not open
	w.finish(cast{silent: []uint64{6}}, id, spec.TaskReached, 1_960_000)
}

func retriesSpent(w *twins) {
	t := w.finish(cast{liars: []uint64{6, 7}}, single(w, digits()), spec.TaskFailed, 617_181) // 500000 for what was delivered, two fees
	if t.Round != 2 || t.Reason != "too many aborted rounds: aggregators did not agree" {
		w.Fatalf("after round %d: %s", t.Round, t.Reason)
	}
}

func noCommittee(w *twins) {
	w.populate(5, 4, 3, 4)
	id := w.task("alice", digits())
	if t := w.finish(cast{}, id, spec.TaskFailed, 0); t.Reason != round.ErrResources.Error() {
		w.Fatalf("it failed for %q", t.Reason)
	}
	id = w.task("bob", digits())
	w.end()
	w.join(spec.Evaluator, 1) // comes in time
	w.finish(cast{}, id, spec.TaskReached, 2*spec.Thing)
}

func notReady(w *twins) {
	id := single(w, digits())
	w.finish(cast{silent: []uint64{6, 7, 13}}, id, spec.TaskFailed, 11_250) // the fee of those that were ready
	for _, node := range []uint64{6, 7, 13} {
		w.blamed(node, "silent in the preparation")
	}
}

// passed lists the phases through which a round passes that gives a model.
func passed() []spec.Phase {
	return slices.DeleteFunc(spec.Phases(), func(p spec.Phase) bool { return p.Final() || p == spec.PhaseProve })
}

func cancelled(w *twins) {
	w.populate(5, 4, 4, 4)
	owner := w.fund("alice", 1000*spec.Thing)
	wish := round.Cancel{Owner: owner}
	stranger := round.Cancel{Owner: w.fund("mallory", 1)}
	for _, at := range append([]spec.Phase{"waiting", "preparing"}, passed()...) {
		id, err := w.create(owner, digits())
		if err != nil {
			w.Fatalf("%v", err)
		}
		paid := spec.Thing
		switch at {
		case "waiting":
			paid = 0
		case "preparing":
			w.until(cast{}, id, func(s round.State) bool { return s.Task.State == spec.TaskPreparing })
			paid = 15_625 // the committee gets ready in vain
		default:
			w.reach(cast{}, id, 1, at)
		}
		w.refuse(id, stranger, round.ErrNotOwner)
		w.hear(id, wish)
		w.refuse(id, wish, round.ErrAlreadyClosing)
		w.finish(cast{}, id, spec.TaskCancelled, paid)
		w.refuse(id, wish, round.ErrClosed)
	}
}

// between plays a task through its first round, and has its trainers leave before
// the second.
func between(w *twins) uint64 {
	id := single(w, digits())
	w.reach(cast{}, id, 1, spec.PhaseOpen)
	w.answer(cast{}, id)
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

func (w *twins) setActive(node uint64, active bool) {
	w.Helper()
	if err := w.do("a node that says whether it may be selected", func(world World) error { return world.SetActive(node, active) }); err != nil {
		w.Fatalf("node %d: %v", node, err)
	}
}

func (w *twins) exit(node uint64) error {
	w.Helper()
	return w.do("a node that leaves", func(world World) error { return world.Exit(node) })
}

// trainersLeave has a task end for want of trainers. They are free to go between
// two rounds, and the rest of the escrow goes back all the same.
func trainersLeave(w *twins) {
	id := between(w)
	if err := w.exit(1); err == nil {
		w.Fatalf("trainer 1 leaves twice")
	}
	if err := w.exit(6); err == nil {
		w.Fatalf("an aggregator leaves its task")
	}
	w.finish(cast{}, id, spec.TaskFailed, 1_015_625) // a round, and the committee waits
	if err := w.exit(6); err != nil {
		w.Fatalf("an aggregator whose task is over: %v", err)
	}
	w.join(spec.Trainer, 1)
}

func cancelledBetween(w *twins) {
	id := between(w)
	w.hear(id, round.Cancel{Owner: w.account("alice")})
	w.finish(cast{}, id, spec.TaskCancelled, 1_015_625)
}

// A node that may not be selected finishes what it serves, and is selected again
// when it may.
func inactive(w *twins) {
	id := single(w, digits())
	w.reach(cast{}, id, 1, spec.PhaseTrain)
	w.setActive(1, false)
	w.setActive(6, false)
	w.reach(cast{}, id, 2, spec.PhaseTrain)
	if w.state(id).Round.Trainer(1) >= 0 || w.state(id).Round.Aggregator(6) < 0 {
		w.Fatalf("trainer 1 was selected or aggregator 6 is gone: %+v", w.state(id).Round)
	}
	w.setActive(1, true)
	w.finish(cast{}, id, spec.TaskReached, 2*spec.Thing)
	w.earned(150_000, 337_500, 337_500, 337_500, 337_500)
}

// Every node has one slot: a second committee there is not, and trainers are busy
// with one task until its round ends.
func competing(w *twins) {
	w.populate(5, 4, 4, 1)
	asked := digits()
	asked.Deadlines.Select = 100 * spec.Second
	first, second := w.task("alice", asked), w.task("bob", asked)
	w.finish(cast{}, first, spec.TaskReached, 2*spec.Thing)
	if s := w.state(second).Task; s.State == spec.TaskRunning || s.State.Final() {
		w.Fatalf("the second task is %s", s.State)
	}
	w.finish(cast{}, second, spec.TaskReached, 2*spec.Thing)
	w.earned(600000, 600000, 600000, 600000, 600000)

	w.populate(0, 4, 4, 1)
	third, fourth := w.task("carol", asked), w.task("dan", asked)
	var starved bool
	for !w.state(third).Task.State.Final() || !w.state(fourth).Task.State.Final() {
		w.answer(cast{}, third, fourth)
		w.end()
		a, b := w.state(third), w.state(fourth)
		if a.Running() && b.Running() {
			w.Fatalf("trainers with one slot serve two rounds at once")
		}
		starved = starved || a.Running() && b.Task.State == spec.TaskRunning
	}
	if !starved {
		w.Fatalf("no task had to wait for the trainers of the other")
	}
}

// Tasks that are due at once are looked at one after the other, those that are
// served first; each takes slots before the next is looked at.
func several(w *twins) {
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
	w.answer(cast{}, ids...)
	w.task("fay", asked) // waits while the others are served
	w.end()
	if a, b := w.state(ids[0]), w.state(ids[2]); !a.Running() || b.Running() {
		w.Fatalf("with two slots each, trainers serve task 1: %t, and task 3: %t", a.Running(), b.Running())
	}
	for range 100 {
		w.answer(cast{}, append(ids, 6)...)
		w.end()
	}
	for _, id := range append(ids, 6) {
		w.ended(id, spec.TaskReached, 2*spec.Thing)
	}
}

// 120 tasks wait for nodes that do not exist, and a block looks at 100 of them. What
// it leaves for the next one goes before what comes due there.
func flood(w *twins) {
	owner := w.fund("alice", 1000*spec.Thing)
	open := func(tasks int) {
		for range tasks {
			if _, err := w.create(owner, digits()); err != nil {
				w.Fatalf("%v", err)
			}
		}
	}
	open(120) // 1 to 100 are looked at every 5 blocks from the first on, the rest from the second on
	for w.one.Height() < 6 {
		w.end()
	}
	open(3)
	w.end()
	told := len(w.one.Told())
	w.end()
	for i, id := range append([]uint64{121, 122, 123}, 101, 102) {
		line := w.one.Told()[told+i]
		if want := fmt.Sprintf("7: task %d round 0: %s", id, round.AskCommittee{}); line != want {
			w.Fatalf("told %q: want %q", line, want)
		}
	}
}

// Every node could be anything, and some have two parts in one task.
func manyRoles(w *twins) {
	for range 9 {
		w.join(spec.Trainer|spec.Aggregator|spec.Evaluator, 2)
	}
	id := w.task("alice", digits())
	w.reach(cast{}, id, 1, spec.PhaseTrain)
	both := 0
	for _, t := range w.state(id).Round.Trainers {
		n, _ := w.one.Node(t.Node)
		if n.Busy == 2 {
			both++
		}
	}
	if both == 0 {
		w.Fatalf("no trainer aggregates: %+v", w.state(id).Round)
	}
	w.finish(cast{}, id, spec.TaskReached, 2*spec.Thing)
}

// Who withheld an update is behind the others when the next task is selected for.
func standing(w *twins) {
	w.populate(7, 5, 5, 4)
	w.finish(cast{hiders: []uint64{1}}, w.task("alice", digits()), spec.TaskReached, 2*spec.Thing) // 100 for each of 5, then 83 for each of 6
	id := w.task("bob", digits())
	w.reach(cast{}, id, 1, spec.PhaseTrain)
	if s := w.state(id); s.Round.Trainer(1) >= 0 || s.Round.Trainer(7) < 0 {
		w.Fatalf("trainer 1 withheld an update, and the next task asks %+v", s.Round.Trainers)
	}
	w.finish(cast{}, id, spec.TaskReached, 2000000)
}
