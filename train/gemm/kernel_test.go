package gemm_test

import (
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/althing-network/althing/train/gemm"
)

// shapes draws shapes with sizes just below and above the sizes of tiles and blocks.
func shapes() *rapid.Generator[shape] {
	return rapid.Custom(func(t *rapid.T) shape {
		size := func(name string, most int) int {
			return rapid.OneOf(rapid.IntRange(0, 35), rapid.IntRange(0, most)).Draw(t, name)
		}
		return shape{
			rows:    size("rows", 70),
			columns: size("columns", 70),
			depth:   size("depth", 600),
			gap:     rapid.IntRange(0, 3).Draw(t, "gap"),
			turned:  [3]bool{rapid.Bool().Draw(t, "c turned"), rapid.Bool().Draw(t, "a turned"), rapid.Bool().Draw(t, "b turned")},
			add:     rapid.Bool().Draw(t, "add"),
		}
	})
}

// Every kernel gives the bits of plain loops and writes only the elements of c.
func TestProductsHaveTheBitsOfPlainLoops(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := shapes().Draw(t, "shape")
		source := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		c, a, b := s.grids(source, onHeap)
		for _, k := range gemm.All() {
			want, got := c.clone(onHeap), c.clone(onHeap)
			s.multiply(want, a, b, additionOf(k))
			s.run(k, got, a, b)
			for i := range want.values {
				if !sameBits(want.values[i], got.values[i]) {
					t.Fatalf("%s: float %d is %v, want %v", k, i, got.values[i], want.values[i])
				}
			}
		}
	})
}

// Tiles have separate code for each number of rows and of columns, so each is tested.
func TestEveryTile(t *testing.T) {
	source := rand.New(rand.NewPCG(1, 2))
	for rows := range 14 {
		for columns := range 35 {
			for _, turned := range []bool{false, true} {
				for _, add := range []bool{false, true} {
					s := shape{rows: rows, columns: columns, depth: 9, gap: 1, turned: [3]bool{false, !turned, turned}, add: add}
					c, a, b := s.grids(source, onHeap)
					for _, k := range gemm.All() {
						want, got := c.clone(onHeap), c.clone(onHeap)
						s.multiply(want, a, b, additionOf(k))
						s.run(k, got, a, b)
						compare(t, k, s, want.values, got.values)
					}
				}
			}
		}
	}
}

func TestAddScaled(t *testing.T) {
	source := rand.New(rand.NewPCG(3, 4))
	for n := range 100 {
		s := shape{rows: n, columns: 1, depth: 1, add: true}
		y, x, a := s.grids(source, onHeap)
		for _, k := range gemm.All() {
			want, got := y.clone(onHeap), y.clone(onHeap)
			s.multiply(want, x, a, additionOf(k))
			k.AddScaled(got.values, a.values[0], x.values)
			compare(t, k, s, want.values, got.values)
		}
	}
}

// All kernels handle NaN, infinities, subnormal numbers and negative zeros as plain loops do.
func TestSpecialNumbers(t *testing.T) {
	special := []float32{
		float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), 0, float32(math.Copysign(0, -1)),
		1, -1, math.MaxFloat32, math.SmallestNonzeroFloat32, -1e-40, 1e-20, 3e38,
	}
	source := rand.New(rand.NewPCG(5, 6))
	for range 200 {
		s := shape{rows: 1 + source.IntN(13), columns: 1 + source.IntN(40), depth: 1 + source.IntN(5), turned: [3]bool{false, false, source.IntN(2) == 0}, add: source.IntN(2) == 0}
		c, a, b := s.grids(source, onHeap)
		for _, g := range []grid{c, a, b} {
			for range 1 + len(g.values)/4 {
				g.values[source.IntN(len(g.values))] = special[source.IntN(len(special))]
			}
		}
		for _, k := range gemm.All() {
			want, got := c.clone(onHeap), c.clone(onHeap)
			s.multiply(want, a, b, additionOf(k))
			s.run(k, got, a, b)
			compare(t, k, s, want.values, got.values)
		}
	}
}

// A NaN makes its row or column of the product NaN, and nothing else.
func TestNaNSpreadsOnlyToItsRowAndColumn(t *testing.T) {
	for _, k := range gemm.All() {
		s := shape{rows: 20, columns: 40, depth: 30}
		c, a, b := s.grids(rand.New(rand.NewPCG(7, 8)), onHeap)
		*a.at(13, 7), *b.at(29, 33) = float32(math.NaN()), float32(math.NaN())
		s.run(k, c, a, b)
		for i := range s.rows {
			for j := range s.columns {
				if v, want := *c.at(i, j), i == 13 || j == 33; (v != v) != want {
					t.Fatalf("%s: element %d, %d is %v", k, i, j, v)
				}
			}
		}
	}
}

