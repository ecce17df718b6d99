package train_test

import (
	"context"
	"errors"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

func TestTrainRefuses(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(*train.Job)
		want  string
	}{
		{"optimiser", func(j *train.Job) { j.Training.Optimiser = "guess" }, `training.optimiser: unknown optimiser "guess": want sgd, momentum, nesterov`},
		{"batch", func(j *train.Job) { j.Training.Batch = 0 }, "training.batch: want 1 to "},
		{"epochs", func(j *train.Job) { j.Training.Epochs = 0 }, "training.epochs: want 1 to "},
		{"rate", func(j *train.Job) { j.Training.Rate = 0 }, "training.rate: missing or zero: want a learning rate above zero"},
		{"no momentum", func(j *train.Job) { j.Training.Optimiser = spec.OptimiserAdam }, "training.momentum: adam needs a momentum above 0 and below 1"},
		{"momentum of one", func(j *train.Job) {
			j.Training.Optimiser, j.Training.Momentum = spec.OptimiserNesterov, spec.One
		}, "training.momentum: nesterov needs a momentum above 0 and below 1"},
		{"momentum of sgd", func(j *train.Job) { j.Training.Momentum = 1 }, "training.momentum: sgd has no momentum"},
		{"arithmetic", func(j *train.Job) { j.Training.Arithmetic = "exact" }, `training.arithmetic: unknown arithmetic "exact"`},
		{"kind", func(j *train.Job) { j.Model.Kind = "oracle" }, "oracle"},
		{"weights", func(j *train.Job) { j.Weights = j.Weights[1:] }, "4809 weights: the model has 4810"},
		{"rows", func(j *train.Job) { j.Table = j.Table.Select(nil) }, "the table has no rows"},
		{"features", func(j *train.Job) { j.Table.Features, j.Table.X = 1, j.Table.X[:j.Table.Rows()] }, "the table has 1 features: the model has 64 inputs"},
		{"classes", func(j *train.Job) { j.Table.Classes = 11 }, "the table has 11 classes: the model has 10"},
		{"label", func(j *train.Job) { j.Table.Y = slices.Clone(j.Table.Y); j.Table.Y[3] = 10 }, "row 3: label 10 is not a class: want 0 to 9"},
		{"NaN", func(j *train.Job) { j.Table.X = slices.Clone(j.Table.X); j.Table.X[65] = float32(math.NaN()) }, "row 1, feature 1: NaN is not a finite number"},
		{"too fast", func(j *train.Job) { j.Table.X = scaled(j.Table.X, 1e30) }, "the loss is NaN at step 2 of 135: the rate 0.1 is too high"},
		{"NaN weight", func(j *train.Job) { j.Weights[0] = float32(math.NaN()) }, "the loss is NaN at step 1 of 135"},
		{"infinite weight", func(j *train.Job) { j.Weights[4809] = float32(math.Inf(1)) }, "the loss is NaN at step 1 of 135"},
	} {
		job := digitsJob(t, spec.ModelMLP)
		c.spoil(&job)
		_, err := train.Engine{}.Train(context.Background(), job, nil)
		if !errors.Is(err, train.ErrTraining) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got error %v, want %q", c.name, err, c.want)
		}
	}
}

func scaled(x []float32, by float32) []float32 {
	y := slices.Clone(x)
	for i := range y {
		y[i] *= by
	}
	return y
}

// If the last step makes the weights infinite, no later step has a loss that shows it, so
// Train must check the weights.
func TestTrainNoticesBrokenWeightsAfterTheLastStep(t *testing.T) {
	job := train.Job{
		Model:    spec.Model{Kind: spec.ModelSoftmax, Inputs: 1, Classes: 2},
		Training: spec.Training{Optimiser: spec.OptimiserSGD, Batch: 1, Epochs: 1, Rate: 4_000_000},
		Weights:  make([]float32, 4),
		Table:    data.Table{X: []float32{3e38}, Y: []int32{0}, Features: 1, Classes: 2},
	}
	_, err := train.Engine{}.Train(context.Background(), job, nil)
	if want := "training: weight 0 is +Inf after step 1 of 1: the rate 4 is too high"; err == nil || err.Error() != want {
		t.Errorf("got error %v, want %s", err, want)
	}
}

