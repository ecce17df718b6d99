package trainer_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/role/trainer"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/sim/simtest"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// TestTrainersDoWhatTheTaskSays: each field of a task's training reaches the
// trainers, and leads to a model of its own that is no worse than a guess.
func TestTrainersDoWhatTheTaskSays(t *testing.T) {
	models := map[spec.Digest]string{}
	for name, change := range map[string]func(*spec.Training){
		"sgd":          func(*spec.Training) {},
		"momentum":     func(s *spec.Training) { s.Optimiser, s.Momentum = spec.OptimiserMomentum, 500_000 },
		"nesterov":     func(s *spec.Training) { s.Optimiser, s.Momentum = spec.OptimiserNesterov, 500_000 },
		"adam":         func(s *spec.Training) { s.Optimiser, s.Momentum, s.Rate = spec.OptimiserAdam, 900_000, 10_000 },
		"weight decay": func(s *spec.Training) { s.WeightDecay = 10_000 },
		"fedprox":      func(s *spec.Training) { s.Proximal = 100_000 },
		"clip":         func(s *spec.Training) { s.Clip = 500_000 },
	} {
		rules := sim.DigitsTask(1)
		change(&rules.Training)
		n := simtest.Open(t, 2, rules)
		task := simtest.Finish(t, n)
		simtest.WantNoErrors(t, n)
		if simtest.SettledRounds(t, n)[0].Score < 300_000 {
			t.Errorf("%s: score %s", name, task.Score)
		}
		if other, same := models[task.Model]; same {
			t.Errorf("%s and %s lead to one model", name, other)
		}
		models[task.Model] = name
	}
}

// recorder is a trainer that notes at which rates it was asked to train.
type recorder struct {
	train.Trainer
	rates *[]spec.PPM
}

func (r recorder) Train(ctx context.Context, job train.Job, progress func(done, total int)) (train.Result, error) {
	*r.rates = append(*r.rates, job.Training.Rate)
	return r.Trainer.Train(ctx, job, progress)
}

// TestTrainersFollowTheSchedule: the rate of each round is the one that the task's schedule
// has for it, also where a vote has set another rate to begin with.
func TestTrainersFollowTheSchedule(t *testing.T) {
	rules := sim.DigitsTask(4)
	rules.Training.Rate, rules.Training.Schedule = 100_000, spec.Schedule{Kind: spec.ScheduleCosine, Warmup: 1}
	rules.Governed = true
	n := simtest.Open(t, 2, rules)
	var rates []spec.PPM
	node := n.Nodes[sim.FirstTrainer-1]
	node.Tools.Trainer = recorder{node.Tools.Trainer, &rates}
	simtest.Reach(t, n, 2, spec.PhaseTrain)
	simtest.Say(t, n, round.Amend{Proposal: 1, Settings: []spec.Tuning{{Name: "training.rate", Value: 20_000}}})
	simtest.Finish(t, n)
	simtest.WantNoErrors(t, n)
	// Half of the rate, all of it, then 3/4 and 1/4 of what the vote set.
	if want := []spec.PPM{50_000, 100_000, 15_000, 5_000}; !slices.Equal(rates, want) {
		t.Errorf("trained at %v: want %v", rates, want)
	}
}

// TestFusedTraining: a task may trade equal bits for speed; it settles all the same.
func TestFusedTraining(t *testing.T) {
	rules := sim.DigitsTask(2)
	rules.Training.Arithmetic = spec.ArithmeticFused
	n := simtest.Open(t, 2, rules)
	simtest.Finish(t, n)
	simtest.WantNoErrors(t, n)
	if all := simtest.SettledRounds(t, n); all[1].Score < 700_000 {
		t.Errorf("score %s", all[1].Score)
	}
}

