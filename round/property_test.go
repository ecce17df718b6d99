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

// imprint is everything a state holds, slices included, in words.
func imprint(s round.State) string { return fmt.Sprintf("%#v", s) }

// life is a random task and the checks that hold at each of its steps.
type life struct {
	*rapid.T
	round.State
	height  int64
	engaged map[uint64]int
	paid    uint64
	closed  []round.Close
}

func newLife(t *rapid.T) *life {
	height := rapid.Int64Range(1, 1000).Draw(t, "height")
	return &life{T: t, State: round.New("althing-test", 1, "owner", anyTask(t), spec.DefaultTariff(), at(height)), height: height, engaged: map[uint64]int{}}
}

func (l *life) step(in round.Input) {
	before := imprint(l.State)
	next, effects, err := l.Step(at(l.height), in)
	l.apart(in, next, effects, err)
	if after := imprint(l.State); after != before {
		l.Fatalf("Step changed its receiver\n%s\n%s", before, after)
	}
	if err != nil {
		if imprint(next) != before || effects != nil {
			l.Fatalf("%#v is refused (%v) and changes something: %v", in, err, effects)
		}
		return
	}
	l.grows(next)
	l.governs(in, next)
	l.State = next
	l.due(in)
	for _, effect := range effects {
		l.account(effect)
	}
	l.books()
	if l.paid != l.Task.Paid || l.paid+l.Task.Refunded > l.Task.Spec.Escrow {
		l.Fatalf("paid %d, booked %d, refunded %d of %d", l.paid, l.Task.Paid, l.Task.Refunded, l.Task.Spec.Escrow)
	}
	if l.Task.State.Final() != (len(l.closed) == 1) {
		l.Fatalf("task %s closed by %v", l.Task.State, l.closed)
	}
	if l.Task.State.Final() {
		l.settled()
	}
}

// grows wants heights and numbers never to fall.
func (l *life) grows(next round.State) {
	falls := next.Task.Since < l.Task.Since || next.Task.Round < l.Task.Round || next.Task.Paid < l.Task.Paid ||
		next.Task.Accepted < l.Task.Accepted || slices.Index(spec.TaskStates(), next.Task.State) < slices.Index(spec.TaskStates(), l.Task.State) ||
		next.Round.Number == l.Round.Number && (next.Round.Since < l.Round.Since || next.Round.Phase.Before(l.Round.Phase))
	if falls {
		l.Fatalf("something fell:\n%s", cmp.Diff(l.State, next))
	}
}

// governs wants votes to change no task that is not governed, and no round that runs: it
// goes on with the base and the settings with which it began. A model that a vote wants is
// adopted after 2f+1 of the aggregators have attested it, and is the base of every round
// that begins until one of them is accepted.
func (l *life) governs(in round.Input, next round.State) {
	switch in.(type) {
	case round.Nominate, round.Withdraw, round.AttestModel, round.Amend:
		if !l.Task.Spec.Governed {
			l.Fatalf("a task that is not governed takes %#v", in)
		}
		bare := next
		if l.Task.Scoring == 0 { // a step forgets a round that was scored
			bare.Scoring = l.Scoring
		}
		bare.Task.Updates, bare.Task.Revisions, bare.Task.Nominee, bare.Task.Adopted = l.Task.Updates, l.Task.Revisions, l.Task.Nominee, l.Task.Adopted
		if imprint(bare) != imprint(l.State) {
			l.Fatalf("%#v changes what no vote may change:\n%s", in, cmp.Diff(l.State, bare))
		}
	}
	for _, was := range []spec.Round{l.Scoring, l.Round} {
		for _, is := range []spec.Round{next.Scoring, next.Round} {
			same := was.Number > 0 && was.Number == is.Number
			if same && (was.Base != is.Base || !cmp.Equal(l.Task.SpecOf(was.Number), next.Task.SpecOf(is.Number))) {
				l.Fatalf("round %d runs, and %#v changes it", was.Number, in)
			}
		}
	}
	if a := next.Task.Adopted; !a.IsZero() && a != l.Task.Adopted {
		nominee := l.Task.Nominee
		if a.Model != nominee.Model || len(nominee.Attested) < l.Task.Spec.Selection.Quorum() || a.Round != l.Task.Round+1 {
			l.Fatalf("%#v has the task adopt %+v, nominated was %+v", in, a, nominee)
		}
	}
	if opened := next.Round; opened.Number > l.Round.Number && opened.Base != l.Task.Base() {
		l.Fatalf("round %d begins with %s: want %s", opened.Number, opened.Base.Short(), l.Task.Base().Short())
	}
	if got := next.Task; len(got.Revisions) > spec.MaxRevisions || got.State.Final() && (!got.Nominee.IsZero() || !got.Adopted.IsZero()) {
		l.Fatalf("%d revisions; %s with nominee %+v and adopted %+v", len(got.Revisions), got.State, got.Nominee, got.Adopted)
	}
	if err := next.Task.SpecOf(next.Task.Round + 1).Validate(); err != nil {
		l.Fatalf("%#v leaves settings that nobody could ask for: %v", in, err)
	}
}

