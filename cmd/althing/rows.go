package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/spec"
)

// rows are the parts of a data set.
type rows struct {
	name     string
	trainers []data.Table
	shards   []data.Table // of the hold-out, one an evaluator
	guest    data.Table   // for a trainer that joins later
}

// split shuffles the data and gives everybody a part.
func (n network) split() (rows, error) {
	train, holdout, name, err := n.read()
	if err != nil {
		return rows{}, err
	}
	train = data.Shuffle(train, n.seed)
	if holdout.Rows() == 0 {
		if train, holdout, err = data.Holdout(train, heldOut, n.seed); err != nil {
			return rows{}, err
		}
	}
	train, late, err := data.Holdout(train, setAside, n.seed)
	if err != nil {
		return rows{}, err
	}
	parts, err := data.Dirichlet(train, n.trainers, n.alpha, n.seed)
	if err != nil {
		return rows{}, err
	}
	shards, err := data.Shards(holdout, n.evaluators)
	return rows{name: name, trainers: parts, guest: late, shards: shards}, err
}

// read reads the data, and its hold-out where it brings one.
func (n network) read() (train, holdout data.Table, name string, err error) {
	if n.file == "" {
		train, err = data.Digits()
		return train, holdout, "digits", err
	}
	name = strings.TrimSuffix(filepath.Base(n.file), filepath.Ext(n.file))
	info, err := os.Stat(n.file)
	if err != nil {
		return train, holdout, name, err
	}
	if !info.IsDir() {
		train, err = readClasses(n.file)
		return train, holdout, name, err
	}
	if train, holdout, err = data.ReadImages(os.DirFS(n.file)); err != nil {
		err = fmt.Errorf("%s: %w", n.file, err)
	}
	return train, holdout, name, err
}

// readClasses reads a file of rows that says by its labels how many classes there are.
func readClasses(path string) (data.Table, error) {
	t, err := data.Open(path, spec.MaxWidth)
	if err != nil {
		return t, err
	}
	if t, err = t.Numbered(); err != nil {
		return t, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}
