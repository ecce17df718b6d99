package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/spec"
)

// The settings of every trial.
const (
	trainers = 10
	alpha    = 0.5 // of the Dirichlet split
	heldOut  = spec.One / 5
	strata   = 10 // number of classes into which labels that are numbers are grouped for a split
)

// set is a data set with the options that its owner chooses after althing data check.
type set struct {
	name string
	says data.Options
}

func sets() []set {
	regression := true // the labels of diabetes are integers
	return []set{
		{name: "iris"},
		{name: "wine"},
		{name: "breast_cancer"},
		{name: "digits"},
		{name: "penguins", says: data.Options{Missing: spec.MissingImpute}},
		{name: "diabetes", says: data.Options{Regression: &regression}},
	}
}

// table is a data set that was read from its file.
type table struct {
	set
	path  string
	lines [][]byte   // of the file, header first
	asked spec.Data  // the data section of a task
	rows  data.Table // raw: numbers as in the file
}

// read lets the child write a data set into a folder, and opens it.
func read(s set, peer sklearn, folder string) (table, error) {
	path := filepath.Join(folder, s.name+".csv")
	if err := peer.write(s.name, path); err != nil {
		return table{}, err
	}
	return open(s, path)
}

// open reads a data set in the form that a task needs.
func open(s set, path string) (t table, err error) {
	report, err := data.Inspect(path, s.says)
	if err != nil {
		return t, err
	}
	t = table{set: s, path: path, asked: spec.Data{Name: s.name, Features: spec.FeaturesStandard, Missing: s.says.Missing}}
	if t.asked.Schema, err = report.Schema(); err != nil {
		return t, err
	}
	if t.rows, _, err = data.Read(path, t.asked, s.says); err != nil {
		return t, err
	}
	b, err := os.ReadFile(path)
	t.lines = slices.Collect(bytes.Lines(b))
	if err == nil && len(t.lines) != t.rows.Rows()+1 {
		err = fmt.Errorf("%s has %d lines: want a header and %d rows", path, len(t.lines), t.rows.Rows())
	}
	return t, err
}

// regression reports whether the label is a number.
func (t table) regression() bool { return len(t.asked.Schema.Classes) == 0 }

// federation are the rows of a table, split between trainers and evaluators.
type federation struct {
	trainers []data.Table
	held     []data.Table // the shards of the evaluators
	holdout  data.Table
	files    [2]string // raw rows of all trainers, and of the hold-out
}

// split makes one fifth of the rows the hold-out, and splits the others between trainers so
// that each has mostly some of the labels.
func (t table) split(seed uint64) (f federation, err error) {
	labels := t.rows
	if t.regression() {
		labels.Targets, labels.Y, labels.Classes = nil, tenths(t.rows.Targets), strata
	}
	rows, holdout, err := data.Holdout(labels, heldOut, seed)
	if err != nil {
		return f, err
	}
	shards, err := data.Dirichlet(rows, trainers, alpha, seed)
	if err != nil {
		return f, err
	}
	held, err := data.Shards(holdout, sim.Evaluators)
	if err != nil {
		return f, err
	}
	f.trainers, f.held, f.holdout = t.views(shards), t.views(held), t.rows.View(holdout.Index)
	for i, part := range []data.Table{rows, holdout} {
		f.files[i] = fmt.Sprintf("%s-%d.csv", t.path, i)
		if err := t.write(f.files[i], part.Index); err != nil {
			return f, err
		}
	}
	return f, nil
}

// views are parts of the table with its original labels.
func (t table) views(parts []data.Table) (views []data.Table) {
	for _, part := range parts {
		views = append(views, t.rows.View(part.Index))
	}
	return views
}

// write writes some rows to a file, unchanged.
func (t table) write(path string, rows []int) error {
	b := slices.Clone(t.lines[0])
	for _, row := range rows {
		b = append(b, t.lines[row+1]...)
	}
	return os.WriteFile(path, b, 0o600)
}

// tenths returns for each number in which tenth of all numbers it is, by size.
func tenths(numbers []float32) []int32 {
	sorted := slices.Sorted(slices.Values(numbers))
	found := make([]int32, len(numbers))
	for i, x := range numbers {
		below, _ := slices.BinarySearch(sorted, x)
		found[i] = int32(below * strata / len(sorted))
	}
	return found
}