func (l *life) due(in round.Input) {
	_, tick := in.(round.Tick)
	switch due := l.Task.Due; {
	case l.Task.State.Final() && due != 0:
		l.Fatalf("a closed task is due at %s", due)
	case l.Task.State.Final():
	case tick && due <= at(l.height).Time || due <= at(l.height-1).Time: // the block before has looked
		l.Fatalf("due at %s, after %T at %d", due, in, l.height)
	case !tick && due > at(l.height).Time:
		l.exact()
	}
}

// exact wants a task that is not due now to be one that a look now would not move:
// its phase stays open, its preparation goes on.
func (l *life) exact() {
	looked := l.State
	looked.Task.Due = at(l.height).Time
	next, effects, err := looked.Step(at(l.height), round.Tick{})
	for _, effect := range effects {
		switch effect.(type) {
		case round.AskCommittee, round.AskTrainers: // a look too many asks the scheduler once more
		default:
			l.Fatalf("due at %s, and a look at %d does this: %s", l.Task.Due, l.height, effect)
		}
	}
	if next.Task.Due = l.Task.Due; err != nil || imprint(next) != imprint(l.State) {
		l.Fatalf("due at %s, and a look at %d changes something: %v\n%s", l.Task.Due, l.height, err, cmp.Diff(l.State, next))
	}
}

// apart wants a state with only the parts that an input needs to be stepped as the
// whole one is.
func (l *life) apart(in round.Input, whole round.State, effects []round.Effect, refusal error) {
	if in == nil {
		return
	}
	part := l.Only(round.Needs(in))
	got, again, err := part.Step(at(l.height), in)
	if fmt.Sprint(err) != fmt.Sprint(refusal) || !cmp.Equal(effects, again) {
		l.Fatalf("%#v: of the whole round %v %v, of its parts %v %v", in, effects, refusal, again, err)
	}
	if err != nil || got.Round.Number != l.Round.Number {
		return
	}
	want := whole.Only(round.Needs(in))
	for i, a := range got.Round.Aggregates {
		if a.Holds != nil { // what an aggregator has just said it holds
			want.Round.Aggregates[i].Holds = whole.Round.Aggregates[i].Holds
		}
	}
	if imprint(got) != imprint(want) {
		l.Fatalf("%#v: the parts differ from those of the whole:\n%s", in, cmp.Diff(want, got))
	}
}

func (l *life) account(effect round.Effect) {
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
		l.served(e)
	case round.PayValidators:
		l.paid += e.Amount
	case round.Close:
		l.closed = append(l.closed, e)
	}
	if effect.String() == "" {
		l.Fatalf("%T has no words", effect)
	}
}

// served wants whoever is paid to have done something.
func (l *life) served(e round.Pay) {
	if e.Amount == 0 {
		l.Fatalf("%v: nothing", e)
	}
	if e.Round == 0 { // of a committee that waited
		member := func(m spec.Member) bool { return m.Node == e.Node && !m.Ready.IsZero() }
		if !slices.ContainsFunc(slices.Concat(l.Task.Aggregators, l.Task.Evaluators), member) {
			l.Fatalf("%v, who is not ready", e)
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
		l.Fatalf("%v, who served nothing in round %d", e, e.Round)
	}
}

// books wants the records of the rounds to hold what was paid, and the fees of a task to
// stay below what one round pays.
func (l *life) books() {
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
		if bare := r.Phase == spec.PhaseAborted && len(r.Trainers) == 0; sum != r.Paid && !bare || sum > r.Paid {
			l.Fatalf("round %d has paid %d, its participants have %d", r.Number, r.Paid, sum)
		}
	}
	half := l.Task.Spec.PerRound() / 2
	if l.Task.Fees > half || l.Task.Delivered > half {
		l.Fatalf("fees of %d and %d for deliveries: want each at most %d", l.Task.Fees, l.Task.Delivered, half)
	}
}