func TestNothingIsAllocated(t *testing.T) {
	source := rand.New(rand.NewPCG(9, 10))
	for _, k := range gemm.All() {
		for _, turned := range []bool{false, true} {
			s := shape{rows: 10, columns: 70, depth: 300, turned: [3]bool{false, !turned, turned}}
			c, a, b := s.grids(source, onHeap)
			n := testing.AllocsPerRun(10, func() {
				s.run(k, c, a, b)
				k.AddScaled(c.values, 1, c.values)
			})
			if n != 0 {
				t.Errorf("%s, %s: %v allocations, want none", k, s, n)
			}
		}
	}
}

// One kernel can be used by many goroutines, on any number of processors.
func TestProcessorsChangeNoBit(t *testing.T) {
	s := shape{rows: 33, columns: 65, depth: 513, turned: [3]bool{false, false, true}}
	c, a, b := s.grids(rand.New(rand.NewPCG(11, 12)), onHeap)
	for _, k := range gemm.All() {
		want := c.clone(onHeap)
		s.multiply(want, a, b, additionOf(k))
		for _, processors := range []int{1, 2, 4} {
			before := runtime.GOMAXPROCS(processors)
			results := make([]grid, 4)
			var wait sync.WaitGroup
			for i := range results {
				results[i] = c.clone(onHeap)
				wait.Go(func() { s.run(k, results[i], a, b) })
			}
			wait.Wait()
			runtime.GOMAXPROCS(before)
			for _, got := range results {
				compare(t, k, s, want.values, got.values)
			}
		}
	}
}

func TestBest(t *testing.T) {
	all := gemm.All()
	if all[0] != (gemm.Kernel{}) || all[0].String() != "plain strict" {
		t.Errorf("the first kernel is %s, want the definition", all[0])
	}
	if k := gemm.Best(true); !k.Strict() {
		t.Errorf("the best strict kernel is %s", k)
	}
	if k := gemm.Best(false); k != all[len(all)-1] {
		t.Errorf("the best kernel is %s, want the last of all, %s", k, all[len(all)-1])
	}
	names := map[string]bool{}
	for _, k := range all {
		if names[k.String()] || strings.HasSuffix(k.String(), "strict") != k.Strict() {
			t.Errorf("%s: the name is not unique or wrong", k)
		}
		names[k.String()] = true
	}
	t.Log(all)
}

func TestPanics(t *testing.T) {
	m := func(rows, columns int) gemm.Matrix { return gemm.Of(make([]float32, rows*columns), rows, columns) }
	for _, c := range []struct {
		what string
		do   func()
	}{
		{"gemm: 5 floats are too few for 2 x 3 with rows 3 apart", func() { gemm.Of(make([]float32, 5), 2, 3) }},
		{"gemm: 6 floats are too few for 2 x 3 with rows 4 apart", func() { gemm.View(make([]float32, 6), 2, 3, 4) }},
		{"gemm: 2 floats are too few for 1 x 3 with rows 3 apart", func() { gemm.Of(make([]float32, 2), 1, 3) }},
		{"gemm: 9 floats are too few for 3 x 3 with rows 9223372036854775807 apart", func() { gemm.View(make([]float32, 9), 3, 3, math.MaxInt) }},
		{"gemm: no matrix has 2 x 3 elements with rows 2 apart", func() { gemm.View(make([]float32, 9), 2, 3, 2) }},
		{"gemm: no matrix has -1 x 3 elements with rows 3 apart", func() { gemm.Of(nil, -1, 3) }},
		{"gemm: no matrix has 3 x -1 elements with rows -1 apart", func() { gemm.Of(nil, 3, -1) }},
		{"gemm: 2 x 3 is not the product of 2 x 4 and 3 x 3", func() { gemm.Best(true).Multiply(m(2, 3), m(2, 4), m(3, 3)) }},
		{"gemm: 2 x 3 is not the product of 3 x 2 and 2 x 3", func() { gemm.Best(true).Multiply(m(2, 3), m(3, 2), m(2, 3)) }},
		{"gemm: 2 x 3 is not the product of 2 x 1 and 1 x 4", func() { gemm.Best(true).MultiplyAdd(m(2, 3), m(2, 1), m(1, 4)) }},
	} {
		func() {
			defer func() {
				if d := cmp.Diff(c.what, recover()); d != "" {
					t.Errorf("panic (-want +got):\n%s", d)
				}
			}()
			c.do()
		}()
	}
}
