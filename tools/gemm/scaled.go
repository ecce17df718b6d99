package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// addScaled adds a multiple of one vector to another.
func (g *generator) addScaled(name string, f flavour) {
	g.function(name, "func(y *float32, a float32, x *float32, n int)",
		name+" adds a times the n floats at x to those at y.",
	)
	y, x, n, scratch := reg.RDI, reg.RSI, reg.RCX, reg.RAX
	p, err := g.Param("a").Resolve()
	if err != nil {
		panic(err)
	}
	g.Load(g.Param("y"), y)
	g.VBROADCASTSS(p.Addr, ymm(0))
	g.Load(g.Param("x"), x)
	g.Load(g.Param("n"), n)
	add := func(r int) {
		if f == fused {
			g.VFMADD231PS(ymm(0), ymm(r), ymm(r+4))
			return
		}
		g.VMULPS(ymm(0), ymm(r), ymm(r))
		g.VADDPS(ymm(r), ymm(r+4), ymm(r+4))
	}
	for _, vectors := range []int{4, 1} {
		loop, done := "four", "less"
		if vectors == 1 {
			loop, done = "one", "tail"
		}
		g.SUBQ(operand.Imm(uint64(8*vectors)), n)
		g.JLT(operand.LabelRef(done))
		g.Label(loop)
		for v := range vectors {
			g.VMOVUPS(at(x, 32*v), ymm(1+v))
			g.VMOVUPS(at(y, 32*v), ymm(5+v))
			add(1 + v)
			g.VMOVUPS(ymm(5+v), at(y, 32*v))
		}
		g.ADDQ(operand.Imm(uint64(32*vectors)), x)
		g.ADDQ(operand.Imm(uint64(32*vectors)), y)
		g.SUBQ(operand.Imm(uint64(8*vectors)), n)
		g.JGE(operand.LabelRef(loop))
		g.Label(done)
		g.ADDQ(operand.Imm(uint64(8*vectors)), n)
	}
	g.JEQ(operand.LabelRef("done"))
	g.maskOf(n, scratch)
	g.VMOVUPS(at(n, 0), ymm(15))
	g.VMASKMOVPS(at(x, 0), ymm(15), ymm(1))
	g.VMASKMOVPS(at(y, 0), ymm(15), ymm(5))
	add(1)
	g.VMASKMOVPS(ymm(5), ymm(15), at(y, 0))
	g.Label("done")
	g.VZEROUPPER()
	g.RET()
}
