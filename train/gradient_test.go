package train_test

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// jobs draws small jobs of all shapes: some widths are multiples of the kernels' four, some
// not; some batches divide the rows, some do not. Features and weights are multiples of 1/16
// and biases odd multiples of smaller fractions, so that no unit is exactly 0, where ReLU is
// not differentiable.
func jobs() *rapid.Generator[train.Job] {
	return rapid.Custom(func(t *rapid.T) train.Job {
		width := rapid.Uint32Range(1, 9)
		m := spec.Model{
			Kind:    spec.ModelSoftmax,
			Inputs:  width.Draw(t, "inputs"),
			Classes: rapid.Uint32Range(2, 9).Draw(t, "classes"),
			Seed:    rapid.Uint64().Draw(t, "model seed"),
		}
		if rapid.Bool().Draw(t, "mlp") {
			m.Kind = spec.ModelMLP
			m.Hidden = rapid.SliceOfN(width, 1, 2).Draw(t, "hidden")
		}
		size, err := model.Size(m)
		if err != nil {
			t.Fatal(err)
		}
		sixteenth := rapid.Map(rapid.IntRange(-16, 16), func(k int) float32 { return float32(k) / 16 })
		weights := rapid.SliceOfN(sixteenth, size, size).Draw(t, "weights")
		tensors, err := model.Layout(m)
		if err != nil {
			t.Fatal(err)
		}
		for i := 1; i < len(tensors); i += 2 {
			bias, step := tensors[i], float32(int(1)<<(5*(i/2)+9))
			for j := range bias.Len {
				k := rapid.IntRange(-100, 100).Draw(t, "bias")
				weights[bias.Offset+j] = float32(2*k+1) / step
			}
		}
		table := data.Table{Features: int(m.Inputs), Classes: int(m.Classes)}
		for range rapid.IntRange(1, 13).Draw(t, "rows") {
			table.X = append(table.X, rapid.SliceOfN(sixteenth, table.Features, table.Features).Draw(t, "row")...)
			table.Y = append(table.Y, int32(rapid.IntRange(0, table.Classes-1).Draw(t, "label")))
		}
		return train.Job{
			Model: m,
			Training: spec.Training{
				Optimiser: spec.OptimiserSGD,
				Batch:     rapid.Uint32Range(1, 15).Draw(t, "batch"),
				Epochs:    rapid.Uint32Range(1, 3).Draw(t, "epochs"),
				Rate:      spec.PPM(rapid.Uint32Range(1, 300_000).Draw(t, "rate")),
			},
			Weights: weights,
			Seed:    rapid.Uint64().Draw(t, "seed"),
			Table:   table,
		}
	})
}

// One step at rate 1 over all rows moves each weight by minus its gradient, which must be the
// derivative of the loss, measured by central differences.
func TestGradientIsTheSlopeOfTheLoss(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		job := jobs().Draw(t, "job")
		job.Training.Rate, job.Training.Batch, job.Training.Epochs = spec.One, 100, 1
		result, err := train.Engine{}.Train(context.Background(), job, nil)
		if err != nil {
			t.Fatal(err)
		}
		checkGradient(t, job, result, 1)
	})
}

// checkGradient compares the move of every stride-th weight by one step at rate 1 over all
// rows with the derivative of the loss.
func checkGradient(t fataler, job train.Job, result train.Result, stride int) {
	w := newTwin(job.Model, job.Weights)
	rows := order(job)
	factors := w.draw(w.randoms(job.Seed), len(rows))
	for i := 0; i < len(job.Weights); i += stride {
		const h = 1e-6
		at := w.weights[i]
		w.weights[i] = at + h
		above := w.mean(job.Table, rows, factors)
		w.weights[i] = at - h
		below := w.mean(job.Table, rows, factors)
		w.weights[i] = at
		got, want := float64(job.Weights[i])-float64(result.Weights[i]), (above-below)/(2*h)
		if math.Abs(got-want) > 5e-5*(1+math.Abs(want)) {
			t.Fatalf("the gradient by weight %d is %v, the measured derivative %v", i, got, want)
		}
	}
}

type fataler interface {
	Fatalf(format string, args ...any)
}

// order is the order of the rows in the first epoch of a job.
func order(job train.Job) []int {
	rows := make([]int, job.Table.Rows())
	for i := range rows {
		rows[i] = i
	}
	data.Permute(rows, rand.NewPCG(job.Seed, train.RowOrderStream))
	return rows
}

func TestEngineAgreesWithItsTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		job := jobs().Draw(t, "job")
		if job.Model.Kind == spec.ModelMLP {
			// Keep units away from 0, where a rounding error decides the derivative of ReLU.
			for i := range job.Weights {
				job.Weights[i] = 0.5 + job.Weights[i]/4
			}
			for i, x := range job.Table.X {
				job.Table.X[i] = float32(math.Abs(float64(x)))
			}
		}
		result, err := train.Engine{}.Train(context.Background(), job, nil)
		if err != nil {
			t.Fatal(err)
		}
		w := newTwin(job.Model, job.Weights)
		loss := w.train(job)
		if math.Abs(result.Loss-loss) > 1e-4 {
			t.Errorf("loss is %v, the twin has %v", result.Loss, loss)
		}
		for i, v := range result.Weights {
			if math.Abs(float64(v)-w.weights[i]) > 1e-4 {
				t.Fatalf("weight %d is %v, the twin has %v", i, v, w.weights[i])
			}
		}
		if result.Samples != job.Table.Rows() {
			t.Errorf("%d samples, want %d", result.Samples, job.Table.Rows())
		}
	})
}

// Evaluate, Predict and the twin agree on real images.
func TestEvaluateAgreesWithItsTwin(t *testing.T) {
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
	w, correct := newTwin(job.Model, job.Weights), 0
	var want []int32
	rows := make([]int, holdout.Rows())
	for i := range rows {
		rows[i] = i
		want = append(want, w.predict(holdout.Row(i)))
		if want[i] == holdout.Y[i] {
			correct++
		}
	}
	if !slices.Equal(classes, want) {
		t.Error("Predict and the twin predict different classes")
	}
	if e.Correct != correct || e.Samples != holdout.Rows() {
		t.Errorf("%d of %d correct, want %d of %d", e.Correct, e.Samples, correct, holdout.Rows())
	}
	if loss := w.mean(holdout, rows, make([][][]float64, len(rows))); math.Abs(e.Loss-loss) > 1e-5 {
		t.Errorf("loss is %v, the twin has %v", e.Loss, loss)
	}
}
