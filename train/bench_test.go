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

// BenchmarkTrain measures models for images of 8 x 8 and of 28 x 28.
func BenchmarkTrain(b *testing.B) {
	for _, c := range []struct {
		inputs uint32
		hidden []uint32
		batch  uint32
	}{
		{64, nil, 10},
		{64, []uint32{64}, 10},
		{64, []uint32{128}, 10},
		{784, nil, 10},
		{784, []uint32{200, 200}, 10},
		{784, []uint32{200, 200}, 32},
	} {
		m := spec.Model{Kind: spec.ModelSoftmax, Inputs: c.inputs, Classes: 10, Seed: 1}
		if c.hidden != nil {
			m.Kind, m.Hidden = spec.ModelMLP, c.hidden
		}
		b.Run(fmt.Sprintf("%d-%v-10/b%d", c.inputs, c.hidden, c.batch), func(b *testing.B) {
			weights, err := model.Init(m)
			if err != nil {
				b.Fatal(err)
			}
			job := train.Job{
				Model:    m,
				Training: spec.Training{Optimiser: spec.OptimiserSGD, Batch: c.batch, Epochs: 5, Rate: 10_000},
				Weights:  weights,
				Table:    noise(640, int(c.inputs)),
			}
			for b.Loop() {
				if _, err := (train.Engine{}).Train(context.Background(), job, nil); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(job.Table.Rows()*int(job.Training.Epochs)*b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// noise is a table of ten classes with nothing to learn: half of its pixels are
// black, as in an image.
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
