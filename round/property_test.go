package round_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// dump prints everything that a state holds, with the contents of slices.
func dump(s round.State) string { return fmt.Sprintf("%#v", s) }

// randomTask is a random task with the invariants that are checked at each of its steps.
type randomTask struct {
	*rapid.T
	round.State
	height  int64
	engaged map[uint64]int
	paid    uint64
	closed  []round.Close
}

func newRandomTask(t *rapid.T) *randomTask {
	height := rapid.Int64Range(1, 1000).Draw(t, "height")
	return &randomTask{T: t, State: round.New("althing-test", 1, "owner", anyTask(t), spec.DefaultTariff(), at(height)), height: height, engaged: map[uint64]int{}}
}

func (l *randomTask) step(in round.Input) {
	before := dump(l.State)
	next, effects, err := l.Step(at(l.height), in)
	l.checkParts(in, next, effects, err)
	if after := dump(l.State); after != before {
		l.Fatalf("Step changed its receiver\n%s\n%s", before, after)
	}
	if err != nil {
		if dump(next) != before || effects != nil {
			l.Fatalf("%#v is refused (%v) and changes something: %v", in, err, effects)
		}
		return
	}
	l.checkMonotone(next)
	l.checkVotes(in, next)
	l.State = next
	l.checkDue(in)
	for _, effect := range effects {
		l.record(effect)
	}
	l.checkBooks()
	if l.paid != l.Task.Paid || l.paid+l.Task.Refunded > l.Task.Spec.Escrow {
		l.Fatalf("paid %d, booked %d, refunded %d of %d", l.paid, l.Task.Paid, l.Task.Refunded, l.Task.Spec.Escrow)
	}
	if l.Task.State.Final() != (len(l.closed) == 1) {
		l.Fatalf("task %s closed by %v", l.Task.State, l.closed)
	}
	if l.Task.State.Final() {
		l.checkClosed()
	}
}

// checkMonotone: times, numbers and payments never decrease.
func (l *randomTask) checkMonotone(next round.State) {
	decreased := next.Task.Since < l.Task.Since || next.Task.Round < l.Task.Round || next.Task.Paid < l.Task.Paid ||
		next.Task.Accepted < l.Task.Accepted || slices.Index(spec.TaskStates(), next.Task.State) < slices.Index(spec.TaskStates(), l.Task.State) ||
		next.Round.Number == l.Round.Number && (next.Round.Since < l.Round.Since || next.Round.Phase.Before(l.Round.Phase))
	if decreased {
		l.Fatalf("something decreased (-before +after):\n%s", cmp.Diff(l.State, next))
	}
}

// checkVotes: votes change no task that is not governed, and no running round: it keeps the base
// and the settings with which it began. A nominated model is adopted only after 2f+1 aggregators
// have attested it. It is then the base of every new round until one of them is accepted.
func (l *randomTask) checkVotes(in round.Input, next round.State) {
	switch in.(type) {
	case round.Nominate, round.Withdraw, round.AttestModel, round.Amend:
		if !l.Task.Spec.Governed {
			l.Fatalf("a task that is not governed accepts %#v", in)
		}
		allowed := next
		if l.Task.Scoring == 0 { // a step drops a settled round
			allowed.Scoring = l.Scoring
		}
		allowed.Task.Updates, allowed.Task.Revisions, allowed.Task.Nominee, allowed.Task.Adopted = l.Task.Updates, l.Task.Revisions, l.Task.Nominee, l.Task.Adopted
		if dump(allowed) != dump(l.State) {
			l.Fatalf("%#v changes more than votes may (-before +after):\n%s", in, cmp.Diff(l.State, allowed))
		}
	}
	for _, was := range []spec.Round{l.Scoring, l.Round} {
		for _, is := range []spec.Round{next.Scoring, next.Round} {
			same := was.Number > 0 && was.Number == is.Number
			if same && (was.Base != is.Base || !cmp.Equal(l.Task.SpecOf(was.Number), next.Task.SpecOf(is.Number))) {
				l.Fatalf("%[2]#v changes round %[1]d, which is running", was.Number, in)
			}
		}
	}
	if a := next.Task.Adopted; !a.IsZero() && a != l.Task.Adopted {
		nominee := l.Task.Nominee
		if a.Model != nominee.Model || len(nominee.Attested) < l.Task.Spec.Selection.Quorum() || a.Round != l.Task.Round+1 {
			l.Fatalf("after %#v the task adopts %+v, nominated was %+v", in, a, nominee)
		}
	}
	if opened := next.Round; opened.Number > l.Round.Number && opened.Base != l.Task.Base() {
		l.Fatalf("round %d begins with %s: want %s", opened.Number, opened.Base.Short(), l.Task.Base().Short())
	}
	if got := next.Task; len(got.Revisions) > spec.MaxRevisions || got.State.Final() && (!got.Nominee.IsZero() || !got.Adopted.IsZero()) {
		l.Fatalf("%d revisions; %s with nominee %+v and adopted %+v", len(got.Revisions), got.State, got.Nominee, got.Adopted)
	}
	if err := next.Task.SpecOf(next.Task.Round + 1).Validate(); err != nil {
		l.Fatalf("%#v leaves settings that are invalid in a task file: %v", in, err)
	}
}

