package gemm

// This file defines what every strict kernel must compute, to the bit. Each element is
// one sum by rising index; each product is rounded before it is added. Handling four
// vectors at a time changes no bit; it gives the processor independent work.

// plainProduct is the definition of a product. The rows of c must be contiguous; shapes
// must fit and must not be empty.
func plainProduct(c, a, b Matrix, add bool) {
	for i := range c.rows {
		row := c.line(i)
		if !add {
			clear(row)
		}
		switch {
		case b.columnStep == 1:
			sumRows(row, a, i, b)
		case a.columnStep == 1:
			sumDots(row, a.line(i), b)
		default:
			for j := range row {
				for q := range a.columns {
					row[j] += float32(a.values[a.at(i, q)] * b.values[b.at(q, j)])
				}
			}
		}
	}
}

// plainPicked is the definition of a product of picked elements: the same sums as
// [plainProduct]. Shapes must fit and must not be empty.
func plainPicked(c Matrix, a Picked, b Matrix, add bool) {
	c.clearUnless(add)
	for i := range c.rows {
		row, x := c.line(i), a.values[int(a.starts[i/a.run])+i%a.run*a.step:]
		q := 0
		if b.columnStep == 1 {
			for ; q+4 <= b.rows; q += 4 {
				at := a.offsets[q : q+4]
				addScaled4(row,
					[4]float32{x[at[0]], x[at[1]], x[at[2]], x[at[3]]},
					[4][]float32{b.line(q), b.line(q + 1), b.line(q + 2), b.line(q + 3)})
			}
		}
		for ; q < b.rows; q++ {
			for j := range row {
				row[j] += float32(x[a.offsets[q]] * b.values[b.at(q, j)])
			}
		}
	}
}

// transpose copies a matrix whose columns are contiguous to one whose rows are: all
// elements of the rows from row on, and in the rows before it the elements from column on.
func transpose(to, from Matrix, row, column int) {
	for i := range to.rows {
		line := to.line(i)
		first := column
		if i >= row {
			first = 0
		}
		for j := first; j < len(line); j++ {
			line[j] = from.values[from.at(i, j)]
		}
	}
}

// sumRows adds to c each row q of b times element (i, q) of a.
func sumRows(c []float32, a Matrix, i int, b Matrix) {
	q := 0
	for ; q+4 <= b.rows; q += 4 {
		addScaled4(c,
			[4]float32{a.values[a.at(i, q)], a.values[a.at(i, q+1)], a.values[a.at(i, q+2)], a.values[a.at(i, q+3)]},
			[4][]float32{b.line(q), b.line(q + 1), b.line(q + 2), b.line(q + 3)})
	}
	for ; q < b.rows; q++ {
		addScaled(c, a.values[a.at(i, q)], b.line(q))
	}
}

// sumDots adds to c the inner products of a with the columns of b, which must be
// contiguous.
func sumDots(c, a []float32, b Matrix) {
	j := 0
	for ; j+4 <= len(c); j += 4 {
		dot4((*[4]float32)(c[j:]), a, [4][]float32{b.line(j), b.line(j + 1), b.line(j + 2), b.line(j + 3)})
	}
	for ; j < len(c); j++ {
		s, x := c[j], b.line(j)[:len(a)]
		for q, v := range a {
			s += float32(v * x[q])
		}
		c[j] = s
	}
}

// dot4 adds the inner product of a with each of four vectors of its length to s.
func dot4(s *[4]float32, a []float32, x [4][]float32) {
	x0, x1, x2, x3 := x[0][:len(a)], x[1][:len(a)], x[2][:len(a)], x[3][:len(a)]
	s0, s1, s2, s3 := s[0], s[1], s[2], s[3]
	for q, v := range a {
		s0 += float32(v * x0[q])
		s1 += float32(v * x1[q])
		s2 += float32(v * x2[q])
		s3 += float32(v * x3[q])
	}
	*s = [4]float32{s0, s1, s2, s3}
}

// addScaled adds a times x to y, which has the same length.
func addScaled(y []float32, a float32, x []float32) {
	x = x[:len(y)]
	for j := range y {
		y[j] += float32(a * x[j])
	}
}

// addScaled4 adds four multiples of vectors to y, in turn.
func addScaled4(y []float32, a [4]float32, x [4][]float32) {
	x0, x1, x2, x3 := x[0][:len(y)], x[1][:len(y)], x[2][:len(y)], x[3][:len(y)]
	a0, a1, a2, a3 := a[0], a[1], a[2], a[3]
	for j, s := range y {
		s += float32(a0 * x0[j])
		s += float32(a1 * x1[j])
		s += float32(a2 * x2[j])
		s += float32(a3 * x3[j])
		y[j] = s
	}
}
