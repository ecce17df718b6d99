package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// walk is how a tile gets from one step of a to the next.
type walk bool

const (
	even   walk = false // by a constant stride
	picked walk = true  // by a table of the offsets of all steps
)

// tileFunction begins a function that computes one tile of a product.
func (g *generator) tileFunction(name string, rows, columns int, f flavour, w walk) {
	how := "multiplies, then adds"
	if f == fused {
		how = "adds with one rounding"
	}
	signature := "func(rows, columns, depth int, a *float32, rowA, stepA int, b *float32, stepB int, c *float32, rowC int, add bool)"
	steps := []string{
		"from one row of a to the next, stepA and stepB from one step to the next, rowC",
		"from one row of c to the next. With add, the sums begin with what c holds.",
	}
	if w == picked {
		signature = "func(rows, columns, depth int, a *float32, rowA int, stepsA *int32, b *float32, stepB int, c *float32, rowC int, add bool)"
		steps = []string{
			"from one row of a to the next, stepsA from a to each step, stepB from one step",
			"to the next, rowC from one row of c to the next. With add, the sums begin with",
			"what c holds.",
		}
	}
	g.function(name, signature, append([]string{
		fmt.Sprintf("%s is one tile of a product, of 1 to %d rows and 1 to %d columns.", name, rows, columns),
		fmt.Sprintf("It %s, depth > 0 times. Strides are in floats: rowA", how),
	}, steps...)...)
}

// registers are the registers for the parameters of a tile.
type registers struct {
	depth  reg.GPPhysical
	a      []reg.GPPhysical // bases, each three rows after the one before
	origin reg.GPPhysical   // address to which the offsets in the table are relative
	rowA   reg.GPPhysical
	stepA  reg.GPPhysical // the stride, or the address of the table
	b      reg.GPPhysical
	stepB  reg.GPPhysical
	c      reg.GPPhysical
	rowC   reg.GPPhysical
	free   reg.GPPhysical
}

func tileRegisters() registers {
	return registers{
		depth:  reg.RCX,
		a:      []reg.GPPhysical{reg.RAX, reg.R12, reg.R13, reg.R15},
		origin: reg.R14,
		rowA:   reg.R8,
		stepA:  reg.R9,
		b:      reg.RBX,
		stepB:  reg.R10,
		c:      reg.RDX,
		rowC:   reg.R11,
		free:   reg.RDI,
	}
}

// rowsPerBase is how many rows can be addressed with one base: with the index times 0, 1 and 2.
const rowsPerBase = 3

// element is the address of the current element of row i of a.
func (r registers) element(i int) operand.Mem {
	m := operand.Mem{Base: r.a[i/rowsPerBase]}
	if times := i % rowsPerBase; times > 0 {
		m.Index, m.Scale = r.rowA, uint8(times)
	}
	return m
}

// tileParameters loads the parameters of a tile.
func (g *generator) tileParameters(w walk) {
	g.Load(g.Param("depth"), g.depth)
	g.bytes("rowA", g.rowA)
	if w == picked {
		g.Load(g.Param("a"), g.origin)
		g.Load(g.Param("stepsA"), g.stepA)
	} else {
		g.Load(g.Param("a"), g.a[0])
		g.bytes("stepA", g.stepA)
	}
	g.Load(g.Param("b"), g.b)
	g.bytes("stepB", g.stepB)
	g.Load(g.Param("c"), g.c)
	g.bytes("rowC", g.rowC)
}

// byRows writes one body for each number of rows, the largest first, and a jump to the body
// for the actual number. Each body returns.
func (g *generator) byRows(name string, maxRows int, body func(rows int, name string)) {
	label := func(rows int) string { return fmt.Sprintf("%s%d", name, rows) }
	g.Load(g.Param("rows"), g.free)
	for rows := maxRows - 1; rows > 0; rows-- {
		g.CMPQ(g.free, operand.Imm(uint64(rows)))
		g.JE(operand.LabelRef(label(rows)))
	}
	for rows := maxRows; rows > 0; rows-- {
		g.Label(label(rows))
		body(rows, label(rows))
	}
}

// lanes writes the instructions of a tile for one instruction set.
type lanes struct {
	vectors  int                                   // per row
	sum      func(row, vector int) reg.VecPhysical // where a sum is kept
	loadB    func()                                // the current row of b
	loadC    func(row int, from reg.GPPhysical)
	storeC   func(row int, to reg.GPPhysical)
	clear    func(r reg.VecPhysical)
	multiply func(row int) // the current element of a row with the row of b
}

// tile writes the body for a number of rows.
func (g *generator) tile(rows int, name string, w walk, l lanes) {
	g.CMPB(g.flag("add"), operand.Imm(0))
	g.JEQ(operand.LabelRef(name + "clear"))
	g.MOVQ(g.c, g.free)
	for i := range rows {
		l.loadC(i, g.free)
		if i < rows-1 {
			g.ADDQ(g.rowC, g.free)
		}
	}
	g.JMP(operand.LabelRef(name + "begin"))
	g.Label(name + "clear")
	for i := range rows {
		for v := range l.vectors {
			l.clear(l.sum(i, v))
		}
	}
	g.Label(name + "begin")
	bases := g.a[:(rows+rowsPerBase-1)/rowsPerBase]
	if len(bases) > 1 {
		g.LEAQ(operand.Mem{Base: g.rowA, Index: g.rowA, Scale: 2}, g.free)
	}
	spread := func() {
		for i := 1; i < len(bases); i++ {
			g.LEAQ(operand.Mem{Base: bases[i-1], Index: g.free, Scale: 1}, bases[i])
		}
	}
	if w == even {
		spread()
	}
	g.Label(name + "loop")
	if w == picked {
		g.MOVLQSX(at(g.stepA, 0), bases[0])
		g.ADDQ(operand.Imm(4), g.stepA)
		g.LEAQ(operand.Mem{Base: g.origin, Index: bases[0], Scale: 4}, bases[0])
		spread()
	}
	l.loadB()
	g.ADDQ(g.stepB, g.b)
	for i := range rows {
		l.multiply(i)
	}
	if w == even {
		for _, base := range bases {
			g.ADDQ(g.stepA, base)
		}
	}
	g.DECQ(g.depth)
	g.JNE(operand.LabelRef(name + "loop"))
	for i := range rows {
		l.storeC(i, g.c)
		if i < rows-1 {
			g.ADDQ(g.rowC, g.c)
		}
	}
	g.VZEROUPPER()
	g.RET()
}

// flag is the address of a boolean parameter.
func (g *generator) flag(name string) operand.Mem {
	p, err := g.Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return p.Addr
}
