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
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// noisy is a task of digits in the mode local: its clip is 2^12 quanta, its noise as large.
func noisy(kind string, rounds uint32) spec.TaskSpec {
	t := sim.DigitsTask(rounds)
	t.Aggregation.Rule, t.Aggregation.ScaleBits = spec.RuleMean, 12
	t.Privacy = spec.Privacy{Mode: spec.PrivacyLocal, Kind: kind, Clip: spec.One, Noise: spec.One}
	t.Overlap = false
	return t
}

// guarded is a network of digits whose trainers own a data set each, with so many tenths of
// epsilon.
func guarded(t *testing.T, trainers int, epsilon cost.Epsilon, task spec.TaskSpec) *sim.Network {
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

// stub is an engine that gives what a test says.
type stub func(base []float32) ([]float32, error)

func (s stub) Train(_ context.Context, job train.Job, _ func(done, total int)) (train.Result, error) {
	weights, err := s(slices.Clone(job.Weights))
	return train.Result{Weights: weights, Samples: 1}, err
}

func (stub) Evaluate(context.Context, spec.Model, []float32, data.Table) (train.Evaluation, error) {
	return train.Evaluation{}, errors.New("the rows of a private task are not judged")
}

// moved is what the first trainers of a private task store when their engine gives
// something: the randomness of each network is the same.
func moved(t *testing.T, kind string, engine stub, trainers int) (all [][]int32) {
	t.Helper()
	n := guarded(t, trainers, 90, noisy(kind, 1))
	task, r, err := n.Reach(t.Context(), 1, 1, spec.PhaseTrain)
	if err != nil {
		t.Fatal(err)
	}
	for _, node := range n.Nodes[sim.FirstTrainer-1:] {
		node.Tools.Trainer = engine
		event, err := do(t, node, role.Duty{Task: task, Round: r})
		if err != nil {
			t.Fatal(err)
		}
		if done := event.(trainer.Trained); done.Samples != 0 || done.Correct != 0 {
			t.Errorf("it tells of %d samples, %d of them right", done.Samples, done.Correct)
		}
		all = append(all, values(t, node.Tools.Store, node.Tools.Slot(theTask, 1)))
	}
	return all
}

// TestPrivateTrainingFollowsTheSchedule: a private task trains at the rate that its schedule
// has for the round.
func TestPrivateTrainingFollowsTheSchedule(t *testing.T) {
	asked := noisy(spec.KindGaussian, 4)
	asked.Training.Schedule = spec.Schedule{Warmup: 3}
	n := guarded(t, 1, 900, asked)
	task, r, err := n.Reach(t.Context(), 1, 1, spec.PhaseTrain)
	if err != nil {
		t.Fatal(err)
	}
	node := n.Nodes[sim.FirstTrainer-1]
	rate := spec.PPM(0)
	node.Tools.Trainer = noting{stub(still), &rate}
	if _, err := do(t, node, role.Duty{Task: task, Round: r}); err != nil {
		t.Fatal(err)
	}
	if want := asked.Training.Rate / 4; rate != want {
		t.Errorf("trained at %s: want %s, a quarter of the whole", rate, want)
	}
}

// noting is an engine that notes at which rate it is to train.
type noting struct {
	stub
	rate *spec.PPM
}

func (n noting) Train(ctx context.Context, job train.Job, progress func(done, total int)) (train.Result, error) {
	*n.rate = job.Training.Rate
	return n.stub.Train(ctx, job, progress)
}

func still(base []float32) ([]float32, error) { return base, nil }

// TestAttackHostileTrainer: whatever trained behind the owner's node, what leaves is within
// the clip of what would leave had nothing been trained.
func TestAttackHostileTrainer(t *testing.T) {
	hostile := func(base []float32) ([]float32, error) {
		for i := range base {
			base[i] += 1000
		}
		return base, nil
	}
	for _, kind := range []string{spec.KindGaussian, spec.KindLaplace} {
		quiet, loud := moved(t, kind, still, 1)[0], moved(t, kind, hostile, 1)[0]
		var l1, l2 float64
		for i := range quiet {
			d := float64(loud[i]) - float64(quiet[i])
			l1, l2 = l1+math.Abs(d), l2+d*d
		}
		const clip = 1 << 12
		switch {
		case kind == spec.KindGaussian && (l2 > clip*clip || l2 < clip*clip/2):
			t.Errorf("gaussian: raw weights move the update by an L2 norm of %g: want almost %d, and no more", math.Sqrt(l2), clip)
		case kind == spec.KindLaplace && (l1 > clip || l1 < clip/2):
			t.Errorf("laplace: raw weights move the update by an L1 norm of %g: want almost %d, and no more", l1, clip)
		}
	}
}

// TestNothingIsToldOfATrainingThatFails: weights that are no numbers, or too few of them,
// and an engine that fails give the noise alone, as if nothing had moved.
func TestNothingIsToldOfATrainingThatFails(t *testing.T) {
	want := moved(t, spec.KindGaussian, still, 1)[0]
	for name, engine := range map[string]stub{
		"not a number": func(base []float32) ([]float32, error) { base[7] = float32(math.NaN()); return base, nil },
		"too few":      func(base []float32) ([]float32, error) { return base[1:], nil },
		"an error":     func(base []float32) ([]float32, error) { return nil, train.ErrTraining },
		"both":         func(base []float32) ([]float32, error) { base[0] = 9; return base, train.ErrTraining },
	} {
		if diff := cmp.Diff(want, moved(t, spec.KindGaussian, engine, 1)[0]); diff != "" {
			t.Errorf("%s (-nothing moved +got):\n%s", name, diff)
		}
	}
	infinite := func(base []float32) ([]float32, error) { base[7] = float32(math.Inf(1)); return base, nil }
	if got := moved(t, spec.KindGaussian, infinite, 1)[0]; float64(got[7])-float64(want[7]) > 1<<12 {
		t.Error("an infinite weight moves it by more than the clip")
	}
}

// TestNoiseIsThatOfTheCard: what trainers store whose weights do not move is noise of the
// law that the task names. Had it half the scale, that would be found.
func TestNoiseIsThatOfTheCard(t *testing.T) {
	release, err := terms.Release(noisy(spec.KindGaussian, 1))
	if err != nil {
		t.Fatal(err)
	}
	sigma := privacy.Ratio(release.Noise.(cost.Gaussian).Sigma)
	released := moved(t, spec.KindGaussian, still, 4)
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

// TestOwnLedgerRefusesFirst: an owner's own ledger is asked before anything is stored.
func TestOwnLedgerRefusesFirst(t *testing.T) {
	n := guarded(t, 2, 90, noisy(spec.KindLaplace, 1))
	task, r, err := n.Reach(t.Context(), 1, 1, spec.PhaseTrain)
	if err != nil {
		t.Fatal(err)
	}
	node := n.Nodes[sim.FirstTrainer-1]
	asked := 0
	node.Tools.Charge = func(_ context.Context, task spec.Task, r spec.Round) error {
		asked++
		if i := r.Trainer(node.ID); r.Trainers[i].Dataset != 1 || task.ID != 1 {
			t.Errorf("it is asked to charge %+v", r.Trainers[i])
		}
		return errors.Join(cost.ErrExhausted, role.ErrFinal)
	}
	if _, err := do(t, node, role.Duty{Task: task, Round: r}); !errors.Is(err, cost.ErrExhausted) || !errors.Is(err, role.ErrFinal) || asked != 1 {
		t.Errorf("got %v, asked %d times", err, asked)
	}
	if labels, err := node.Tools.Store.Labels(t.Context()); err != nil || len(labels) != 0 {
		t.Errorf("the store holds %v (%v)", labels, err)
	}
}

// TestLocalRounds: rounds in the mode local go on until the owners' budgets are spent, and
// each is charged to each trainer's data set, and to no other.
func TestLocalRounds(t *testing.T) {
	n := guarded(t, 3, 20, noisy(spec.KindLaplace, 2)) // epsilon 1 a round
	task, err := n.Finish(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if task.State != spec.TaskSpent || task.Accepted != 2 {
		t.Errorf("the task is %s (%s) with %d rounds", task.State, task.Reason, task.Accepted)
	}
	for id := uint64(1); id <= 3; id++ {
		b, rows, err := n.Book(id)
		if err != nil || b.Spent.Epsilon != 2*cost.OneEpsilon || b.Left() != 0 || len(rows) != 5 {
			t.Errorf("data set %d has spent %+v in %d rows (%v)", id, b.Spent, len(rows), err)
		}
	}
	if _, err := n.Open("consumer", noisy(spec.KindLaplace, 1)); err == nil {
		t.Error("a task that nobody can pay is created")
	}
}