// checkDue: an open task has a time at which it is due. It is not in the past after a tick, and
// before that time a tick would change nothing.
func (l *randomTask) checkDue(in round.Input) {
	_, tick := in.(round.Tick)
	switch due := l.Task.Due; {
	case l.Task.State.Final() && due != 0:
		l.Fatalf("a closed task is due at %s", due)
	case l.Task.State.Final():
	case tick && due <= at(l.height).Time || due <= at(l.height-1).Time: // the block before gave a tick
		l.Fatalf("due at %s, after %T at %d", due, in, l.height)
	case !tick && due > at(l.height).Time:
		l.checkNotDue()
	}
}

// checkNotDue: a tick now, before the task is due, would change nothing.
func (l *randomTask) checkNotDue() {
	early := l.State
	early.Task.Due = at(l.height).Time
	next, effects, err := early.Step(at(l.height), round.Tick{})
	for _, effect := range effects {
		switch effect.(type) {
		case round.AskCommittee, round.AskTrainers: // an early tick may ask the scheduler once more
		default:
			l.Fatalf("due at %s, but a tick at height %d has the effect: %s", l.Task.Due, l.height, effect)
		}
	}
	if next.Task.Due = l.Task.Due; err != nil || dump(next) != dump(l.State) {
		l.Fatalf("due at %s, but a tick at height %d changes something: %v\n%s", l.Task.Due, l.height, err, cmp.Diff(l.State, next))
	}
}

// checkParts: a step of a state that holds only the parts that the input needs gives the same
// result as a step of the full state.
func (l *randomTask) checkParts(in round.Input, full round.State, effects []round.Effect, refusal error) {
	if in == nil {
		return
	}
	reduced := l.Only(round.Needs(in))
	got, reducedEffects, err := reduced.Step(at(l.height), in)
	if fmt.Sprint(err) != fmt.Sprint(refusal) || !cmp.Equal(effects, reducedEffects) {
		l.Fatalf("%#v: the full state gives %v, %v; the needed parts give %v, %v", in, effects, refusal, reducedEffects, err)
	}
	if err != nil || got.Round.Number != l.Round.Number {
		return
	}
	want := full.Only(round.Needs(in))
	for i, a := range got.Round.Aggregates {
		if a.Holds != nil { // the attestation that was just made
			want.Round.Aggregates[i].Holds = full.Round.Aggregates[i].Holds
		}
	}
	if dump(got) != dump(want) {
		l.Fatalf("%#v: the parts after the step differ from those of the full state:\n%s", in, cmp.Diff(want, got))
	}
}

