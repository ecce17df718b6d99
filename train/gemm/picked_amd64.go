package gemm

// picked computes a product tile by tile. For each column of tiles it takes the steps of
// the sums in blocks, by rising index; for each block it goes through all rows. The part
// of b that the tiles of a block share stays in the first-level cache. If b's stride
// would prevent that, the part is packed without gaps first.
func (k Kernel) picked(c Matrix, a Picked, b Matrix, add bool) {
	var panel [panelSize]float32
	maxRows, width := k.tileSize()
	block := len(panel) / width
	tiles := (a.run + maxRows - 1) / maxRows
	for j := 0; j < c.columns; j += width {
		columns := min(width, c.columns-j)
		for q := 0; q < b.rows; q += block {
			depth := min(block, b.rows-q)
			part, step := &b.values[b.at(q, j)], b.rowStep
			if b.columnStep != 1 || step > width && step != RowStride(step) {
				k.pack(&panel, width, b.submatrix(q, j, depth, columns))
				part, step = &panel[0], width
			}
			for g, start := range a.starts {
				for t := range tiles {
					first, end := a.run*t/tiles, a.run*(t+1)/tiles
					k.pickedTile(end-first, columns, depth, &a.values[int(start)+first*a.step], a.step, &a.offsets[q], part, step, &c.values[c.at(g*a.run+first, j)], c.rowStep, add || q > 0)
				}
			}
		}
	}
}

// panelSize is how many floats of a factor are packed at a time. Two panels fit in the
// first-level cache.
const panelSize = 4096

// pack copies a matrix of at most width columns to panel, into rows that are width apart.
func (k Kernel) pack(panel *[panelSize]float32, width int, m Matrix) {
	switch {
	case m.columnStep != 1:
		for i := 0; i < m.columns; i += 8 {
			avx2Transpose(&panel[i], width, &m.values[m.at(0, i)], m.columnStep, min(8, m.columns-i), m.rows)
		}
	case m.columns%8 == 0:
		for i := range m.rows {
			to, from := panel[i*width:], m.line(i)
			for x := 0; x < m.columns; x += 8 {
				*(*[8]float32)(to[x:]) = *(*[8]float32)(from[x:])
			}
		}
	default:
		for i := range m.rows {
			copy(panel[i*width:], m.line(i))
		}
	}
}

// transpose copies a matrix whose columns are contiguous to one whose rows are.
func (k Kernel) transpose(to, from Matrix) {
	rows, columns := to.rows&^7, to.columns&^7
	if rows > 0 {
		for j := 0; j < columns; j += 8 {
			avx2Transpose(&to.values[to.at(0, j)], to.rowStep, &from.values[from.at(0, j)], from.columnStep, 8, rows)
		}
	}
	transpose(to, from, rows, columns)
}

// pickedTile computes one tile of a product of picked elements. See [Kernel.tile].
func (k Kernel) pickedTile(rows, columns, depth int, a *float32, rowA int, stepsA *int32, b *float32, stepB int, c *float32, rowC int, add bool) {
	switch k {
	case Kernel{set: avx2}:
		avx2PickedStrict(rows, columns, depth, a, rowA, stepsA, b, stepB, c, rowC, add)
	case Kernel{set: avx2, fused: true}:
		avx2PickedFused(rows, columns, depth, a, rowA, stepsA, b, stepB, c, rowC, add)
	case Kernel{set: avx512}:
		avx512PickedStrict(rows, columns, depth, a, rowA, stepsA, b, stepB, c, rowC, add)
	case Kernel{set: avx512, fused: true}:
		avx512PickedFused(rows, columns, depth, a, rowA, stepsA, b, stepB, c, rowC, add)
	}
}
