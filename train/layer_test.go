package train_test

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
	"github.com/althing-network/althing/train/gemm"
)

// layered is an architecture from a list of layers.
func layered(image spec.Image, classes uint32, layers ...spec.Layer) spec.Model {
	return spec.Model{Kind: spec.ModelLayers, Inputs: image.Height * image.Width * image.Channels, Image: image, Layers: layers, Classes: classes, Seed: 5}
}

// architectures has each layer alone and with others, in even and odd shapes, and the
// presets.
func architectures() map[string]spec.Model {
	dense := func(out uint32) spec.Layer { return spec.Layer{Kind: spec.LayerDense, Out: out} }
	conv := func(out, kernel, stride, padding uint32) spec.Layer {
		return spec.Layer{Kind: spec.LayerConv2D, Out: out, Kernel: kernel, Stride: stride, Padding: padding}
	}
	pool := func(size uint32) spec.Layer { return spec.Layer{Kind: spec.LayerMaxPool, Size: size} }
	drop := func(rate spec.PPM) spec.Layer { return spec.Layer{Kind: spec.LayerDropout, Rate: rate} }
	relu := spec.Layer{Kind: spec.LayerReLU}
	one, odd := spec.Image{Height: 4, Width: 4, Channels: 1}, spec.Image{Height: 5, Width: 7, Channels: 2}
	squared := layered(odd, 3, conv(2, 3, 1, 1), relu, dense(3))
	squared.Loss = spec.LossMSE
	number := layered(odd, 1, conv(2, 3, 1, 1), relu, drop(250_000), dense(1))
	number.Loss = spec.LossMSE
	return map[string]spec.Model{
		"dense":           layered(odd, 3, dense(3)),
		"conv":            layered(one, 4, conv(4, 4, 1, 0)),
		"conv same":       layered(odd, 3, conv(5, 3, 1, 1), dense(3)),
		"conv strided":    layered(odd, 3, conv(5, 3, 2, 2), dense(3)),
		"conv far apart":  layered(odd, 3, conv(2, 2, 4, 1), dense(3)),
		"conv of all":     layered(odd, 3, conv(3, 3, 1, 1), conv(5, 5, 1, 0), dense(3)),
		"conv of a pixel": layered(odd, 3, conv(3, 1, 1, 0), dense(3)),
		"convs":           layered(odd, 3, conv(3, 3, 1, 1), conv(6, 4, 2, 3), conv(2, 2, 1, 0), dense(3)),
		"maxpool":         layered(odd, 3, conv(3, 3, 1, 1), pool(2), dense(3)),
		"maxpool of 3":    layered(odd, 3, conv(3, 3, 1, 1), pool(3), dense(3)),
		"maxpool first":   layered(odd, 2, pool(3), dense(2)),
		"relu first":      layered(odd, 2, relu, dense(2)),
		"relu twice":      layered(odd, 2, dense(9), relu, relu, dense(2)),
		"dropout first":   layered(odd, 2, drop(300_000), dense(2)),
		"dropout":         layered(odd, 2, dense(9), drop(500_000), relu, dense(2)),
		"dropouts":        layered(odd, 2, dense(9), relu, drop(900_000), dense(8), drop(1), dense(2)),
		"all":             layered(odd, 3, conv(6, 3, 1, 1), relu, pool(2), drop(250_000), conv(4, 2, 1, 1), relu, dense(7), relu, dense(3)),
		"mse":             squared,
		"linear":          {Kind: spec.ModelLinear, Inputs: 6, Classes: 1, Loss: spec.LossMSE, Seed: 5},
		"mlp of a number": {Kind: spec.ModelMLP, Inputs: 6, Hidden: []uint32{5}, Classes: 1, Loss: spec.LossMSE, Seed: 5},
		"cnn of a number": {Kind: spec.ModelCNNSmall, Inputs: 16, Image: one, Classes: 1, Loss: spec.LossMSE, Seed: 5},
		"number":          number,
		"cnnsmall":        {Kind: spec.ModelCNNSmall, Inputs: 64, Image: spec.Image{Height: 8, Width: 8, Channels: 1}, Classes: 10, Seed: 5},
		"cnn":             {Kind: spec.ModelCNN, Inputs: 16, Image: one, Classes: 10, Seed: 5},
	}
}

// randomJob is a job with random rows from a fixed seed. With them no unit is exactly 0, where
// the loss is not differentiable.
func randomJob(t fatal, m spec.Model, rows int) train.Job {
	weights, err := model.Init(m)
	if err != nil {
		t.Fatal(err)
	}
	source := rand.New(rand.NewPCG(m.Seed, 1))
	table := data.Table{Features: int(m.Inputs), Classes: int(m.Classes)}
	for range rows {
		for range table.Features {
			table.X = append(table.X, 4*source.Float32()-2)
		}
		table.Y = append(table.Y, source.Int32N(int32(m.Classes)))
		if m.Regression() {
			table.Targets = append(table.Targets, 4*source.Float32()-2)
		}
	}
	return train.Job{
		Model:    m,
		Training: spec.Training{Optimiser: spec.OptimiserSGD, Batch: uint32(rows), Epochs: 1, Rate: spec.One},
		Weights:  weights,
		Seed:     m.Seed,
		Table:    table,
	}
}

