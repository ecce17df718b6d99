package data

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/althing-network/althing/spec"
)

// ErrMisfit is wrapped if the columns of a file, or the cells in them, are not what the
// schema says.
var ErrMisfit = errors.New("the rows do not fit the schema")

// Options are what a person says about a file of rows. The zero value leaves everything to
// be detected.
type Options struct {
	Label      string   // name of the label column; empty: from the schema, or detected
	Drop       []string // names of columns to leave out
	Categories []string // names of numeric columns to treat as categories
	Missing    string   // how to treat missing cells, one of [spec.MissingRules]; empty: refuse
	Regression *bool    // whether the label is a number to predict; nil: detected
	Classes    int      // number of classes without a schema; 0: from the largest label
}

// validate refuses an unknown rule for missing cells.
func (o Options) validate() error {
	if o.Missing != "" && o.Missing != spec.MissingRefuse && o.Missing != spec.MissingImpute {
		return fmt.Errorf("--missing %q: want %s or %s", o.Missing, spec.MissingRefuse, spec.MissingImpute)
	}
	return nil
}

// label is the name of the label column for a file without a schema.
func (o Options) label() string {
	if o.Label != "" {
		return o.Label
	}
	return labelColumn
}

// Read reads the rows of a file as a task wants them. Columns are found by the names in the
// schema, in any order. A category becomes one input per value. Numbers are as they stand
// in the file; a missing one is NaN if the task imputes. If the file has no label column,
// labelled is false and the labels are 0.
//
// Without a schema features are identified by position and labels are integers from 0: see
// [Open].
//
// Errors name the path, and the line and column where there is one. They wrap [ErrMisfit]
// if the file can be read but its rows do not fit the schema.
func Read(path string, d spec.Data, o Options) (t Table, labelled bool, err error) {
	return read(path, d, o, false)
}

// read is Read; if lenient, it leaves out rows that do not fit.
func read(path string, d spec.Data, o Options, lenient bool) (t Table, labelled bool, err error) {
	if err := o.validate(); err != nil {
		return Table{}, false, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return Table{}, false, err
	}
	switch {
	case info.IsDir() && !d.Schema.IsZero():
		return Table{}, false, fmt.Errorf("%s: %w: the schema names columns, and this folder holds images", path, ErrMisfit)
	case info.IsDir():
		return OpenImages(path, o.Classes)
	}
	s, err := openSource(path)
	if err != nil {
		return Table{}, false, fmt.Errorf("%s: %w", path, err)
	}
	defer s.Close()
	if d.Schema.IsZero() {
		t, labelled, err = positional(s, o, lenient)
	} else {
		t, labelled, err = fit(s, d, o, lenient)
	}
	if err != nil {
		return Table{}, false, fmt.Errorf("%s: %w", path, err)
	}
	return t, labelled, nil
}

// fit reads the rows of a source by a schema.
func fit(s source, d spec.Data, o Options, lenient bool) (t Table, labelled bool, err error) {
	f, err := fitting(s.names(), d, o)
	if err != nil {
		return Table{}, false, err
	}
	t = Table{Schema: d.Schema, Features: d.Schema.Inputs(), Classes: max(1, len(d.Schema.Classes))}
	t.X, t.Y = make([]float32, 0, s.maxRows()*t.Features), make([]int32, 0, s.maxRows())
	if f.targets {
		t.Targets = make([]float32, 0, s.maxRows())
	}
	for {
		cells, err := s.next()
		switch {
		case errors.Is(err, io.EOF) && t.Rows() == 0 && !lenient:
			return Table{}, false, fmt.Errorf("%s: no rows", s.format().Name)
		case errors.Is(err, io.EOF):
			return t, f.label >= 0, nil
		case err != nil:
			return Table{}, false, err
		}
		rows := t.Rows()
		column, err := f.add(&t, cells)
		switch {
		case err != nil && lenient:
			t.cut(rows)
		case err != nil:
			return Table{}, false, fmt.Errorf("%s: %s: %w: %w", s.format().Name, s.place(column), ErrMisfit, err)
		}
	}
}

// fitter puts the cells of a file into the order of a schema.
type fitter struct {
	columns []fitColumn
	label   int // column of the file; negative: none
	targets bool
	classes words
	impute  bool
}

// UnknownColumnsError says which columns of a file a schema does not have. It wraps [ErrMisfit].
type UnknownColumnsError struct {
	Columns []string // in the order of the file
	file    []string // all columns
}

// Error implements [error].
func (e *UnknownColumnsError) Error() string {
	if len(e.Columns) == 1 {
		return fmt.Sprintf("%v: the schema has no column %q: leave it out with --drop, or as drop in node.json; the file has %s", ErrMisfit, e.Columns[0], list(e.file))
	}
	return fmt.Sprintf("%v: the schema has no columns %s: leave them out with --drop, or as drop in node.json; the file has %s", ErrMisfit, list(e.Columns), list(e.file))
}