func TestTrainStopsWithItsContext(t *testing.T) {
	job := digitsJob(t, spec.ModelSoftmax)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	last := 0
	_, err := train.Engine{}.Train(ctx, job, func(done, total int) {
		if last = done; done == 7 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || !errors.Is(err, train.ErrTraining) || last != 7 {
		t.Errorf("stopped after step %d with error %v, want step 7 and a cancelled context", last, err)
	}
	_, holdout := digits(t)
	_, err = train.Engine{}.Evaluate(ctx, job.Model, job.Weights, holdout)
	if !errors.Is(err, context.Canceled) || !errors.Is(err, train.ErrEvaluation) {
		t.Errorf("evaluation: got error %v, want a cancelled context", err)
	}
}

func TestTrainReportsEveryStep(t *testing.T) {
	job := digitsJob(t, spec.ModelSoftmax)
	job.Table = job.Table.Select([]int{0, 1, 2, 3, 4, 5, 6})
	job.Training.Batch, job.Training.Epochs = 3, 2 // steps of 3, 3 and 1 rows
	var got [][2]int
	if _, err := (train.Engine{}).Train(context.Background(), job, func(done, total int) { got = append(got, [2]int{done, total}) }); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([][2]int{{1, 6}, {2, 6}, {3, 6}, {4, 6}, {5, 6}, {6, 6}}, got); d != "" {
		t.Errorf("progress (-want +got):\n%s", d)
	}
}

func TestStepsDoNotAllocate(t *testing.T) {
	for kind := range golden() {
		checkAllocations(t, kind, digitsJob(t, kind)) // 20 epochs have 2,565 more steps than one
	}
}

func TestEvaluateRefuses(t *testing.T) {
	job := digitsJob(t, spec.ModelSoftmax)
	for _, c := range []struct {
		name    string
		weights []float32
		table   data.Table
		want    string
	}{
		{"rows", job.Weights, job.Table.Select(nil), "evaluation: the table has no rows"},
		{"weights", job.Weights[:10], job.Table, "evaluation: 10 weights: the model has 650"},
	} {
		_, err := train.Engine{}.Evaluate(context.Background(), job.Model, c.weights, c.table)
		if !errors.Is(err, train.ErrEvaluation) || err.Error() != c.want {
			t.Errorf("%s: evaluate: got error %v, want %s", c.name, err, c.want)
		}
		_, err = train.Predict(job.Model, c.weights, c.table)
		if !errors.Is(err, train.ErrEvaluation) || err.Error() != c.want {
			t.Errorf("%s: predict: got error %v, want %s", c.name, err, c.want)
		}
	}
}

// An evaluator must be able to evaluate a meaningless model.
func TestEvaluateSurvivesAbsurdWeights(t *testing.T) {
	_, holdout := digits(t)
	for _, absurd := range []float64{math.NaN(), math.Inf(1), math.MaxFloat32} {
		job := digitsJob(t, spec.ModelMLP)
		for i := range job.Weights {
			job.Weights[i] = float32(absurd)
		}
		e, err := train.Engine{}.Evaluate(context.Background(), job.Model, job.Weights, holdout)
		if err != nil || e.Samples != holdout.Rows() || e.Correct != holdout.Counts()[0] {
			t.Errorf("weights of %v: %+v, error %v, want class 0 for every row", absurd, e, err)
		}
	}
}

// A model with half a million outputs per row is evaluated in smaller batches, with the same
// result as row by row.
func TestEvaluateOfAWideModel(t *testing.T) {
	m := spec.Model{
		Kind: spec.ModelLayers, Inputs: 4096, Image: spec.Image{Height: 64, Width: 64, Channels: 1}, Classes: 10, Seed: 1,
		Layers: []spec.Layer{{Kind: spec.LayerConv2D, Out: 128, Kernel: 1}, {Kind: spec.LayerMaxPool, Size: 64}, {Kind: spec.LayerDense, Out: 10}},
	}
	weights, err := model.Init(m)
	if err != nil {
		t.Fatal(err)
	}
	table := noise(40, 4096)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	all, err := train.Engine{}.Evaluate(context.Background(), m, weights, table)
	runtime.ReadMemStats(&after)
	if taken := after.TotalAlloc - before.TotalAlloc; err != nil || taken > 96<<20 {
		t.Errorf("evaluation allocates %d bytes (error %v), want at most %d", taken, err, 96<<20)
	}
	correct := 0
	for i := range table.Rows() {
		one, err := train.Engine{}.Evaluate(context.Background(), m, weights, table.Select([]int{i}))
		if err != nil {
			t.Fatal(err)
		}
		correct += one.Correct
	}
	if all.Correct != correct || all.Samples != 40 {
		t.Errorf("%d of %d rows are correct, want %d of 40 as row by row", all.Correct, all.Samples, correct)
	}
}

func TestAccuracy(t *testing.T) {
	for _, c := range []struct {
		e    train.Evaluation
		want spec.PPM
	}{
		{train.Evaluation{}, 0},
		{train.Evaluation{Samples: 3}, 0},
		{train.Evaluation{Correct: 2, Samples: 3}, 666_666},
		{train.Evaluation{Correct: 3, Samples: 3}, spec.One},
		{train.Evaluation{Correct: 1 << 40, Samples: 1 << 40}, spec.One},
	} {
		if got := c.e.Accuracy(); got != c.want || c.e.Score() != c.want {
			t.Errorf("%+v has accuracy %d and score %d, want %d", c.e, got, c.e.Score(), c.want)
		}
	}
}
