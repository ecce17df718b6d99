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

// Format is how a file is written.
type Format struct {
	Name      string // "csv", "parquet", "npz" or "idx"
	Separator string // of cells, in CSV
	Encoding  string // of texts
}

// Report is what a file of rows holds, and how it would be read.
type Report struct {
	Path    string
	Format  Format
	Rows    int
	Columns []Column // all of the file, in its order
	Label   int      // which column is the label; below 0: none was found
	Why     string   // why it is the label
	Classes []Count  // of the label, in the order of the model's outputs; empty: the label is a number
	Missing int      // cells without a value, in columns that are used
	Image   spec.Image
	// Problems are what needs a decision before the rows can be used, and what cannot be
	// used at all, each with its place and with the flag that helps, if one does.
	Problems []error
	// Notes are what is done without being asked, and what else may be worth a flag.
	Notes []string

	options Options
}

// Column is a column of a file.
type Column struct {
	Name     string
	Kind     string  // one of [spec.ColumnKinds]
	Dropped  bool    // is left out
	Missing  int     // cells without a value
	Min, Max float32 // of a number
	Values   []Count // of a category: numbers by their values, texts by their bytes
}

// Count is a text and how many cells hold it.
type Count struct {
	Text string
	Rows int
}

// Inspect reads a whole file and says what it holds. An error is only what keeps the file
// from being read to its end; all else is a problem of the report.
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
		columns[i].limit = mostValues
		if i == len(columns)-1 || name == o.Label || labelName(name) {
			columns[i].limit = mostClasses
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

// inspectImages looks at a folder of images: those with names of their own, else the
// training images of a whole data set.
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
			r.Notes = append(r.Notes, fmt.Sprintf("%d more images are the hold-out", holdout.Rows()))
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
