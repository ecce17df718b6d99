package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// flavour is how a product is rounded when it is added to a sum.
type flavour bool

const (
	strict flavour = false // two roundings: multiply, then add
	fused  flavour = true  // one rounding
)

// generator writes functions into one file.
type generator struct {
	*build.Context
	registers
	table operand.Mem // see masks
}

func newGenerator() *generator {
	return &generator{Context: build.NewContext(), registers: tileRegisters()}
}

// function begins an assembly function without a stack frame.
func (g *generator) function(name, signature string, doc ...string) {
	g.Function(name)
	g.Attributes(attr.NOSPLIT)
	g.SignatureExpr(signature)
	g.Pragma("noescape")
	g.Doc(doc...)
}

// masks writes a table of eight words of ones and eight words of zeros. The eight words from
// index 8-n on are the mask for the first n lanes of a vector.
func (g *generator) masks() {
	g.table = g.StaticGlobal("masks")
	g.DataAttributes(attr.RODATA | attr.NOPTR)
	for range 8 {
		g.AppendDatum(operand.U32(0xffffffff))
	}
	for range 8 {
		g.AppendDatum(operand.U32(0))
	}
}

// maskOf replaces a number of lanes from 1 to 8 in the register address by the address of
// their mask. It changes scratch.
func (g *generator) maskOf(address, scratch reg.GPPhysical) {
	g.LEAQ(g.table, scratch)
	g.NEGQ(address)
	g.LEAQ(operand.Mem{Base: scratch, Index: address, Scale: 4, Disp: 32}, address)
}

// bytes loads a parameter that counts floats, and converts it to bytes.
func (g *generator) bytes(name string, r reg.GPPhysical) {
	g.Load(g.Param(name), r)
	g.SHLQ(operand.Imm(2), r)
}

func at(base reg.Register, displacement int) operand.Mem {
	return operand.Mem{Base: base, Disp: displacement}
}

func ymm(i int) reg.VecPhysical {
	return []reg.VecPhysical{
		reg.Y0, reg.Y1, reg.Y2, reg.Y3, reg.Y4, reg.Y5, reg.Y6, reg.Y7,
		reg.Y8, reg.Y9, reg.Y10, reg.Y11, reg.Y12, reg.Y13, reg.Y14, reg.Y15,
	}[i]
}

func zmm(i int) reg.VecPhysical {
	return []reg.VecPhysical{
		reg.Z0, reg.Z1, reg.Z2, reg.Z3, reg.Z4, reg.Z5, reg.Z6, reg.Z7,
		reg.Z8, reg.Z9, reg.Z10, reg.Z11, reg.Z12, reg.Z13, reg.Z14, reg.Z15,
		reg.Z16, reg.Z17, reg.Z18, reg.Z19, reg.Z20, reg.Z21, reg.Z22, reg.Z23,
		reg.Z24, reg.Z25, reg.Z26, reg.Z27, reg.Z28, reg.Z29, reg.Z30, reg.Z31,
	}[i]
}
