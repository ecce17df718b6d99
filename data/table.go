package data

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/althing-network/althing/spec"
)

// Table is a set of labelled rows, stored one after the other in X. A view selects rows of
// another table, in its own order, and shares their memory: see [Table.View]. Row works for
// both.
type Table struct {
	X        []float32 // row-major: the rows of the table, or of the table behind a view
	Y        []int32   // the class of each row, 0 <= Y[i] < Classes
	Index    []int     // of a view: its row i is row Index[i] of X; otherwise nil
	Features int       // columns of X
	Classes  int
	Image    spec.Image // shape of a row; zero if rows are not images, or it is not known
	// Targets are the labels if they are numbers to predict, in the order of Y; otherwise
	// nil. With targets Y is 0 throughout, and Classes is 1.
	Targets []float32
	// Schema names the features and the classes; zero if features are identified by
	// position.
	Schema spec.Schema
}

// Rows is how many rows the table has.
func (t Table) Rows() int { return len(t.Y) }

// Row is the features of row i. It shares memory with the table.
func (t Table) Row(i int) []float32 {
	i = t.place(i)
	return t.X[i*t.Features : (i+1)*t.Features : (i+1)*t.Features]
}

// place is the index in X of row i.
func (t Table) place(i int) int {
	if t.Index == nil {
		return i
	}
	return t.Index[i]
}

// View is a table of the rows with the given indices, in that order. It shares the features
// with the table and needs memory for one label and one index per row only.
func (t Table) View(rows []int) Table {
	v := t
	v.Y, v.Index = make([]int32, len(rows)), make([]int, len(rows))
	for i, row := range rows {
		v.Y[i], v.Index[i] = t.Y[row], t.place(row)
	}
	v.Targets = t.targets(rows)
	return v
}

// cut keeps the first rows only, and drops a row that was appended in part.
func (t *Table) cut(rows int) {
	t.X, t.Y = t.X[:rows*t.Features], t.Y[:rows]
	if t.Targets != nil {
		t.Targets = t.Targets[:rows]
	}
}

// targets copies the targets of the given rows.
func (t Table) targets(rows []int) []float32 {
	if t.Targets == nil {
		return nil
	}
	chosen := make([]float32, len(rows))
	for i, row := range rows {
		chosen[i] = t.Targets[row]
	}
	return chosen
}

// Select copies the rows with the given indices, in their order.
func (t Table) Select(rows []int) Table {
	s := Table{
		X:        make([]float32, 0, len(rows)*t.Features),
		Y:        make([]int32, 0, len(rows)),
		Features: t.Features,
		Classes:  t.Classes,
		Image:    t.Image,
		Targets:  t.targets(rows),
		Schema:   t.Schema,
	}
	for _, i := range rows {
		s.X = append(s.X, t.Row(i)...)
		s.Y = append(s.Y, t.Y[i])
	}
	return s
}

// Numbered is the table with as many classes as its labels use, at least two. Labels must be
// numbered from 0 without gaps. A table with a schema has the classes of that schema.
func (t Table) Numbered() (Table, error) {
	if !t.Schema.IsZero() || t.Targets != nil {
		return t, nil
	}
	t.Classes = 2
	for _, y := range t.Y {
		t.Classes = max(t.Classes, int(y)+1)
	}
	if t.Rows() > 0 && slices.Max(t.Y) == 0 {
		return t, errors.New("only one class, 0: want at least 2")
	}
	if empty := slices.Index(t.Counts(), 0); empty >= 0 {
		return t, fmt.Errorf("labels go up to %d, but no row has label %d: number the classes from 0, without gaps", t.Classes-1, empty)
	}
	return t, nil
}

// Counts is the number of rows per class.
func (t Table) Counts() []int {
	n := make([]int, t.Classes)
	for _, y := range t.Y {
		n[y]++
	}
	return n
}