// record keeps account of an effect.
func (l *randomTask) record(effect round.Effect) {
	switch e := effect.(type) {
	case round.Engage:
		for _, node := range e.Nodes {
			l.engaged[node]++
		}
	case round.Release:
		for _, node := range e.Nodes {
			l.engaged[node]--
		}
	case round.Pay:
		l.paid += e.Amount + e.Lent
		l.checkPayee(e)
	case round.PayValidators:
		l.paid += e.Amount
	case round.Close:
		l.closed = append(l.closed, e)
	}
	if effect.String() == "" {
		l.Fatalf("%T has an empty description", effect)
	}
}

// checkPayee: a node that is paid has served.
func (l *randomTask) checkPayee(e round.Pay) {
	if e.Amount == 0 {
		l.Fatalf("%v pays nothing", e)
	}
	if e.Round == 0 { // for a committee that waited
		member := func(m spec.Member) bool { return m.Node == e.Node && !m.Ready.IsZero() }
		if !slices.ContainsFunc(slices.Concat(l.Task.Aggregators, l.Task.Evaluators), member) {
			l.Fatalf("%v, to a node that is not ready", e)
		}
		return
	}
	r := l.Round
	if e.Round != r.Number {
		r = l.Scoring
	}
	silent := e.Round != r.Number
	switch i := r.Trainer(e.Node); {
	case e.Role == spec.Trainer:
		silent = silent || i < 0 || r.Trainers[i].Height == 0 || !r.Next.IsZero() && !r.Trainers[i].Survivor
	case e.Role == spec.Evaluator && !r.Next.IsZero():
		silent = silent || r.Scores[r.Evaluator(e.Node)].Revealed == 0
	case e.Role == spec.Aggregator && !r.Next.IsZero():
		silent = silent || r.Aggregates[r.Aggregator(e.Node)].Digest != r.Next
	}
	if silent {
		l.Fatalf("%v, to a node that did not serve in round %d", e, e.Round)
	}
}

// checkBooks: the records of rounds add up to what was paid. The fees of a task, and its payments
// for deliveries, are each at most half of a round's pay.
func (l *randomTask) checkBooks() {
	for _, r := range []spec.Round{l.Round, l.Scoring} {
		sum := r.Validators
		for _, c := range r.Trainers {
			sum += c.Paid + c.Lent
		}
		for _, a := range r.Aggregates {
			sum += a.Paid
		}
		for _, e := range r.Scores {
			sum += e.Paid
		}
		if empty := r.Phase == spec.PhaseAborted && len(r.Trainers) == 0; sum != r.Paid && !empty || sum > r.Paid {
			l.Fatalf("round %d has paid %d, its participants got %d", r.Number, r.Paid, sum)
		}
	}
	half := l.Task.Spec.PerRound() / 2
	if l.Task.Fees > half || l.Task.Delivered > half {
		l.Fatalf("fees of %d and %d for deliveries: want each at most %d", l.Task.Fees, l.Task.Delivered, half)
	}
}

// checkClosed: a closed task holds no money, no slot and no open round, and accepts no input.
func (l *randomTask) checkClosed() {
	if l.Task.Paid+l.Task.Refunded != l.Task.Spec.Escrow || l.closed[0].Refund != l.Task.Refunded {
		l.Fatalf("paid %d and refunded %d of %d", l.Task.Paid, l.Task.Refunded, l.Task.Spec.Escrow)
	}
	for node, n := range l.engaged {
		if n != 0 {
			l.Fatalf("node %d is still engaged %d times", node, n)
		}
	}
	if len(l.OpenRounds()) > 0 {
		l.Fatalf("task %s, round %s", l.Task.State, l.Round.Phase)
	}
	for _, in := range []round.Input{round.Tick{}, round.Cancel{Owner: "owner"}, round.Ready{Node: 1}, nil} {
		if _, _, err := l.Step(at(l.height), in); !errors.Is(err, round.ErrClosed) {
			l.Fatalf("a closed task gets %#v: error %v, want %v", in, err, round.ErrClosed)
		}
	}
}

