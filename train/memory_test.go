package train_test

import (
	"context"
	"runtime"
	"testing"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// Evaluating a model needs a few times the memory of its weights, and training some more,
// whatever the shapes of its convolutions are.
func TestMemoryIsInProportionToWeights(t *testing.T) {
	dense := func(out uint32) spec.Layer { return spec.Layer{Kind: spec.LayerDense, Out: out} }
	conv := func(out, kernel, stride, padding uint32) spec.Layer {
		return spec.Layer{Kind: spec.LayerConv2D, Out: out, Kernel: kernel, Stride: stride, Padding: padding}
	}
	deep, wide := spec.Image{Height: 1, Width: 1, Channels: 256}, spec.Image{Height: 64, Width: 64, Channels: 1}
	small := spec.Image{Height: 2, Width: 2, Channels: 1}
	for name, m := range map[string]spec.Model{
		"dense":                 layered(deep, 2, dense(4096), dense(2)),
		"one channel comes out": layered(deep, 2, conv(1, 64, 64, 32), dense(2)),
		"one channel goes in":   layered(wide, 2, conv(1, 1, 1, 0), conv(256, 64, 64, 0), dense(2)),
		"one after the other":   layered(deep, 2, conv(1, 64, 64, 32), conv(256, 1, 1, 0), conv(1, 64, 64, 32), dense(2)),
		"more padding":          layered(small, 2, conv(1, 1, 1, 0), conv(512, 64, 1, 31), dense(2)),
		"17 channels":           layered(deep, 2, conv(17, 32, 32, 16), dense(2)),
	} {
		job := randomJob(t, m, 1)
		size, err := model.Size(m)
		if err != nil {
			t.Fatal(err)
		}
		job.Training.Rate = 1
		for _, c := range []struct {
			what string
			most float64
			do   func() error
		}{
			{"to judge", 8, func() error {
				_, err := train.Engine{}.Evaluate(context.Background(), m, job.Weights, job.Table)
				return err
			}},
			{"to train", 16, func() error {
				_, err := train.Engine{}.Train(context.Background(), job, nil)
				return err
			}},
		} {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			if err := c.do(); err != nil {
				t.Fatal(name, err)
			}
			runtime.ReadMemStats(&after)
			times := float64(after.TotalAlloc-before.TotalAlloc) / float64(4*size)
			t.Logf("%s: %s takes %.1f times the memory of its weights", name, c.what, times)
			if times > c.most {
				t.Errorf("%s: %s takes %.1f times the memory of its weights, want at most %v", name, c.what, times, c.most)
			}
		}
	}
}

// Training and evaluation handle one batch of rows at a time: they never copy the table, or
// the table behind a view.
func TestRowsAreNotCopied(t *testing.T) {
	const rows = 4000
	whole := noise(rows, 784)
	backwards := make([]int, rows)
	for i := range backwards {
		backwards[i] = rows - 1 - i
	}
	m := spec.Model{Kind: spec.ModelSoftmax, Inputs: 784, Classes: 10}
	weights, err := model.Init(m)
	if err != nil {
		t.Fatal(err)
	}
	training := spec.Training{Optimiser: spec.OptimiserSGD, Batch: 10, Epochs: 1, Rate: 10_000}
	for name, table := range map[string]data.Table{"table": whole, "view": whole.View(backwards)} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := (train.Engine{}).Train(context.Background(), train.Job{Model: m, Training: training, Weights: weights, Table: table}, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := (train.Engine{}).Evaluate(context.Background(), m, weights, table); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		if got, all := after.TotalAlloc-before.TotalAlloc, uint64(4*len(whole.X)); got > all/10 {
			t.Errorf("%s: %d bytes are allocated, want at most a tenth of the %d bytes of the rows", name, got, all)
		}
	}
	// Training on a view gives the same bits as training on a copy of its rows.
	var digests []spec.Digest
	for _, table := range []data.Table{whole.View(backwards), whole.Select(backwards)} {
		result, err := train.Engine{}.Train(context.Background(), train.Job{Model: m, Training: training, Weights: weights, Table: table}, nil)
		if err != nil {
			t.Fatal(err)
		}
		digests = append(digests, digest(result.Weights))
	}
	if digests[0] != digests[1] {
		t.Error("a view and a copy of its rows train different models")
	}
}
