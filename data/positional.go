package data

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/althing-network/althing/spec"
)

// positional reads rows whose features are identified by position. The label is an integer
// from 0 to classes-1; every other column that is not dropped is a feature. Without a label
// column labelled is false and every row has class 0. A malformed row is an error, or is
// left out if the reader is lenient.
func positional(s source, o Options, lenient bool) (t Table, labelled bool, err error) {
	format, header := s.format().Name, s.names()
	fail := func(text string, args ...any) (Table, bool, error) {
		return Table{}, false, fmt.Errorf(format+": "+text, args...)
	}
	p := places{label: -1, classes: o.Classes}
	for i, name := range header {
		switch {
		case slices.Contains(o.Drop, name):
		case name == o.label():
			p.label = i
		default:
			p.features = append(p.features, i)
		}
	}
	switch {
	case p.classes < 0:
		return fail("%d classes: want at least 1", p.classes)
	case p.classes == 0:
		p.classes = spec.MaxWidth
	}
	if len(p.features) == 0 {
		return Table{}, false, fmt.Errorf("%s: no feature columns beside the label", headerOf(s))
	}
	t = Table{Features: len(p.features), Classes: p.classes}
	t.X, t.Y = make([]float32, 0, s.maxRows()*t.Features), make([]int32, 0, s.maxRows())
	for {
		cells, err := s.next()
		switch {
		case errors.Is(err, io.EOF) && t.Rows() == 0 && !lenient:
			return fail("no rows")
		case errors.Is(err, io.EOF):
			if o.Classes == 0 {
				t.Classes = int(max(1, slices.Max(append(t.Y, 0)))) + 1
			}
			return t, p.label >= 0, nil
		case err != nil:
			return Table{}, false, err
		}
		rows := t.Rows()
		column, err := p.add(&t, cells)
		switch {
		case err != nil && lenient:
			t.cut(rows)
		case err != nil:
			return fail("%s: %w", s.place(column), err)
		}
	}
}

// places says which columns of a file are features and which one is the label.
type places struct {
	features []int
	label    int // negative: none
	classes  int // number of classes
}

// add appends a row to a table. With an error it returns the column of the file at fault.
func (p places) add(t *Table, cells []string) (column int, err error) {
	y := int32(0)
	if p.label >= 0 {
		if y, err = parseLabel(cells[p.label], p.classes); err != nil {
			return p.label, err
		}
	}
	t.Y = append(t.Y, y)
	for _, i := range p.features {
		x, ok := number(cells[i])
		if !ok {
			return i, noNumber(cells[i])
		}
		t.X = append(t.X, x)
	}
	return 0, nil
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
