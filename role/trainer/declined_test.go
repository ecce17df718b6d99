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

// privateTables are tables that differ in what must stay private: the number of rows and their
// values.
func privateTables(t *testing.T) map[string]data.Table {
	t.Helper()
	filled := func(value float32) data.Table {
		table := firstRows(t, 20)
		for i := range table.X {
			table.X[i] = value
		}
		return table
	}
	return map[string]data.Table{
		"20 rows": firstRows(t, 20), "one row": firstRows(t, 1), "no row": firstRows(t, 0), "1000 rows": firstRows(t, 1000),
		"not a number": filled(float32(math.NaN())), "infinite": filled(float32(math.Inf(1))), "huge": filled(math.MaxFloat32),
	}
}

// openPrivateRound returns a network in which round 1 of a private task trains, its first
// trainer, and the trainer's duty.
func openPrivateRound(t *testing.T, asked spec.TaskSpec) (*sim.Network, *sim.Node, role.Duty) {
	t.Helper()
	n := openWithBudgets(t, 2, 1_000_000_000, asked)
	task, r := simtest.Reach(t, n, 1, spec.PhaseTrain)
	return n, n.Nodes[sim.FirstTrainer-1], role.Duty{Task: task, Round: r}
}

// TestDeclinesLookAlike: whatever the reason why a node takes no part in a private round, its
// error wraps the same two errors, and nothing is stored or sent. The text of the error does
// not depend on the node's rows.
func TestDeclinesLookAlike(t *testing.T) {
	outside := func(node *sim.Node) { node.Tools.Trainer = stubEngine(unchanged) }
	ledger := func(node *sim.Node) {
		node.Tools.Charge = func(context.Context, spec.Task, spec.Round) error {
			return errors.Join(cost.ErrExhausted, role.ErrFinal)
		}
	}
	alarm := func(node *sim.Node) { node.Tools.Alarm = &sim.Alarm{Wrong: "something"} }
	seen := 0
	for name, asked := range privateTasks(1) {
		causes := map[string]func(*sim.Node){"its own ledger refuses": ledger, "its alarm was raised": alarm}
		if asked.Privacy.Mode == spec.PrivacyExample || asked.Privacy.Unit == spec.UnitExample {
			causes["an outside trainer"] = outside
		}
		for cause, make := range causes {
			var first string
			for rows, table := range privateTables(t) {
				seen++
				_, node, duty := openPrivateRound(t, asked)
				make(node)
				node.Table = table
				node.Tools.Send = func(context.Context, role.Send) error {
					t.Errorf("%s, %s, %s: the node sends a message", name, cause, rows)
					return nil
				}
				event, err := trainOnce(t, node, duty)
				declined := role.Event(trainer.Declined{Task: 1, Round: 1, Why: spec.DeclinePrivate})
				if event != declined || !errors.Is(err, trainer.ErrDeclined) || !errors.Is(err, role.ErrFinal) {
					t.Fatalf("%s, %s, %s: got %v and error %v, want %v", name, cause, rows, event, err, declined)
				}
				if first == "" {
					first = err.Error()
				}
				if err.Error() != first {
					t.Errorf("%s, %s, %s: got error %q, and with other rows %q", name, cause, rows, err, first)
				}
				labels, err := node.Tools.Store.Labels(t.Context())
				if err != nil || len(labels) != 0 || len(node.Tools.Journal.Keys()) != 0 {
					t.Errorf("%s, %s, %s: the store holds %v and the journal %v (%v), want nothing", name, cause, rows, labels, node.Tools.Journal.Keys(), err)
				}
			}
		}
	}
	t.Logf("compared %d declined rounds", seen)
}

