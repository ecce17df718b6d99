package fixed_test

import (
	"math/rand/v2"
	"os"
	"syscall"
	"testing"
	"unsafe"
)

// fenced provides memory in pages of its own, between two pages without access rights. The
// memory begins right after the first of them, or ends right before the second. Code that
// reads or writes outside it crashes.
func fenced(t *testing.T, atEnd bool) places {
	t.Helper()
	var mapped [][]byte
	t.Cleanup(func() {
		for _, memory := range mapped {
			if err := syscall.Munmap(memory); err != nil {
				t.Error(err)
			}
		}
	})
	place := func(n int) []byte {
		if n == 0 {
			return nil
		}
		page := os.Getpagesize()
		size := (n + page - 1) / page * page
		memory, err := syscall.Mmap(-1, 0, size+2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
		if err != nil {
			t.Fatal(err)
		}
		mapped = append(mapped, memory)
		for _, fence := range [][]byte{memory[:page], memory[page+size:]} {
			if err := syscall.Mprotect(fence, syscall.PROT_NONE); err != nil {
				t.Fatal(err)
			}
		}
		first := page
		if atEnd {
			first += size - n
		}
		return memory[first : first+n : first+n]
	}
	return places{
		bytes: place,
		sums: func(n int) []int64 {
			return unsafe.Slice((*int64)(unsafe.Pointer(unsafe.SliceData(place(8*n)))), n)
		},
		floats: func(n int) []float32 {
			return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(place(4*n)))), n)
		},
	}
}

// TestNothingOutsideIsTouched: no kernel reads or writes outside the slices that it is given.
func TestNothingOutsideIsTouched(t *testing.T) {
	source := rand.New(rand.NewPCG(5, 6))
	for _, atEnd := range []bool{false, true} {
		for n := range 150 {
			t.Run("", func(t *testing.T) {
				checkAdd(t, n, source, fenced(t, atEnd))
				checkMove(t, n, source, fenced(t, atEnd))
				checkFinite(t, n, source, fenced(t, atEnd))
			})
		}
	}
}
