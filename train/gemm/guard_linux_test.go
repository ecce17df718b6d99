package gemm_test

import (
	"math/rand/v2"
	"os"
	"syscall"
	"testing"
	"unsafe"

	"github.com/althing-network/althing/train/gemm"
)

// fenced allocates floats between two pages that may not be accessed. The floats begin right
// after the first page, or end right before the second. An access outside of them faults.
func fenced(t *testing.T, atEnd bool) func(n int) []float32 {
	t.Helper()
	return func(n int) []float32 {
		if n == 0 {
			return nil
		}
		page := os.Getpagesize()
		size := (4*n + page - 1) / page * page
		memory, err := syscall.Mmap(-1, 0, size+2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := syscall.Munmap(memory); err != nil {
				t.Error(err)
			}
		})
		for _, fence := range [][]byte{memory[:page], memory[page+size:]} {
			if err := syscall.Mprotect(fence, syscall.PROT_NONE); err != nil {
				t.Fatal(err)
			}
		}
		first := page
		if atEnd {
			first += size - 4*n
		}
		return unsafe.Slice((*float32)(unsafe.Pointer(&memory[first])), n)
	}
}

func TestNothingOutsideIsTouched(t *testing.T) {
	source := rand.New(rand.NewPCG(13, 14))
	for _, atEnd := range []bool{false, true} {
		for range 250 {
			s := shape{
				rows: 1 + source.IntN(14), columns: 1 + source.IntN(40), depth: 1 + source.IntN(40), gap: source.IntN(2),
				turned: [3]bool{source.IntN(2) == 0, source.IntN(2) == 0, source.IntN(2) == 0}, add: source.IntN(2) == 0,
			}
			t.Run(s.String(), func(t *testing.T) {
				place := fenced(t, atEnd)
				c, a, b := s.grids(source, place)
				for _, k := range gemm.All() {
					want, got := c.clone(onHeap), c.clone(place)
					s.multiply(want, a, b, additionOf(k))
					s.run(k, got, a, b)
					compare(t, k, s, want.values, got.values)
					k.AddScaled(got.values, 2, want.values)
				}
			})
		}
	}
}

func TestNothingOutsideIsTouchedWhenPicked(t *testing.T) {
	source := rand.New(rand.NewPCG(21, 22))
	for _, atEnd := range []bool{false, true} {
		for range 250 {
			s := shape{columns: 1 + source.IntN(40), depth: 1 + source.IntN(40), gap: source.IntN(2), turned: [3]bool{false, false, source.IntN(2) == 0}, add: source.IntN(2) == 0}
			t.Run(s.String(), func(t *testing.T) {
				place := fenced(t, atEnd)
				s.selectionOf(source, 1+source.IntN(3), 1+source.IntN(14), place).check(t, source, place)
			})
		}
	}
}

func TestNothingOutsideIsTouchedByCopies(t *testing.T) {
	source := rand.New(rand.NewPCG(25, 26))
	for _, atEnd := range []bool{false, true} {
		for range 250 {
			s := shape{rows: 1 + source.IntN(40), columns: 1 + source.IntN(40), gap: source.IntN(2)}
			t.Run(s.String(), func(t *testing.T) { s.checkCopies(t, source, fenced(t, atEnd)) })
		}
	}
}

func TestNothingOutsideIsRectified(t *testing.T) {
	source := rand.New(rand.NewPCG(29, 30))
	for _, atEnd := range []bool{false, true} {
		for n := range 70 {
			checkRectify(t, n, source, fenced(t, atEnd))
		}
	}
}

func TestNothingOutsideIsPooled(t *testing.T) {
	source := rand.New(rand.NewPCG(33, 34))
	for _, atEnd := range []bool{false, true} {
		for n := range 30 {
			checkPool(t, n, source, fenced(t, atEnd))
		}
	}
}
