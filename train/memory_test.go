package train_test

import (
	"context"
	"runtime"
	"testing"

	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// A model costs those who judge it a few times its weights, however odd its
// convolutions are, and those who train it some times more.
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
		job := pictures(t, m, 1)
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
