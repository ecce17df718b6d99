package main

import (
	"fmt"
	"math/rand/v2"
	"os"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// task is what all runners train: the same model, first weights, rows and batches.
type task struct {
	name string // of the model
	job  train.Job
}

const (
	tableRows    = 320    // about as many as a federated trainer has; a multiple of 10 and 32
	learningRate = 50_000 // in ppm; no model diverges with it
	classes      = 10
	side         = 28 // pixels
)

// architecture is one of the four measured architectures.
func architecture(name string) (spec.Model, error) {
	image := spec.Image{Height: side, Width: side, Channels: 1}
	m := spec.Model{Kind: name, Inputs: side * side, Classes: classes, Seed: 1}
	switch name {
	case spec.ModelSoftmax:
	case spec.ModelMLP:
		m.Hidden = []uint32{200, 200} // McMahan et al. 2017, section 3: "2NN"
	case spec.ModelCNN, spec.ModelCNNSmall:
		m.Image = image
	default:
		return m, fmt.Errorf("unknown model %q: want softmax, mlp, cnnsmall or cnn", name)
	}
	return m, nil
}

// newTask uses as many rows as fill whole batches, so that all steps are equal.
func newTask(name string, batch int, rows data.Table) (task, error) {
	m, err := architecture(name)
	if err != nil {
		return task{}, err
	}
	weights, err := model.Init(m)
	if err != nil {
		return task{}, err
	}
	if rows.Rows() < batch {
		return task{}, fmt.Errorf("%d rows: too few for a batch of %d", rows.Rows(), batch)
	}
	first := make([]int, batch*max(1, min(tableRows, rows.Rows())/batch))
	for i := range first {
		first[i] = i
	}
	return task{name: name, job: train.Job{
		Model:    m,
		Training: spec.Training{Optimiser: spec.OptimiserSGD, Batch: uint32(batch), Epochs: 1, Rate: learningRate},
		Weights:  weights,
		Seed:     1,
		Table:    rows.Select(first),
	}}, nil
}

// rows reads a folder of IDX files. Without a folder it draws n random rows: ten images, half
// of whose pixels are black, each many times with random brightness of the pixels.
func rows(folder string, n int) (data.Table, error) {
	if folder == "" {
		return drawn(n), nil
	}
	t, _, err := data.ReadImages(os.DirFS(folder))
	switch {
	case err != nil:
		return t, fmt.Errorf("%s: %w", folder, err)
	case t.Features != side*side || t.Classes != classes:
		return t, fmt.Errorf("%s: %d pixels and %d classes: want %d and %d, like MNIST", folder, t.Features, t.Classes, side*side, classes)
	}
	return t, nil
}

func drawn(n int) data.Table {
	source := rand.New(rand.NewPCG(1, 1))
	var images [classes][side * side]float32
	for c := range images {
		for i := range images[c] {
			images[c][i] = 2 * max(0, source.Float32()-0.5)
		}
	}
	t := data.Table{Features: side * side, Classes: classes, Image: spec.Image{Height: side, Width: side, Channels: 1}}
	for range n {
		c := source.Int32N(classes)
		for _, v := range images[c] {
			t.X = append(t.X, v*source.Float32())
		}
		t.Y = append(t.Y, c)
	}
	return t
}
