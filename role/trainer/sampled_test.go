package trainer_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/privacy"
	"github.com/althing-network/althing/privacy/audit"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/privacy/terms"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/role/trainer"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/sim/simtest"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// sampled is a task of digits in the mode example for ten trainers of some 140 rows each.
func exampleTask(rounds uint32, noise spec.PPM) spec.TaskSpec {
	t := sim.DigitsTask(rounds)
	t.Training.Rate = 2_500_000
	t.Aggregation.Rule = spec.RuleMean
	t.Aggregation.Optimiser, t.Aggregation.Rate, t.Aggregation.Momentum = spec.ServerFedAvgM, spec.One, spec.One/2
	t.Privacy = spec.Privacy{
		Mode: spec.PrivacyExample, Kind: spec.KindGaussian, Clip: spec.One, Noise: noise,
		Rate: spec.One / 2, Steps: 4, Divisor: 70,
	}
	t.Selection.Trainers, t.Selection.MinTrainers = 10, 10
	t.Overlap = false
	return t
}

// oneStepTask is a task of one step over all rows. A value of the update is the negated sum of
// the rows' gradients and the noise, in quanta.
func oneStepTask(noise spec.PPM) spec.TaskSpec {
	t := exampleTask(1, noise)
	t.Aggregation.ScaleBits = t.Privacy.Bits(0)
	t.Training.Rate, t.Privacy.Rate, t.Privacy.Steps, t.Privacy.Divisor = spec.One, spec.One, 1, 1
	t.Selection.Trainers, t.Selection.MinTrainers = 4, 2
	return t
}

// accuracy returns the accuracy of a task's model on the whole hold-out of [sim.Digits].
func accuracy(t *testing.T, n *sim.Network, task spec.Task) float64 {
	t.Helper()
	all, err := data.Digits()
	if err != nil {
		t.Fatal(err)
	}
	_, holdout, err := data.Holdout(all, spec.One/5, 1)
	if err != nil {
		t.Fatal(err)
	}
	file, err := n.Nodes[0].Tools.Model(t.Context(), task, task.Model)
	if err != nil {
		t.Fatal(err)
	}
	e, err := train.Engine{}.Evaluate(t.Context(), task.Spec.Model, file.Weights, holdout)
	if err != nil {
		t.Fatal(err)
	}
	return float64(e.Accuracy()) / float64(spec.One)
}

// TestExampleRounds: at epsilon 8 the model is good, and at epsilon 0.1 it learns next to
// nothing. Each round is charged to each data set, and no data set spends more than its limit.
func TestExampleRounds(t *testing.T) {
	for name, c := range map[string]struct {
		rounds      uint32
		noise       spec.PPM
		epsilon     cost.Epsilon // in tenths
		least, most float64
	}{
		"epsilon 8":   {20, 3_000_000, 80, 0.88, 1},
		"epsilon 0.1": {2, 50_000_000, 1, 0, 0.6},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := openWithBudgets(t, 10, c.epsilon, exampleTask(c.rounds, c.noise))
			task := simtest.Finish(t, n)
			got := accuracy(t, n, task)
			if t.Logf("accuracy %.3f", got); got < c.least || got > c.most {
				t.Errorf("accuracy %.3f: want %.2f to %.2f", got, c.least, c.most)
			}
			if task.State != spec.TaskSpent || task.Accepted != c.rounds {
				t.Errorf("the task is %s (%s) with %d rounds", task.State, task.Reason, task.Accepted)
			}
			for id := uint64(1); id <= 10; id++ {
				b, rows, err := n.Book(id)
				charged := slices.DeleteFunc(slices.Clone(rows), func(r cost.Row) bool { return r.Entry != cost.EntryCharge })
				if left, fits := b.Limit.Left(b.Spent); err != nil || !fits || left > b.Limit.Epsilon/10 || len(charged) != int(c.rounds) {
					t.Errorf("data set %d: epsilon %s of %s left after %d rounds (%v)", id, left, b.Limit, len(charged), err)
				}
			}
		})
	}
}

// storedUpdates returns the updates that trainers of a private task store, one for each table.
func storedUpdates(t *testing.T, asked spec.TaskSpec, tables ...data.Table) (all [][]int32) {
	t.Helper()
	n := openWithBudgets(t, 4, 20_000_000, asked)
	task, r := simtest.Reach(t, n, 1, spec.PhaseTrain)
	for i, table := range tables {
		node := n.Nodes[sim.FirstTrainer-1+i]
		node.Table = table
		event, err := trainOnce(t, node, role.Duty{Task: task, Round: r})
		if err != nil {
			t.Fatal(err)
		}
		if done := event.(trainer.Trained); done.Samples != 0 || done.Correct != 0 || !done.Withheld {
			t.Errorf("the trainer tells %d samples, %d of them correct: want 0 and 0, withheld", done.Samples, done.Correct)
		}
		all = append(all, readUpdate(t, node.Tools.Store, node.Tools.Slot(firstTask, 1)))
	}
	return all
}