// TestLossThatIsNoNumber: training that ends in NaN stops, says at which step, and
// nothing of it is committed or kept. The round goes on without that trainer.
func TestLossThatIsNoNumber(t *testing.T) {
	n := simtest.Open(t, 2, sim.DigitsTask(1))
	broken := n.Nodes[sim.FirstTrainer-1]
	x := slices.Clone(broken.Table.X)
	for i := range x {
		x[i] *= 1e30
	}
	broken.Table.X = x
	simtest.Finish(t, n)
	r := simtest.SettledRounds(t, n)[0]
	if c := r.Trainers[r.Trainer(broken.ID)]; c.Height != 0 || c.Survivor || r.Survivors() != 1 {
		t.Errorf("it committed at %d, %d survive", c.Height, r.Survivors())
	}
	if len(broken.Errs) != 1 || !errors.Is(broken.Errs[0], role.ErrFinal) || !errors.Is(broken.Errs[0], train.ErrTraining) || !strings.Contains(broken.Errs[0].Error(), "the loss is NaN at step ") {
		t.Errorf("errors %v", broken.Errs)
	}
	if labels, err := broken.Tools.Store.Labels(t.Context()); err != nil || len(labels) != 0 {
		t.Errorf("it keeps %v, %v", labels, err)
	}
}

// TestUpdateBeyondTheRange: an update that the task's fixed point cannot hold is
// made once, and not again in each block until the deadline.
func TestUpdateBeyondTheRange(t *testing.T) {
	rules := sim.DigitsTask(1)
	rules.Training.Rate, rules.Aggregation.ScaleBits, rules.Retries = 10*spec.One, 30, 0
	n := simtest.Open(t, 2, rules)
	if task := simtest.Finish(t, n); task.State != spec.TaskFailed {
		t.Errorf("the task is %v", task.State)
	}
	for _, node := range n.Nodes[sim.FirstTrainer-1 : sim.FirstTrainer+1] {
		if len(node.Errs) != 1 || !errors.Is(node.Errs[0], role.ErrFinal) || !errors.Is(node.Errs[0], model.ErrRange) {
			t.Errorf("errors %v", node.Errs)
		}
	}
}

// TestRowsOfAnotherShape: rows that no round of a task can use are looked at once
// a round, and nothing is committed.
func TestRowsOfAnotherShape(t *testing.T) {
	n := simtest.Open(t, 2, sim.DigitsTask(1))
	broken := n.Nodes[sim.FirstTrainer-1]
	broken.Table.Classes++
	simtest.Finish(t, n)
	if len(broken.Errs) != 1 || !errors.Is(broken.Errs[0], role.ErrFinal) || !strings.Contains(broken.Errs[0].Error(), "the rows do not fit the task: they have 11 classes: the model has 10") {
		t.Errorf("errors %v", broken.Errs)
	}
	if c := simtest.SettledRounds(t, n)[0]; c.Trainers[c.Trainer(broken.ID)].Height != 0 || c.Trainers[c.Trainer(broken.ID)].Declined != spec.DeclineRows || c.Survivors() != 1 {
		t.Errorf("it committed, %d survive", c.Survivors())
	}
}

// TestTrainerStopsBeforeItsJournal: the update is in the store, the result is
// not in the journal. The salt must not change, nor the update.
func TestTrainerStopsBeforeItsJournal(t *testing.T) {
	n := simtest.Open(t, 1, sim.DigitsTask(1))
	task, r := simtest.Reach(t, n, 1, spec.PhaseTrain)
	tools := n.Nodes[sim.FirstTrainer-1].Tools
	action := trainer.Train{Task: task, Round: r}
	once, err := action.Do(t.Context(), tools)
	if err != nil {
		t.Fatal(err)
	}
	again, err := action.Do(t.Context(), tools)
	if diff := cmp.Diff(once, again); err != nil || diff != "" {
		t.Error(err, diff)
	}
	tools.Journal = &sim.Journal{}
	again, err = action.Do(t.Context(), tools)
	if diff := cmp.Diff(once, again); err != nil || diff != "" {
		t.Error(err, diff)
	}
	slot := tools.Slot(spec.Task{ID: 1, Chain: simtest.Chain}, 1)
	e, err := tools.Store.Lookup(t.Context(), blob.Ref{Kind: blob.Update, Slot: slot})
	if c := once.(trainer.Trained).Commitment; err != nil || c != spec.UpdateCommitment(slot, e.Digest, e.Salt) {
		t.Errorf("what the store holds does not open the commitment: %v", err)
	}
}
