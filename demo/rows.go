package demo

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/spec"
)

// rows are the parts of a data set, and what a task says about them.
type rows struct {
	data     spec.Data
	trainers []data.Table
	shards   []data.Table // of the hold-out, one for each evaluator
	guest    data.Table   // for the trainer that joins later
}

// split shuffles the rows and gives each node its part.
func (n Network) split() (rows, error) {
	train, holdout, described, err := n.read()
	if err != nil {
		return rows{}, err
	}
	train = data.Shuffle(train, n.Seed)
	if holdout.Rows() == 0 {
		if train, holdout, err = data.Holdout(train, holdoutShare, n.Seed); err != nil {
			return rows{}, err
		}
	}
	train, guest, err := data.Holdout(train, guestShare, n.Seed)
	if err != nil {
		return rows{}, err
	}
	if n.Privacy.on() && n.TaskFile == "" {
		described.Schema = WithBounds(described.Schema, holdout)
	}
	if n.TaskFile != "" && train.Features != int(n.task.Model.Inputs) {
		return rows{}, fmt.Errorf("%s: the model has %d inputs, and the rows have %d", n.TaskFile, n.task.Model.Inputs, train.Features)
	}
	parts, err := data.Dirichlet(train, n.Trainers, n.Alpha, n.Seed)
	if err != nil {
		return rows{}, err
	}
	shards, err := data.Shards(holdout, n.Evaluators)
	return rows{data: described, trainers: parts, guest: guest, shards: shards}, err
}

// read reads the rows, and the hold-out where the data set has one of its own.
func (n Network) read() (train, holdout data.Table, described spec.Data, err error) {
	described.Name = "digits"
	if n.File != "" {
		described.Name = strings.TrimSuffix(filepath.Base(n.File), filepath.Ext(n.File))
	}
	if n.TaskFile != "" {
		described = n.task.Data
	}
	info, err := os.Stat(n.File)
	switch {
	case n.File != "" && err != nil:
		return train, holdout, described, fmt.Errorf("%s: %w", n.File, withoutPath(err))
	case n.File != "" && !info.IsDir():
		train, described, err = n.readTable(described)
		return train, holdout, described, err
	case n.Features != "":
		return train, holdout, described, fmt.Errorf("--features: %s are images, and have no columns to scale: leave it out", described.Name)
	case n.File == "":
		train, err = data.Digits()
		return train, holdout, described, err
	}
	if train, holdout, err = data.ReadImages(os.DirFS(n.File)); err != nil {
		err = fmt.Errorf("%s: %w", n.File, err)
	}
	return train, holdout, described, err
}

// readTable reads a table, and says how a task scales its columns.
func (n Network) readTable(described spec.Data) (t data.Table, _ spec.Data, err error) {
	if n.TaskFile != "" {
		o := n.Options
		o.Classes = int(n.task.Model.Classes)
		t, _, err = data.Read(n.File, described, o)
		return t, described, err
	}
	if t, described.Schema, err = n.ReadTable(n.File); err != nil {
		return t, described, err
	}
	if described.Schema.IsZero() && n.Features != "" {
		return t, described, fmt.Errorf("--features: the columns of %s have no names, and are not scaled: leave it out", n.File)
	}
	if !described.Schema.IsZero() {
		described.Features = cmp.Or(n.Features, spec.FeaturesStandard)
		if n.Options.Missing == spec.MissingImpute {
			described.Missing = spec.MissingImpute
		}
	}
	return t, described, nil
}
