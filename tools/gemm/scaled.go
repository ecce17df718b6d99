package main

import "github.com/mmcloughlin/avo/reg"

// addScaled writes the function that adds a multiple of one vector to another.
func (g *generator) addScaled(name string, f flavour) {
	g.function(name, "func(y *float32, a float32, x *float32, n int)",
		name+" adds a times the n floats at x to those at y.",
	)
	y, x, n := reg.RDI, reg.RSI, reg.RCX
	p, err := g.Param("a").Resolve()
	if err != nil {
		panic(err)
	}
	g.Load(g.Param("y"), y)
	g.VBROADCASTSS(p.Addr, ymm(0))
	g.Load(g.Param("x"), x)
	g.Load(g.Param("n"), n)
	g.each(n, []reg.GPPhysical{y, x}, func(v int, load, store func(base, register int)) {
		load(1, 1+v)
		load(0, 5+v)
		if f == fused {
			g.VFMADD231PS(ymm(0), ymm(1+v), ymm(5+v))
		} else {
			g.VMULPS(ymm(0), ymm(1+v), ymm(1+v))
			g.VADDPS(ymm(1+v), ymm(5+v), ymm(5+v))
		}
		store(0, 5+v)
	})
}
