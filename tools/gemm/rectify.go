package main

import "github.com/mmcloughlin/avo/reg"

// rectify writes the function that replaces negative floats by 0. NaN stays, because the
// maximum of two floats, one of which is NaN, is the second operand. Adding 0 to the result
// turns -0 into 0, and keeps NaN, too.
func (g *generator) rectify(name string) {
	g.function(name, "func(y *float32, n int)",
		name+" replaces what is negative among the n floats at y by 0.",
	)
	y, n := reg.RDI, reg.RCX
	g.Load(g.Param("y"), y)
	g.Load(g.Param("n"), n)
	g.VXORPS(ymm(0), ymm(0), ymm(0))
	g.each(n, []reg.GPPhysical{y}, func(v int, load, store func(base, register int)) {
		load(0, 1+v)
		g.VMAXPS(ymm(1+v), ymm(0), ymm(1+v))
		g.VADDPS(ymm(0), ymm(1+v), ymm(1+v))
		store(0, 1+v)
	})
}

// gate writes the function that replaces floats by 0 where another list has 0.
func (g *generator) gate(name string) {
	g.function(name, "func(y, x *float32, n int)",
		name+" sets those of the n floats at y to 0 whose floats at x have no bit set.",
	)
	y, x, n := reg.RDI, reg.RSI, reg.RCX
	g.Load(g.Param("y"), y)
	g.Load(g.Param("x"), x)
	g.Load(g.Param("n"), n)
	g.VXORPS(ymm(0), ymm(0), ymm(0))
	g.each(n, []reg.GPPhysical{y, x}, func(v int, load, store func(base, register int)) {
		load(0, 1+v)
		load(1, 5+v)
		g.VPCMPEQD(ymm(5+v), ymm(0), ymm(5+v))
		g.VPANDN(ymm(1+v), ymm(5+v), ymm(1+v))
		store(0, 1+v)
	})
}
