package data

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"
)

// source reads the rows of a file one by one, each cell as text, in any format. So numbers,
// categories and missing cells mean the same in every format.
type source interface {
	// names returns the names of the columns.
	names() []string
	// next returns the next row, one cell per column, valid until the next call. After the
	// last row the error is [io.EOF].
	next() ([]string, error)
	// place names the line and the column of a cell of the row that next returned.
	place(column int) string
	format() Format
	// notes say what else is in the file but is not read.
	notes() []string
	// maxRows is an upper bound of the number of rows; 0 if not known.
	maxRows() int
	io.Closer
}

// openSource opens a file of rows with named columns. The format is detected from the first
// bytes of the file, not from its name.
func openSource(path string) (source, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	s, err := newSource(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return opened{s, f}, nil
}

func newSource(f *os.File) (source, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	head := make([]byte, 4)
	n, _ := f.ReadAt(head, 0) // nothing is read from a pipe: it is CSV
	switch string(head[:n]) {
	case "PK\x03\x04":
		s, err := newNPZ(f, info.Size())
		return named(s, "npz", err)
	case "PAR1":
		s, err := newParquet(f, info.Size())
		return named(s, "parquet", err)
	}
	s, err := newCSV(f)
	return named(s, "", err)
}

// named prefixes an error with the format and returns a nil source with it.
func named(s source, format string, err error) (source, error) {
	switch {
	case err == nil:
		return s, nil
	case format == "":
		return nil, err
	}
	return nil, fmt.Errorf("%s: %w", format, err)
}

// opened is a source that closes its file when it is closed.
type opened struct {
	source
	file io.Closer
}

func (o opened) Close() error { return errors.Join(o.source.Close(), o.file.Close()) }

// headerOf names the place of the column names, for errors.
func headerOf(s source) string {
	if format := s.format().Name; format != "csv" {
		return format
	}
	return "csv: line 1"
}

// checkNames refuses duplicate column names, and names that are not UTF-8.
func checkNames(names []string) error {
	seen := make(map[string]bool)
	for _, name := range names {
		if !utf8.ValidString(name) {
			return fmt.Errorf("name of a column %.64q: %w", name, errNotUTF8)
		}
		if seen[name] {
			return fmt.Errorf("more than one column is named %q", name)
		}
		seen[name] = true
	}
	return nil
}

// list names columns in an error, the first maxListed of many.
func list(names []string) string {
	const maxListed = 20
	quoted := make([]string, 0, maxListed)
	for _, name := range names[:min(maxListed, len(names))] {
		quoted = append(quoted, fmt.Sprintf("%.64q", name))
	}
	text := strings.Join(quoted, ", ")
	if len(names) > maxListed {
		text += fmt.Sprintf(" and %d more", len(names)-maxListed)
	}
	return text
}
