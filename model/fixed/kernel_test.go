package fixed_test

import (
	"encoding/binary"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/althing-network/althing/model/fixed"
)

// places provides memory for a test.
type places struct {
	bytes  func(n int) []byte
	sums   func(n int) []int64
	floats func(n int) []float32
}

func heap() places {
	return places{
		bytes:  func(n int) []byte { return make([]byte, n) },
		sums:   func(n int) []int64 { return make([]int64, n) },
		floats: func(n int) []float32 { return make([]float32, n) },
	}
}

// drawn are random values of all magnitudes, and edge cases.
func drawn(source *rand.Rand, n int) []int32 {
	edges := []int32{0, 1, -1, 1 << 30, -1 << 30, 1<<30 + 1, math.MaxInt32, math.MinInt32, math.MinInt32 + 1}
	values := make([]int32, n)
	for i := range values {
		if source.IntN(4) == 0 {
			values[i] = edges[source.IntN(len(edges))]
		} else {
			values[i] = int32(source.Uint32()) >> source.IntN(32)
		}
	}
	return values
}

func encoded(values []int32, place func(n int) []byte) []byte {
	b := place(4 * len(values))
	for i, v := range values {
		binary.LittleEndian.PutUint32(b[4*i:], uint32(v))
	}
	return b
}

func weights() []uint32 {
	return []uint32{0, 1, 2, 3, 12345, 1 << 30, 1<<31 - 1, 1 << 31, 1<<31 + 1, 3 << 30, 1<<32 - 2, 1<<32 - 1}
}

type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// checkAdd checks Add and Largest of n values against big integers.
func checkAdd(t fataler, n int, source *rand.Rand, at places) {
	t.Helper()
	values := drawn(source, n)
	b := encoded(values, at.bytes)
	start, want, largest := make([]int64, n), make([]int64, n), uint32(0)
	weight := weights()[source.IntN(len(weights()))]
	for i, v := range values {
		start[i] = int64(source.Uint64()) >> source.IntN(64)
		exact := new(big.Int).Mul(big.NewInt(int64(weight)), big.NewInt(int64(v)))
		exact.Add(exact, big.NewInt(start[i]))
		low := exact.And(exact, new(big.Int).SetUint64(math.MaxUint64))
		want[i] = int64(low.Uint64())
		largest = max(largest, uint32(new(big.Int).Abs(big.NewInt(int64(v))).Uint64()))
	}
	for _, k := range fixed.All() {
		sums := at.sums(n)
		copy(sums, start)
		if got := k.Add(sums, b, weight); got != largest || !slices.Equal(sums, want) {
			t.Fatalf("%s: %d + %d * %d is %d with largest magnitude %d; want %d and %d", k, start, weight, values, sums, got, want, largest)
		}
		if got := k.Largest(b, n); got != largest {
			t.Fatalf("%s: the largest magnitude of %d is %d, want %d", k, values, got, largest)
		}
	}
}

// checkMove checks Move of n weights against exact fractions.
func checkMove(t fataler, n int, source *rand.Rand, at places) {
	t.Helper()
	floats := []float32{0, float32(math.Copysign(0, -1)), 1, -1, math.MaxFloat32, -math.MaxFloat32, math.SmallestNonzeroFloat32, -1e-40, 1e-30}
	edges := []int64{0, 1, -1, 1 << 52, 1<<53 + 1, -1<<53 - 1, 1<<54 + 3, 1<<62 - 1, -1 << 62, math.MaxInt64, math.MinInt64, 1 << 32, 1<<32 - 1, -1 << 32, -1<<32 - 1, 1 << 31, -1 << 31}
	divisors := []uint64{1, 2, 3, 10, 1 << 30, 7 << 30, 1<<53 + 1, 1 << 62, math.MaxUint64, source.Uint64()>>source.IntN(64) | 1}
	divisor := divisors[source.IntN(len(divisors))]
	from, sums, want := at.floats(n), at.sums(n), make([]float32, n)
	for i := range from {
		if source.IntN(3) == 0 {
			from[i] = floats[source.IntN(len(floats))]
		} else {
			from[i] = float32(source.NormFloat64())
		}
		if source.IntN(3) == 0 {
			sums[i] = edges[source.IntN(len(edges))]
		} else {
			sums[i] = int64(source.Uint64()) >> source.IntN(64)
		}
		x := nearest(new(big.Rat).SetInt64(sums[i]))
		x = nearest(x.Quo(x, nearest(new(big.Rat).SetInt(new(big.Int).SetUint64(divisor)))))
		x = nearest(x.Add(x, new(big.Rat).SetFloat64(float64(from[i]))))
		want[i], _ = x.Float32()
	}
	for _, k := range fixed.All() {
		to := at.floats(n)
		k.Move(to, from, sums, divisor)
		for i, got := range to {
			if got != want[i] {
				t.Fatalf("%s moves %v by %d/%d to %v, want %v", k, from[i], sums[i], divisor, got, want[i])
			}
			if plain := plainMove(from[i], sums[i], divisor); math.Float32bits(got) != math.Float32bits(plain) { // the sign of zero counts
				t.Fatalf("%s moves %v by %d/%d to %v, the plain kernel to %v", k, from[i], sums[i], divisor, got, plain)
			}
		}
	}
}

