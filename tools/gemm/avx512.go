package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// tileAVX512 writes the function for a tile of up to 12 rows and 32 columns. Sums are kept in
// registers 0 to 23, the row of b in 24 and 25; the others are free. K1 and K2 are the masks
// of the first and the second 16 columns.
func (g *generator) tileAVX512(name string, f flavour, w walk) {
	const maxRows = 12
	g.tileFunction(name, maxRows, 32, f, w)
	g.Load(g.Param("columns"), reg.RCX)
	g.MOVQ(operand.U32(1), reg.RSI)
	g.SHLQ(reg.CL, reg.RSI)
	g.DECQ(reg.RSI)
	g.KMOVW(reg.ESI, reg.K1)
	g.SHRQ(operand.Imm(16), reg.RSI)
	g.KMOVW(reg.ESI, reg.K2)
	g.tileParameters(w)
	g.TESTQ(reg.RSI, reg.RSI)
	g.JEQ(operand.LabelRef("half"))
	g.byRows("full", maxRows, func(rows int, name string) { g.tile(rows, name, w, g.lanesAVX512(2, f)) })
	g.Label("half")
	g.byRows("half", maxRows, func(rows int, name string) { g.tile(rows, name, w, g.lanesAVX512(1, f)) })
}

func (g *generator) lanesAVX512(vectors int, f flavour) lanes {
	sum := func(row, vector int) reg.VecPhysical { return zmm(row*vectors + vector) }
	mask := func(v int) reg.OpmaskPhysical { return []reg.OpmaskPhysical{reg.K1, reg.K2}[v] }
	return lanes{
		vectors: vectors,
		sum:     sum,
		clear:   func(r reg.VecPhysical) { g.VPXORD(r, r, r) },
		loadB: func() {
			for v := range vectors {
				g.VMOVUPS_Z(at(g.b, 64*v), mask(v), zmm(24+v))
			}
		},
		loadC: func(row int, from reg.GPPhysical) {
			for v := range vectors {
				g.VMOVUPS_Z(at(from, 64*v), mask(v), sum(row, v))
			}
		},
		storeC: func(row int, to reg.GPPhysical) {
			for v := range vectors {
				g.VMOVUPS(sum(row, v), mask(v), at(to, 64*v))
			}
		},
		multiply: func(row int) {
			if f == fused {
				x := zmm(26 + row%6)
				g.VBROADCASTSS(g.element(row), x)
				for v := range vectors {
					g.VFMADD231PS(zmm(24+v), x, sum(row, v))
				}
				return
			}
			x, product := zmm(26+3*(row%2)), zmm(27+3*(row%2))
			g.VBROADCASTSS(g.element(row), x)
			g.VMULPS(zmm(24), x, product)
			g.VADDPS(product, sum(row, 0), sum(row, 0))
			if vectors == 2 {
				product = zmm(28 + 3*(row%2))
				g.VMULPS(zmm(25), x, product)
				g.VADDPS(product, sum(row, 1), sum(row, 1))
			}
		},
	}
}
