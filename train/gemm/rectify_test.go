package gemm_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/althing-network/althing/train/gemm"
)

// extremes are floats that instructions may treat differently.
func extremes() []float32 {
	return []float32{
		float32(math.NaN()), math.Float32frombits(0xffc00000), float32(math.Inf(1)), float32(math.Inf(-1)),
		0, float32(math.Copysign(0, -1)), math.SmallestNonzeroFloat32, -math.SmallestNonzeroFloat32, 1, -1, 2, -2,
	}
}

func TestRectifyAndGate(t *testing.T) {
	source := rand.New(rand.NewPCG(27, 28))
	for n := range 100 {
		checkRectify(t, n, source, onHeap)
	}
}

// checkRectify checks n floats, some of them extreme.
func checkRectify(t fataler, n int, source *rand.Rand, place func(n int) []float32) {
	draw := func() []float32 {
		x := place(n)
		for i := range x {
			x[i] = extremes()[source.IntN(len(extremes()))]
		}
		return x
	}
	s := shape{rows: n, columns: 1}
	for _, k := range gemm.All() {
		y := draw()
		want := make([]float32, n)
		for i, v := range y {
			if v > 0 || v != v {
				want[i] = v
			}
		}
		k.Rectify(y)
		compare(t, k, s, want, y)
		y, x := draw(), draw()
		for i, v := range y {
			want[i] = 0
			if math.Float32bits(x[i]) != 0 {
				want[i] = v
			}
		}
		k.Gate(y, x)
		compare(t, k, s, want, y)
	}
}

func TestRowStride(t *testing.T) {
	for n, want := range map[int]int{0: 0, 1: 1, 15: 15, 16: 16, 17: 48, 32: 48, 48: 48, 49: 80, 64: 80, 65: 80, 81: 112} {
		if got := gemm.RowStride(n); got != want || gemm.RowStride(want) != want {
			t.Errorf("RowStride(%d) is %d and RowStride(%d) is %d, want %d for both", n, got, want, gemm.RowStride(want), want)
		}
	}
}
