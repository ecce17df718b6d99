package gemm

import "fmt"

// Matrix is a view of floats as rows and columns. Its bounds are checked when it is
// made; the operations rely on that.
type Matrix struct {
	values     []float32 // from the first element to the last
	rows       int
	columns    int
	rowStep    int // from one row to the next
	columnStep int // from one column to the next; one of the two steps is 1
}

// Of is the matrix whose rows follow each other in values without gaps. It panics if
// there are too few values.
func Of(values []float32, rows, columns int) Matrix {
	return View(values, rows, columns, columns)
}

// View is the matrix whose rows begin stride floats apart in values. It panics if there
// are too few values, if rows overlap, or if a dimension is negative.
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

// RowStride is the best distance between rows of n floats in the right factor of a
// product: an odd number of cache lines, so that rows do not compete for the same few
// sets of a cache. Rows shorter than a cache line have no gaps.
func RowStride(n int) int {
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

// line is the contiguous row i if columns are 1 apart, else the contiguous column i.
func (m Matrix) line(i int) []float32 {
	if m.columnStep == 1 {
		return m.values[i*m.rowStep:][:m.columns]
	}
	return m.values[i*m.columnStep:][:m.rows]
}

// clearUnless clears a matrix whose columns are 1 apart, unless add is true, when sums
// begin with its elements.
func (m Matrix) clearUnless(add bool) {
	if add {
		return
	}
	for i := range m.rows {
		clear(m.line(i))
	}
}

// submatrix is a part of a matrix, which must be inside it and not empty.
func (m Matrix) submatrix(row, column, rows, columns int) Matrix {
	first := m.at(row, column)
	m.values = m.values[first : m.at(row+rows-1, column+columns-1)+1]
	m.rows, m.columns = rows, columns
	return m
}
