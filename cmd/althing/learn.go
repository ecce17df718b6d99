package main

import (
	"cmp"
	"fmt"

	"github.com/althing-network/althing/spec"
)

// plenty is how many rows of a trainer make one epoch of a cnn enough.
const plenty = 1000

// learn is the part of a task that says what is learned from which rows, and how: for a
// table what [spec.Suggest] says, and what suits images else.
func (n network) learn(parts rows) (spec.TaskSpec, error) {
	if !parts.data.Schema.IsZero() {
		switch n.architecture {
		case spec.ModelCNN, spec.ModelCNNSmall:
			return spec.TaskSpec{}, n.noImages(parts)
		}
		t := spec.Suggest(n.architecture, parts.data)
		t.Name += "-" + t.Model.Kind
		return t, nil
	}
	sample, t := parts.trainers[0], spec.DefaultTask()
	kind := cmp.Or(n.architecture, spec.ModelMLP)
	t.Name = parts.data.Name + "-" + kind
	t.Data = parts.data
	t.Model = spec.Model{Kind: kind, Inputs: uint32(sample.Features), Classes: uint32(sample.Classes)}
	t.Training.Epochs, t.Training.Batch, t.Training.Rate = 10, 10, 500_000
	switch kind {
	case spec.ModelMLP:
		t.Model.Hidden, t.Training.Rate = []uint32{128}, 300_000
	case spec.ModelCNN, spec.ModelCNNSmall:
		if sample.Image == (spec.Image{}) {
			return t, n.noImages(parts)
		}
		t.Model.Image = sample.Image
		t.Training.Epochs, t.Training.Rate = 5, 200_000
		if sample.Rows() > plenty {
			t.Training.Epochs, t.Training.Rate = 1, 100_000
		}
	}
	return t, nil
}

func (n network) noImages(parts rows) error {
	return fmt.Errorf("--model %s: %s are no images: want the digits set or a folder of IDX files", n.architecture, parts.data.Name)
}