// checkFinite checks Finite of n weights, of which at most one is infinite or NaN.
func checkFinite(t fataler, n int, source *rand.Rand, at places) {
	t.Helper()
	weights := at.floats(n)
	for i := range weights {
		weights[i] = []float32{math.MaxFloat32, -math.MaxFloat32, 0, -1e-40, float32(source.NormFloat64())}[source.IntN(5)]
	}
	strange := []uint32{0x7f800000, 0xff800000, 0x7f800001, 0xffffffff, 0x7fc00000, 0xffc00001}
	for _, k := range fixed.All() {
		if !k.Finite(weights) {
			t.Fatalf("%s: Finite(%v) is false, want true", k, weights)
		}
		if n == 0 {
			continue
		}
		i := source.IntN(n)
		was := weights[i]
		weights[i] = math.Float32frombits(strange[source.IntN(len(strange))])
		if k.Finite(weights) {
			t.Fatalf("%s: Finite(%v) is true, want false", k, weights)
		}
		weights[i] = was
	}
}

// plainMove is the result of the plain kernel for one weight.
func plainMove(from float32, sum int64, divisor uint64) float32 {
	to := []float32{0}
	fixed.Kernel{}.Move(to, []float32{from}, []int64{sum}, divisor)
	return to[0]
}

// nearest rounds a rational to float64.
func nearest(x *big.Rat) *big.Rat {
	f, _ := x.Float64()
	return new(big.Rat).SetFloat64(f)
}

func TestKernelsAgainstExactNumbers(t *testing.T) {
	source := rand.New(rand.NewPCG(1, 2))
	for n := range 100 {
		for range 20 {
			checkAdd(t, n, source, heap())
			checkMove(t, n, source, heap())
			checkFinite(t, n, source, heap())
		}
	}
}

func TestKernelsAgainstExactNumbersAnyLength(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 1000).Draw(t, "values")
		source := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		checkAdd(t, n, source, heap())
		checkMove(t, n, source, heap())
		checkFinite(t, n, source, heap())
	})
}

// TestKernelsDoNotWriteBehindSlices: a kernel does not change the memory behind the sums and
// weights that it is given.
func TestKernelsDoNotWriteBehindSlices(t *testing.T) {
	source := rand.New(rand.NewPCG(3, 4))
	for n := range 70 {
		for _, k := range fixed.All() {
			b := encoded(drawn(source, n+3), heap().bytes)
			sums, to, from := make([]int64, n+3), make([]float32, n+3), make([]float32, n+3)
			k.Add(sums[:n], b, 7)
			k.Move(to[:n], from, slices.Repeat([]int64{5}, n+3), 2)
			for i := n; i < n+3; i++ {
				if sums[i] != 0 || to[i] != 0 {
					t.Fatalf("%s, %d values: behind them are now %d and %v, want 0", k, n, sums[i], to[i])
				}
			}
		}
	}
}

func TestKernelsPanicOnShortSlices(t *testing.T) {
	for _, k := range fixed.All() {
		for name, do := range map[string]func(){
			"values to add": func() { k.Add(make([]int64, 3), make([]byte, 11), 1) },
			"values":        func() { k.Largest(make([]byte, 11), 3) },
			"weights":       func() { k.Move(make([]float32, 3), make([]float32, 2), make([]int64, 3), 1) },
			"sums":          func() { k.Move(make([]float32, 3), make([]float32, 3), make([]int64, 2), 1) },
		} {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%s: no panic with too few %s", k, name)
					}
				}()
				do()
			}()
		}
	}
}

func TestAll(t *testing.T) {
	all := fixed.All()
	if all[0] != (fixed.Kernel{}) || fixed.Best() != all[len(all)-1] {
		t.Errorf("kernels %v, best %s: want the plain kernel first and the best last", all, fixed.Best())
	}
	t.Log(all)
}

func FuzzAdd(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4, 255, 255, 255, 255, 0, 0, 0, 128}, uint32(3), int64(1))
	f.Add(make([]byte, 4*67), uint32(math.MaxUint32), int64(math.MinInt64))
	f.Fuzz(func(t *testing.T, b []byte, weight uint32, start int64) {
		n := len(b) / 4
		want := slices.Repeat([]int64{start}, n)
		largest := fixed.Kernel{}.Add(want, b, weight)
		for _, k := range fixed.All() {
			sums := slices.Repeat([]int64{start}, n)
			if got := k.Add(sums, b, weight); got != largest || !slices.Equal(sums, want) {
				t.Fatalf("%s: %d with a largest of %d, want %d and %d", k, sums, got, want, largest)
			}
			if got := k.Largest(b, n); got != largest {
				t.Fatalf("%s: largest %d, want %d", k, got, largest)
			}
		}
	})
}

func BenchmarkAdd(b *testing.B) {
	for _, k := range fixed.All() {
		b.Run(k.String(), func(b *testing.B) {
			values, sums := make([]byte, 64<<10), make([]int64, 16<<10)
			b.SetBytes(int64(len(values)))
			for b.Loop() {
				k.Add(sums, values, 1000)
			}
		})
	}
}

func BenchmarkMove(b *testing.B) {
	for _, k := range fixed.All() {
		b.Run(k.String(), func(b *testing.B) {
			to, from, sums := make([]float32, 16<<10), make([]float32, 16<<10), make([]int64, 16<<10)
			b.SetBytes(int64(4 * len(to)))
			for b.Loop() {
				k.Move(to, from, sums, 1000<<24)
			}
		})
	}
}
