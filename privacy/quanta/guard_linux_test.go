package quanta_test

import (
	"math/rand/v2"
	"os"
	"syscall"
	"testing"
	"unsafe"
)

// fenced allocates memory between two pages that may not be accessed. It begins right after
// the first page, or ends right before the second. An access outside of it faults.
func fenced(t *testing.T, atEnd bool) allocator {
	return allocator{
		floats:   func(n int) []float32 { return between[float32](t, n, atEnd) },
		integers: func(n int) []int32 { return between[int32](t, n, atEnd) },
		sums:     func(n int) []int64 { return between[int64](t, n, atEnd) },
	}
}

func between[V any](t *testing.T, n int, atEnd bool) []V {
	t.Helper()
	if n == 0 {
		return nil
	}
	var v V
	page, length := os.Getpagesize(), n*int(unsafe.Sizeof(v))
	size := (length + page - 1) / page * page
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
		first += size - length
	}
	return unsafe.Slice((*V)(unsafe.Pointer(&memory[first])), n)
}

func TestNothingOutsideIsTouched(t *testing.T) {
	source := rand.New(rand.NewPCG(5, 6))
	for _, atEnd := range []bool{false, true} {
		for n := range 150 {
			t.Run("", func(t *testing.T) {
				checkRounding(t, n, source, fenced(t, atEnd))
				checkShrinking(t, n, source, fenced(t, atEnd))
			})
		}
	}
}
