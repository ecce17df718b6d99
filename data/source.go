package data

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// source gives the rows of a file one after the other, each cell as a text, whatever the
// format is. So numbers, categories and missing cells mean the same in every format.
type source interface {
	// names are those of the columns.
	names() []string
	// next is the next row: a cell for each column. It is good until the next call. Behind
	// the last row the error is [io.EOF].
	next() ([]string, error)
	// place says where a column of the row that next gave stands: the line, and the column.
	place(column int) string
	format() Format
	// most is how many rows there may be at most, where that is known; else 0.
	most() int
	io.Closer
}

// openSource opens a file of rows with named columns. Formats are told apart by how a file
// begins, not by its name.
func openSource(path string) (source, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	s, err := newCSV(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return opened{s, f}, nil
}

// opened is a source that closes its file.
type opened struct {
	source
	file io.Closer
}

func (o opened) Close() error { return errors.Join(o.source.Close(), o.file.Close()) }

// checkNames refuses two columns of one name.
func checkNames(names []string) error {
	seen := make(map[string]bool)
	for _, name := range names {
		if seen[name] {
			return fmt.Errorf("more than one column is named %q", name)
		}
		seen[name] = true
	}
	return nil
}

// list names some columns in an error.
func list(names []string) string {
	const few = 20
	quoted := make([]string, 0, few)
	for _, name := range names[:min(few, len(names))] {
		quoted = append(quoted, fmt.Sprintf("%.64q", name))
	}
	text := strings.Join(quoted, ", ")
	if len(names) > few {
		text += fmt.Sprintf(" and %d more", len(names)-few)
	}
	return text
}
