package gemm

import "golang.org/x/sys/cpu"

// assembled lists the assembly kernels that this processor and its operating system
// support.
func assembled() (kernels []Kernel) {
	if cpu.X86.HasAVX2 {
		kernels = append(kernels, Kernel{set: avx2})
		if cpu.X86.HasFMA {
			kernels = append(kernels, Kernel{set: avx2, fused: true})
		}
		if cpu.X86.HasAVX512F {
			kernels = append(kernels, Kernel{set: avx512}, Kernel{set: avx512, fused: true})
		}
	}
	return kernels
}

// stepsPerBlock is how many steps of a sum are taken at a time, so that the rows of b that
// a column of tiles shares stay in the first-level cache.
const stepsPerBlock = 256

// stripFloats is how many floats of b the tiles of a strip share. They fit in the
// second-level cache.
const stripFloats = 16384

// tileSize is the size of the largest tile.
func (k Kernel) tileSize() (rows, columns int) {
	if k.set == avx512 {
		return 12, 32
	}
	return 6, 16
}

// tiled computes a product tile by tile, in strips of columns. For each strip it takes the
// steps of the sums in blocks, by rising index; for each block it goes through all rows of
// tiles, and in each row through all tiles.
func (k Kernel) tiled(c, a, b Matrix, add bool) {
	switch {
	case b.columnStep == 1:
	case a.columnStep == 1 && c.rows <= c.columns:
		k.tiledTransposedA(c, a, b, add)
		return
	default:
		k.tiledTransposedB(c, a, b, add)
		return
	}
	_, width := k.tileSize()
	strip := max(stripFloats/min(stepsPerBlock, b.rows)/width, 1) * width
	for j := 0; j < c.columns; j += strip {
		columns := min(strip, c.columns-j)
		for q := 0; q < b.rows; q += stepsPerBlock {
			depth := min(stepsPerBlock, b.rows-q)
			k.addStrip(c, a, j, columns, q, depth, b.values[b.at(q, j):], b.rowStep, add || q > 0)
		}
	}
}

// tiledTransposedB is tiled for a b whose columns are contiguous, such as the transpose
// of a layer's weights. It packs the transpose of b, one panel at a time.
func (k Kernel) tiledTransposedB(c, a, b Matrix, add bool) {
	var panel [panelSize]float32
	_, width := k.tileSize()
	block := len(panel) / width
	for j := 0; j < c.columns; j += width {
		columns := min(width, c.columns-j)
		for q := 0; q < b.rows; q += block {
			depth := min(block, b.rows-q)
			k.pack(&panel, width, b.submatrix(q, j, depth, columns))
			k.addStrip(c, a, j, columns, q, depth, panel[:], width, add || q > 0)
		}
	}
}

// tiledTransposedA is for the same b and an a with fewer rows than b has columns, such as
// a small batch. Rows of a must be contiguous. It packs the transpose of a instead of b,
// and computes the transpose of c, one panel at a time.
func (k Kernel) tiledTransposedA(c, a, b Matrix, add bool) {
	var panel, sums [panelSize]float32
	maxRows, width := k.tileSize()
	block := len(panel) / width
	for i := 0; i < c.rows; i += width {
		rows := min(width, c.rows-i)
		lanes := (rows + 7) &^ 7 // those after rows are arbitrary
		for j := 0; j < c.columns; j += block {
			columns := min(block, c.columns-j)
			part := c.submatrix(i, j, rows, columns)
			if add {
				k.pack(&sums, width, part.T())
			}
			for q := 0; q < b.rows; q += block {
				depth := min(block, b.rows-q)
				k.pack(&panel, width, a.submatrix(i, q, rows, depth).T())
				tiles := (columns + maxRows - 1) / maxRows
				for t := range tiles {
					first, end := columns*t/tiles, columns*(t+1)/tiles
					k.tile(end-first, lanes, depth, &b.values[b.at(q, j+first)], b.columnStep, 1, &panel[0], width, &sums[first*width], width, add || q > 0)
				}
			}
			k.Copy(part, View(sums[:], columns, rows, width).T())
		}
	}
}

// addStrip adds depth steps, from step q on, to the tiles in a strip of c that begins at
// column j. Rows are divided among the tiles as evenly as possible.
func (k Kernel) addStrip(c, a Matrix, j, columns, q, depth int, b []float32, stepB int, add bool) {
	maxRows, width := k.tileSize()
	tiles := (c.rows + maxRows - 1) / maxRows
	for t := range tiles {
		first, end := c.rows*t/tiles, c.rows*(t+1)/tiles
		from := &a.values[a.at(first, q)]
		for x := 0; x < columns; x += width {
			k.tile(end-first, min(width, columns-x), depth, from, a.rowStep, a.columnStep, &b[x], stepB, &c.values[c.at(first, j+x)], c.rowStep, add)
		}
	}
}

// tile computes one tile. It calls each assembly function directly: the arguments of
// indirect calls would escape to the heap.
func (k Kernel) tile(rows, columns, depth int, a *float32, rowA, stepA int, b *float32, stepB int, c *float32, rowC int, add bool) {
	switch k {
	case Kernel{set: avx2}:
		avx2Strict(rows, columns, depth, a, rowA, stepA, b, stepB, c, rowC, add)
	case Kernel{set: avx2, fused: true}:
		avx2Fused(rows, columns, depth, a, rowA, stepA, b, stepB, c, rowC, add)
	case Kernel{set: avx512}:
		avx512Strict(rows, columns, depth, a, rowA, stepA, b, stepB, c, rowC, add)
	case Kernel{set: avx512, fused: true}:
		avx512Fused(rows, columns, depth, a, rowA, stepA, b, stepB, c, rowC, add)
	}
}

func (k Kernel) addScaled(y []float32, a float32, x []float32) {
	if k.fused {
		avx2AddScaledFused(&y[0], a, &x[0], len(y))
		return
	}
	avx2AddScaledStrict(&y[0], a, &x[0], len(y))
}

func (Kernel) rectify(y []float32) { avx2Rectify(&y[0], len(y)) }

func (Kernel) gate(y, x []float32) { avx2Gate(&y[0], &x[0], len(y)) }

func (Kernel) pool(y []float32, from []int32, x []float32, at, width int) {
	avx2Pool(&y[0], &from[0], &x[0], at, width, len(y))
}
