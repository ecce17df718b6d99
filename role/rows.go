package role

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"reflect"
	"sync"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
)

// Rows gives a node's own rows as a task wants them, not yet brought to scale: of its
// schema, columns in its order and categories as its values, where it states one. The
// error of rows that are of another schema wraps [data.ErrMisfit].
type Rows func(asked spec.Data) (data.Table, error)

// Held are rows in memory. They fit a task that states their schema, or none.
func Held(rows data.Table) Rows {
	return func(asked spec.Data) (data.Table, error) {
		wanted, own := model.Rows(asked), model.Rows(spec.Data{Schema: rows.Schema})
		switch {
		case asked.Schema.IsZero():
			return rows, nil
		case !reflect.DeepEqual(wanted.Schema, own.Schema):
			return data.Table{}, fmt.Errorf("%w: the rows have another, or none", data.ErrMisfit)
		case wanted.Missing != spec.MissingImpute && rows.Validate() != nil:
			return data.Table{}, fmt.Errorf("%w: %w", data.ErrMisfit, rows.Validate())
		}
		return rows, nil
	}
}

// File is a node's own rows in a file, which is read anew for each schema that a task
// states: no copy of it in another order can be taken for the rows. What was read last is
// remembered. Its methods may be called from many goroutines at once.
type File struct {
	Path    string
	Options data.Options

	mu   sync.Mutex
	read []reading // the newest last
	as   fs.FileInfo
}

// reading is what a file gave for the data of a task.
type reading struct {
	of   spec.Data
	rows data.Table
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

// Rows gives the rows of the file, as [Rows] says. Whatever the file holds that the task
// cannot use wraps [data.ErrMisfit]; that it cannot be read does not, nor that it is
// another than at first.
func (f *File) Rows(asked spec.Data) (data.Table, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	asked = model.Rows(asked)
	asked.Features = "" // scale is for later
	for _, r := range f.read {
		if reflect.DeepEqual(r.of, asked) {
			return r.rows, nil
		}
	}
	is, err := os.Stat(f.Path)
	if err != nil {
		return data.Table{}, err
	}
	if f.as != nil && (!is.ModTime().Equal(f.as.ModTime()) || is.Size() != f.as.Size()) {
		return data.Table{}, fmt.Errorf("%s has changed since the node started: start it again", f.Path)
	}
	rows, labelled, err := data.Read(f.Path, asked, f.Options)
	switch {
	case err == nil && !labelled:
		return data.Table{}, fmt.Errorf("%s: %w: it has no labels%s", f.Path, data.ErrMisfit, named(asked.Schema.Label))
	case err == nil && rows.Rows() == 0:
		return data.Table{}, fmt.Errorf("%s: %w: it has no rows", f.Path, data.ErrMisfit)
	case err != nil && !errors.Is(err, data.ErrMisfit) && !unreadable(err):
		return data.Table{}, fmt.Errorf("%w: %w", data.ErrMisfit, err)
	case err != nil:
		return data.Table{}, err
	}
	if f.as == nil {
		f.as = is
	}
	f.read = append(f.read[max(0, len(f.read)-maxReadings+1):], reading{asked, rows})
	return rows, nil
}

// unreadable reports whether an error is of the disk and not of what a file holds.
func unreadable(err error) bool {
	_, path := errors.AsType[*fs.PathError](err)
	return path
}

// named says what a column is called, where that is known.
func named(column string) string {
	if column == "" {
		return ""
	}
	return fmt.Sprintf(" in a column named %q", column)
}