// Unwrap gives [ErrMisfit].
func (e *UnknownColumnsError) Unwrap() error { return ErrMisfit }

// fitColumn is a column of a schema, as found in a file.
type fitColumn struct {
	at       int // column of the file
	category bool
	values   words
}

// fitting finds the columns of a schema by name.
func fitting(names []string, d spec.Data, o Options) (f fitter, err error) {
	misfit := func(text, name string) (fitter, error) {
		return fitter{}, fmt.Errorf("%w: "+text+"; the file has %s", ErrMisfit, name, list(names))
	}
	f = fitter{label: slices.Index(names, d.Schema.Label), impute: d.Missing == spec.MissingImpute}
	if f.label < 0 && o.Label != "" {
		f.label = slices.Index(names, o.Label)
	}
	if f.label >= 0 && slices.Contains(o.Drop, names[f.label]) {
		f.label = -1
	}
	if f.targets = len(d.Schema.Classes) == 0; !f.targets {
		f.classes = newWords(d.Schema.Classes)
	}
	used := make([]bool, len(names))
	if f.label >= 0 {
		used[f.label] = true
	}
	for _, c := range d.Schema.Columns {
		at := slices.Index(names, c.Name)
		if at < 0 {
			near := slices.IndexFunc(names, func(name string) bool { return strings.EqualFold(name, c.Name) })
			if near >= 0 {
				return fitter{}, fmt.Errorf("%w: no column is named %q: the nearest is %q; the file has %s", ErrMisfit, c.Name, names[near], list(names))
			}
			return misfit("no column is named %q", c.Name)
		}
		if slices.Contains(o.Drop, c.Name) {
			return misfit("it wants the column %q, which is left out with --drop", c.Name)
		}
		used[at] = true
		column := fitColumn{at: at, category: c.Kind == spec.ColumnCategory}
		if column.category {
			column.values = newWords(c.Values)
		}
		f.columns = append(f.columns, column)
	}
	var unknown []string
	for i, name := range names {
		if !used[i] && !slices.Contains(o.Drop, name) {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) > 0 {
		return fitter{}, &UnknownColumnsError{unknown, names}
	}
	return f, nil
}

// add appends a row to a table. With an error it returns the column of the file at fault.
func (f fitter) add(t *Table, cells []string) (column int, err error) {
	for _, c := range f.columns {
		cell := cells[c.at]
		switch x, ok := number(cell); {
		case c.category:
			if err := f.choose(t, c.values, cell); err != nil {
				return c.at, err
			}
		case ok:
			t.X = append(t.X, x)
		case f.impute && missing(cell):
			t.X = append(t.X, float32(math.NaN()))
		default:
			return c.at, noNumber(cell)
		}
	}
	if f.label < 0 {
		t.Y = append(t.Y, 0)
		if f.targets {
			t.Targets = append(t.Targets, 0)
		}
		return 0, nil
	}
	return f.label, f.addLabel(t, cells[f.label])
}

// addLabel appends the label of a row.
func (f fitter) addLabel(t *Table, cell string) error {
	class, target, ok := 0, float32(0), false
	if f.targets {
		target, ok = number(cell)
	} else {
		class, ok = f.classes.find(cell)
	}
	switch {
	case !ok && missing(cell):
		return errors.New("the label is missing")
	case !ok && f.targets:
		return noNumber(cell)
	case !ok:
		return fmt.Errorf("%.64q is not a class: want one of %s", cell, list(f.classes.texts))
	}
	t.Y = append(t.Y, int32(class))
	if f.targets {
		t.Targets = append(t.Targets, target)
	}
	return nil
}

// choose appends one input per value of a category (one-hot).
func (f fitter) choose(t *Table, values words, cell string) error {
	chosen, ok := values.find(cell)
	switch {
	case ok || f.impute:
	case missing(cell):
		return errors.New("the cell is missing")
	default:
		return fmt.Errorf("%.64q is not a value of this category: want one of %s", cell, list(values.texts))
	}
	for i := range values.texts {
		x := float32(0)
		if ok && i == chosen {
			x = 1
		}
		t.X = append(t.X, x)
	}
	return nil
}

// words finds a text in a list. Numbers match by value: 1 matches 1.0.
type words struct {
	texts   []string
	exact   map[string]int
	numbers map[float32]int // nil if some text is not a number, or two texts are the same number
}

func newWords(texts []string) words {
	w := words{texts: texts, exact: make(map[string]int), numbers: make(map[float32]int)}
	for i, text := range texts {
		w.exact[text] = i
		if x, ok := number(text); ok {
			w.numbers[x] = i
		}
	}
	if len(w.numbers) < len(texts) {
		w.numbers = nil
	}
	return w
}

func (w words) find(cell string) (int, bool) {
	if i, ok := w.exact[cell]; ok {
		return i, true
	}
	if w.numbers != nil {
		if x, ok := number(cell); ok {
			i, ok := w.numbers[x]
			return i, ok
		}
	}
	return 0, false
}
