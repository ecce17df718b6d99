package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// roundQuanta writes the function that multiplies floats, rounds them to integers, and adds up
// the squares of these. Register 0 holds the mask that removes the sign of a float, 1 the
// largest magnitude so far, lane by lane, 2 the factor, 3 the squares so far.
func (g *generator) roundQuanta(name string, w wide) {
	g.function(name, "func(quanta *int32, values *float32, factor float32, n int) (squares uint64, largest uint32)",
		name+" sets each of the n quanta to its value times factor, rounded to the",
		"nearest integer, or the even one of two. It returns the sum of the squares of",
		"quanta modulo 2^64, and the bits of the largest magnitude of a value. n > 0 is a",
		"multiple of 32.",
	)
	quanta, values, n := reg.RDI, reg.RSI, reg.RCX
	factor, err := g.Param("factor").Resolve()
	if err != nil {
		panic(err)
	}
	g.Load(g.Param("quanta"), quanta)
	g.Load(g.Param("values"), values)
	g.VBROADCASTSS(factor.Addr, w.v(2))
	g.Load(g.Param("n"), n)
	g.MOVL(operand.U32(0x7fffffff), reg.EAX)
	g.VMOVD(reg.EAX, w.v(0).AsX())
	g.VPBROADCASTD(w.v(0).AsX(), w.v(0))
	g.VPXOR(ymm(1), ymm(1), ymm(1))
	g.VPXOR(ymm(3), ymm(3), ymm(3))
	g.loop(n, func() {
		for i := range blockSize * 4 / w.bytes {
			x, y := w.v(4+2*i), w.v(5+2*i)
			g.VMOVUPS(at(values, i*w.bytes), x)
			w.and(g, x, w.v(0), y)
			g.VPMAXUD(y, w.v(1), w.v(1))
			g.VMULPS(w.v(2), x, x)
			g.VCVTPS2DQ(x, x)
			w.move(g, x, at(quanta, i*w.bytes))
			g.VPSRLQ(operand.Imm(32), x, y) // every second one
			for _, square := range []reg.VecPhysical{x, y} {
				g.VPMULDQ(square, square, square)
				g.VPADDQ(square, w.v(3), w.v(3))
			}
		}
	}, pointer{quanta, 4}, pointer{values, 4})
	if w.bytes == 64 {
		g.VEXTRACTI64X4(operand.Imm(1), zmm(3), ymm(2))
		g.VPADDQ(ymm(2), ymm(3), ymm(3))
	}
	sum, other := ymm(3).AsX(), ymm(2).AsX()
	g.VEXTRACTI128(operand.Imm(1), ymm(3), other)
	g.VPADDQ(other, sum, sum)
	g.VPSHUFD(operand.Imm(0x4e), sum, other)
	g.VPADDQ(other, sum, sum)
	g.VMOVQ(sum, reg.RAX)
	g.Store(reg.RAX, g.ReturnIndex(0))
	g.largestLane(w, 1)
}

func (g *generator) addQuanta(name string, w wide) {
	g.function(name, "func(sums *int64, quanta *int32, n int)",
		name+" adds to each of the n sums its quanta. n > 0 is a multiple of 32.",
	)
	sums, quanta, n := reg.RDI, reg.RSI, reg.RCX
	g.Load(g.Param("sums"), sums)
	g.Load(g.Param("quanta"), quanta)
	g.Load(g.Param("n"), n)
	g.loop(n, func() {
		for i := range blockSize * 8 / w.bytes {
			x := w.v(i % 4)
			g.VPMOVSXDQ(at(quanta, i*w.bytes/2), x)
			g.VPADDQ(at(sums, i*w.bytes), x, x)
			w.move(g, x, at(sums, i*w.bytes))
		}
	}, pointer{sums, 8}, pointer{quanta, 4})
	g.VZEROUPPER()
	g.RET()
}

// addShrunkQuanta writes the function that multiplies magnitudes by a fraction, whose lower
// half is in register 0 and its upper half in 1. Register 2 is zero.
func (g *generator) addShrunkQuanta(name string, w wide) {
	g.function(name, "func(sums *int64, quanta *int32, fraction uint64, n int)",
		name+" adds to each of the n sums its quanta times fraction/2^64, towards",
		"zero. n > 0 is a multiple of 32.",
	)
	sums, quanta, n := reg.RDI, reg.RSI, reg.RCX
	g.Load(g.Param("sums"), sums)
	g.Load(g.Param("quanta"), quanta)
	g.Load(g.Param("fraction"), reg.RAX)
	g.Load(g.Param("n"), n)
	g.VMOVQ(reg.RAX, w.v(0).AsX())
	g.VPBROADCASTQ(w.v(0).AsX(), w.v(0)) // the multiplication uses only the lower half
	g.VPSRLQ(operand.Imm(32), w.v(0), w.v(1))
	g.VPXOR(ymm(2), ymm(2), ymm(2))
	lanes := w.bytes / 8
	g.loop(n, func() {
		for i := range blockSize / lanes {
			x, low, sign := w.v(3+3*(i%4)), w.v(4+3*(i%4)), w.v(5+3*(i%4))
			g.VPMOVSXDQ(at(quanta, i*w.bytes/2), x)
			w.sign(g, x, sign)
			g.VPABSD(x, x) // so that its lower half is the magnitude
			g.VPMULUDQ(w.v(0), x, low)
			g.VPMULUDQ(w.v(1), x, x)
			g.VPSRLQ(operand.Imm(32), low, low)
			g.VPADDQ(low, x, x)
			g.VPSRLQ(operand.Imm(32), x, x)
			w.xor(g, sign, x, x)
			g.VPSUBQ(sign, x, x)
			g.VPADDQ(at(sums, i*w.bytes), x, x)
			w.move(g, x, at(sums, i*w.bytes))
		}
	}, pointer{sums, 8}, pointer{quanta, 4})
	g.VZEROUPPER()
	g.RET()
}
