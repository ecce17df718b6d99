package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// blockSize is how many values the functions of packages fixed and quanta process at a time. n
// is a multiple of it; plain Go processes the remaining values.
const blockSize = 32

// wide is one instruction set of packages fixed and quanta: its vectors, and the instructions
// whose names differ in AVX-512.
type wide struct {
	bytes int
	v     func(i int) reg.VecPhysical
	half  func(i int) reg.VecPhysical // the lower half of v(i)
	move  func(g *generator, from, to operand.Op)
	and   func(g *generator, x, y, to operand.Op)
	xor   func(g *generator, x, y, to operand.Op)
	sign  func(g *generator, x, to operand.Op) // ones where x, of 64 bits, is below zero; register 2 is zero
}

func ymmWide() wide {
	return wide{
		bytes: 32, v: ymm,
		half: func(i int) reg.VecPhysical { return ymm(i).AsX().(reg.VecPhysical) },
		move: func(g *generator, from, to operand.Op) { g.VMOVDQU(from, to) },
		and:  func(g *generator, x, y, to operand.Op) { g.VPAND(x, y, to) },
		xor:  func(g *generator, x, y, to operand.Op) { g.VPXOR(x, y, to) },
		sign: func(g *generator, x, to operand.Op) { g.VPCMPGTQ(x, ymm(2), to) },
	}
}

func zmmWide() wide {
	return wide{
		bytes: 64, v: zmm,
		half: func(i int) reg.VecPhysical { return zmm(i).AsY().(reg.VecPhysical) },
		move: func(g *generator, from, to operand.Op) { g.VMOVDQU64(from, to) },
		and:  func(g *generator, x, y, to operand.Op) { g.VPANDD(x, y, to) },
		xor:  func(g *generator, x, y, to operand.Op) { g.VPXORQ(x, y, to) },
		sign: func(g *generator, x, to operand.Op) { g.VPSRAQ(operand.Imm(63), x, to) },
	}
}

// pointer is a register that points to values of a size.
type pointer struct {
	register reg.GPPhysical
	size     int // bytes
}

// loop writes a loop over n values, blockSize of them at a time, that also advances the
// pointers.
func (g *generator) loop(n reg.GPPhysical, body func(), pointers ...pointer) {
	g.Label("loop")
	body()
	for _, p := range pointers {
		g.ADDQ(operand.U32(blockSize*p.size), p.register)
	}
	g.SUBQ(operand.Imm(blockSize), n)
	g.JNE(operand.LabelRef("loop"))
}

// addValues writes the function that adds multiples of int32 to int64. Register 0 holds the
// weight, 1 the largest magnitude so far, lane by lane.
func (g *generator) addValues(name string, w wide) {
	g.function(name, "func(sums *int64, values *byte, weight int32, n int) uint32",
		name+" adds weight times each of the n values to its sum, and returns the largest",
		"magnitude of a value. n > 0 is a multiple of 32.",
	)
	sums, values, n := reg.RDI, reg.RSI, reg.RCX
	g.Load(g.Param("sums"), sums)
	g.Load(g.Param("values"), values)
	g.Load(g.Param("weight"), reg.EAX)
	g.Load(g.Param("n"), n)
	g.VMOVD(reg.EAX, w.v(0).AsX())
	g.VPBROADCASTD(w.v(0).AsX(), w.v(0))
	g.VPXOR(ymm(1), ymm(1), ymm(1))
	lanes := w.bytes / 8
	g.loop(n, func() {
		for i := range blockSize / lanes {
			x := w.v(2 + i%4)
			g.VPMOVSXDQ(at(values, i*w.bytes/2), x)
			g.VPMULDQ(w.v(0), x, x)
			g.VPADDQ(at(sums, i*w.bytes), x, x)
			w.move(g, x, at(sums, i*w.bytes))
		}
		g.magnitudes(values, w, 6)
	}, pointer{sums, 8}, pointer{values, 4})
	g.largestLane(w, 0)
}

// largestValue writes the function that only finds the largest magnitude, as addValues does.
func (g *generator) largestValue(name string, w wide) {
	g.function(name, "func(values *byte, n int) uint32",
		name+" returns the largest magnitude of n values. n > 0 is a multiple of 32.",
	)
	values, n := reg.RSI, reg.RCX
	g.Load(g.Param("values"), values)
	g.Load(g.Param("n"), n)
	g.VPXOR(ymm(1), ymm(1), ymm(1))
	g.loop(n, func() { g.magnitudes(values, w, 2) }, pointer{values, 4})
	g.largestLane(w, 0)
}

// largestFloat writes the function that finds the largest magnitude of floats. The bits of
// magnitudes are ordered like the numbers, and infinity and NaN come last.
func (g *generator) largestFloat(name string, w wide) {
	g.function(name, "func(weights *float32, n int) uint32",
		name+" returns the bits of the largest magnitude of n weights. n > 0 is a",
		"multiple of 32.",
	)
	weights, n := reg.RSI, reg.RCX
	g.Load(g.Param("weights"), weights)
	g.Load(g.Param("n"), n)
	g.MOVL(operand.U32(0x7fffffff), reg.EAX)
	g.VMOVD(reg.EAX, w.v(0).AsX())
	g.VPBROADCASTD(w.v(0).AsX(), w.v(0))
	g.VPXOR(ymm(1), ymm(1), ymm(1))
	g.loop(n, func() {
		for i := range blockSize * 4 / w.bytes {
			w.and(g, at(weights, i*w.bytes), w.v(0), w.v(2+i))
			g.VPMAXUD(w.v(2+i), w.v(1), w.v(1))
		}
	}, pointer{weights, 4})
	g.largestLane(w, 0)
}

