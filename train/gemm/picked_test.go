package gemm_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/althing-network/althing/train/gemm"
)

// selection is a product with a picked left factor.
type selection struct {
	shape
	starts    []int32
	run, step int
	offsets   []int32
	floats    []float32 // to pick from; those that are not picked are poison
}

// selectionOf draws the left factor of a shape. Its elements may share floats.
func (s shape) selectionOf(source *rand.Rand, groups, run int, place func(n int) []float32) selection {
	p := selection{shape: s, run: run, step: source.IntN(4), offsets: make([]int32, s.depth)}
	p.rows = groups * run
	for range groups {
		p.starts = append(p.starts, source.Int32N(50))
	}
	for q := range p.offsets {
		p.offsets[q] = source.Int32N(60)
	}
	last := -1
	p.each(func(_, _, at int) { last = max(last, at) })
	p.floats = place(last + 1)
	for i := range p.floats {
		p.floats[i] = math.Float32frombits(unreadableNaN)
	}
	p.each(func(_, _, at int) { p.floats[at] = float32(source.NormFloat64()) })
	return p
}

func (p selection) each(visit func(i, q, at int)) {
	for i := range p.rows {
		for q, offset := range p.offsets {
			visit(i, q, int(p.starts[i/p.run]+offset)+i%p.run*p.step)
		}
	}
}

func (p selection) pattern() gemm.Pattern {
	return gemm.NewPattern(p.starts, p.run, p.step, p.offsets)
}

func (p selection) pick(k gemm.Kernel, c, b grid) {
	a := p.pattern().Of(p.floats)
	if p.add {
		k.MultiplyAddPicked(c.matrix(), a, b.matrix())
	} else {
		k.MultiplyPicked(c.matrix(), a, b.matrix())
	}
}

// check compares every kernel with plain loops over a copy of the picked elements.
func (p selection) check(t fataler, source *rand.Rand, place func(n int) []float32) {
	c, a, b := p.grids(source, place)
	p.each(func(i, q, at int) { *a.at(i, q) = p.floats[at] })
	for _, k := range gemm.All() {
		want, got := c.clone(onHeap), c.clone(place)
		p.multiply(want, a, b, additionOf(k))
		p.pick(k, got, b)
		compare(t, k, p.shape, want.values, got.values)
	}
}

// Every kernel gives the bits of plain loops and writes only the elements of c.
func TestPickedProductsHaveTheBitsOfPlainLoops(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := shape{
			columns: rapid.IntRange(0, 70).Draw(t, "columns"),
			depth:   rapid.OneOf(rapid.IntRange(0, 35), rapid.IntRange(0, 600)).Draw(t, "depth"),
			gap:     rapid.IntRange(0, 3).Draw(t, "gap"),
			turned:  [3]bool{false, false, rapid.Bool().Draw(t, "b turned")},
			add:     rapid.Bool().Draw(t, "add"),
		}
		source := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		s.selectionOf(source, rapid.IntRange(0, 4).Draw(t, "groups"), rapid.IntRange(0, 30).Draw(t, "run"), onHeap).check(t, source, onHeap)
	})
}

// Tiles have separate code for each number of rows and of columns, so each is tested.
func TestEveryPickedTile(t *testing.T) {
	source := rand.New(rand.NewPCG(17, 18))
	for run := range 14 {
		for columns := range 35 {
			for _, add := range []bool{false, true} {
				for _, gap := range []int{1, gemm.RowStride(columns) - columns} {
					s := shape{columns: columns, depth: 9, gap: gap, turned: [3]bool{false, false, run%2 == 0}, add: add}
					s.selectionOf(source, 2, run, onHeap).check(t, source, onHeap)
				}
			}
		}
	}
}

// Copies of all shapes have the right elements, and nothing else is written.
func TestCopy(t *testing.T) {
	source := rand.New(rand.NewPCG(19, 20))
	for rows := range 20 {
		for columns := range 20 {
			shape{rows: rows, columns: columns, gap: source.IntN(3)}.checkCopies(t, source, onHeap)
		}
	}
}

// checkCopies checks copies from a matrix and from its transpose, each to both layouts.
func (s shape) checkCopies(t fataler, source *rand.Rand, place func(n int) []float32) {
	for turns := range 4 {
		s.turned[0] = turns&1 != 0
		from, _, _ := s.grids(source, place)
		s.turned[0] = turns&2 != 0
		to, _, _ := s.grids(source, place)
		want := to.clone(onHeap)
		for i := range s.rows {
			for j := range s.columns {
				*want.at(i, j) = *from.at(i, j)
			}
		}
		for _, k := range gemm.All() {
			got := to.clone(place)
			k.Copy(got.matrix(), from.matrix())
			compare(t, k, s, want.values, got.values)
		}
	}
}

func TestPickedPanics(t *testing.T) {
	m := func(rows, columns int) gemm.Matrix { return gemm.Of(make([]float32, rows*columns), rows, columns) }
	p := gemm.NewPattern([]int32{0, 4}, 2, 1, []int32{0, 3, 9})
	floats := make([]float32, 15)
	for _, c := range []struct {
		what string
		do   func()
	}{
		{"gemm: 14 floats are too few for a pattern of 15", func() { p.Of(floats[:14]) }},
		{"gemm: no pattern has runs of 2 with rows 1 apart, from -1 on, and columns from 0 on", func() { gemm.NewPattern([]int32{0, -1}, 2, 1, []int32{0}) }},
		{"gemm: no pattern has runs of 2 with rows 1 apart, from 0 on, and columns from -3 on", func() { gemm.NewPattern([]int32{0}, 2, 1, []int32{0, -3}) }},
		{"gemm: no pattern has runs of 2 with rows -1 apart, from 0 on, and columns from 0 on", func() { gemm.NewPattern([]int32{3}, 2, -1, []int32{0}) }},
		{"gemm: no pattern has runs of -2 with rows 1 apart, from 0 on, and columns from 0 on", func() { gemm.NewPattern([]int32{3}, -2, 1, []int32{0}) }},
		{"gemm: no pattern has runs of 4294967297 with rows 4294967296 apart, from 0 on, and columns from 0 on", func() { gemm.NewPattern([]int32{0}, 1<<32+1, 1<<32, []int32{0}) }},
		{"gemm: 3 x 5 is not the product of 4 x 3 picked and 3 x 5, in rows", func() { gemm.Best(true).MultiplyPicked(m(3, 5), p.Of(floats), m(3, 5)) }},
		{"gemm: 4 x 5 is not the product of 4 x 3 picked and 2 x 5, in rows", func() { gemm.Best(true).MultiplyPicked(m(4, 5), p.Of(floats), m(2, 5)) }},
		{"gemm: 4 x 5 is not the product of 4 x 3 picked and 3 x 5, in rows", func() { gemm.Best(true).MultiplyAddPicked(m(5, 4).T(), p.Of(floats), m(3, 5)) }},
		{"gemm: cannot copy a matrix of 5 x 4 to one of 4 x 5", func() { gemm.Best(true).Copy(m(4, 5), m(5, 4)) }},
	} {
		func() {
			defer func() {
				if d := cmp.Diff(c.what, fmt.Sprint(recover())); d != "" {
					t.Errorf("panic (-want +got):\n%s", d)
				}
			}()
			c.do()
		}()
	}
}
