package roundtest

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// failer is implemented by *testing.T and *rapid.T.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// twins are two worlds that get the same inputs and must stay equal.
type twins struct {
	failer
	one, other World
	account    func(name string) string
	accounts   []string       // all that were ever funded
	nodes      uint64         // id of the newest node
	tasks      uint64         // id of the newest task
	datasets   uint64         // id of the newest data set
	told       int            // number of effects that were compared
	money      uint64         // uthing that exist in each world
	reasons    map[string]int // how often an input was refused for a reason; "": accepted
}

// record is what can be read from a world: everything at the end of a block; after anything
// else, the tasks, their newest rounds and the escrow.
type record struct {
	Height    int64
	Time      spec.Time
	Tasks     []spec.Task
	Rounds    []spec.Round
	Committed []uint64 // for each commitment of the newest rounds, the node that made it
	Nodes     []spec.Node
	Duties    [][]Duty
	Balances  []uint64
	Escrow    uint64
	Paid      uint64 // to the validators of blocks
	Burned    uint64
	Histories [][]cost.Row // of the data sets
	Told      []string     // effects since the last comparison
}

func (w *twins) read(world World, all bool) record {
	w.Helper()
	r := record{
		Height: world.Height(), Time: world.Time(), Told: world.Effects()[w.told:],
		Escrow: world.Escrow(), Paid: world.Validators(), Burned: world.Burned(),
	}
	for id := uint64(1); id <= w.tasks; id++ {
		t, err := world.Task(id)
		if err != nil {
			w.Fatalf("%T: task %d: %v", world, id, err)
		}
		r.Tasks = append(r.Tasks, t)
		from := uint64(1)
		if !all {
			if from = max(t.Round, 1); t.Scoring > 0 {
				from = t.Scoring
			}
		}
		for number := from; number <= t.Round; number++ {
			played, err := world.Round(id, number)
			if err != nil {
				w.Fatalf("%T: task %d round %d: %v", world, id, number, err)
			}
			r.Rounds = append(r.Rounds, played)
			for _, c := range played.Trainers {
				node, err := world.Committed(id, c.Commitment)
				if err != nil {
					w.Fatalf("%T: task %d: %v", world, id, err)
				}
				r.Committed = append(r.Committed, node)
			}
		}
	}
	for id := uint64(1); id <= w.datasets; id++ {
		r.Histories = append(r.Histories, world.LedgerRows(id))
	}
	if !all {
		return r
	}
	for id := uint64(1); id <= w.nodes; id++ {
		n, ok := world.Node(id)
		if ok != (n.ID == id) {
			w.Fatalf("%T: node %d found: %t, with id %d", world, id, ok, n.ID)
		}
		r.Nodes = append(r.Nodes, n)
		r.Duties = append(r.Duties, world.Duties(id))
	}
	for _, account := range w.accounts {
		r.Balances = append(r.Balances, world.Balance(account))
	}
	return r
}

// compare checks that the records of both worlds are equal and, at the end of a block, that no
// coin was created or lost.
func (w *twins) compare(after string, all bool) {
	w.Helper()
	one, other := w.read(w.one, all), w.read(w.other, all)
	if !reflect.DeepEqual(one, other) { // 100 times as fast as cmp.Diff, which is needed because nil and empty lists are equal
		if diff := cmp.Diff(one, other, cmpopts.EquateEmpty()); diff != "" {
			w.Fatalf("height %d, after %s (-%T +%T):\n%s", one.Height, after, w.one, w.other, diff)
		}
	}
	if w.told += len(one.Told); !all {
		return
	}
	locked, money := uint64(0), one.Paid
	for _, t := range one.Tasks {
		locked += round.EscrowLeft(t)
	}
	money += one.Burned
	for _, n := range one.Nodes {
		money += n.Locked()
	}
	for _, balance := range one.Balances {
		money += balance
	}
	if locked != one.Escrow || money+locked != w.money {
		w.Fatalf("height %d, after %s: the escrow is %d, want %d, the sum of what tasks have not spent; there are %d uthing in all, want %d",
			one.Height, after, one.Escrow, locked, money+locked, w.money)
	}
}

// do does the same in both worlds, and checks that both accept it or refuse it for the same
// reason.
func (w *twins) do(what string, act func(World) error) error {
	w.Helper()
	height := w.one.Height()
	one, other := act(w.one), act(w.other)
	if a, b := reason(one), reason(other); a != b {
		w.Fatalf("height %d, %s: %T: %v, %T: %v", w.one.Height(), what, w.one, one, w.other, other)
	}
	if w.reasons[reason(one)]++; one != nil {
		what += ", which is refused"
	}
	w.compare(what, w.one.Height() != height)
	return one
}

