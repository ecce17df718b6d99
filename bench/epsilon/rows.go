package main

import (
	"fmt"
	"os"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/spec"
)

// federation are rows that are split between trainers and evaluators.
type federation struct {
	name     string
	trainers []data.Table
	held     []data.Table // the shards of the evaluators
	holdout  data.Table   // the whole hold-out
	features uint32
}

const digits = "digits"

// digitsOf splits the embedded digits evenly. One fifth is the hold-out.
func digitsOf(trainers int) (federation, error) {
	table, err := data.Digits()
	if err != nil {
		return federation{}, err
	}
	rows, holdout, err := data.Holdout(table, spec.One/5, 1)
	if err != nil {
		return federation{}, err
	}
	shards, err := data.Shards(rows, trainers)
	if err != nil {
		return federation{}, err
	}
	return federation{name: digits, trainers: shards, holdout: holdout, features: uint32(rows.Features)}.withEvaluators()
}

// fashionOf reads Fashion-MNIST from a folder of IDX files and splits it: evenly between few
// trainers; between many by Dirichlet(0.5), so that each has mostly some of the classes. The
// images are halved, because a model with fewer weights gets less noise.
func fashionOf(folder string, trainers int) (federation, error) {
	rows, holdout, err := data.ReadImages(os.DirFS(folder))
	if err != nil {
		return federation{}, fmt.Errorf("%s: %w", folder, err)
	}
	rows, holdout = halved(rows), halved(holdout)
	var shards []data.Table
	if trainers < manyTrainers {
		shards, err = data.Shards(rows, trainers)
	} else {
		shards, err = data.Dirichlet(rows, trainers, 0.5, 1)
	}
	if err != nil {
		return federation{}, err
	}
	return federation{name: "fashion-mnist", trainers: shards, holdout: holdout, features: uint32(rows.Features)}.withEvaluators()
}

// withEvaluators splits the hold-out between the evaluators.
func (f federation) withEvaluators() (federation, error) {
	var err error
	f.held, err = data.Shards(f.holdout, sim.Evaluators)
	return f, err
}

// halved replaces each 2 x 2 pixels of an image by one pixel, their mean.
func halved(t data.Table) data.Table {
	width, height := int(t.Image.Width), int(t.Image.Height)
	half := data.Table{
		Features: width / 2 * (height / 2), Classes: t.Classes, Y: t.Y,
		Image: spec.Image{Width: uint32(width / 2), Height: uint32(height / 2), Channels: 1},
	}
	for i := range t.Rows() {
		row := t.Row(i)
		for y := 0; y+1 < height; y += 2 {
			for x := 0; x+1 < width; x += 2 {
				at := y*width + x
				half.X = append(half.X, (row[at]+row[at+1]+row[at+width]+row[at+width+1])/4)
			}
		}
	}
	return half
}
