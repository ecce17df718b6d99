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

// TestTrainingSettingsReachTheTrainers: each field of a task's training leads to another
// model, whose score is above 0.3 (a guess scores 0.1).
func TestTrainingSettingsReachTheTrainers(t *testing.T) {
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
			t.Errorf("%s: score %s, want at least 0.3", name, task.Score)
		}
		if other, same := models[task.Model]; same {
			t.Errorf("%s and %s lead to the same model %s", name, other, task.Model.Short())
		}
		models[task.Model] = name
	}
}

// rateRecorder is an engine that records the learning rate of each training.
type rateRecorder struct {
	train.Trainer
	rates *[]spec.PPM
}

func (r rateRecorder) Train(ctx context.Context, job train.Job, progress func(done, total int)) (train.Result, error) {
	*r.rates = append(*r.rates, job.Training.Rate)
	return r.Trainer.Train(ctx, job, progress)
}

// TestTrainersFollowTheSchedule: trainers use the learning rate that the task's schedule has
// for the round, also after a vote has set another initial rate.
func TestTrainersFollowTheSchedule(t *testing.T) {
	rules := sim.DigitsTask(4)
	rules.Training.Rate, rules.Training.Schedule = 100_000, spec.Schedule{Kind: spec.ScheduleCosine, Warmup: 1}
	rules.Governed = true
	n := simtest.Open(t, 2, rules)
	var rates []spec.PPM
	node := n.Nodes[sim.FirstTrainer-1]
	node.Tools.Trainer = rateRecorder{node.Tools.Trainer, &rates}
	simtest.Reach(t, n, 2, spec.PhaseTrain)
	simtest.Say(t, n, round.Amend{Proposal: 1, Settings: []spec.Tuning{{Name: "training.rate", Value: 20_000}}})
	simtest.Finish(t, n)
	simtest.WantNoErrors(t, n)
	// 1/2 and all of the first rate, then 3/4 and 1/4 of the rate that the vote set.
	if want := []spec.PPM{50_000, 100_000, 15_000, 5_000}; !slices.Equal(rates, want) {
		t.Errorf("trained at %v: want %v", rates, want)
	}
}

// TestFusedTraining: a task may allow fused arithmetic, which is faster and gives other bits
// on other machines. Its rounds settle.
func TestFusedTraining(t *testing.T) {
	rules := sim.DigitsTask(2)
	rules.Training.Arithmetic = spec.ArithmeticFused
	n := simtest.Open(t, 2, rules)
	simtest.Finish(t, n)
	simtest.WantNoErrors(t, n)
	if all := simtest.SettledRounds(t, n); all[1].Score < 700_000 {
		t.Errorf("score %s after 2 rounds, want at least 0.7", all[1].Score)
	}
}

// TestTrainingStopsWhenTheLossIsNaN: the error names the step, nothing is committed or stored,
// and the round goes on without that trainer.
func TestTrainingStopsWhenTheLossIsNaN(t *testing.T) {
	n := simtest.Open(t, 2, sim.DigitsTask(1))
	misfit := n.Nodes[sim.FirstTrainer-1]
	x := slices.Clone(misfit.Table.X)
	for i := range x {
		x[i] *= 1e30
	}
	misfit.Table.X = x
	simtest.Finish(t, n)
	r := simtest.SettledRounds(t, n)[0]
	if c := r.Trainers[r.Trainer(misfit.ID)]; c.Height != 0 || c.Survivor || r.Survivors() != 1 {
		t.Errorf("the trainer committed at height %d, want 0; %d survivors, want 1", c.Height, r.Survivors())
	}
	if len(misfit.Errs) != 1 || !errors.Is(misfit.Errs[0], role.ErrFinal) || !errors.Is(misfit.Errs[0], train.ErrTraining) || !strings.Contains(misfit.Errs[0].Error(), "the loss is NaN at step ") {
		t.Errorf("errors %v", misfit.Errs)
	}
	if labels, err := misfit.Tools.Store.Labels(t.Context()); err != nil || len(labels) != 0 {
		t.Errorf("the store holds %v (%v), want nothing", labels, err)
	}
}

// TestUpdateOutOfRangeIsNotRetried: an update that the task's fixed point cannot hold is
// computed once, and not again in each block until the deadline.
func TestUpdateOutOfRangeIsNotRetried(t *testing.T) {
	rules := sim.DigitsTask(1)
	rules.Training.Rate, rules.Aggregation.ScaleBits, rules.Retries = 10*spec.One, 30, 0
	n := simtest.Open(t, 2, rules)
	if task := simtest.Finish(t, n); task.State != spec.TaskFailed {
		t.Errorf("the task is %s, want %s", task.State, spec.TaskFailed)
	}
	for _, node := range n.Nodes[sim.FirstTrainer-1 : sim.FirstTrainer+1] {
		if len(node.Errs) != 1 || !errors.Is(node.Errs[0], role.ErrFinal) || !errors.Is(node.Errs[0], model.ErrRange) {
			t.Errorf("errors %v", node.Errs)
		}
	}
}

// TestRowsOfAnotherShapeAreReadOncePerRound: rows that do not fit the model are read once per
// round, and nothing is committed.
func TestRowsOfAnotherShapeAreReadOncePerRound(t *testing.T) {
	n := simtest.Open(t, 2, sim.DigitsTask(1))
	misfit := n.Nodes[sim.FirstTrainer-1]
	misfit.Table.Classes++
	simtest.Finish(t, n)
	if len(misfit.Errs) != 1 || !errors.Is(misfit.Errs[0], role.ErrFinal) || !strings.Contains(misfit.Errs[0].Error(), "the rows do not fit the task: they have 11 classes: the model has 10") {
		t.Errorf("errors %v", misfit.Errs)
	}
	if c := simtest.SettledRounds(t, n)[0]; c.Trainers[c.Trainer(misfit.ID)].Height != 0 || c.Trainers[c.Trainer(misfit.ID)].Declined != spec.DeclineRows || c.Survivors() != 1 {
		t.Errorf("the trainer's part is %+v, want it declined for its rows; %d survivors, want 1", c.Trainers[c.Trainer(misfit.ID)], c.Survivors())
	}
}

// TestTrainerStopsBeforeRecordingItsResult: after the crash the update is in the store, and the
// result is not in the journal. Neither the salt nor the update may change.
func TestTrainerStopsBeforeRecordingItsResult(t *testing.T) {
	n := simtest.Open(t, 1, sim.DigitsTask(1))
	task, r := simtest.Reach(t, n, 1, spec.PhaseTrain)
	tools := n.Nodes[sim.FirstTrainer-1].Tools
	action := trainer.Train{Task: task, Round: r}
	first, err := action.Do(t.Context(), tools)
	if err != nil {
		t.Fatal(err)
	}
	again, err := action.Do(t.Context(), tools)
	if diff := cmp.Diff(first, again); err != nil || diff != "" {
		t.Error(err, diff)
	}
	tools.Journal = &sim.Journal{}
	again, err = action.Do(t.Context(), tools)
	if diff := cmp.Diff(first, again); err != nil || diff != "" {
		t.Error(err, diff)
	}
	slot := tools.Slot(spec.Task{ID: 1, Chain: simtest.Chain}, 1)
	e, err := tools.Store.Lookup(t.Context(), blob.Ref{Kind: blob.Update, Slot: slot})
	if c := first.(trainer.Trained).Commitment; err != nil || c != spec.UpdateCommitment(slot, e.Digest, e.Salt) {
		t.Errorf("commitment %s does not open with the stored digest and salt: %v", c.Short(), err)
	}
}
