package data

import (
	"fmt"
	"math"
	"slices"

	"github.com/althing-network/althing/spec"
)

// Table is a set of labelled rows.
type Table struct {
	X        []float32 // Rows() x Features, row-major
	Y        []int32   // the class of each row, 0 <= Y[i] < Classes
	Features int       // columns of X
	Classes  int
	Image    spec.Image // shape of a row; zero where it is no image, or where that is not known
}

// Rows is how many rows the table has.
func (t Table) Rows() int { return len(t.Y) }

// Row is the features of row i. It shares memory with the table.
func (t Table) Row(i int) []float32 {
	return t.X[i*t.Features : (i+1)*t.Features : (i+1)*t.Features]
}

// Select copies the rows with the given indices, in their order.
func (t Table) Select(rows []int) Table {
	s := Table{
		X:        make([]float32, 0, len(rows)*t.Features),
		Y:        make([]int32, 0, len(rows)),
		Features: t.Features,
		Classes:  t.Classes,
		Image:    t.Image,
	}
	for _, i := range rows {
		s.X = append(s.X, t.Row(i)...)
		s.Y = append(s.Y, t.Y[i])
	}
	return s
}

// Numbered is the table with as many classes as its labels use, at least two. They
// must be numbered from 0 on without gaps.
func (t Table) Numbered() (Table, error) {
	t.Classes = 2
	for _, y := range t.Y {
		t.Classes = max(t.Classes, int(y)+1)
	}
	if empty := slices.Index(t.Counts(), 0); empty >= 0 {
		return t, fmt.Errorf("labels go up to %d, but no row has label %d: number the classes from 0, without gaps", t.Classes-1, empty)
	}
	return t, nil
}

// Counts is how many rows each class has.
func (t Table) Counts() []int {
	n := make([]int, t.Classes)
	for _, y := range t.Y {
		n[y]++
	}
	return n
}

// Validate reports the first thing that is wrong with a table: its shape, a
// label that is not a class, a feature that is not a finite number. A table
// without rows is valid.
func (t Table) Validate() error {
	if t.Features < 1 || t.Classes < 1 {
		return fmt.Errorf("table of %d features and %d classes: want at least 1 of each", t.Features, t.Classes)
	}
	if len(t.X)%t.Features != 0 || len(t.X)/t.Features != len(t.Y) {
		return fmt.Errorf("table of %d values and %d labels: want %d values a label", len(t.X), len(t.Y), t.Features)
	}
	if t.Image != (spec.Image{}) && t.Image.Values() != t.Features {
		return fmt.Errorf("table of %d features and images of %s", t.Features, t.Image)
	}
	for i, y := range t.Y {
		if y < 0 || int(y) >= t.Classes {
			return fmt.Errorf("row %d: label %d is not a class: want 0 to %d", i, y, t.Classes-1)
		}
	}
	for i, x := range t.X {
		if !finite(x) {
			return fmt.Errorf("row %d, feature %d: %v is not a finite number", i/t.Features, i%t.Features, x)
		}
	}
	return nil
}

func finite(x float32) bool { return !math.IsNaN(float64(x)) && !math.IsInf(float64(x), 0) }

// byClass lists the indices of the rows of each class, in table order.
func (t Table) byClass() [][]int {
	rows := make([][]int, t.Classes)
	for i, y := range t.Y {
		rows[y] = append(rows[y], i)
	}
	return rows
}
