package train_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/privacy"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// linear is a linear model with these weights, the bias last.
func linear(weights ...float32) (spec.Model, []float32) {
	return spec.Model{Kind: spec.ModelLinear, Inputs: uint32(len(weights) - 1), Loss: spec.LossMSE, Classes: 1}, weights
}

// labelled is a table with one feature.
func labelled(x, targets []float32) data.Table {
	return data.Table{X: x, Y: make([]int32, len(x)), Targets: targets, Features: 1, Classes: 1}
}

// A linear model that starts at 0 finds the line through all rows.
func TestLinearFindsTheLine(t *testing.T) {
	m, _ := linear(0, 0)
	weights, err := model.Init(m)
	if err != nil || !slices.Equal(weights, []float32{0, 0}) {
		t.Fatalf("it starts at %v (%v), want 0", weights, err)
	}
	x := []float32{-2, -1, 0, 1, 2, 0.5}
	y := make([]float32, len(x))
	for i := range x {
		y[i] = 3*x[i] - 1
	}
	job := train.Job{
		Model: m, Weights: weights, Table: labelled(x, y),
		Training: spec.Training{Optimiser: spec.OptimiserSGD, Batch: 2, Epochs: 100, Rate: 100_000},
	}
	result, err := train.Engine{}.Train(context.Background(), job, nil)
	if err != nil {
		t.Fatal(err)
	}
	e, err := train.Engine{}.Evaluate(context.Background(), m, result.Weights, job.Table)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(float64(result.Weights[0])-3) > 1e-4 || math.Abs(float64(result.Weights[1])+1) > 1e-4 || e.Score() < 999_990 {
		t.Errorf("found weights %v with score %s, want 3 and -1", result.Weights, e.Score())
	}
}

func TestEvaluateANumber(t *testing.T) {
	inf := float32(math.Inf(1))
	for name, c := range map[string]struct {
		weights    []float32
		x, targets []float32
		r2         spec.PPM
		loss       float64
		correct    int
	}{
		"exact":                {[]float32{2, 1}, []float32{0, 1, 2}, []float32{1, 3, 5}, spec.One, 0, 3},
		"the mean":             {[]float32{0, 3}, []float32{0, 1, 2}, []float32{1, 3, 5}, 0, 8. / 3, 0},
		"worse than the mean":  {[]float32{-2, 5}, []float32{0, 1, 2}, []float32{1, 3, 5}, 0, 32. / 3, 0},
		"a part":               {[]float32{1, 2}, []float32{0, 1, 2}, []float32{1, 3, 5}, 750_000, 2. / 3, 2}, // 1 - 2/8
		"rounded down":         {[]float32{1, 0}, []float32{0, 1, 2}, []float32{0, 1, 4}, 538_461, 4. / 3, 1}, // 1 - 4/(26/3) = 7/13
		"equal, found":         {[]float32{0, 0.1}, []float32{0, 1, 2}, []float32{0.1, 0.1, 0.1}, spec.One, 0, 3},
		"equal, not found":     {[]float32{1e-3, 0.1}, []float32{0, 1, 2}, []float32{0.1, 0.1, 0.1}, 0, 5e-6 / 3, 0},
		"a single row":         {[]float32{1, 0}, []float32{4}, []float32{4}, spec.One, 0, 1},
		"a single row, missed": {[]float32{1, 0}, []float32{4}, []float32{5}, 0, 1, 0},
		"huge":                 {[]float32{1, 0}, []float32{-3e38, 3e38}, []float32{-3e38, 3e38}, spec.One, 0, 2},
		"tiny":                 {[]float32{1, 0}, []float32{0, 1e-45}, []float32{0, 1e-45}, spec.One, 0, 2},
		"a weight of NaN":      {[]float32{float32(math.NaN()), 0}, []float32{1, 2}, []float32{1, 2}, 0, math.NaN(), 0},
		"an infinite weight":   {[]float32{inf, 0}, []float32{1, 2}, []float32{1, 2}, 0, math.Inf(1), 0},
	} {
		m, weights := linear(c.weights...)
		e, err := train.Engine{}.Evaluate(context.Background(), m, weights, labelled(c.x, c.targets))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		rows := len(c.x)
		want := train.Evaluation{Correct: c.correct, Samples: rows, Loss: e.Loss, R2: c.r2, Counts: []spec.Count{{Rows: uint32(rows), Correct: uint32(c.correct)}}}
		if diff := cmp.Diff(want, e, cmp.Comparer(func(a, b float64) bool { return a == b || a != a && b != b })); diff != "" || e.Score() != c.r2 {
			t.Errorf("%s: score %s (-want +got):\n%s", name, e.Score(), diff)
		}
		if off := math.Abs(e.Loss - c.loss); off > 1e-6 || math.IsNaN(e.Loss) != math.IsNaN(c.loss) {
			t.Errorf("%s: loss %v, want %v", name, e.Loss, c.loss)
		}
	}
}

