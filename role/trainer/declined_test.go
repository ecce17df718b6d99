package trainer_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/privacy/audit/audittest"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/role/trainer"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/sim/simtest"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// spoiled are tables that differ in what is private: how many rows there are, and what they
// hold.
func spoiled(t *testing.T) map[string]data.Table {
	t.Helper()
	filled := func(value float32) data.Table {
		table := few(t, 20)
		for i := range table.X {
			table.X[i] = value
		}
		return table
	}
	return map[string]data.Table{
		"20 rows": few(t, 20), "one row": few(t, 1), "no row": few(t, 0), "1000 rows": few(t, 1000),
		"not a number": filled(float32(math.NaN())), "infinite": filled(float32(math.Inf(1))), "huge": filled(math.MaxFloat32),
	}
}

// begun is a round of a private task whose first trainer is to train.
func begun(t *testing.T, asked spec.TaskSpec) (*sim.Network, *sim.Node, role.Duty) {
	t.Helper()
	n := guarded(t, 2, 1_000_000_000, asked)
	task, r, err := n.Reach(t.Context(), 1, 1, spec.PhaseTrain)
	if err != nil {
		t.Fatal(err)
	}
	return n, n.Nodes[sim.FirstTrainer-1], role.Duty{Task: task, Round: r}
}

// TestDeclinesLookAlike: for whatever reason a node has no part in a private round, it is
// one kind of error, it comes again, nothing is stored and nothing said, and whatever its
// rows are it says the same of it.
func TestDeclinesLookAlike(t *testing.T) {
	outside := func(node *sim.Node) { node.Tools.Trainer = stub(still) }
	ledger := func(node *sim.Node) {
		node.Tools.Charge = func(context.Context, spec.Task, spec.Round) error {
			return errors.Join(cost.ErrExhausted, role.ErrFinal)
		}
	}
	alarm := func(node *sim.Node) { node.Tools.Alarm = &sim.Alarm{Wrong: "something"} }
	seen := 0
	for name, asked := range privately(1) {
		causes := map[string]func(*sim.Node){"its own ledger refuses": ledger, "its alarm was raised": alarm}
		if asked.Privacy.Mode == spec.PrivacyExample || asked.Privacy.Unit == spec.UnitExample {
			causes["an outside trainer"] = outside
		}
		for cause, make := range causes {
			var first string
			for rows, table := range spoiled(t) {
				seen++
				_, node, duty := begun(t, asked)
				make(node)
				node.Table = table
				node.Tools.Send = func(context.Context, role.Send) error {
					t.Errorf("%s, %s, %s: it says something", name, cause, rows)
					return nil
				}
				event, err := do(t, node, duty)
				declined := role.Event(trainer.Declined{Task: 1, Round: 1, Why: spec.DeclinePrivate})
				if event != declined || !errors.Is(err, trainer.ErrDeclined) || !errors.Is(err, role.ErrFinal) {
					t.Fatalf("%s, %s, %s: %v, %v", name, cause, rows, event, err)
				}
				if first == "" {
					first = err.Error()
				}
				if err.Error() != first {
					t.Errorf("%s, %s, %s: it says %q, and of other rows %q", name, cause, rows, err, first)
				}
				labels, err := node.Tools.Store.Labels(t.Context())
				if err != nil || len(labels) != 0 || len(node.Tools.Journal.Keys()) != 0 {
					t.Errorf("%s, %s, %s: it keeps %v and %v (%v)", name, cause, rows, labels, node.Tools.Journal.Keys(), err)
				}
			}
		}
	}
	t.Logf("%d declines", seen)
}

