package data

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/althing-network/althing/spec"
)

// positional reads rows whose features are told apart by their places. The label is an
// integer from 0 to classes-1; all columns but it and those that are left out are features.
// Without a column of labels no row is labelled, and every row is of class 0.
func positional(s source, o Options) (t Table, labelled bool, err error) {
	format, header := s.format().Name, s.names()
	fail := func(text string, args ...any) (Table, bool, error) {
		return Table{}, false, fmt.Errorf(format+": "+text, args...)
	}
	label := slices.Index(header, o.label())
	var features []int
	for i, name := range header {
		if i != label && !slices.Contains(o.Drop, name) {
			features = append(features, i)
		}
	}
	classes := o.Classes
	switch {
	case classes < 0:
		return fail("%d classes: want at least 1", classes)
	case classes == 0:
		classes = spec.MaxWidth
	}
	if len(features) == 0 {
		return fail("line 1: no feature columns beside the label")
	}
	t = Table{Features: len(features), Classes: classes}
	t.X, t.Y = make([]float32, 0, s.most()*t.Features), make([]int32, 0, s.most())
	largest := int32(1)
	for {
		cells, err := s.next()
		switch {
		case errors.Is(err, io.EOF) && t.Rows() == 0:
			return fail("no rows after the header")
		case errors.Is(err, io.EOF):
			if o.Classes == 0 {
				t.Classes = int(largest) + 1
			}
			return t, label >= 0, nil
		case err != nil:
			return Table{}, false, err
		}
		y := int32(0)
		if label >= 0 {
			if y, err = parseLabel(cells[label], classes); err != nil {
				return fail("%s: %w", s.place(label), err)
			}
			largest = max(largest, y)
		}
		t.Y = append(t.Y, y)
		for _, i := range features {
			x, ok := number(cells[i])
			if !ok {
				why, _ := noNumber(cells[i])
				return fail("%s: %w", s.place(i), why)
			}
			t.X = append(t.X, x)
		}
	}
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
