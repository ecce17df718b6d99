package gemm

import "fmt"

// Matrix is a view of floats as rows and columns. Its bounds are checked when it
// is made, and are part of it from then on.
type Matrix struct {
	values     []float32 // first and last are the first and the last element
	rows       int
	columns    int
	rowStep    int // from one row to the next
	columnStep int // from one column to the next; one of the two is 1
}

// Of is the matrix whose rows follow each other in values, without gaps. It
// panics when values are too few.
func Of(values []float32, rows, columns int) Matrix {
	return View(values, rows, columns, columns)
}

// View is the matrix whose rows begin stride floats apart. It panics when values
// are too few, when rows overlap, and when a dimension is negative.
func View(values []float32, rows, columns, stride int) Matrix {
	if rows < 0 || columns < 0 || stride < columns {
		panic(fmt.Sprintf("gemm: no matrix has %d x %d elements with rows %d apart", rows, columns, stride))
	}
	if rows == 0 || columns == 0 {
		return Matrix{rows: rows, columns: columns, rowStep: stride, columnStep: 1}
	}
	if n := len(values); n < columns || (n-columns)/stride < rows-1 {
		panic(fmt.Sprintf("gemm: %d floats are too few for %d x %d with rows %d apart", n, rows, columns, stride))
	}
	return Matrix{
		values:     values[:(rows-1)*stride+columns],
		rows:       rows,
		columns:    columns,
		rowStep:    stride,
		columnStep: 1,
	}
}

// Spread is how far apart rows of n floats stand best in the right factor of a
// product: an odd number of cache lines, so that not all rows need the same few
// places in a cache; rows that do not fill one stand side by side.
func Spread(n int) int {
	const line = 16
	if n < line {
		return n
	}
	return (n+line-1)/line*line | line
}

// T is the transpose, a view of the same floats.
func (m Matrix) T() Matrix {
	m.rows, m.columns = m.columns, m.rows
	m.rowStep, m.columnStep = m.columnStep, m.rowStep
	return m
}

// at is the index in values of an element.
func (m Matrix) at(row, column int) int { return row*m.rowStep + column*m.columnStep }

// part is a row of a matrix whose columns are 1 apart, or a column of one whose
// rows are.
func (m Matrix) part(i int) []float32 {
	if m.columnStep == 1 {
		return m.values[i*m.rowStep:][:m.columns]
	}
	return m.values[i*m.columnStep:][:m.rows]
}

// begin makes ready for sums: it clears a matrix whose columns are 1 apart, unless
// sums begin with what it holds.
func (m Matrix) begin(add bool) {
	if add {
		return
	}
	for i := range m.rows {
		clear(m.part(i))
	}
}

// cut is a part of a matrix, which must be inside and not empty.
func (m Matrix) cut(row, column, rows, columns int) Matrix {
	first := m.at(row, column)
	m.values = m.values[first : m.at(row+rows-1, column+columns-1)+1]
	m.rows, m.columns = rows, columns
	return m
}
