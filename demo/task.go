package demo

import (
	"cmp"
	"fmt"

	"github.com/althing-network/althing/spec"
)

// manyRows is how many rows of a trainer make one epoch of a convolutional network enough.
const manyRows = 1000

// taskFor is the task that the network's consumer creates.
func (n Network) taskFor(parts rows) (spec.TaskSpec, error) {
	if n.TaskFile != "" {
		return n.task, nil
	}
	t, err := n.suggest(parts)
	if err != nil {
		return t, err
	}
	t.Model.Seed = n.Seed
	t.Selection.Trainers = uint32(n.Trainers)
	t.Selection.MinTrainers = t.Selection.Trainers // so that the same seed gives the same model
	t.Selection.Aggregators = uint32(n.Aggregators)
	t.Selection.Evaluators = uint32(n.Evaluators)
	if t.Target.Rounds == 0 || n.given("rounds") {
		t.Target.Rounds = uint32(n.Rounds)
	}
	if t.Target.Accuracy, err = spec.ParsePPM(fmt.Sprintf("%.6f", n.Target)); err != nil {
		return t, fmt.Errorf("--target: %w", err)
	}
	if t.Model.Regression() && !n.given("target") {
		t.Target.Accuracy = 0 // how well a number can be predicted differs from table to table
	}
	t.Escrow = escrow
	if n.Governed {
		t.Governed, t.Target = true, spec.Target{Rounds: governedRounds}
		t.Selection.MinTrainers = uint32((2*n.Trainers + 2) / 3) // a vote removes one
	}
	t.Deadlines = spec.Deadlines{
		Select: 2 * spec.Minute, Train: 2 * spec.Minute,
		Attest: 10 * spec.Second, Aggregate: 10 * spec.Second, Evaluate: 30 * spec.Second,
	}
	t.Audit = spec.AuditPublic
	if err := n.applyPrivacy(&t); err != nil {
		return t, err
	}
	return t, t.Validate()
}

// suggest is the part of a task that says what is learned from which rows, and how: what
// [spec.SuggestTask] says of a table, and settings that suit images otherwise.
func (n Network) suggest(parts rows) (spec.TaskSpec, error) {
	if !parts.data.Schema.IsZero() {
		switch n.Model {
		case spec.ModelCNN, spec.ModelCNNSmall:
			return spec.TaskSpec{}, n.wantImages(parts)
		}
		t := spec.SuggestTask(n.Model, parts.data)
		t.Name += "-" + t.Model.Kind
		return t, nil
	}
	sample, t := parts.trainers[0], spec.DefaultTask()
	kind := cmp.Or(n.Model, spec.ModelMLP)
	t.Name = parts.data.Name + "-" + kind
	t.Data = parts.data
	t.Model = spec.Model{Kind: kind, Inputs: uint32(sample.Features), Classes: uint32(sample.Classes)}
	t.Training.Epochs, t.Training.Batch, t.Training.Rate = 10, 10, 500_000
	switch kind {
	case spec.ModelMLP:
		t.Model.Hidden, t.Training.Rate = []uint32{128}, 300_000
	case spec.ModelCNN, spec.ModelCNNSmall:
		if sample.Image == (spec.Image{}) {
			return t, n.wantImages(parts)
		}
		t.Model.Image = sample.Image
		t.Training.Epochs, t.Training.Rate = 5, 200_000
		if sample.Rows() > manyRows {
			t.Training.Epochs, t.Training.Rate = 1, 100_000
		}
	}
	return t, nil
}

func (n Network) wantImages(parts rows) error {
	return fmt.Errorf("--model %s: the rows of %s are not images: want the digits set or a folder of IDX files", n.Model, parts.data.Name)
}