// TestNothingIsDecidedByTheRows: with any rows, and with any end of a training, there is an
// update of the same length, also where the task wants more rows than there are. Were there
// no noise in it, it could be told apart; what was not a number is not in it.
func TestNothingIsDecidedByTheRows(t *testing.T) {
	for name, asked := range privately(1) {
		asked.Data.MinSamples = 50
		silent := &audittest.Samplers{Num: 0, Den: 1}
		left := func(table data.Table, engine train.Trainer) []int32 {
			t.Helper()
			_, node, duty := begun(t, asked)
			node.Table, node.Tools.Trainer, node.Tools.Samplers = table, engine, silent
			if _, err := do(t, node, duty); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			return values(t, node.Tools.Store, node.Tools.Slot(theTask, 1))
		}
		none := make([]int32, 650)
		for rows, table := range spoiled(t) {
			got := left(table, train.Engine{})
			if len(got) != len(none) {
				t.Errorf("%s, %s: %d values", name, rows, len(got))
			}
			if (rows == "no row" || rows == "not a number" || rows == "infinite") && !cmp.Equal(got, none) {
				t.Errorf("%s, %s: rows that have no gradient are in the update", name, rows)
			}
		}
		if asked.Privacy.Mode == spec.PrivacyExample || asked.Privacy.Unit == spec.UnitExample {
			// A row that is no number is as one that is not there, and moves no other.
			absent, broken := few(t, 60), few(t, 60)
			absent.Y[30] = -1
			broken.Row(30)[5] = float32(math.NaN())
			if !cmp.Equal(left(absent, train.Engine{}), left(broken, train.Engine{})) {
				t.Errorf("%s: a row that is no number changes what others add", name)
			}
			continue
		}
		for how, engine := range map[string]stub{
			"panics":           func([]float32) ([]float32, error) { panic("a row it does not like") },
			"says it was told": func([]float32) ([]float32, error) { return nil, context.Canceled },
			"says it was late": func([]float32) ([]float32, error) { return nil, context.DeadlineExceeded },
			"fails for good":   func([]float32) ([]float32, error) { return nil, role.ErrFinal },
			"not a number":     func(base []float32) ([]float32, error) { base[0] = float32(math.NaN()); return base, nil },
		} {
			if got := left(few(t, 60), engine); !cmp.Equal(got, none) {
				t.Errorf("%s, a trainer that %s: the update is not as one of a training that moved nothing", name, how)
			}
		}
	}
}

// TestDivergenceIsToldAtOnce: all trainers know after a moment that a task cannot be
// trained. The consumer once waited for 251 s.
func TestDivergenceIsToldAtOnce(t *testing.T) {
	asked := sim.DigitsTask(3)
	asked.Training.Rate = math.MaxUint32
	asked.Training.Epochs = 50
	asked.Selection.MinTrainers = 4
	n := simtest.Open(t, 4, asked)
	began := n.Now()
	task := simtest.Finish(t, n)
	if task.State != spec.TaskFailed || !strings.Contains(task.Reason, "4 declined: training diverged") {
		t.Errorf("task %s: %s", task.State, task.Reason)
	}
	if took := n.Now() - began; took >= 0 && spec.Duration(took.Milliseconds()) >= asked.Deadlines.Train {
		t.Errorf("it took %s of network time, as if all had waited for the deadline", took)
	}
	for i := range uint64(4) {
		if simtest.Reputation(n, sim.FirstTrainer+i) != round.NewStanding().Reputation {
			t.Errorf("trainer %d stands at %s", sim.FirstTrainer+i, simtest.Reputation(n, sim.FirstTrainer+i))
		}
	}
}

// TestRowsThatDoNotFitAreTold: one trainer has too few rows and says so at once, so the
// others do not wait for it.
func TestRowsThatDoNotFitAreTold(t *testing.T) {
	asked := sim.DigitsTask(1)
	asked.Data.MinSamples = 50
	n := simtest.Open(t, 4, asked)
	node := n.Nodes[sim.FirstTrainer-1]
	node.Table = node.Table.Select([]int{0, 1})
	simtest.Finish(t, n)
	r := simtest.SettledRounds(t, n)[0]
	c := r.Trainers[r.Trainer(node.ID)]
	if c.Declined != spec.DeclineRows || r.Survivors() != 3 {
		t.Errorf("%d survive; the one with two rows: %+v", r.Survivors(), c)
	}
	if simtest.Reputation(n, node.ID) != round.NewStanding().Reputation {
		t.Errorf("it stands at %s", simtest.Reputation(n, node.ID))
	}
}

// TestPolicyOfTheNodeItself: a node whose owner has made its policy stricter since it was
// registered declines what it is selected for all the same, and says why.
func TestPolicyOfTheNodeItself(t *testing.T) {
	asked := sim.DigitsTask(1)
	asked.Selection.MinTrainers = 2
	n := simtest.Open(t, 3, asked)
	node := n.Nodes[sim.FirstTrainer-1]
	node.Tools.Policy = &spec.Policy{Owners: []string{"somebody else"}}
	simtest.Finish(t, n)
	r := simtest.SettledRounds(t, n)[0]
	if c := r.Trainers[r.Trainer(node.ID)]; c.Declined != spec.DeclinePolicy || r.Survivors() != 2 {
		t.Errorf("%d survive; the one with a policy: %+v", r.Survivors(), c)
	}
	if len(node.Errs) != 1 || !strings.Contains(node.Errs[0].Error(), "serves only other owners") {
		t.Errorf("it says %v", node.Errs)
	}
}
