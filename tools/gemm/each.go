package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// each writes a loop over n floats, first four vectors at a time, then one, then the remaining
// floats with a mask in register 15, and the return. Body writes the code for one vector; v is
// its index of 0 to 3, load and store write the code to load it from a base and to store it.
func (g *generator) each(n reg.GPPhysical, bases []reg.GPPhysical, body func(v int, load, store func(base, register int))) {
	for _, vectors := range []int{4, 1} {
		loop, done := "four", "less"
		if vectors == 1 {
			loop, done = "one", "tail"
		}
		g.SUBQ(operand.Imm(uint64(8*vectors)), n)
		g.JLT(operand.LabelRef(done))
		g.Label(loop)
		for v := range vectors {
			body(v,
				func(base, register int) { g.VMOVUPS(at(bases[base], 32*v), ymm(register)) },
				func(base, register int) { g.VMOVUPS(ymm(register), at(bases[base], 32*v)) })
		}
		for _, base := range bases {
			g.ADDQ(operand.Imm(uint64(32*vectors)), base)
		}
		g.SUBQ(operand.Imm(uint64(8*vectors)), n)
		g.JGE(operand.LabelRef(loop))
		g.Label(done)
		g.ADDQ(operand.Imm(uint64(8*vectors)), n)
	}
	g.JEQ(operand.LabelRef("done"))
	g.maskOf(n, reg.RAX)
	g.VMOVUPS(at(n, 0), ymm(15))
	body(0,
		func(base, register int) { g.VMASKMOVPS(at(bases[base], 0), ymm(15), ymm(register)) },
		func(base, register int) { g.VMASKMOVPS(ymm(register), ymm(15), at(bases[base], 0)) })
	g.Label("done")
	g.VZEROUPPER()
	g.RET()
}
