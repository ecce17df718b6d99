package data

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"github.com/althing-network/althing/spec"
)

const labelColumn = "label"

// ReadCSV reads a table without a schema from comma, semicolon or tab separated values.
// The first line names the columns; the one named "label" holds the class as an integer
// from 0 to classes-1, at any position, and every other column is a feature, identified by
// its position. An [io.Seeker], such as a file, is read twice: once to count the rows, once
// to decode them, so that their memory is allocated once. Errors name the line and the column.
func ReadCSV(r io.Reader, classes int) (Table, error) {
	s, err := newCSV(r)
	if err != nil {
		return Table{}, err
	}
	return labelledOnly(s, classes)
}

// labelledOnly reads labelled rows without a schema.
func labelledOnly(s source, classes int) (Table, error) {
	if classes < 1 {
		return Table{}, fmt.Errorf("%s: %d classes: want at least 1", s.format().Name, classes)
	}
	if !slices.Contains(s.names(), labelColumn) {
		return Table{}, fmt.Errorf("%s: no column is named %q: the file has %s", headerOf(s), labelColumn, list(s.names()))
	}
	t, _, err := positional(s, Options{Classes: classes}, false)
	return t, err
}

// WriteCSV writes a table without a schema so that ReadCSV returns it bit for bit: a
// header f0,f1,...,label, then one line per row, each number with the fewest digits that
// identify its float32. A table with a schema has the names of its columns in the header, the
// texts of its categories and classes, and an empty cell where a value is missing, so that
// [Read] returns it under that schema.
func WriteCSV(w io.Writer, t Table) error {
	out := bufio.NewWriter(w)
	if err := t.writeRows(out); err != nil {
		return fmt.Errorf("csv: %w", err)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("csv: %w", err)
	}
	return nil
}

func (t Table) writeRows(out *bufio.Writer) error {
	if !t.Schema.IsZero() {
		return t.writeNamed(out)
	}
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
		if t.Targets != nil {
			line = strconv.AppendFloat(line, float64(t.Targets[i]), 'g', -1, 32)
		} else {
			line = strconv.AppendInt(line, int64(y), 10)
		}
		line = append(line, '\n')
		out.Write(line)
	}
	return nil
}

// writeNamed writes a table with a schema. The names of columns and the texts of their
// cells may need quotes.
func (t Table) writeNamed(out *bufio.Writer) error {
	lines := csv.NewWriter(out)
	var cells []string
	for _, c := range t.Schema.Columns {
		cells = append(cells, c.Name)
	}
	if err := lines.Write(append(cells, t.Schema.Label)); err != nil {
		return err
	}
	decimal := func(x float32) string { return strconv.FormatFloat(float64(x), 'g', -1, 32) }
	for i, y := range t.Y {
		row := t.Row(i)
		cells = cells[:0]
		for _, c := range t.Schema.Columns {
			inputs, cell := row[:c.Inputs()], ""
			row = row[c.Inputs():]
			if c.Kind == spec.ColumnCategory {
				if chosen := slices.Index(inputs, 1); chosen >= 0 {
					cell = c.Values[chosen]
				}
			} else if x := inputs[0]; !math.IsNaN(float64(x)) {
				cell = decimal(x)
			}
			cells = append(cells, cell)
		}
		if t.Targets != nil {
			cells = append(cells, decimal(t.Targets[i]))
		} else {
			cells = append(cells, t.Schema.Classes[y])
		}
		if err := lines.Write(cells); err != nil {
			return err
		}
	}
	lines.Flush()
	return lines.Error()
}
