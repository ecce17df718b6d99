package data

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
)

const labelColumn = "label"

// ReadCSV reads a table from comma separated values. The first line names the
// columns; the one named "label" holds the class as an integer from 0 to
// classes-1, wherever it stands, and every other column is a feature. A reader that is
// an [io.Seeker], as a file is, is read twice: its rows are counted first, and then
// held once. Errors name the line and the column.
func ReadCSV(r io.Reader, classes int) (Table, error) {
	ends, size, err := extent(r)
	if err != nil {
		return Table{}, fmt.Errorf("csv: %w", err)
	}
	lines := csv.NewReader(r)
	lines.FieldsPerRecord = -1
	header, err := lines.Read()
	switch {
	case errors.Is(err, io.EOF):
		return Table{}, errors.New("csv: the file is empty: want a header line")
	case err != nil:
		return Table{}, fmt.Errorf("csv: header: %w", err)
	}
	label := slices.Index(header, labelColumn)
	switch {
	case classes < 1:
		return Table{}, fmt.Errorf("csv: %d classes: want at least 1", classes)
	case label < 0:
		return Table{}, fmt.Errorf("csv: line 1: no column is named %q", labelColumn)
	case slices.Contains(header[label+1:], labelColumn):
		return Table{}, fmt.Errorf("csv: line 1: more than one column is named %q", labelColumn)
	case len(header) == 1:
		return Table{}, errors.New("csv: line 1: no feature columns beside the label")
	}
	t := Table{Features: len(header) - 1, Classes: classes}
	rows := min(ends, size/(2*len(header))+1) // a value takes two bytes with the sign behind it
	t.X, t.Y = make([]float32, 0, rows*t.Features), make([]int32, 0, rows)
	lines.ReuseRecord = true
	for {
		record, err := lines.Read()
		switch {
		case errors.Is(err, io.EOF) && t.Rows() == 0:
			return Table{}, errors.New("csv: no rows after the header")
		case errors.Is(err, io.EOF):
			return t, nil
		case err != nil:
			return Table{}, fmt.Errorf("csv: %w", err)
		}
		if err := t.read(record, header, label); err != nil {
			line, _ := lines.FieldPos(0)
			return Table{}, fmt.Errorf("csv: line %d: %w", line, err)
		}
	}
}

// extent counts the ends of lines and the bytes of what can be read twice, so that
// its rows get their memory at once; of all else it says 0.
func extent(r io.Reader) (ends, size int, err error) {
	s, ok := r.(io.Seeker)
	if !ok {
		return 0, 0, nil
	}
	start, err := s.Seek(0, io.SeekCurrent)
	if err != nil {
		return 0, 0, nil // a pipe
	}
	read := make([]byte, 1<<15)
	for {
		n, err := r.Read(read)
		ends, size = ends+bytes.Count(read[:n], []byte("\n")), size+n
		if err != nil {
			_, err = s.Seek(start, io.SeekStart) // it meets the other error, if it is one, again
			return ends, size, err
		}
	}
}

// read appends one record to the table.
func (t *Table) read(record, header []string, label int) error {
	if len(record) != len(header) {
		return fmt.Errorf("%d columns: want %d", len(record), len(header))
	}
	for i, field := range record {
		if i == label {
			y, err := parseLabel(field, t.Classes)
			if err != nil {
				return fmt.Errorf("column %d (%s): %w", i+1, labelColumn, err)
			}
			t.Y = append(t.Y, y)
			continue
		}
		x, err := strconv.ParseFloat(field, 32)
		if err != nil || !finite(float32(x)) {
			return fmt.Errorf("column %d (%s): %q is not a finite number", i+1, header[i], field)
		}
		t.X = append(t.X, float32(x))
	}
	return nil
}

func parseLabel(s string, classes int) (int32, error) {
	if s == "" {
		return 0, errors.New("the label is missing")
	}
	y, err := strconv.ParseInt(s, 10, 32)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%q is not an integer", s)
	case y < 0 || y >= int64(classes):
		return 0, fmt.Errorf("label %d is not a class: want 0 to %d", y, classes-1)
	}
	return int32(y), nil
}

// WriteCSV writes a table so that ReadCSV returns it bit for bit: a header
// f0,f1,...,label, then a line a row, each number with as few digits as tell
// its float32 apart.
func WriteCSV(w io.Writer, t Table) error {
	out := bufio.NewWriter(w)
	line := make([]byte, 0, 16*(t.Features+1))
	for j := range t.Features {
		line = append(line, 'f')
		line = strconv.AppendInt(line, int64(j), 10)
		line = append(line, ',')
	}
	line = append(line, labelColumn+"\n"...)
	out.Write(line)
	for i, y := range t.Y {
		line = line[:0]
		for _, x := range t.Row(i) {
			line = strconv.AppendFloat(line, float64(x), 'g', -1, 32)
			line = append(line, ',')
		}
		line = strconv.AppendInt(line, int64(y), 10)
		line = append(line, '\n')
		out.Write(line)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("csv: %w", err)
	}
	return nil
}
