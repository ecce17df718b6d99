package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// roundQuanta multiplies floats and makes them integers. Register 0 holds what leaves the
// sign of a float out, 1 the largest magnitude so far, lane by lane, 2 the factor.
func (g *generator) roundQuanta(name string) {
	g.function(name, "func(quanta *int32, values *float32, factor float32, n int) uint32",
		name+" sets each of the n quanta to its value times factor, rounded to the",
		"nearest integer, or the even one of two, and returns the bits of the largest",
		"magnitude of a value. n > 0 is a multiple of 32.",
	)
	quanta, values, n := reg.RDI, reg.RSI, reg.RCX
	factor, err := g.Param("factor").Resolve()
	if err != nil {
		panic(err)
	}
	g.Load(g.Param("quanta"), quanta)
	g.Load(g.Param("values"), values)
	g.VBROADCASTSS(factor.Addr, ymm(2))
	g.Load(g.Param("n"), n)
	g.MOVL(operand.U32(0x7fffffff), reg.EAX)
	g.VMOVD(reg.EAX, ymm(0).AsX())
	g.VPBROADCASTD(ymm(0).AsX(), ymm(0))
	g.VPXOR(ymm(1), ymm(1), ymm(1))
	g.loop(n, func() {
		for i := range run / 8 {
			x, y := ymm(3+2*i), ymm(4+2*i)
			g.VMOVUPS(at(values, 32*i), x)
			g.VPAND(x, ymm(0), y)
			g.VPMAXUD(y, ymm(1), ymm(1))
			g.VMULPS(ymm(2), x, x)
			g.VCVTPS2DQ(x, x)
			g.VMOVDQU(x, at(quanta, 32*i))
		}
	}, pointer{quanta, 4}, pointer{values, 4})
	g.largestLane(ymmWide())
}

// squareQuanta adds up the lower and the upper halves of squares. Register 0 holds what
// leaves the upper half out, 1 and 2 the sums so far, lane by lane.
func (g *generator) squareQuanta(name string) {
	g.function(name, "func(quanta *int32, n int) (low, high uint64)",
		name+" returns the sums of the lower 32 bits, and of the bits above, of the",
		"squares of n quanta. n > 0 is a multiple of 32.",
	)
	quanta, n := reg.RSI, reg.RCX
	g.Load(g.Param("quanta"), quanta)
	g.Load(g.Param("n"), n)
	g.VPCMPEQD(ymm(0), ymm(0), ymm(0))
	g.VPSRLQ(operand.Imm(32), ymm(0), ymm(0))
	g.VPXOR(ymm(1), ymm(1), ymm(1))
	g.VPXOR(ymm(2), ymm(2), ymm(2))
	g.loop(n, func() {
		for i := range run / 8 {
			x, y, low := ymm(3+3*i), ymm(4+3*i), ymm(5+3*i)
			g.VMOVDQU(at(quanta, 32*i), x)
			g.VPSRLQ(operand.Imm(32), x, y) // every second one
			for _, square := range []reg.VecPhysical{x, y} {
				g.VPMULDQ(square, square, square)
				g.VPAND(square, ymm(0), low)
				g.VPADDQ(low, ymm(1), ymm(1))
				g.VPSRLQ(operand.Imm(32), square, square)
				g.VPADDQ(square, ymm(2), ymm(2))
			}
		}
	}, pointer{quanta, 4})
	for i, result := range []reg.GPPhysical{reg.RAX, reg.RDX} {
		sum, other := ymm(1+i).AsX(), ymm(3).AsX()
		g.VEXTRACTI128(operand.Imm(1), ymm(1+i), other)
		g.VPADDQ(other, sum, sum)
		g.VPSHUFD(operand.Imm(0x4e), sum, other)
		g.VPADDQ(other, sum, sum)
		g.VMOVQ(sum, result)
		g.Store(result, g.ReturnIndex(i))
	}
	g.VZEROUPPER()
	g.RET()
}

// addShrunkQuanta multiplies magnitudes by a fraction in two halves, the lower one in
// register 0, the upper one in 1. Register 2 is zero.
func (g *generator) addShrunkQuanta(name string) {
	g.function(name, "func(sums *int64, quanta *int32, fraction uint64, n int)",
		name+" adds to each of the n sums its quanta times fraction/2^64, towards",
		"zero. n > 0 is a multiple of 32.",
	)
	sums, quanta, n := reg.RDI, reg.RSI, reg.RCX
	g.Load(g.Param("sums"), sums)
	g.Load(g.Param("quanta"), quanta)
	g.Load(g.Param("fraction"), reg.RAX)
	g.Load(g.Param("n"), n)
	g.VMOVQ(reg.RAX, ymm(0).AsX())
	g.VPBROADCASTQ(ymm(0).AsX(), ymm(0)) // its multiplication looks at the lower half only
	g.VPSRLQ(operand.Imm(32), ymm(0), ymm(1))
	g.VPXOR(ymm(2), ymm(2), ymm(2))
	g.loop(n, func() {
		for i := range run / 4 {
			x, low, sign := ymm(3+3*(i%4)), ymm(4+3*(i%4)), ymm(5+3*(i%4))
			g.VPMOVSXDQ(at(quanta, 16*i), x)
			g.VPCMPGTQ(x, ymm(2), sign)
			g.VPABSD(x, x) // so that its lower half is the magnitude
			g.VPMULUDQ(ymm(0), x, low)
			g.VPMULUDQ(ymm(1), x, x)
			g.VPSRLQ(operand.Imm(32), low, low)
			g.VPADDQ(low, x, x)
			g.VPSRLQ(operand.Imm(32), x, x)
			g.VPXOR(sign, x, x)
			g.VPSUBQ(sign, x, x)
			g.VPADDQ(at(sums, 32*i), x, x)
			g.VMOVDQU(x, at(sums, 32*i))
		}
	}, pointer{sums, 8}, pointer{quanta, 4})
	g.VZEROUPPER()
	g.RET()
}