// TestNothingIsDecidedByTheRows: whatever the rows are, and however the training ends, the node
// releases an update of the same length, even if it has fewer rows than the task asks for. The
// samplers of this test add no noise, so that the test sees what the noise would hide: rows
// without a finite gradient add nothing.
func TestNothingIsDecidedByTheRows(t *testing.T) {
	for name, asked := range privateTasks(1) {
		asked.Data.MinSamples = 50
		noiseless := &audittest.Samplers{Num: 0, Den: 1}
		left := func(table data.Table, engine train.Trainer) []int32 {
			t.Helper()
			_, node, duty := openPrivateRound(t, asked)
			node.Table, node.Tools.Trainer, node.Tools.Samplers = table, engine, noiseless
			if _, err := trainOnce(t, node, duty); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			return readUpdate(t, node.Tools.Store, node.Tools.Slot(firstTask, 1))
		}
		none := make([]int32, 650)
		for rows, table := range privateTables(t) {
			got := left(table, train.Engine{})
			if len(got) != len(none) {
				t.Errorf("%s, %s: got %d values, want %d", name, rows, len(got), len(none))
			}
			if (rows == "no row" || rows == "not a number" || rows == "infinite") && !cmp.Equal(got, none) {
				t.Errorf("%s, %s: rows without a finite gradient change the update", name, rows)
			}
		}
		if asked.Privacy.Mode == spec.PrivacyExample || asked.Privacy.Unit == spec.UnitExample {
			// A row with a NaN counts as a row that is missing, and changes no other row's part.
			absent, broken := firstRows(t, 60), firstRows(t, 60)
			absent.Y[30] = -1
			broken.Row(30)[5] = float32(math.NaN())
			if !cmp.Equal(left(absent, train.Engine{}), left(broken, train.Engine{})) {
				t.Errorf("%s: a row with a NaN changes what the other rows add", name)
			}
			continue
		}
		for how, engine := range map[string]stubEngine{
			"panics":                func([]float32) ([]float32, error) { panic("a row it does not like") },
			"says it was cancelled": func([]float32) ([]float32, error) { return nil, context.Canceled },
			"says it timed out":     func([]float32) ([]float32, error) { return nil, context.DeadlineExceeded },
			"fails for good":        func([]float32) ([]float32, error) { return nil, role.ErrFinal },
			"returns a NaN":         func(base []float32) ([]float32, error) { base[0] = float32(math.NaN()); return base, nil },
		} {
			if got := left(firstRows(t, 60), engine); !cmp.Equal(got, none) {
				t.Errorf("%s, an engine that %s: the update differs from the update of a training that changed no weight", name, how)
			}
		}
	}
}

// TestDivergenceIsToldAtOnce: a task on which all trainers diverge fails as soon as they have
// declined. The consumer once waited 251 s for the deadline.
func TestDivergenceIsToldAtOnce(t *testing.T) {
	asked := sim.DigitsTask(3)
	asked.Training.Rate = math.MaxUint32
	asked.Training.Epochs = 50
	asked.Selection.MinTrainers = 4
	n := simtest.Open(t, 4, asked)
	began := n.Now()
	task := simtest.Finish(t, n)
	if task.State != spec.TaskFailed || !strings.Contains(task.Reason, "4 declined: training diverged") {
		t.Errorf("task %s (%s), want %s because 4 trainers diverged", task.State, task.Reason, spec.TaskFailed)
	}
	if took := n.Now() - began; took >= 0 && spec.Duration(took.Milliseconds()) >= asked.Deadlines.Train {
		t.Errorf("the task took %s of network time, want less than the deadline of %s", took, asked.Deadlines.Train)
	}
	for i := range uint64(4) {
		if simtest.Reputation(n, sim.FirstTrainer+i) != round.NewStanding().Reputation {
			t.Errorf("trainer %d has reputation %s, want %s", sim.FirstTrainer+i, simtest.Reputation(n, sim.FirstTrainer+i), round.NewStanding().Reputation)
		}
	}
}

// TestTrainerWithTooFewRowsDeclines: it declines at once, so the others do not wait for it.
func TestTrainerWithTooFewRowsDeclines(t *testing.T) {
	asked := sim.DigitsTask(1)
	asked.Data.MinSamples = 50
	n := simtest.Open(t, 4, asked)
	node := n.Nodes[sim.FirstTrainer-1]
	node.Table = node.Table.Select([]int{0, 1})
	simtest.Finish(t, n)
	r := simtest.SettledRounds(t, n)[0]
	c := r.Trainers[r.Trainer(node.ID)]
	if c.Declined != spec.DeclineRows || r.Survivors() != 3 {
		t.Errorf("%d survivors, want 3; the trainer with two rows has %+v, want it declined for its rows", r.Survivors(), c)
	}
	if simtest.Reputation(n, node.ID) != round.NewStanding().Reputation {
		t.Errorf("the trainer with two rows has reputation %s, want %s", simtest.Reputation(n, node.ID), round.NewStanding().Reputation)
	}
}

// TestTrainerDeclinesByItsOwnPolicy: the chain selects a node by its registered policy. If the
// owner has made the node's own policy stricter since, the node declines and says why.
func TestTrainerDeclinesByItsOwnPolicy(t *testing.T) {
	asked := sim.DigitsTask(1)
	asked.Selection.MinTrainers = 2
	n := simtest.Open(t, 3, asked)
	node := n.Nodes[sim.FirstTrainer-1]
	node.Tools.Policy = &spec.Policy{Owners: []string{"somebody else"}}
	simtest.Finish(t, n)
	r := simtest.SettledRounds(t, n)[0]
	if c := r.Trainers[r.Trainer(node.ID)]; c.Declined != spec.DeclinePolicy || r.Survivors() != 2 {
		t.Errorf("%d survivors, want 2; the trainer with a policy has %+v, want it declined by policy", r.Survivors(), c)
	}
	if len(node.Errs) != 1 || !strings.Contains(node.Errs[0].Error(), "serves only other owners") {
		t.Errorf("got errors %v, want one that names the policy", node.Errs)
	}
}
