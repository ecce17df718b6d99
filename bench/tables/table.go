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
	alpha    = 0.5 // of the split by Dirichlet
	heldOut  = spec.One / 5
	strata   = 10 // of labels that are numbers
)

// set is a data set, and what somebody who has looked at it with althing data check says
// of it.
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

// table is a data set that is read from its file.
type table struct {
	set
	path  string
	lines [][]byte   // of the file, header first
	asked spec.Data  // what a task says of its rows
	rows  data.Table // raw: numbers as they stand in the file
}

// read has a data set written into a folder, and opens it.
func read(s set, peer sklearn, folder string) (table, error) {
	path := filepath.Join(folder, s.name+".csv")
	if err := peer.write(s.name, path); err != nil {
		return table{}, err
	}
	return open(s, path)
}

// open reads a data set as a task wants it.
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
		err = fmt.Errorf("%s: %d lines for %d rows", path, len(t.lines), t.rows.Rows())
	}
	return t, err
}

// regression reports whether the label is a number.
func (t table) regression() bool { return len(t.asked.Schema.Classes) == 0 }

// federation is the rows of a table that are dealt out: a part for each trainer, and for
// each evaluator a part of what is held out.
type federation struct {
	trainers []data.Table
	held     []data.Table
	holdout  data.Table
	files    [2]string // of all trainers' rows and of the rows that are held out, raw
}

// split holds a fifth of the rows out and deals the others out to trainers of whom each
// has labels of its own.
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

// views are parts of the table with the labels that it has.
func (t table) views(parts []data.Table) (views []data.Table) {
	for _, part := range parts {
		views = append(views, t.rows.View(part.Index))
	}
	return views
}

// write writes some rows to a file, as they stand in the table's.
func (t table) write(path string, rows []int) error {
	b := slices.Clone(t.lines[0])
	for _, row := range rows {
		b = append(b, t.lines[row+1]...)
	}
	return os.WriteFile(path, b, 0o600)
}

// tenths says of each number in which tenth of all it is, by size.
func tenths(numbers []float32) []int32 {
	sorted := slices.Sorted(slices.Values(numbers))
	found := make([]int32, len(numbers))
	for i, x := range numbers {
		below, _ := slices.BinarySearch(sorted, x)
		found[i] = int32(below * strata / len(sorted))
	}
	return found
}