type fatal interface{ Fatal(args ...any) }

// The gradient by the parameters of every layer, and through every layer, is the derivative
// of the loss, measured by central differences.
func TestGradientOfEveryLayer(t *testing.T) {
	for name, m := range architectures() {
		t.Run(name, func(t *testing.T) {
			job := randomJob(t, m, 3)
			result, err := train.Engine{}.Train(context.Background(), job, nil)
			if err != nil {
				t.Fatal(err)
			}
			if slices.Equal(result.Weights, job.Weights) {
				t.Error("a step changes nothing")
			}
			checkGradient(t, job, result, len(job.Weights)/200+1)
		})
	}
}

func TestLayersAgreeWithTheirTwins(t *testing.T) {
	for name, m := range architectures() {
		t.Run(name, func(t *testing.T) {
			job := randomJob(t, m, 7)
			job.Training.Batch, job.Training.Epochs, job.Training.Rate = 3, 3, 50_000
			compareWithTwin(t, job)
		})
	}
}

// compareWithTwin trains a job with every kernel and with the twin, and compares losses,
// weights and evaluations.
func compareWithTwin(t fataler, job train.Job) {
	w := newTwin(job.Model, job.Weights)
	loss := w.train(job)
	for _, k := range gemm.All() {
		result, err := train.Engine{Kernel: &k}.Train(context.Background(), job, nil)
		if err != nil {
			t.Fatalf("%s: %v", k, err)
		}
		if math.Abs(result.Loss-loss) > 1e-4 {
			t.Fatalf("%s: loss is %v, the twin has %v", k, result.Loss, loss)
		}
		for i, v := range result.Weights {
			if math.Abs(float64(v)-w.weights[i]) > 1e-4 {
				t.Fatalf("%s: weight %d is %v, the twin has %v", k, i, v, w.weights[i])
			}
		}
		e, err := train.Engine{}.Evaluate(context.Background(), job.Model, result.Weights, job.Table)
		if err != nil {
			t.Fatalf("%s: %v", k, err)
		}
		rows := order(job)
		if loss := w.mean(job.Table, rows, make([][][]float64, len(rows))); math.Abs(e.Loss-loss) > 1e-4 {
			t.Fatalf("%s: loss after training is %v, the twin has %v", k, e.Loss, loss)
		}
	}
}

// Convolutions of all shapes. The network is differentiable everywhere, so rounding errors
// stay small.
func TestConvolutionsAgreeWithTheirTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		some := rapid.Uint32Range(1, 6)
		kernel := rapid.Uint32Range(1, 5).Draw(t, "kernel")
		side := rapid.Uint32Range(kernel, 9)
		image := spec.Image{Height: side.Draw(t, "height"), Width: side.Draw(t, "width"), Channels: some.Draw(t, "channels")}
		m := layered(image, 2,
			spec.Layer{Kind: spec.LayerConv2D, Out: some.Draw(t, "before"), Kernel: 1}, // the first layer needs no backward pass
			spec.Layer{Kind: spec.LayerConv2D, Out: some.Draw(t, "out"), Kernel: kernel, Stride: rapid.Uint32Range(0, 4).Draw(t, "stride"), Padding: rapid.Uint32Range(0, kernel-1).Draw(t, "padding")},
			spec.Layer{Kind: spec.LayerConv2D, Out: some.Draw(t, "more"), Kernel: 1},
			spec.Layer{Kind: spec.LayerDense, Out: 2},
		)
		m.Seed = rapid.Uint64().Draw(t, "seed")
		job := randomJob(t, m, 4)
		job.Training.Batch, job.Training.Epochs, job.Training.Rate = 3, 2, 20_000
		compareWithTwin(t, job)
	})
}

// Images so large that the kernel positions do not fit in one block of a kernel.
func TestLargeImagesAgreeWithTheirTwin(t *testing.T) {
	m := layered(spec.Image{Height: 64, Width: 64, Channels: 1}, 2,
		spec.Layer{Kind: spec.LayerConv2D, Out: 1, Kernel: 5, Padding: 2},
		spec.Layer{Kind: spec.LayerDense, Out: 2},
	)
	job := randomJob(t, m, 3)
	job.Training.Rate = 10_000
	compareWithTwin(t, job)
}

func TestLayersDoNotAllocate(t *testing.T) {
	for _, name := range []string{"all", "conv strided", "conv of all", "convs", "cnnsmall", "mse"} {
		job := randomJob(t, architectures()[name], 20)
		job.Training.Batch, job.Training.Rate = 3, 1000
		checkAllocations(t, name, job)
	}
}