// settled wants nothing to be left over: no money, no slot, no open round.
func (l *life) settled() {
	if l.Task.Paid+l.Task.Refunded != l.Task.Spec.Escrow || l.closed[0].Refund != l.Task.Refunded {
		l.Fatalf("paid %d and refunded %d of %d", l.Task.Paid, l.Task.Refunded, l.Task.Spec.Escrow)
	}
	for node, n := range l.engaged {
		if n != 0 {
			l.Fatalf("node %d is engaged %d times", node, n)
		}
	}
	if len(l.OpenRounds()) > 0 {
		l.Fatalf("task %s, round %s", l.Task.State, l.Round.Phase)
	}
	for _, in := range []round.Input{round.Tick{}, round.Cancel{Owner: "owner"}, round.Ready{Node: 1}, nil} {
		if _, _, err := l.Step(at(l.height), in); !errors.Is(err, round.ErrClosed) {
			l.Fatalf("a closed task takes %#v: %v", in, err)
		}
	}
}

// bound is more blocks, one a second, than a task can last: each round waits for
// trainers and for seven deadlines, after a pause, and so many rounds there are.
func bound(task spec.TaskSpec) int64 {
	d := task.Deadlines
	const pause = 20 * spec.Second // after the third aborted round in a row, the last one
	round := d.Select + pause + d.Train + 2*d.Attest + 2*d.Aggregate + 2*d.Evaluate
	return int64(2*d.Select+round*spec.Duration(task.Target.Rounds+1)*spec.Duration(task.Retries+1)) / int64(spec.Second)
}

func TestAnyInputsInAnyOrder(t *testing.T) {
	reached := map[spec.TaskState]int{}
	rapid.Check(t, func(t *rapid.T) {
		l := newLife(t)
		last := l.height + bound(l.Task.Spec)
		for ; !l.Task.State.Final(); l.height++ {
			if l.height > last {
				t.Fatalf("a task lasts more than %d blocks: %#v", bound(l.Task.Spec), l.State)
			}
			for _, in := range draft(t, l.State) {
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
			t.Errorf("no random lives %s: the draw is too tame (%v)", what, reached)
		}
	}
}

// A world that looks at a task only when it is due sees what one sees that
// looks at every block, at the same heights.
func TestTicksBelowDueChangeNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := newLife(t)
		for ; !l.Task.State.Final(); l.height++ {
			for _, in := range draft(t, l.State) {
				l.step(in)
			}
			if at(l.height).Time < l.Task.Due {
				before := imprint(l.State)
				next, effects, err := l.Step(at(l.height), round.Tick{})
				if err != nil || len(effects) > 0 || imprint(next) != before {
					t.Fatalf("a tick at %d, before %s, does something: %v %v", l.height, l.Task.Due, effects, err)
				}
				continue
			}
			l.step(round.Tick{})
		}
	})
}

// Nobody answers any more: ticks at Due heights alone bring the task to its end.
func TestNoTaskWaitsForEver(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := newLife(t)
		for range rapid.IntRange(0, 30).Draw(t, "blocks") {
			for _, in := range draft(t, l.State) {
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
		last := l.height + bound(l.Task.Spec)
		for !l.Task.State.Final() {
			l.height = max(l.height, int64(l.Task.Due+999)/1000)
			if l.height > last {
				t.Fatalf("still %s at %d", l.Task.State, l.height)
			}
			l.step(round.Tick{})
		}
	})
}

// The same inputs at the same heights give the same state, in any process.
func TestStepIsAFunction(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := newLife(t)
		twin := l.State
		for range 20 {
			for _, in := range append(draft(t, l.State), round.Tick{}) {
				a, effects, err := l.Step(at(l.height), in)
				b, again, twice := twin.Step(at(l.height), in)
				if imprint(a) != imprint(b) || fmt.Sprint(twice) != fmt.Sprint(err) || !cmp.Equal(effects, again) {
					t.Fatalf("%#v: two answers\n%v %v\n%v %v", in, effects, err, again, twice)
				}
				l.State, twin = a, b
			}
			l.height++
		}
	})
}