// The score of a model that predicts a number is in [0, 1], agrees with Correct, and does not
// change if labels and predictions are shifted and scaled together.
func TestScoreOfANumber(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		eighth := rapid.Map(rapid.IntRange(-64, 64), func(k int) float32 { return float32(k) / 8 })
		rows := rapid.IntRange(1, 90).Draw(t, "rows")
		x := rapid.SliceOfN(eighth, rows, rows).Draw(t, "x")
		y := rapid.SliceOfN(eighth, rows, rows).Draw(t, "y")
		slope, bias := eighth.Draw(t, "slope"), eighth.Draw(t, "bias")
		judge := func(slope, bias float32, y []float32) train.Evaluation {
			m, weights := linear(slope, bias)
			e, err := train.Engine{}.Evaluate(context.Background(), m, weights, labelled(x, y))
			if err != nil {
				t.Fatal(err)
			}
			return e
		}
		e := judge(slope, bias, y)
		if e.Score() > spec.One || e.Correct > rows || e.Accuracy() > e.Score() || uint64(e.Correct) != uint64(e.Score())*uint64(rows)/uint64(spec.One) {
			t.Errorf("score %s, %d of %d", e.Score(), e.Correct, rows)
		}
		stretched := make([]float32, rows)
		for i := range y {
			stretched[i] = 4*y[i] + 16
		}
		if other := judge(4*slope, 4*bias+16, stretched); other.R2 != e.R2 {
			t.Errorf("score %s, but %s with everything times 4 plus 16", e.R2, other.R2)
		}
	})
}

