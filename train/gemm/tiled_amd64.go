package gemm

import "golang.org/x/sys/cpu"

// assembled lists the kernels in assembly that this processor, and the system
// that runs it, support.
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

// block is how many steps of a sum are taken at a time, so that the rows of b
// that a column of tiles shares stay in the first cache.
const block = 256

// area is how many floats of b the tiles in a strip share: they stay in the
// second cache.
const area = 16384

// size is that of the largest tile.
func (k Kernel) size() (rows, columns int) {
	if k.set == avx512 {
		return 12, 32
	}
	return 6, 16
}

// tiled computes a product tile by tile, in strips of columns: of each strip all
// steps by rising index, of each step all rows, of each row all tiles.
func (k Kernel) tiled(c, a, b Matrix, add bool) {
	switch {
	case b.columnStep == 1:
	case a.columnStep == 1 && c.rows <= c.columns:
		k.thin(c, a, b, add)
		return
	default:
		k.turned(c, a, b, add)
		return
	}
	_, width := k.size()
	strip := max(area/min(block, b.rows)/width, 1) * width
	for j := 0; j < c.columns; j += strip {
		columns := min(strip, c.columns-j)
		for q := 0; q < b.rows; q += block {
			depth := min(block, b.rows-q)
			k.strip(c, a, j, columns, q, depth, b.values[b.at(q, j):], b.rowStep, add || q > 0)
		}
	}
}

// turned is tiled for a b whose columns have their elements next to each other,
// as the rows of a layer's weights have: it turns them, a few at a time.
func (k Kernel) turned(c, a, b Matrix, add bool) {
	var panel [panelSize]float32
	_, width := k.size()
	block := len(panel) / width
	for j := 0; j < c.columns; j += width {
		columns := min(width, c.columns-j)
		for q := 0; q < b.rows; q += block {
			depth := min(block, b.rows-q)
			k.lay(&panel, width, b.cut(q, j, depth, columns))
			k.strip(c, a, j, columns, q, depth, panel[:], width, add || q > 0)
		}
	}
}

// thin is turned for an a with fewer rows than b has columns, both with their
// elements next to each other, as a batch has beside the weights of a layer: it
// turns a instead, and computes the transpose of c, a few rows at a time.
func (k Kernel) thin(c, a, b Matrix, add bool) {
	var panel, sums [panelSize]float32
	most, width := k.size()
	block := len(panel) / width
	for i := 0; i < c.rows; i += width {
		rows := min(width, c.rows-i)
		lanes := (rows + 7) &^ 7 // the others are arbitrary
		for j := 0; j < c.columns; j += block {
			columns := min(block, c.columns-j)
			part := c.cut(i, j, rows, columns)
			if add {
				k.lay(&sums, width, part.T())
			}
			for q := 0; q < b.rows; q += block {
				depth := min(block, b.rows-q)
				k.lay(&panel, width, a.cut(i, q, rows, depth).T())
				tiles := (columns + most - 1) / most
				for t := range tiles {
					first, end := columns*t/tiles, columns*(t+1)/tiles
					k.tile(end-first, lanes, depth, &b.values[b.at(q, j+first)], b.columnStep, 1, &panel[0], width, &sums[first*width], width, add || q > 0)
				}
			}
			k.Copy(part, View(sums[:], columns, rows, width).T())
		}
	}
}

// strip adds depth steps from step q to the tiles in a strip of c that begins in
// column j. Their rows are as even as they can be.
func (k Kernel) strip(c, a Matrix, j, columns, q, depth int, b []float32, stepB int, add bool) {
	most, width := k.size()
	tiles := (c.rows + most - 1) / most
	for t := range tiles {
		first, end := c.rows*t/tiles, c.rows*(t+1)/tiles
		from := &a.values[a.at(first, q)]
		for x := 0; x < columns; x += width {
			k.tile(end-first, min(width, columns-x), depth, from, a.rowStep, a.columnStep, &b[x], stepB, &c.values[c.at(first, j+x)], c.rowStep, add)
		}
	}
}

// tile computes one tile. The calls are direct, because the arguments of others
// would be moved to the heap.
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
