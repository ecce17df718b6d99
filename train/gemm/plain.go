package gemm

// What every strict kernel must compute, to the bit. Each element is one sum by
// rising index, with a product rounded before it is added. Taking four vectors
// at once changes no bit; it only gives the processor independent work.

// plainProduct is the definition of a product whose rows have their elements
// next to each other, of shapes that fit and are not empty.
func plainProduct(c, a, b Matrix, add bool) {
	for i := range c.rows {
		row := c.part(i)
		if !add {
			clear(row)
		}
		switch {
		case b.columnStep == 1:
			sumRows(row, a, i, b)
		case a.columnStep == 1:
			sumDots(row, a.part(i), b)
		default:
			for j := range row {
				for q := range a.columns {
					row[j] += float32(a.values[a.at(i, q)] * b.values[b.at(q, j)])
				}
			}
		}
	}
}

// plainPicked is the definition of a product of picked elements, of shapes that
// fit and are not empty: the same sums.
func plainPicked(c Matrix, a Picked, b Matrix, add bool) {
	c.begin(add)
	for i := range c.rows {
		row, x := c.part(i), a.values[int(a.starts[i/a.run])+i%a.run*a.step:]
		q := 0
		if b.columnStep == 1 {
			for ; q+4 <= b.rows; q += 4 {
				at := a.offsets[q : q+4]
				addScaled4(row,
					[4]float32{x[at[0]], x[at[1]], x[at[2]], x[at[3]]},
					[4][]float32{b.part(q), b.part(q + 1), b.part(q + 2), b.part(q + 3)})
			}
		}
		for ; q < b.rows; q++ {
			for j := range row {
				row[j] += float32(x[a.offsets[q]] * b.values[b.at(q, j)])
			}
		}
	}
}

// turn copies elements from a matrix whose columns have their elements next to
// each other to one whose rows have: those from a row on, and those from a column
// on in the rows before.
func turn(to, from Matrix, row, column int) {
	for i := range to.rows {
		line := to.part(i)
		first := column
		if i >= row {
			first = 0
		}
		for j := first; j < len(line); j++ {
			line[j] = from.values[from.at(i, j)]
		}
	}
}

// sumRows adds the rows of b, each times its element of row i of a, to c.
func sumRows(c []float32, a Matrix, i int, b Matrix) {
	q := 0
	for ; q+4 <= b.rows; q += 4 {
		addScaled4(c,
			[4]float32{a.values[a.at(i, q)], a.values[a.at(i, q+1)], a.values[a.at(i, q+2)], a.values[a.at(i, q+3)]},
			[4][]float32{b.part(q), b.part(q + 1), b.part(q + 2), b.part(q + 3)})
	}
	for ; q < b.rows; q++ {
		addScaled(c, a.values[a.at(i, q)], b.part(q))
	}
}

// sumDots adds the inner products of a with the columns of b, which have their
// elements next to each other, to c.
func sumDots(c, a []float32, b Matrix) {
	j := 0
	for ; j+4 <= len(c); j += 4 {
		dot4((*[4]float32)(c[j:]), a, [4][]float32{b.part(j), b.part(j + 1), b.part(j + 2), b.part(j + 3)})
	}
	for ; j < len(c); j++ {
		s, x := c[j], b.part(j)[:len(a)]
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
