package data

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"reflect"
	"sync"

	"github.com/althing-network/althing/spec"
)

// File is a file of somebody's own rows, which is read anew for each schema that a task
// states. What was read last is remembered. Its methods may be called from many goroutines
// at once.
type File struct {
	Path    string
	Options Options

	mu   sync.Mutex
	read []reading // the newest last
	as   fs.FileInfo
}

// reading is what a file gave for the data of a task.
type reading struct {
	of      spec.Data
	lenient bool
	rows    Table
}

// Pin remembers which file it is: from now on another one in its place is refused.
func (f *File) Pin() (err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.as, err = os.Stat(f.Path)
	return err
}

// maxReadings is how many schemas a file is remembered for: each takes the memory of all
// rows, and what was forgotten is read again.
const maxReadings = 4

// Rows gives the rows of the file as a task wants them, see [Read]; all are labelled. What
// the file holds that the task cannot use wraps [ErrMisfit]; that it cannot be read does
// not, nor that it is another than at first.
func (f *File) Rows(asked spec.Data) (Table, error) { return f.rows(asked, false) }

// Fitting is Rows of a file of which each row that does not fit the task is left out by
// itself, for who is not to tell others from one row whether the rest is there: [ErrMisfit]
// is then of the columns alone. It may give no rows at all.
func (f *File) Fitting(asked spec.Data) (Table, error) { return f.rows(asked, true) }

func (f *File) rows(asked spec.Data, lenient bool) (Table, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	asked = spec.Data{Missing: asked.Missing, Schema: asked.Schema}
	for _, r := range f.read {
		if r.lenient == lenient && reflect.DeepEqual(r.of, asked) {
			return r.rows, nil
		}
	}
	is, err := os.Stat(f.Path)
	if err != nil {
		return Table{}, err
	}
	if f.as != nil && (!is.ModTime().Equal(f.as.ModTime()) || is.Size() != f.as.Size()) {
		return Table{}, fmt.Errorf("%s has changed since the node started: start it again", f.Path)
	}
	rows, labelled, err := read(f.Path, asked, f.Options, lenient)
	switch {
	case err == nil && !labelled:
		return Table{}, fmt.Errorf("%s: %w: it has no labels%s", f.Path, ErrMisfit, inColumn(asked.Schema.Label))
	case err == nil && rows.Rows() == 0 && !lenient:
		return Table{}, fmt.Errorf("%s: %w: it has no rows", f.Path, ErrMisfit)
	case err != nil && !errors.Is(err, ErrMisfit) && !unreadable(err):
		return Table{}, fmt.Errorf("%w: %w", ErrMisfit, err)
	case err != nil:
		return Table{}, err
	}
	if f.as == nil {
		f.as = is
	}
	f.read = append(f.read[max(0, len(f.read)-maxReadings+1):], reading{asked, lenient, rows})
	return rows, nil
}

// unreadable reports whether an error is of the disk and not of what a file holds.
func unreadable(err error) bool {
	_, path := errors.AsType[*fs.PathError](err)
	return path
}

// inColumn says what a column is called, where that is known.
func inColumn(column string) string {
	if column == "" {
		return ""
	}
	return fmt.Sprintf(" in a column named %q", column)
}