// maxBlocks is more blocks than a task can last if a block is made every second. Each round waits
// for trainers and for seven deadlines, after a pause.
func maxBlocks(task spec.TaskSpec) int64 {
	d := task.Deadlines
	const pause = 20 * spec.Second // after the third aborted round in a row, the last one
	round := d.Select + pause + d.Train + 2*d.Attest + 2*d.Aggregate + 2*d.Evaluate
	return int64(2*d.Select+round*spec.Duration(task.Target.Rounds+1)*spec.Duration(task.Retries+1)) / int64(spec.Second)
}

// TestAnyInputsInAnyOrder: any inputs in any order keep the invariants of [randomTask], and every
// task ends in time.
func TestAnyInputsInAnyOrder(t *testing.T) {
	reached := map[spec.TaskState]int{}
	rapid.Check(t, func(t *rapid.T) {
		l := newRandomTask(t)
		last := l.height + maxBlocks(l.Task.Spec)
		for ; !l.Task.State.Final(); l.height++ {
			if l.height > last {
				t.Fatalf("a task lasts more than %d blocks: %#v", maxBlocks(l.Task.Spec), l.State)
			}
			for _, in := range blockInputs(t, l.State) {
				l.step(in)
			}
			l.step(round.Tick{})
		}
		reached[l.Task.State]++
	})
	for what, n := range map[string]int{
		"succeed": reached[spec.TaskReached] + reached[spec.TaskSpent], "fail": reached[spec.TaskFailed], "are cancelled": reached[spec.TaskCancelled],
	} {
		if n == 0 {
			t.Errorf("no random tasks %s: the random choices must be widened (%v)", what, reached)
		}
	}
}

// TestTicksBeforeDueChangeNothing: a world that gives a task ticks only when it is due gets the
// same effects at the same heights as a world that gives a tick in every block.
func TestTicksBeforeDueChangeNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := newRandomTask(t)
		for ; !l.Task.State.Final(); l.height++ {
			for _, in := range blockInputs(t, l.State) {
				l.step(in)
			}
			if at(l.height).Time < l.Task.Due {
				before := dump(l.State)
				next, effects, err := l.Step(at(l.height), round.Tick{})
				if err != nil || len(effects) > 0 || dump(next) != before {
					t.Fatalf("a tick at height %d, before the task is due at %s, does something: %v %v", l.height, l.Task.Due, effects, err)
				}
				continue
			}
			l.step(round.Tick{})
		}
	})
}

// TestNoTaskWaitsForEver: if nobody answers any more, ticks at the due times alone end the task.
func TestNoTaskWaitsForEver(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := newRandomTask(t)
		for range rapid.IntRange(0, 30).Draw(t, "blocks") {
			for _, in := range blockInputs(t, l.State) {
				l.step(in)
			}
			if l.Task.State.Final() {
				return
			}
			l.step(round.Tick{})
			l.height++
			if l.Task.State.Final() {
				return
			}
		}
		last := l.height + maxBlocks(l.Task.Spec)
		for !l.Task.State.Final() {
			l.height = max(l.height, int64(l.Task.Due+999)/1000)
			if l.height > last {
				t.Fatalf("the task is still %s at height %d", l.Task.State, l.height)
			}
			l.step(round.Tick{})
		}
	})
}

// TestStepIsDeterministic: the same inputs at the same heights give the same states and effects.
func TestStepIsDeterministic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := newRandomTask(t)
		twin := l.State
		for range 20 {
			for _, in := range append(blockInputs(t, l.State), round.Tick{}) {
				a, effects, err := l.Step(at(l.height), in)
				b, twinEffects, twinErr := twin.Step(at(l.height), in)
				if dump(a) != dump(b) || fmt.Sprint(twinErr) != fmt.Sprint(err) || !cmp.Equal(effects, twinEffects) {
					t.Fatalf("%#v: two results\n%v %v\n%v %v", in, effects, err, twinEffects, twinErr)
				}
				l.State, twin = a, b
			}
			l.height++
		}
	})
}
