package train_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// BenchmarkTrain measures models for images of 8 x 8 and of 28 x 28 pixels, with strict
// and with fused arithmetic.
func BenchmarkTrain(b *testing.B) {
	image := spec.Image{Height: 28, Width: 28, Channels: 1}
	for _, c := range []struct {
		name    string
		model   spec.Model
		batches []uint32
	}{
		{"64-10", spec.Model{Kind: spec.ModelSoftmax, Inputs: 64}, []uint32{10}},
		{"64-64-10", spec.Model{Kind: spec.ModelMLP, Inputs: 64, Hidden: []uint32{64}}, []uint32{10}},
		{"784-10", spec.Model{Kind: spec.ModelSoftmax, Inputs: 784}, []uint32{10, 32}},
		{"784-200-200-10", spec.Model{Kind: spec.ModelMLP, Inputs: 784, Hidden: []uint32{200, 200}}, []uint32{10, 32}},
		{"cnnsmall", spec.Model{Kind: spec.ModelCNNSmall, Inputs: 784, Image: image}, []uint32{10, 32}},
		{"cnn", spec.Model{Kind: spec.ModelCNN, Inputs: 784, Image: image}, []uint32{10, 32}},
	} {
		c.model.Classes = 10
		for _, batch := range c.batches {
			for _, arithmetic := range []string{spec.ArithmeticStrict, spec.ArithmeticFused} {
				b.Run(fmt.Sprintf("%s/b%d/%s", c.name, batch, arithmetic), func(b *testing.B) {
					weights, err := model.Init(c.model)
					if err != nil {
						b.Fatal(err)
					}
					job := train.Job{
						Model:    c.model,
						Training: spec.Training{Optimiser: spec.OptimiserSGD, Batch: batch, Epochs: 1, Rate: 10_000, Arithmetic: arithmetic},
						Weights:  weights,
						Table:    noise(640, int(c.model.Inputs)),
					}
					for b.Loop() {
						if _, err := (train.Engine{}).Train(context.Background(), job, nil); err != nil {
							b.Fatal(err)
						}
					}
					b.ReportMetric(float64(job.Table.Rows()*b.N)/b.Elapsed().Seconds(), "rows/s")
				})
			}
		}
	}
}

// noise is a table of ten classes with random pixels and labels. As in an image, half of
// the pixels are black.
func noise(rows, features int) data.Table {
	source := rand.New(rand.NewPCG(1, 1))
	t := data.Table{Features: features, Classes: 10}
	for range rows {
		for range features {
			t.X = append(t.X, max(0, source.Float32()-0.5))
		}
		t.Y = append(t.Y, source.Int32N(10))
	}
	return t
}