func TestCountsOfClasses(t *testing.T) {
	_, holdout := digits(t)
	job := digitsJob(t, spec.ModelMLP)
	e, err := train.Engine{}.Evaluate(context.Background(), job.Model, job.Weights, holdout)
	if err != nil {
		t.Fatal(err)
	}
	classes, err := train.Predict(job.Model, job.Weights, holdout)
	if err != nil {
		t.Fatal(err)
	}
	want := make([]spec.Count, 10)
	for i, y := range holdout.Y {
		want[y].Rows++
		if classes[i] == y {
			want[y].Correct++
		}
	}
	if diff := cmp.Diff(want, e.Counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	if e.R2 != 0 || e.Score() != e.Accuracy() {
		t.Errorf("a model that predicts classes has R2 %s and score %s, want 0 and the accuracy, %s", e.R2, e.Score(), e.Accuracy())
	}
	// With more than spec.MaxCounts classes there is a single count.
	for _, classes := range []uint32{spec.MaxCounts, spec.MaxCounts + 1} {
		job := randomJob(t, spec.Model{Kind: spec.ModelSoftmax, Inputs: 3, Classes: classes}, 200)
		e, err := train.Engine{}.Evaluate(context.Background(), job.Model, job.Weights, job.Table)
		if err != nil {
			t.Fatal(err)
		}
		want := []spec.Count{{Rows: 200, Correct: uint32(job.Table.Counts()[0])}} // all weights are 0
		if classes <= spec.MaxCounts {
			want[0].Rows = want[0].Correct
			for _, rows := range job.Table.Counts()[1:] {
				want = append(want, spec.Count{Rows: uint32(rows)})
			}
		}
		if diff := cmp.Diff(want, e.Counts); diff != "" {
			t.Errorf("counts of %d classes (-want +got):\n%s", classes, diff)
		}
	}
}

// Probabilities are those of the twin's softmax in float64, whatever the labels are, and
// predictions are the most probable classes.
func TestProbabilities(t *testing.T) {
	for name, m := range architectures() {
		job := randomJob(t, m, 70)
		if m.Regression() {
			continue
		}
		clear(job.Table.Y)
		p, err := train.Probabilities(m, job.Weights, job.Table)
		if err != nil {
			t.Fatal(err)
		}
		classes, err := train.Predict(m, job.Weights, job.Table)
		if err != nil {
			t.Fatal(err)
		}
		w := newTwin(m, job.Weights)
		for i, class := range classes {
			row := p[i*int(m.Classes) : (i+1)*int(m.Classes)]
			sum := 0.0
			for _, v := range row {
				sum += float64(v)
				if v < 0 || v > row[class] {
					t.Fatalf("%s: row %d has probabilities %v and class %d", name, i, row, class)
				}
			}
			if math.Abs(sum-1) > 1e-5 {
				t.Fatalf("%s: the probabilities of row %d add up to %v", name, i, sum)
			}
			if m.Loss == "" {
				outputs := w.scores(job.Table.Row(i), nil)
				loss, _ := w.loss(outputs[len(w.layers)], class, 1)
				if math.Abs(math.Exp(-loss)-float64(row[class])) > 1e-5 {
					t.Fatalf("%s: row %d has its class with probability %v, the twin has %v", name, i, row[class], math.Exp(-loss))
				}
			}
		}
	}
}

// Scores of a model with the loss mse are turned into probabilities.
func TestProbabilitiesOfSquares(t *testing.T) {
	m := layered(spec.Image{Height: 1, Width: 1, Channels: 1}, 3, spec.Layer{Kind: spec.LayerDense, Out: 3})
	m.Loss = spec.LossMSE
	table := data.Table{X: []float32{0}, Y: []int32{0}, Features: 1, Classes: 3}
	for _, c := range []struct{ scores, want []float32 }{
		{[]float32{0.25, 0.25, 0.5}, []float32{0.25, 0.25, 0.5}},
		{[]float32{-1, 1, 3}, []float32{0, 0.25, 0.75}},
		{[]float32{-3, -1, -2}, []float32{0, 1, 0}},
		{[]float32{0, 0, 0}, []float32{1, 0, 0}},
		{[]float32{3e38, 3e38, -3e38}, []float32{0.5, 0.5, 0}},
	} {
		p, err := train.Probabilities(m, append([]float32{0, 0, 0}, c.scores...), table)
		if diff := cmp.Diff(c.want, p); err != nil || diff != "" {
			t.Errorf("scores %v: %v (-want +got):\n%s", c.scores, err, diff)
		}
	}
}

func TestValues(t *testing.T) {
	m, weights := linear(2, 1)
	table := labelled([]float32{0, 1, -3}, nil) // rows without labels
	got, err := train.Values(m, weights, table)
	if diff := cmp.Diff([]float32{1, 3, -5}, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestPredictionRefuses(t *testing.T) {
	number, weights := linear(2, 1)
	rows := labelled([]float32{0, 1}, nil)
	classes := randomJob(t, architectures()["dense"], 3)
	absurd := slices.Clone(classes.Weights)
	absurd[0] = float32(math.NaN())
	for name, c := range map[string]struct {
		predict func() error
		want    string
	}{
		"classes of a number":       {func() error { _, err := train.Predict(number, weights, rows); return err }, "evaluation: the model predicts a number"},
		"probabilities of a number": {func() error { _, err := train.Probabilities(number, weights, rows); return err }, "evaluation: the model predicts a number"},
		"values of classes":         {func() error { _, err := train.Values(classes.Model, classes.Weights, classes.Table); return err }, "evaluation: the model predicts a class"},
		"rows": {func() error {
			_, err := train.Values(number, weights, rows.Select(nil))
			return err
		}, "evaluation: the table has no rows"},
		"infinite": {func() error {
			_, err := train.Values(number, weights, labelled([]float32{1, 3e38}, nil))
			return err
		}, "evaluation: row 1: the model's output is +Inf: its weights or the row's features are too large"},
		"no number": {func() error {
			_, err := train.Probabilities(classes.Model, absurd, classes.Table)
			return err
		}, "evaluation: row 0: the model's output is NaN"},
		"nothing to compare with": {func() error {
			_, err := train.Engine{}.Evaluate(context.Background(), number, weights, rows)
			return err
		}, "evaluation: the table has 2 rows and 0 labels that are numbers"},
	} {
		err := c.predict()
		if !errors.Is(err, train.ErrEvaluation) || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: got error %v, want %s", name, err, c.want)
		}
	}
	job := train.Job{Model: number, Weights: weights, Table: rows, Training: spec.Training{Optimiser: spec.OptimiserSGD, Batch: 2, Epochs: 1, Rate: 1}}
	want := "training: the table has 2 rows and 0 labels that are numbers"
	if _, err := (train.Engine{}).Train(context.Background(), job, nil); err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got error %v, want %s", err, want)
	}
	if err := (train.Engine{}).Gradients(context.Background(), job, nil); err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("gradients: got error %v, want %s", err, want)
	}
}

