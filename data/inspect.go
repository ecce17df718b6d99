package data

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"

	"github.com/althing-network/althing/spec"
)

// Format describes the encoding of a file.
type Format struct {
	Name      string // "csv", "parquet", "npz" or "idx"
	Separator string // between cells, in CSV
	Encoding  string // character encoding of the texts
}

// Report describes a file of rows: what it holds, and how it would be read.
type Report struct {
	Path    string
	Format  Format
	Rows    int
	Columns []Column // all columns, in file order
	Label   int      // index of the label column; negative: none was found
	Why     string   // why this column is taken for the label
	Classes []Count  // classes of the label, in the order of the model's outputs; empty: the label is a number
	Missing int      // number of empty cells, in columns that are used
	Image   spec.Image
	// Problems must be solved before the rows can be used. Each names its line and column,
	// and the flag that helps, if there is one.
	Problems []error
	// Notes say what is done without being asked, and which flags may be useful.
	Notes []string

	options Options
}

// Column is a column of a file.
type Column struct {
	Name     string
	Kind     string  // one of [spec.ColumnKinds]
	Dropped  bool    // the column is left out
	Missing  int     // number of empty cells
	Min, Max float32 // of a numeric column
	Values   []Count // of a category, sorted: numbers by value, texts by bytes
}

// Count is a text and the number of cells that hold it.
type Count struct {
	Text string
	Rows int
}

// Inspect reads a whole file and describes it. It fails only if the file cannot be read to
// its end; everything else that is wrong is in the report's Problems.
func Inspect(path string, o Options) (Report, error) {
	if err := o.validate(); err != nil {
		return Report{}, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return Report{}, err
	}
	if info.IsDir() {
		r, err := inspectImages(os.DirFS(path))
		r.Path, r.options = path, o
		return r, at(path, err)
	}
	s, err := openSource(path)
	if err != nil {
		return Report{}, fmt.Errorf("%s: %w", path, err)
	}
	defer s.Close()
	r := Report{Path: path, Format: s.format(), Notes: s.notes(), options: o}
	columns := make([]study, len(s.names()))
	for i, name := range s.names() {
		columns[i].limit = maxValues
		if i == len(columns)-1 || name == o.Label || labelName(name) {
			columns[i].limit = maxClasses
		}
	}
	for {
		cells, err := s.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Report{}, fmt.Errorf("%s: %w", path, err)
		}
		for i, cell := range cells {
			columns[i].add(cell, s, i)
		}
		r.Rows++
	}
	if r.Rows == 0 {
		return Report{}, fmt.Errorf("%s: %s: no rows", path, r.Format.Name)
	}
	r.conclude(s.names(), columns)
	return r, nil
}

// inspectImages describes a folder of images: a single set, or else the training images of
// a data set that also has a hold-out.
func inspectImages(folder fs.FS) (r Report, err error) {
	var t Table
	var least int32
	if holds(folder, imagesFile) {
		if t, err = readPair(folder, "", byteClasses); err == nil {
			err = t.number(0)
		}
	} else {
		var holdout Table
		if t, holdout, least, err = readImages(folder); err == nil {
			r.Notes = append(r.Notes, fmt.Sprintf("%d further images are the hold-out", holdout.Rows()))
		}
	}
	if err != nil {
		return Report{}, err
	}
	r.Format, r.Label, r.Image, r.Rows = Format{Name: "idx"}, -1, t.Image, t.Rows()
	shift := 0
	if least == 1 {
		shift = 1
		r.Notes = append(r.Notes, "labels begin with 1 in the files: label 1 becomes class 0, and so on")
	}
	for class, rows := range t.Counts() {
		r.Classes = append(r.Classes, Count{Text: strconv.Itoa(class + shift), Rows: rows})
	}
	return r, nil
}
