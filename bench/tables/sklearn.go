package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"

	"github.com/althing-network/althing/bench/peer"
)

//go:embed tables.py
var script string

// The versions that we compare with, and the folder into which they are installed, relative
// to the root of the module. The folder is not under version control.
const (
	sklearnVersion  = "1.9.1"
	pandasVersion   = "3.1.1"
	penguinsVersion = "0.1.6"
	folder          = ".cache/tables"
)

// sklearn is scikit-learn in a child process.
type sklearn struct{ *peer.Child }

// question is a line to tables.py.
type question struct {
	Ask        string   `json:"ask"` // write or score
	Set        string   `json:"set,omitempty"`
	Path       string   `json:"path,omitempty"` // file to write
	Rows       []string `json:"rows,omitempty"` // files to train on
	Held       []string `json:"held,omitempty"` // files to evaluate on
	Label      string   `json:"label,omitempty"`
	Regression bool     `json:"regression"`
}

// answer is a line from tables.py.
type answer struct {
	Score float64 `json:"score"`
}

// python is the named Python. If none is named, it is one with scikit-learn, which is
// installed if it is missing.
func python(ctx context.Context, named string, log io.Writer) (string, error) {
	return peer.Environment{
		Folder:   folder,
		Installs: [][]string{{"scikit-learn==" + sklearnVersion, "pandas==" + pandasVersion, "palmerpenguins==" + penguinsVersion}},
		Versions: "from importlib.metadata import version; print(*(word for name in ('scikit-learn', 'pandas', 'palmerpenguins') for word in (name, version(name))))",
		Want:     "scikit-learn " + sklearnVersion + " pandas " + pandasVersion + " palmerpenguins " + penguinsVersion,
	}.Python(ctx, named, log)
}

// start starts the child on one thread. The child writes its first line when it has loaded.
func start(ctx context.Context, python string) (sklearn, error) {
	c, err := peer.Start(ctx, python, script, "OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1", "MKL_NUM_THREADS=1")
	if err != nil {
		return sklearn{}, err
	}
	if err := c.Read(&answer{}); err != nil {
		return sklearn{}, fmt.Errorf("cannot load scikit-learn: %w", errors.Join(err, c.Close()))
	}
	return sklearn{c}, nil
}

// write writes a data set to a CSV file.
func (s sklearn) write(set, path string) error {
	return s.Ask(question{Ask: "write", Set: set, Path: path}, &answer{})
}

// score is the accuracy of a logistic regression, or R2 of a ridge regression, that was
// trained on some files and evaluated on others.
func (s sklearn) score(rows, held []string, label string, regression bool) (float64, error) {
	var a answer
	err := s.Ask(question{Ask: "score", Rows: rows, Held: held, Label: label, Regression: regression}, &a)
	return a.Score, err
}