// Validate reports the first thing that is wrong with a table: its shape, a
// label that is not a class, a feature or a target that is not a finite number. A table
// without rows is valid.
func (t Table) Validate() error { return t.validate(finite) }

// ValidateRaw is Validate for rows before scaling: a feature may be NaN, a missing number.
func (t Table) ValidateRaw() error {
	return t.validate(func(x float32) bool { return !math.IsInf(float64(x), 0) })
}

func (t Table) validate(allowed func(float32) bool) error {
	if err := t.ValidateShape(); err != nil {
		return err
	}
	for i, y := range t.Y {
		if y < 0 || int(y) >= t.Classes {
			return fmt.Errorf("row %d: label %d is not a class: want 0 to %d", i, y, t.Classes-1)
		}
	}
	for i, target := range t.Targets {
		if !finite(target) {
			return fmt.Errorf("row %d: the label %v is not a finite number", i, target)
		}
	}
	for i := range t.Y {
		for j, x := range t.Row(i) {
			if !allowed(x) {
				return fmt.Errorf("row %d, feature %d: %v is not a finite number", i, j, x)
			}
		}
	}
	return nil
}

// ValidateShape reports the first thing that is wrong with the shape of a table. It does not
// check the values of the rows.
func (t Table) ValidateShape() error {
	if t.Features < 1 || t.Classes < 1 {
		return fmt.Errorf("table of %d features and %d classes: want at least 1 of each", t.Features, t.Classes)
	}
	held := len(t.X) / t.Features // rows of X
	if t.Index != nil {
		if len(t.Index) != len(t.Y) {
			return fmt.Errorf("view of %d rows and %d labels: want one label per row", len(t.Index), len(t.Y))
		}
		for i, row := range t.Index {
			if row < 0 || row >= held {
				return fmt.Errorf("row %d: the view shows row %d of %d", i, row, held)
			}
		}
	} else if len(t.X)%t.Features != 0 || held != len(t.Y) {
		return fmt.Errorf("table of %d values and %d labels: want %d values per label", len(t.X), len(t.Y), t.Features)
	}
	switch {
	case t.Targets != nil && len(t.Targets) != len(t.Y):
		return fmt.Errorf("table of %d rows and %d targets: want one target per row", len(t.Y), len(t.Targets))
	case t.Targets != nil && t.Classes != 1:
		return fmt.Errorf("table of targets and of %d classes: want 1", t.Classes)
	case !t.Schema.IsZero() && t.Schema.Inputs() != t.Features:
		return fmt.Errorf("table of %d features and a schema of %d", t.Features, t.Schema.Inputs())
	case !t.Schema.IsZero() && max(1, len(t.Schema.Classes)) != t.Classes:
		return fmt.Errorf("table of %d classes and a schema of %d", t.Classes, max(1, len(t.Schema.Classes)))
	}
	if t.Image != (spec.Image{}) && t.Image.Values() != t.Features {
		return fmt.Errorf("table of %d features and images of %s", t.Features, t.Image)
	}
	return nil
}

func finite(x float32) bool { return !math.IsNaN(float64(x)) && !math.IsInf(float64(x), 0) }

// byClass lists the indices of the rows of each class, in table order. If labels are
// numbers, each tenth of the rows, sorted by target, counts as a class.
func (t Table) byClass() [][]int {
	if t.Targets != nil {
		return t.byTenth()
	}
	rows := make([][]int, t.Classes)
	for i, y := range t.Y {
		rows[y] = append(rows[y], i)
	}
	return rows
}

func (t Table) byTenth() [][]int {
	const tenths = 10
	order := sequence(t.Rows())
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(t.Targets[i], t.Targets[j]) })
	rows := make([][]int, tenths)
	for rank, i := range order {
		tenth := rank * tenths / len(order)
		rows[tenth] = append(rows[tenth], i)
	}
	for _, tenth := range rows {
		slices.Sort(tenth)
	}
	return rows
}