// checkAllocations checks that twenty times as many steps do not allocate more. A few extra
// allocations are allowed, because the runtime itself may allocate.
func checkAllocations(t *testing.T, name string, job train.Job) {
	t.Helper()
	allocations := func(epochs uint32) float64 {
		job.Training.Epochs = epochs
		return testing.AllocsPerRun(2, func() {
			if _, err := (train.Engine{}).Train(context.Background(), job, func(int, int) {}); err != nil {
				t.Fatal(err)
			}
		})
	}
	if one, twenty := allocations(1), allocations(20); twenty > one+5 {
		t.Errorf("%s: 1 epoch has %v allocations, 20 epochs have %v, want at most 5 more", name, one, twenty)
	}
}

// The digests hold on every architecture; see golden.
func TestLayersGiveTheSameBits(t *testing.T) {
	for name, want := range map[string]string{
		"all":      "e01eaae16cb3c5d1ccb16c27df6c6f94adda032ab1c663dd54ccf965efd69077",
		"cnnsmall": "956090b724d9eb7f21fb5f8f7e4261b572f2ac81e75161b429d81bb4d8137327",
	} {
		job := randomJob(t, architectures()[name], 50)
		job.Training.Batch, job.Training.Epochs, job.Training.Rate = 8, 3, 50_000
		for range 2 {
			result, err := train.Engine{}.Train(context.Background(), job, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := digest(result.Weights).String(); got != want {
				t.Errorf("%s: weights after training have digest %s, want %s", name, got, want)
			}
		}
	}
}

// Dropout depends only on the seed, and does nothing in evaluation.
func TestDropoutIsOffInEvaluation(t *testing.T) {
	with := architectures()["dropout first"]
	without := with
	without.Layers = with.Layers[1:]
	job := randomJob(t, with, 30)
	a, err := train.Engine{}.Evaluate(context.Background(), with, job.Weights, job.Table)
	if err != nil {
		t.Fatal(err)
	}
	b, err := train.Engine{}.Evaluate(context.Background(), without, job.Weights, job.Table)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(b, a); diff != "" {
		t.Errorf("evaluation (-without dropout +with):\n%s", diff)
	}
	one, err := train.Engine{}.Train(context.Background(), job, nil)
	if err != nil {
		t.Fatal(err)
	}
	job.Seed++
	two, err := train.Engine{}.Train(context.Background(), job, nil)
	if err != nil {
		t.Fatal(err)
	}
	if digest(one.Weights) == digest(two.Weights) {
		t.Error("two seeds drop the same values")
	}
}

func TestCNNSmallLearnsDigits(t *testing.T) {
	_, holdout := digits(t)
	job := digitsJob(t, spec.ModelSoftmax)
	job.Model = architectures()["cnnsmall"]
	weights, err := model.Init(job.Model)
	if err != nil {
		t.Fatal(err)
	}
	job.Weights, job.Training.Epochs = weights, 10
	result, err := train.Engine{}.Train(context.Background(), job, nil)
	if err != nil {
		t.Fatal(err)
	}
	e, err := train.Engine{}.Evaluate(context.Background(), job.Model, result.Weights, holdout)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("accuracy %s, loss %.4f, training loss %.4f", e.Accuracy(), e.Loss, result.Loss)
	if e.Accuracy() < 950_000 {
		t.Errorf("accuracy %s, want at least 0.95", e.Accuracy())
	}
}

// The kernel has so many positions that the backward pass handles them in parts.
func TestManyPositionsAgreeWithTheirTwin(t *testing.T) {
	m := layered(spec.Image{Height: 36, Width: 36, Channels: 1}, 2,
		spec.Layer{Kind: spec.LayerConv2D, Out: 2, Kernel: 1},
		spec.Layer{Kind: spec.LayerConv2D, Out: 2, Kernel: 20},
		spec.Layer{Kind: spec.LayerDense, Out: 2},
	)
	job := randomJob(t, m, 2)
	job.Training.Rate = 10_000
	compareWithTwin(t, job)
}

// A NaN passes through a max-pool, wherever in the window it is.
func TestPoolKeepsNaN(t *testing.T) {
	for _, size := range []uint32{2, 3} {
		for pixel := range size * size {
			image := spec.Image{Height: size, Width: size, Channels: 2}
			m := layered(image, 2,
				spec.Layer{Kind: spec.LayerConv2D, Out: 1, Kernel: 1},
				spec.Layer{Kind: spec.LayerMaxPool, Size: size},
				spec.Layer{Kind: spec.LayerDense, Out: 2},
			)
			job := randomJob(t, m, 1)
			copy(job.Weights, []float32{math.MaxFloat32, -math.MaxFloat32}) // for pixels of 2 and 2: infinity minus infinity
			clear(job.Table.X)
			job.Table.X[pixel], job.Table.X[size*size+pixel] = 2, 2
			if _, err := (train.Engine{}).Train(context.Background(), job, nil); err == nil || !strings.Contains(err.Error(), "the loss is NaN at step 1 of 1") {
				t.Errorf("pool of %d, pixel %d: got error %v", size, pixel, err)
			}
		}
	}
}
