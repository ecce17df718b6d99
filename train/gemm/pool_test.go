package gemm_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/train/gemm"
)

func TestPool(t *testing.T) {
	source := rand.New(rand.NewPCG(31, 32))
	for n := range 40 {
		for range 20 {
			checkPool(t, n, source, onHeap)
		}
	}
}

// checkPool checks n windows, some of them with extreme floats.
func checkPool(t fataler, n int, source *rand.Rand, place func(n int) []float32) {
	at, width := source.IntN(5), 2*n+source.IntN(5)
	x := place(at + width + 2*n)
	few := source.IntN(2) == 0
	for i := range x {
		x[i] = float32(source.IntN(5) - 2)
		if few || source.IntN(20) == 0 {
			x[i] = extremes()[source.IntN(len(extremes()))]
		}
	}
	want, whence := make([]float32, n), make([]int32, n)
	for i := range n {
		for q, j := range [4]int{0, 1, width, width + 1} {
			j += at + 2*i
			if v := x[j]; q == 0 || v > want[i] || v != v {
				want[i], whence[i] = v, int32(j)
			}
		}
	}
	for _, k := range gemm.All() {
		y, from := place(n), make([]int32, n)
		k.Pool(y, from, x, at, width)
		for i := range y {
			if math.Float32bits(y[i]) != math.Float32bits(want[i]) {
				t.Fatalf("%s: the largest float of window %d of %d is %v, want %v", k, i, n, y[i], want[i])
			}
		}
		if d := cmp.Diff(whence, from); d != "" {
			t.Fatalf("%s: indices of the largest (-want +got):\n%s", k, d)
		}
	}
}

func TestPoolPanics(t *testing.T) {
	for _, k := range gemm.All() {
		for _, c := range []struct{ at, width int }{{0, 6}, {6, 0}, {12, 0}, {0, 12}, {-1, 0}, {0, -1}, {math.MaxInt, 0}, {0, math.MaxInt}, {math.MaxInt, math.MaxInt}, {math.MinInt, math.MaxInt}} {
			func() {
				defer func() {
					want := fmt.Sprintf("gemm: 11 floats are too few for 3 windows from %d on, in rows %d apart", c.at, c.width)
					if d := cmp.Diff(want, recover()); d != "" {
						t.Errorf("panic (-want +got):\n%s", d)
					}
				}()
				k.Pool(make([]float32, 3), make([]int32, 3), make([]float32, 11), c.at, c.width)
			}()
		}
	}
}
