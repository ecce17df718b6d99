package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// pool writes the function that finds the largest float in each window of 2 x 2 and its index,
// eight windows at a time. Register 0 holds the indices of the upper left floats, 1 to 3 the
// distances of the other floats from there, 4 the step to the next eight windows.
func (g *generator) pool(name string) {
	g.function(name, "func(y *float32, from *int32, x *float32, at, width, n int)",
		name+" pools n > 0 windows of 2 x 2 that lie side by side, from float at of x on,",
		"in rows width floats apart. It sets y to the largest of each, the first of equals",
		"but the last NaN, and from to where it stands in x.",
	)
	y, from, above, width, n, below, i := reg.RDI, reg.RSI, reg.RAX, reg.RBX, reg.RCX, reg.RDX, reg.R8
	evens := g.StaticGlobal("evens")
	g.DataAttributes(attr.RODATA | attr.NOPTR)
	for v := range 8 {
		g.AppendDatum(operand.U32(2 * v))
	}
	g.Load(g.Param("y"), y)
	g.Load(g.Param("from"), from)
	g.Load(g.Param("x"), above)
	g.Load(g.Param("at"), i)
	g.Load(g.Param("width"), width)
	g.Load(g.Param("n"), n)
	g.LEAQ(operand.Mem{Base: above, Index: i, Scale: 4}, above)
	g.LEAQ(operand.Mem{Base: above, Index: width, Scale: 4}, below)
	spread := func(from reg.GPPhysical, to int) {
		g.VMOVD(from.As32(), ymm(to).AsX())
		g.VPBROADCASTD(ymm(to).AsX(), ymm(to))
	}
	spread(i, 0)
	g.VPADDD(evens, ymm(0), ymm(0))
	spread(width, 2)
	g.MOVQ(operand.U32(1), i)
	spread(i, 1)
	g.VPADDD(ymm(1), ymm(2), ymm(3))
	g.VPSLLD(operand.Imm(4), ymm(1), ymm(4))

	g.SUBQ(operand.Imm(8), n)
	g.JLT(operand.LabelRef("tail"))
	g.Label("loop")
	for v := range 2 {
		g.VMOVUPS(at(above, 32*v), ymm(5+v))
		g.VMOVUPS(at(below, 32*v), ymm(7+v))
	}
	g.poolVectors()
	g.VMOVUPS(ymm(5), at(y, 0))
	g.VMOVUPS(ymm(7), at(from, 0))
	g.VPADDD(ymm(4), ymm(0), ymm(0))
	g.ADDQ(operand.Imm(64), above)
	g.ADDQ(operand.Imm(64), below)
	g.ADDQ(operand.Imm(32), y)
	g.ADDQ(operand.Imm(32), from)
	g.SUBQ(operand.Imm(8), n)
	g.JGE(operand.LabelRef("loop"))
	g.Label("tail")
	g.ADDQ(operand.Imm(8), n)
	g.JEQ(operand.LabelRef("done"))
	// Of 2n floats, up to 8 are in the first vector and the others in the second.
	first, second := i, width
	g.LEAQ(operand.Mem{Base: n, Index: n, Scale: 1}, second)
	g.MOVQ(operand.U32(8), first)
	g.CMPQ(second, first)
	g.CMOVQLT(second, first)
	g.SUBQ(first, second)
	for v, lanes := range []reg.GPPhysical{first, second} {
		g.maskOf(lanes, reg.R9)
		g.VMOVUPS(at(lanes, 0), ymm(15))
		g.VMASKMOVPS(at(above, 32*v), ymm(15), ymm(5+v))
		g.VMASKMOVPS(at(below, 32*v), ymm(15), ymm(7+v))
	}
	g.poolVectors()
	g.maskOf(n, reg.R9)
	g.VMOVUPS(at(n, 0), ymm(15))
	g.VMASKMOVPS(ymm(5), ymm(15), at(y, 0))
	g.VMASKMOVPS(ymm(7), ymm(15), at(from, 0))
	g.Label("done")
	g.VZEROUPPER()
	g.RET()
}

// poolVectors pools two vectors of each row, in registers 5 and 6, and 7 and 8. Afterwards 5
// holds the largest floats, and 7 their indices.
func (g *generator) poolVectors() {
	const left, right = 0x88, 0xdd // the float of each pair; the order of windows becomes 0 1 4 5 2 3 6 7
	g.VSHUFPS(operand.Imm(left), ymm(6), ymm(5), ymm(9))
	g.VSHUFPS(operand.Imm(right), ymm(6), ymm(5), ymm(10))
	g.VSHUFPS(operand.Imm(left), ymm(8), ymm(7), ymm(11))
	g.VSHUFPS(operand.Imm(right), ymm(8), ymm(7), ymm(12))
	g.VPXOR(ymm(7), ymm(7), ymm(7))
	for v := 1; v < 4; v++ {
		const greater, unordered = 30, 3
		g.VCMPPS(operand.Imm(greater), ymm(9), ymm(9+v), ymm(13))
		g.VCMPPS(operand.Imm(unordered), ymm(9+v), ymm(9+v), ymm(14))
		g.VORPS(ymm(13), ymm(14), ymm(13))
		g.VBLENDVPS(ymm(13), ymm(9+v), ymm(9), ymm(9))
		g.VBLENDVPS(ymm(13), ymm(v), ymm(7), ymm(7))
	}
	g.VPERMPD(operand.Imm(0xd8), ymm(9), ymm(5))
	g.VPERMPD(operand.Imm(0xd8), ymm(7), ymm(7))
	g.VPADDD(ymm(0), ymm(7), ymm(7))
}