// A target that is not finite, or huge, changes only its own row's gradient.
func TestHostileTargetsChangeOnlyTheirOwnGradient(t *testing.T) {
	for _, name := range []string{"linear", "number", "mlp of a number"} {
		for _, hostile := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat32} {
			job := randomJob(t, architectures()[name], 6)
			job.Training.Batch = 4
			quiet := gradients(t, train.Engine{}, job)
			job.Table.Targets = slices.Clone(job.Table.Targets)
			job.Table.Targets[2] = float32(hostile)
			loud := gradients(t, train.Engine{}, job)
			quiet[2], loud[2] = nil, nil
			if !bitsEqual(quiet, loud) {
				t.Errorf("%s: a label of %v changes the gradients of other rows", name, hostile)
			}
			p := &unprotected{divisor: 6}
			job.Private, job.Steps = p, 3
			if _, err := (train.Engine{}).Train(context.Background(), job, nil); err != nil || p.releases != 3 {
				t.Errorf("%s, label %v: %d releases of 3, error %v", name, hostile, p.releases, err)
			}
			job.Private, job.Steps = nil, 0
			if _, err := (train.Engine{}).Train(context.Background(), job, nil); err == nil {
				t.Errorf("%s: training without privacy with a label of %v succeeds, want an error", name, hostile)
			}
		}
	}
}

// DP-SGD learns a line through noisy rows although 1% of the labels are absurd: the bound
// limits the gradient of every row.
func TestExampleModeLearnsALine(t *testing.T) {
	const rows, steps = 2000, 200
	m := spec.Model{Kind: spec.ModelLinear, Inputs: 3, Loss: spec.LossMSE, Classes: 1}
	source := rand.New(rand.NewPCG(1, 1))
	draw := func(absurd bool) data.Table {
		table := data.Table{Y: make([]int32, rows), Features: 3, Classes: 1}
		for i := range rows {
			x := []float32{float32(source.NormFloat64()), float32(source.NormFloat64()), float32(source.NormFloat64())}
			y := x[0] - 2*x[1] + 0.5*x[2] + 1 + 0.5*float32(source.NormFloat64())
			if absurd && i%100 == 0 {
				y = 1e30
			}
			table.X, table.Targets = append(table.X, x...), append(table.Targets, y)
		}
		return table
	}
	p := privacy.Sampled{ // the bound is 1
		Examples: privacy.Examples{Values: 4, Bits: 9, Rows: 10_000, Noise: privacy.RoundedGaussian{Sigma: privacy.Ratio{Num: 1024, Den: 1}}, Bound: privacy.Bound{Norm: privacy.L2, Limit: 512 * 512}},
		Rate:     200_000, Divisor: rows / 5,
	}
	release, err := p.Release()
	cost := epsilon(t, release, err, steps)
	private, err := p.Begin(samplerOf(t, p.Noise), streamOf(t, 1))
	if err != nil {
		t.Fatal(err)
	}
	training := spec.Training{Optimiser: spec.OptimiserSGD, Batch: 64, Epochs: 1, Rate: 100_000}
	job := train.Job{Model: m, Training: training, Weights: make([]float32, 4), Table: draw(true), Private: private, Steps: steps}
	result, err := train.Engine{}.Train(context.Background(), job, nil)
	if err != nil {
		t.Fatal(err)
	}
	e, err := train.Engine{}.Evaluate(context.Background(), m, result.Weights, draw(false))
	if err != nil {
		t.Fatal(err)
	}
	if t.Logf("epsilon %.2f: R2 %s", cost, e.Score()); e.Score() < 900_000 { // the line itself has 0.955
		t.Errorf("R2 %s at epsilon %.2f, want at least 0.9", e.Score(), cost)
	}
}