// firstRows returns the first rows of digits.
func firstRows(t *testing.T, rows int) data.Table {
	t.Helper()
	all, err := data.Digits()
	if err != nil {
		t.Fatal(err)
	}
	some := make([]int, rows)
	for i := range some {
		some[i] = i
	}
	return all.Select(some)
}

// TestOneRowMoreMovesTheUpdateByOneRow: no setting of a training is computed from the number of
// rows, so one more row adds its own gradient and changes nothing else. The numbers of rows lie
// around those at which the number of batches, of steps or the divisor would change if it were.
// The noise is one quantum.
func TestOneRowMoreMovesTheUpdateByOneRow(t *testing.T) {
	asked := oneStepTask(1000)
	asked.Privacy.Divisor = 4
	asked.Aggregation.ScaleBits += 2
	for _, rows := range []int{0, 1, 3, 4, 15, 16, 31, 32, 64} {
		both := storedUpdates(t, asked, firstRows(t, rows), firstRows(t, rows+1))
		if len(both[0]) != len(both[1]) {
			t.Fatalf("%d rows: updates of %d and of %d values", rows, len(both[0]), len(both[1]))
		}
		var squares float64
		for i := range both[0] {
			d := float64(both[1][i]) - float64(both[0][i])
			squares += d * d
		}
		const noise = 50 // the norm of 650 differences of two draws of one quantum is some 36
		bound := float64(asked.Privacy.Quanta(0))
		if norm := math.Sqrt(squares); norm > bound+noise || norm < bound/2 {
			t.Errorf("%d rows and one more: the update moves by %.0f quanta, want almost %.0f", rows, norm, bound)
		}
	}
}

// TestExampleNoiseIsTheNoiseThatIsCharged: a step over a table without rows releases only its
// noise, which has the distribution that the ledger charges. The audit would find noise of half
// the scale.
func TestExampleNoiseIsTheNoiseThatIsCharged(t *testing.T) {
	asked := oneStepTask(spec.One)
	charged, err := terms.Release(asked)
	if err != nil {
		t.Fatal(err)
	}
	sigma := privacy.Ratio(charged.Noise.(cost.Gaussian).Sigma)
	none := firstRows(t, 0)
	noise := storedUpdates(t, asked, none, none, none, none)
	for _, c := range []struct {
		claimed privacy.Ratio
		honest  bool
	}{{sigma, true}, {privacy.Ratio{Num: 2 * sigma.Num, Den: sigma.Den}, false}} {
		table, err := privacy.NewTable(privacy.RoundedGaussian{Sigma: c.claimed})
		if err != nil {
			t.Fatal(err)
		}
		var rounds []audit.Round
		for pair := range slices.Chunk(noise, 2) { // 650 values each
			var residuals []int64
			for _, v := range slices.Concat(pair...) {
				residuals = append(residuals, -int64(v))
			}
			rounds = append(rounds, audit.Round{Noise: table, Residuals: residuals})
		}
		verdict, err := audit.Residual(rounds, rand.NewPCG(1, 2), 0.001)
		if err != nil {
			t.Fatal(err)
		}
		if rejected := verdict.Rejected(); (rejected == nil) != c.honest {
			t.Errorf("claimed sigma %s: rejected by %v\n%s", c.claimed, rejected, verdict)
		}
	}
}

// TestDivergedExampleTrainingSendsZeros: a training whose weights become NaN sends an update of
// zeros. It reports no error, because the round was charged already.
func TestDivergedExampleTrainingSendsZeros(t *testing.T) {
	asked := exampleTask(1, spec.One)
	asked.Selection.Trainers, asked.Selection.MinTrainers = 2, 2
	asked.Training.Rate, asked.Training.WeightDecay, asked.Privacy.Steps = 4_000_000_000, 4_000_000_000, 10
	if update := storedUpdates(t, asked, firstRows(t, 20))[0]; slices.ContainsFunc(update, func(v int32) bool { return v != 0 }) {
		t.Errorf("the update begins with %v, want zeros only", update[:10])
	}
}

// TestOutsideTrainerIsRefused: in the mode example the built-in engine adds the noise while it
// trains. Any other engine is refused, also a wrapper of the built-in one, and nothing is stored.
func TestOutsideTrainerIsRefused(t *testing.T) {
	n := openWithBudgets(t, 2, 1_000_000, oneStepTask(spec.One))
	task, r := simtest.Reach(t, n, 1, spec.PhaseTrain)
	node := n.Nodes[sim.FirstTrainer-1]
	for _, outside := range []train.Trainer{stubEngine(unchanged), struct{ train.Trainer }{train.Engine{}}} {
		node.Tools.Trainer = outside
		_, err := trainOnce(t, node, role.Duty{Task: task, Round: r})
		if !errors.Is(err, role.ErrFinal) || !strings.Contains(err.Error(), "the mode example needs the noise inside the training: only the built-in engine adds it") {
			t.Errorf("%T: got error %v, want a refusal of the engine", outside, err)
		}
	}
	if labels, err := node.Tools.Store.Labels(t.Context()); err != nil || len(labels) != 0 {
		t.Errorf("the store holds %v (%v), want nothing", labels, err)
	}
}
