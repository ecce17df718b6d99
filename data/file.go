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

// File is a file of a node's own rows. It is read once per schema that a task states; the
// most recent readings are cached. Its methods are safe for concurrent use.
type File struct {
	Path    string
	Options Options

	mu     sync.Mutex
	read   []reading // cached, the newest last
	pinned fs.FileInfo
}

// reading is the table that a file gave for the data of a task.
type reading struct {
	of      spec.Data
	lenient bool
	rows    Table
}

// Pin remembers the identity of the file: if it is replaced later, reading is refused.
func (f *File) Pin() (err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pinned, err = os.Stat(f.Path)
	return err
}

// maxReadings is the number of cached readings. Each takes the memory of all rows; a reading
// that is no longer cached is read again.
const maxReadings = 4

// Rows gives the rows of the file as a task wants them, see [Read]; all must be labelled.
// The error wraps [ErrMisfit] if the rows do not fit the task, but not if the file cannot
// be read or was replaced since [File.Pin].
func (f *File) Rows(asked spec.Data) (Table, error) { return f.rows(asked, false) }

// Fitting is Rows without the rows that do not fit the task: each is left out by itself.
// Private tasks use it, so that one bad row does not reveal whether the others are there.
// [ErrMisfit] is then about columns only. The table may be empty.
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
	if f.pinned != nil && (!is.ModTime().Equal(f.pinned.ModTime()) || is.Size() != f.pinned.Size()) {
		return Table{}, fmt.Errorf("%s has changed since the node started: start it again", f.Path)
	}
	rows, labelled, err := read(f.Path, asked, f.Options, lenient)
	switch {
	case err == nil && !labelled:
		return Table{}, fmt.Errorf("%s: %w: no labels%s", f.Path, ErrMisfit, inColumn(asked.Schema.Label))
	case err == nil && rows.Rows() == 0 && !lenient:
		return Table{}, fmt.Errorf("%s: %w: no rows", f.Path, ErrMisfit)
	case err != nil && !errors.Is(err, ErrMisfit) && !unreadable(err):
		return Table{}, fmt.Errorf("%w: %w", ErrMisfit, err)
	case err != nil:
		return Table{}, err
	}
	if f.pinned == nil {
		f.pinned = is
	}
	f.read = append(f.read[max(0, len(f.read)-maxReadings+1):], reading{asked, lenient, rows})
	return rows, nil
}

// unreadable reports whether an error comes from the disk, not from the content of a file.
func unreadable(err error) bool {
	_, path := errors.AsType[*fs.PathError](err)
	return path
}

// inColumn names a column in an error, if its name is known.
func inColumn(column string) string {
	if column == "" {
		return ""
	}
	return fmt.Sprintf(" in a column named %q", column)
}
