package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// transpose writes the function that turns up to 8 rows into columns, 8 steps at a time. If
// there are fewer rows, the last one is read again, so that no other memory is read.
func (g *generator) transpose(name string) {
	g.function(name, "func(to *float32, width int, from *float32, stride, rows, columns int)",
		name+" writes the transpose of 1 to 8 rows, stride floats apart: 8 floats to",
		"each column, width floats apart, and zeros to the columns that make columns > 0",
		"a multiple of 8. What follows the last row's float in a column is arbitrary.",
	)
	rows := []reg.GPPhysical{reg.RAX, reg.RBX, reg.RCX, reg.RDX, reg.R8, reg.R9, reg.R10, reg.R11}
	to, width, left, offset, count, stride := reg.RDI, reg.R12, reg.RSI, reg.R13, reg.R13, reg.R15
	g.Load(g.Param("from"), rows[0])
	g.bytes("stride", stride)
	g.Load(g.Param("rows"), count)
	for i := 1; i < len(rows); i++ {
		g.LEAQ(operand.Mem{Base: rows[i-1], Index: stride, Scale: 1}, rows[i])
		g.CMPQ(count, operand.Imm(uint64(i)))
		g.CMOVQLE(rows[i-1], rows[i])
	}
	g.Load(g.Param("to"), to)
	g.bytes("width", width)
	g.Load(g.Param("columns"), left)
	g.XORQ(offset, offset)
	g.SUBQ(operand.Imm(8), left)
	g.JLT(operand.LabelRef("tail"))
	g.Label("loop")
	for i, row := range rows {
		g.VMOVUPS(operand.Mem{Base: row, Index: offset, Scale: 1}, ymm(i))
	}
	g.turn(to, width)
	g.ADDQ(operand.Imm(32), offset)
	g.SUBQ(operand.Imm(8), left)
	g.JGE(operand.LabelRef("loop"))
	g.Label("tail")
	g.ADDQ(operand.Imm(8), left)
	g.JEQ(operand.LabelRef("done"))
	g.maskOf(left, stride)
	g.VMOVUPS(at(left, 0), ymm(15))
	for i, row := range rows {
		g.VMASKMOVPS(operand.Mem{Base: row, Index: offset, Scale: 1}, ymm(15), ymm(i))
	}
	g.turn(to, width)
	g.Label("done")
	g.VZEROUPPER()
	g.RET()
}

// turn transposes the 8 rows in registers 0 to 7 and stores their columns.
func (g *generator) turn(to, width reg.GPPhysical) {
	for i := range 4 { // pairs of rows, interleaved
		g.VUNPCKLPS(ymm(2*i+1), ymm(2*i), ymm(8+i))
		g.VUNPCKHPS(ymm(2*i+1), ymm(2*i), ymm(12+i))
	}
	for i := range 2 { // four rows: column i and i+4 of each half
		low, high := 8+2*i, 12+2*i
		g.VSHUFPS(operand.Imm(0x44), ymm(low+1), ymm(low), ymm(4*i))
		g.VSHUFPS(operand.Imm(0xee), ymm(low+1), ymm(low), ymm(4*i+1))
		g.VSHUFPS(operand.Imm(0x44), ymm(high+1), ymm(high), ymm(4*i+2))
		g.VSHUFPS(operand.Imm(0xee), ymm(high+1), ymm(high), ymm(4*i+3))
	}
	for half := range 2 {
		for i := range 4 {
			g.VPERM2F128(operand.Imm(uint64(0x20+0x11*half)), ymm(4+i), ymm(i), ymm(8))
			g.VMOVUPS(ymm(8), at(to, 0))
			g.ADDQ(width, to)
		}
	}
}
