package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// tileAVX2 writes the function for a tile of up to 6 rows and 16 columns. Sums are kept in
// registers 0 to 11, the row of b in 12 and 13; 14 and 15 are free. With fewer than 16
// columns, the last vector of each row is loaded and stored with a mask.
func (g *generator) tileAVX2(name string, f flavour, w walk) {
	const maxRows = 6
	g.tileFunction(name, maxRows, 16, f, w)
	mask := reg.RSI
	g.tileParameters(w)
	g.Load(g.Param("columns"), mask)
	g.CMPQ(mask, operand.Imm(8))
	g.JLE(operand.LabelRef("half"))
	g.CMPQ(mask, operand.Imm(16))
	g.JLT(operand.LabelRef("most"))
	g.byRows("full", maxRows, func(rows int, name string) { g.tile(rows, name, w, g.lanesAVX2(2, nil, f)) })
	g.Label("most")
	g.SUBQ(operand.Imm(8), mask)
	g.maskOf(mask, g.free)
	g.byRows("most", maxRows, func(rows int, name string) { g.tile(rows, name, w, g.lanesAVX2(2, mask, f)) })
	g.Label("half")
	g.maskOf(mask, g.free)
	g.byRows("half", maxRows, func(rows int, name string) { g.tile(rows, name, w, g.lanesAVX2(1, mask, f)) })
}

// lanesAVX2 loads and stores one or two vectors per row, the last one with the mask at an
// address, unless that is nil.
func (g *generator) lanesAVX2(vectors int, mask reg.Register, f flavour) lanes {
	sum := func(row, vector int) reg.VecPhysical { return ymm(row*vectors + vector) }
	masked := func(v int) bool { return mask != nil && v == vectors-1 }
	load := func(from reg.Register, v int, to reg.VecPhysical) {
		if masked(v) {
			g.VMASKMOVPS(at(from, 32*v), ymm(15), to)
		} else {
			g.VMOVUPS(at(from, 32*v), to)
		}
	}
	setMask := func() {
		if mask != nil {
			g.VMOVUPS(at(mask, 0), ymm(15))
		}
	}
	return lanes{
		vectors: vectors,
		sum:     sum,
		clear:   func(r reg.VecPhysical) { g.VXORPS(r, r, r) },
		loadB: func() {
			setMask()
			for v := range vectors {
				load(g.b, v, ymm(12+v))
			}
		},
		loadC: func(row int, from reg.GPPhysical) {
			if row == 0 {
				setMask()
			}
			for v := range vectors {
				load(from, v, sum(row, v))
			}
		},
		storeC: func(row int, to reg.GPPhysical) {
			if row == 0 {
				setMask()
			}
			for v := range vectors {
				if masked(v) {
					g.VMASKMOVPS(sum(row, v), ymm(15), at(to, 32*v))
				} else {
					g.VMOVUPS(sum(row, v), at(to, 32*v))
				}
			}
		},
		multiply: func(row int) {
			if f == fused {
				x := ymm(14 + row%2)
				g.VBROADCASTSS(g.element(row), x)
				for v := range vectors {
					g.VFMADD231PS(ymm(12+v), x, sum(row, v))
				}
				return
			}
			g.VBROADCASTSS(g.element(row), ymm(14))
			for v := range vectors {
				product := ymm(15 - v) // the last product replaces the element
				g.VMULPS(ymm(12+v), ymm(14), product)
				g.VADDPS(product, sum(row, v), sum(row, v))
			}
		},
	}
}