// magnitudes updates the largest magnitudes in register 1 with a block of values. As an
// unsigned number the magnitude of the smallest int32 is right, too. It uses registers from
// free on.
func (g *generator) magnitudes(values reg.GPPhysical, w wide, free int) {
	for i := range blockSize * 4 / w.bytes {
		g.VPABSD(at(values, i*w.bytes), w.v(free+i))
		g.VPMAXUD(w.v(free+i), w.v(1), w.v(1))
	}
}

// largestLane writes the return of the largest lane of register 1, as the result with an index.
func (g *generator) largestLane(w wide, result int) {
	if w.bytes == 64 {
		g.VEXTRACTI64X4(operand.Imm(1), zmm(1), ymm(2))
		g.VPMAXUD(ymm(2), ymm(1), ymm(1))
	}
	x, y := ymm(1).AsX(), ymm(2).AsX()
	g.VEXTRACTI128(operand.Imm(1), ymm(1), y)
	for _, order := range []uint64{0x4e, 0xb1} { // the other half, then the neighbour
		g.VPMAXUD(y, x, x)
		g.VPSHUFD(operand.Imm(order), x, y)
	}
	g.VPMAXUD(y, x, x)
	g.VMOVD(x, reg.EAX)
	g.Store(reg.EAX, g.ReturnIndex(result))
	g.VZEROUPPER()
	g.RET()
}

// moveWeights writes the function that divides sums and adds them to weights. Register 0 holds
// the divisor.
func (g *generator) moveWeights(name string, w wide) {
	g.function(name, "func(to, from *float32, sums *int64, divisor float64, n int)",
		name+" sets to[i] = from[i] + sums[i]/divisor for each i below n, computed in float64. n > 0",
		"is a multiple of 32.",
	)
	to, from, sums, n := reg.RDI, reg.RSI, reg.RDX, reg.RCX
	divisor, err := g.Param("divisor").Resolve()
	if err != nil {
		panic(err)
	}
	g.Load(g.Param("to"), to)
	g.Load(g.Param("from"), from)
	g.Load(g.Param("sums"), sums)
	g.VBROADCASTSD(divisor.Addr, w.v(0))
	g.Load(g.Param("n"), n)
	convert := func(i, x int) { g.VCVTQQ2PD(at(sums, i*w.bytes), w.v(x)) }
	if w.bytes == 32 {
		g.magicNumbers()
		convert = g.convertByMagic(sums)
	}
	lanes := w.bytes / 8
	g.loop(n, func() {
		for i := range blockSize / lanes {
			x, y := 1+2*(i%4), 2+2*(i%4)
			convert(i, x)
			g.VDIVPD(w.v(0), w.v(x), w.v(x))
			g.VCVTPS2PD(at(from, i*w.bytes/2), w.v(y))
			g.VADDPD(w.v(x), w.v(y), w.v(x))
			if w.bytes == 64 {
				g.VCVTPD2PS(w.v(x), w.half(x))
			} else {
				g.VCVTPD2PSY(w.v(x), w.half(x))
			}
			g.VMOVUPS(w.half(x), at(to, i*w.bytes/2))
		}
	}, pointer{to, 4}, pointer{from, 4}, pointer{sums, 8})
	g.VZEROUPPER()
	g.RET()
}

// AVX2 cannot convert int64 to float64. But the lower half of an int64 is the low word of the
// float64 2^52 + half, and the upper half, with its sign bit flipped, is the low word of
// 2^84 + 2^32 (half + 2^31). So exact subtractions and one sum, which is rounded once, give
// the number. Registers 13 to 15 hold the constants.
const (
	lowMagic  = 0x4330000000000000 // 2^52
	highMagic = 0x4530000080000000 // 2^84 + 2^63
	bothMagic = 0x4530000080100000 // 2^84 + 2^63 + 2^52
)

// magicNumbers loads the constants of convertByMagic.
func (g *generator) magicNumbers() {
	for i, number := range []uint64{lowMagic, highMagic, bothMagic} {
		g.MOVQ(operand.U64(number), reg.RAX)
		g.VMOVQ(reg.RAX, ymm(13+i).AsX())
		g.VPBROADCASTQ(ymm(13+i).AsX(), ymm(13+i))
	}
}

// convertByMagic converts the four int64 in vector i of sums to float64 in register x. It also
// uses register x+1.
func (g *generator) convertByMagic(sums reg.GPPhysical) func(i, x int) {
	return func(i, x int) {
		g.VMOVDQU(at(sums, 32*i), ymm(x))
		g.VPSRLQ(operand.Imm(32), ymm(x), ymm(x+1))
		g.VPXOR(ymm(14), ymm(x+1), ymm(x+1))
		g.VSUBPD(ymm(15), ymm(x+1), ymm(x+1))
		const odd = 0xaa // words: the upper halves
		g.VPBLENDD(operand.Imm(odd), ymm(13), ymm(x), ymm(x))
		g.VADDPD(ymm(x), ymm(x+1), ymm(x))
	}
}
