package gemm_test

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/althing-network/althing/train/gemm"
)

// grid is a matrix of a test: its elements, and where they are in memory.
type grid struct {
	rows, columns, stride int
	transposed            bool
	values                []float32
}

// shape is the sizes and layouts of a product's matrices.
type shape struct {
	rows, columns, depth int
	gap                  int // floats between rows
	turned               [3]bool
	add                  bool
}

func (s shape) String() string {
	return fmt.Sprintf("%dx%dx%d gap %d turned %v add %t", s.rows, s.columns, s.depth, s.gap, s.turned, s.add)
}

// unreadableNaN fills memory outside of the elements: no kernel may read it into a result or
// overwrite it.
const unreadableNaN = 0x7fc0dead

// grids makes c, a and b of a shape in memory from place. Floats that are not elements are
// unreadableNaN.
func (s shape) grids(source *rand.Rand, place func(n int) []float32) (c, a, b grid) {
	sizes := [3][2]int{{s.rows, s.columns}, {s.rows, s.depth}, {s.depth, s.columns}}
	var all [3]grid
	for i, size := range sizes {
		g := grid{rows: size[0], columns: size[1], transposed: s.turned[i]}
		outer, inner := g.rows, g.columns
		if g.transposed {
			outer, inner = inner, outer
		}
		g.stride = inner + s.gap
		g.values = place(max(0, (outer-1)*g.stride+inner))
		for k := range g.values {
			g.values[k] = math.Float32frombits(unreadableNaN)
			if k%g.stride < inner {
				g.values[k] = float32(source.NormFloat64())
			}
		}
		all[i] = g
	}
	return all[0], all[1], all[2]
}

func (g grid) at(i, j int) *float32 {
	if g.transposed {
		i, j = j, i
	}
	return &g.values[i*g.stride+j]
}

func (g grid) matrix() gemm.Matrix {
	if g.transposed {
		return gemm.View(g.values, g.columns, g.rows, g.stride).T()
	}
	return gemm.View(g.values, g.rows, g.columns, g.stride)
}

// clone copies a grid to memory from place.
func (g grid) clone(place func(n int) []float32) grid {
	values := place(len(g.values))
	copy(values, g.values)
	g.values = values
	return g
}

// multiply is a simple implementation of the product; add adds one term.
func (s shape) multiply(c, a, b grid, add func(sum, x, y float32) float32) {
	for i := range s.rows {
		for j := range s.columns {
			var sum float32
			if s.add {
				sum = *c.at(i, j)
			}
			for q := range s.depth {
				sum = add(sum, *a.at(i, q), *b.at(q, j))
			}
			*c.at(i, j) = sum
		}
	}
}

func (s shape) run(k gemm.Kernel, c, a, b grid) {
	if s.add {
		k.MultiplyAdd(c.matrix(), a.matrix(), b.matrix())
	} else {
		k.Multiply(c.matrix(), a.matrix(), b.matrix())
	}
}

// twoRoundings is the addition of a strict kernel.
func twoRoundings(sum, x, y float32) float32 { return sum + float32(x*y) }

// oneRounding is the addition of a fused kernel. The product is exact in float64; a sum that
// is rounded to odd in float64 is then rounded correctly to float32 (S. Boldo and G.
// Melquiond, 2008).
func oneRounding(sum, x, y float32) float32 {
	product, z := float64(x)*float64(y), float64(sum)
	s := product + z
	if math.IsNaN(s) || math.IsInf(s, 0) {
		return float32(s)
	}
	part := s - product
	rest := (product - (s - part)) + (z - part) // exactly what s lacks
	if rest != 0 && math.Float64bits(s)&1 == 0 {
		s = math.Nextafter(s, math.Inf(int(math.Copysign(1, rest))))
	}
	return float32(s)
}

// additionOf is the addition that a kernel must use.
func additionOf(k gemm.Kernel) func(sum, x, y float32) float32 {
	if k.Strict() {
		return twoRoundings
	}
	return oneRounding
}

// sameBits reports whether two floats have the same bits, or are both NaN and neither is
// unreadableNaN.
func sameBits(x, y float32) bool {
	if x != x && y != y {
		return (math.Float32bits(x) == unreadableNaN) == (math.Float32bits(y) == unreadableNaN)
	}
	return math.Float32bits(x) == math.Float32bits(y)
}

// fataler is a test of package testing or rapid.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// compare fails the test at the first float in which two slices differ.
func compare(t fataler, what fmt.Stringer, s shape, want, got []float32) {
	t.Helper()
	for i := range want {
		if !sameBits(want[i], got[i]) {
			t.Fatalf("%s, %s: float %d is %v (%08x), want %v (%08x)", what, s, i, got[i], math.Float32bits(got[i]), want[i], math.Float32bits(want[i]))
		}
	}
}

func onHeap(n int) []float32 { return make([]float32, n) }
