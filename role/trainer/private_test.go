package trainer_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

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

// localTask is a task of digits in the mode local. Its clip is 2^12 quanta, and so is the scale
// of its noise.
func localTask(kind string, rounds uint32) spec.TaskSpec {
	t := sim.DigitsTask(rounds)
	t.Aggregation.Rule, t.Aggregation.ScaleBits = spec.RuleMean, 12
	t.Privacy = spec.Privacy{Mode: spec.PrivacyLocal, Kind: kind, Clip: spec.One, Noise: spec.One}
	t.Overlap = false
	return t
}

// openWithBudgets returns a network of digits with an open task, in which each trainer owns a
// registered data set with a budget of epsilon, in tenths.
func openWithBudgets(t *testing.T, trainers int, epsilon cost.Epsilon, task spec.TaskSpec) *sim.Network {
	t.Helper()
	n, err := sim.Digits(sim.Config{}, trainers)
	if err != nil {
		t.Fatal(err)
	}
	release, err := terms.Release(task)
	if err != nil {
		t.Fatal(err)
	}
	for _, node := range n.Nodes[sim.FirstTrainer-1:] {
		limit := cost.Limit{Unit: release.Unit, Adjacency: cost.ZeroOut, Epsilon: epsilon * cost.OneEpsilon / 10, Delta: cost.OneDelta / 100_000}
		id, err := n.RegisterDataset(node.Owner, spec.PublicKeyOf(node.OwnerKey), limit)
		if err == nil {
			err = errors.Join(n.Grant(id, node.ID), n.Hold(node.ID, "digits", id))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := n.Open("consumer", task); err != nil {
		t.Fatal(err)
	}
	return n
}

// stubEngine is an engine that returns the weights that a function makes of the base.
type stubEngine func(base []float32) ([]float32, error)

func (s stubEngine) Train(_ context.Context, job train.Job, _ func(done, total int)) (train.Result, error) {
	weights, err := s(slices.Clone(job.Weights))
	return train.Result{Weights: weights, Samples: 1}, err
}

func (stubEngine) Evaluate(context.Context, spec.Model, []float32, data.Table) (train.Evaluation, error) {
	return train.Evaluation{}, errors.New("the rows of a private task are not judged")
}

// updatesWith returns the updates that trainers of a private task store with an engine. The
// randomness is the same in each call.
func updatesWith(t *testing.T, kind string, engine stubEngine, trainers int) (all [][]int32) {
	t.Helper()
	n := openWithBudgets(t, trainers, 90, localTask(kind, 1))
	task, r := simtest.Reach(t, n, 1, spec.PhaseTrain)
	for _, node := range n.Nodes[sim.FirstTrainer-1:] {
		node.Tools.Trainer = engine
		event, err := trainOnce(t, node, role.Duty{Task: task, Round: r})
		if err != nil {
			t.Fatal(err)
		}
		if done := event.(trainer.Trained); done.Samples != 0 || done.Correct != 0 {
			t.Errorf("the trainer tells %d samples, %d of them correct: want 0 and 0", done.Samples, done.Correct)
		}
		all = append(all, readUpdate(t, node.Tools.Store, node.Tools.Slot(firstTask, 1)))
	}
	return all
}

// TestPrivateTrainingFollowsTheSchedule: a private task trains at the learning rate that its
// schedule has for the round.
func TestPrivateTrainingFollowsTheSchedule(t *testing.T) {
	asked := localTask(spec.KindGaussian, 4)
	asked.Training.Schedule = spec.Schedule{Warmup: 3}
	n := openWithBudgets(t, 1, 900, asked)
	task, r := simtest.Reach(t, n, 1, spec.PhaseTrain)
	node := n.Nodes[sim.FirstTrainer-1]
	var rates []spec.PPM
	node.Tools.Trainer = rateRecorder{stubEngine(unchanged), &rates}
	if _, err := trainOnce(t, node, role.Duty{Task: task, Round: r}); err != nil {
		t.Fatal(err)
	}
	if want := []spec.PPM{asked.Training.Rate / 4}; !slices.Equal(rates, want) {
		t.Errorf("trained at %v: want %v, a quarter of the task's rate", rates, want)
	}
}

// unchanged returns the base: nothing is trained.
func unchanged(base []float32) ([]float32, error) { return base, nil }

// TestAttackHostileTrainer: whatever an outside engine returns, the update that leaves the
// owner's node is within the clip of the update of a training that changes nothing.
func TestAttackHostileTrainer(t *testing.T) {
	hostile := func(base []float32) ([]float32, error) {
		for i := range base {
			base[i] += 1000
		}
		return base, nil
	}
	for _, kind := range []string{spec.KindGaussian, spec.KindLaplace} {
		idle, attack := updatesWith(t, kind, unchanged, 1)[0], updatesWith(t, kind, hostile, 1)[0]
		var l1, l2 float64
		for i := range idle {
			d := float64(attack[i]) - float64(idle[i])
			l1, l2 = l1+math.Abs(d), l2+d*d
		}
		const clip = 1 << 12
		switch {
		case kind == spec.KindGaussian && (l2 > clip*clip || l2 < clip*clip/2):
			t.Errorf("gaussian: hostile weights move the update by an L2 norm of %g: want almost %d, and no more", math.Sqrt(l2), clip)
		case kind == spec.KindLaplace && (l1 > clip || l1 < clip/2):
			t.Errorf("laplace: hostile weights move the update by an L1 norm of %g: want almost %d, and no more", l1, clip)
		}
	}
}

// TestFailedPrivateTrainingReleasesOnlyNoise: an engine that fails, or returns NaN or too few
// weights, leads to the update of a training that changes nothing.
func TestFailedPrivateTrainingReleasesOnlyNoise(t *testing.T) {
	want := updatesWith(t, spec.KindGaussian, unchanged, 1)[0]
	for name, engine := range map[string]stubEngine{
		"not a number": func(base []float32) ([]float32, error) { base[7] = float32(math.NaN()); return base, nil },
		"too few":      func(base []float32) ([]float32, error) { return base[1:], nil },
		"an error":     func(base []float32) ([]float32, error) { return nil, train.ErrTraining },
		"both":         func(base []float32) ([]float32, error) { base[0] = 9; return base, train.ErrTraining },
	} {
		if diff := cmp.Diff(want, updatesWith(t, spec.KindGaussian, engine, 1)[0]); diff != "" {
			t.Errorf("%s (-nothing changed +got):\n%s", name, diff)
		}
	}
	infinite := func(base []float32) ([]float32, error) { base[7] = float32(math.Inf(1)); return base, nil }
	if got := updatesWith(t, spec.KindGaussian, infinite, 1)[0]; float64(got[7])-float64(want[7]) > 1<<12 {
		t.Error("an infinite weight moves the update by more than the clip")
	}
}

// TestLocalNoiseIsTheNoiseThatIsCharged: updates of trainings that change nothing are noise of
// the distribution that the ledger charges. The audit would find noise of half the scale.
func TestLocalNoiseIsTheNoiseThatIsCharged(t *testing.T) {
	release, err := terms.Release(localTask(spec.KindGaussian, 1))
	if err != nil {
		t.Fatal(err)
	}
	sigma := privacy.Ratio(release.Noise.(cost.Gaussian).Sigma)
	released := updatesWith(t, spec.KindGaussian, unchanged, 4)
	for _, c := range []struct {
		claimed privacy.Ratio
		honest  bool
	}{{sigma, true}, {privacy.Ratio{Num: 2 * sigma.Num, Den: sigma.Den}, false}} {
		table, err := privacy.NewTable(privacy.RoundedGaussian{Sigma: c.claimed})
		if err != nil {
			t.Fatal(err)
		}
		var rounds []audit.Round
		for pair := range slices.Chunk(released, 2) { // 650 values each
			var residuals []int64
			for _, v := range slices.Concat(pair...) {
				residuals = append(residuals, int64(v))
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

// TestOwnLedgerIsAskedBeforeAnythingIsStored: if the owner's own ledger refuses the charge,
// the node keeps no update.
func TestOwnLedgerIsAskedBeforeAnythingIsStored(t *testing.T) {
	n := openWithBudgets(t, 2, 90, localTask(spec.KindLaplace, 1))
	task, r := simtest.Reach(t, n, 1, spec.PhaseTrain)
	node := n.Nodes[sim.FirstTrainer-1]
	asked := 0
	node.Tools.Charge = func(_ context.Context, task spec.Task, r spec.Round) error {
		asked++
		if i := r.Trainer(node.ID); r.Trainers[i].Dataset != 1 || task.ID != 1 {
			t.Errorf("the ledger is asked to charge task %d for %+v, want task 1 and data set 1", task.ID, r.Trainers[i])
		}
		return errors.Join(cost.ErrExhausted, role.ErrFinal)
	}
	if _, err := trainOnce(t, node, role.Duty{Task: task, Round: r}); !errors.Is(err, cost.ErrExhausted) || !errors.Is(err, role.ErrFinal) || asked != 1 {
		t.Errorf("got error %v, want %v; the ledger was asked %d times, want once", err, cost.ErrExhausted, asked)
	}
	if labels, err := node.Tools.Store.Labels(t.Context()); err != nil || len(labels) != 0 {
		t.Errorf("the store holds %v (%v), want nothing", labels, err)
	}
}

// TestLocalRoundsAreChargedToEachTrainer: each round in the mode local is charged to the data
// set of each of its trainers. A task that no owner could pay is refused.
func TestLocalRoundsAreChargedToEachTrainer(t *testing.T) {
	n := openWithBudgets(t, 3, 20, localTask(spec.KindLaplace, 2)) // budget: epsilon 2; a round costs 1
	task := simtest.Finish(t, n)
	if task.State != spec.TaskSpent || task.Accepted != 2 {
		t.Errorf("the task is %s (%s) after %d accepted rounds", task.State, task.Reason, task.Accepted)
	}
	for id := uint64(1); id <= 3; id++ {
		b, rows, err := n.Book(id)
		if err != nil || b.Spent.Epsilon != 2*cost.OneEpsilon || b.Left() != 0 || len(rows) != 5 {
			t.Errorf("data set %d has spent %+v in %d ledger rows (%v), want epsilon 2 in 5", id, b.Spent, len(rows), err)
		}
	}
	if _, err := n.Open("consumer", localTask(spec.KindLaplace, 1)); err == nil {
		t.Error("a task that no owner can pay is created")
	}
}