// reason returns why something was refused, or "" if it was accepted. Only refusals of tasks have
// a reason that can be compared.
func reason(err error) string {
	if err == nil {
		return ""
	}
	if refusal, ok := errors.AsType[*round.Refusal](err); ok {
		return refusal.Why
	}
	return "for another reason"
}

func (w *twins) fund(name string, uthing uint64) string {
	w.Helper()
	account := w.account(name)
	w.one.Fund(account, uthing)
	w.other.Fund(account, uthing)
	w.accounts, w.money = append(w.accounts, account), w.money+uthing
	return account
}

func (w *twins) register(owner string, profile spec.Profile, stake uint64) (id uint64, err error) {
	w.Helper()
	last := w.nodes
	err = w.do(fmt.Sprintf("registering %s", profile.Name), func(world World) error {
		got, err := world.Register(owner, profile, stake)
		if err == nil && got != last+1 {
			w.Fatalf("%T: node %d follows node %d", world, got, last)
		}
		if err == nil {
			w.nodes, id = got, got
		}
		return err
	})
	return id, err
}

func (w *twins) create(owner string, asked spec.TaskSpec) (id uint64, err error) {
	w.Helper()
	last := w.tasks
	err = w.do("creating a task", func(world World) error {
		got, err := world.Create(owner, asked)
		if err == nil && got != last+1 {
			w.Fatalf("%T: task %d follows task %d", world, got, last)
		}
		if err == nil {
			w.tasks, id = got, got
		}
		return err
	})
	return id, err
}

// say gives a task an input in both worlds. It checks that a node's message is accepted if the
// node owes it, and is refused with a code otherwise.
func (w *twins) say(task uint64, in round.Input) error {
	w.Helper()
	return w.do(fmt.Sprintf("task %d gets %T %v", task, in, in), func(world World) error {
		_, cancels := in.(round.Cancel)
		_, receipts := in.(round.TwoReceipts)
		_, answers := in.(round.TwoAnswers)
		voluntary := cancels || receipts || answers
		owed := world.Owed(task, in)
		err := world.Say(task, in)
		if _, ok := errors.AsType[*round.Refusal](err); err != nil && !ok {
			w.Fatalf("%T: task %d: %#v is refused without a code: %v", world, task, in, err)
		}
		if !voluntary && owed != (err == nil) {
			w.Fatalf("%T: task %d: %#v is owed: %t, and its result is %v", world, task, in, owed, err)
		}
		return err
	})
}

// end ends a block. The next one follows a second later.
func (w *twins) end() {
	w.Helper()
	w.pause(spec.Second)
}

// pause ends a block. The next one follows after a given time.
func (w *twins) pause(later spec.Duration) {
	w.Helper()
	if err := w.do("the end of a block", func(world World) error { return world.EndBlock(later) }); err != nil {
		w.Fatalf("height %d: %v", w.one.Height(), err)
	}
}

// state returns a task with its running rounds, or with its newest round if none runs.
func (w *twins) state(id uint64) round.State {
	w.Helper()
	var s round.State
	var err error
	if s.Task, err = w.one.Task(id); err == nil && s.Task.Round > 0 {
		s.Round, err = w.one.Round(id, s.Task.Round)
	}
	if err == nil && s.Task.Scoring > 0 {
		s.Scoring, err = w.one.Round(id, s.Task.Scoring)
	}
	if err != nil {
		w.Fatalf("task %d: %v", id, err)
	}
	return s
}

// finishAll ends blocks without any input until no task is open, and checks that then no node is
// busy and the escrow is empty.
func (w *twins) finishAll() {
	w.Helper()
	open := func() bool {
		for id := uint64(1); id <= w.tasks; id++ {
			if !w.state(id).Task.State.Final() {
				return true
			}
		}
		return false
	}
	for blocks := 0; open(); blocks++ {
		if blocks > 1000 {
			w.Fatalf("a task is still open after 1000 blocks without an input")
		}
		w.end()
	}
	for id := uint64(1); id <= w.nodes; id++ {
		if n, _ := w.one.Node(id); n.Busy > 0 || len(w.one.Duties(id)) > 0 {
			w.Fatalf("no task is open, and node %d has %d busy slots and the duties %v", id, n.Busy, w.one.Duties(id))
		}
	}
	if w.one.Escrow() > 0 {
		w.Fatalf("no task is open, and the escrow is %d uthing, want 0", w.one.Escrow())
	}
}
