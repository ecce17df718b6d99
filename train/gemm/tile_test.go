package gemm_test

import (
	"math"
	"math/rand/v2"
	"testing"
)

// text is a string with the method that compare needs.
type text string

func (n text) String() string { return string(n) }

// Every tile of every instruction set is correct and accesses only its own floats. The emulator
// tests this also on machines without the instruction set.
func TestTilesInAnEmulator(t *testing.T) {
	for _, c := range []struct {
		file, function string
		rows, columns  int
		add            func(sum, x, y float32) float32
	}{
		{"avx2_amd64.s", "avx2Strict", 6, 16, twoRoundings},
		{"avx2_amd64.s", "avx2Fused", 6, 16, oneRounding},
		{"avx512_amd64.s", "avx512Strict", 12, 32, twoRoundings},
		{"avx512_amd64.s", "avx512Fused", 12, 32, oneRounding},
	} {
		t.Run(c.function, func(t *testing.T) {
			t.Parallel()
			e := assemble(t, c.file)
			source := rand.New(rand.NewPCG(15, 16))
			for i := range 2 * c.rows {
				rows := i/2 + 1
				for columns := 1; columns <= c.columns; columns++ {
					s := shape{
						rows: rows, columns: columns, depth: 1 + source.IntN(3), gap: source.IntN(3),
						turned: [3]bool{false, source.IntN(2) == 0, false}, add: i%2 == 1,
					}
					want, x, y := s.grids(source, onHeap)
					got := want.clone(onHeap)
					s.multiply(want, x, y, c.add)
					e.memory[1], e.memory[2], e.memory[3] = x.values, y.values, got.values
					rowA, stepA, add := uint64(x.stride), uint64(1), uint64(0)
					if x.transposed {
						rowA, stepA = stepA, rowA
					}
					if s.add {
						add = 1
					}
					err := e.call(c.function, uint64(rows), uint64(columns), uint64(s.depth),
						region(1), rowA, stepA, region(2), uint64(y.stride), region(3), uint64(got.stride), add)
					if err != nil {
						t.Fatalf("%s: %v", s, err)
					}
					compare(t, text(c.function), s, want.values, got.values)
				}
			}
		})
	}
}

// The same test for tiles that pick their elements.
func TestPickedTilesInAnEmulator(t *testing.T) {
	for _, c := range []struct {
		file, function string
		rows, columns  int
		add            func(sum, x, y float32) float32
	}{
		{"avx2_amd64.s", "avx2PickedStrict", 6, 16, twoRoundings},
		{"avx2_amd64.s", "avx2PickedFused", 6, 16, oneRounding},
		{"avx512_amd64.s", "avx512PickedStrict", 12, 32, twoRoundings},
		{"avx512_amd64.s", "avx512PickedFused", 12, 32, oneRounding},
	} {
		t.Run(c.function, func(t *testing.T) {
			t.Parallel()
			e := assemble(t, c.file)
			source := rand.New(rand.NewPCG(23, 24))
			for i := range 2 * c.rows {
				rows := i/2 + 1
				for columns := 1; columns <= c.columns; columns++ {
					s := shape{rows: rows, columns: columns, depth: 1 + source.IntN(3), gap: source.IntN(3), add: i%2 == 1}
					p := s.selectionOf(source, 1, rows, onHeap)
					want, x, y := s.grids(source, onHeap)
					got := want.clone(onHeap)
					p.each(func(i, q, at int) { *x.at(i, q) = p.floats[at] })
					s.multiply(want, x, y, c.add)
					e.memory[1], e.memory[2], e.memory[3], e.memory[4] = p.floats[p.starts[0]:], y.values, got.values, make([]float32, s.depth)
					for q, offset := range p.offsets {
						e.memory[4][q] = math.Float32frombits(uint32(offset))
					}
					add := uint64(0)
					if s.add {
						add = 1
					}
					err := e.call(c.function, uint64(rows), uint64(columns), uint64(s.depth),
						region(1), uint64(p.step), region(4), region(2), uint64(y.stride), region(3), uint64(got.stride), add)
					if err != nil {
						t.Fatalf("%s: %v", s, err)
					}
					compare(t, text(c.function), s, want.values, got.values)
				}
			}
		})
	}
}
