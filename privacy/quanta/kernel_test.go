package quanta_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/althing-network/althing/privacy/quanta"
)

// allocator allocates memory for a test.
type allocator struct {
	floats   func(n int) []float32
	integers func(n int) []int32
	sums     func(n int) []int64
}

func heap() allocator {
	return allocator{
		floats:   func(n int) []float32 { return make([]float32, n) },
		integers: func(n int) []int32 { return make([]int32, n) },
		sums:     func(n int) []int64 { return make([]int64, n) },
	}
}

// checkRounding compares Round with package math for values of all magnitudes, halves, and
// values near the limits.
func checkRounding(t *testing.T, n int, source *rand.Rand, at allocator) {
	t.Helper()
	shift := uint(source.IntN(31))
	edge := float32(math.Ldexp(1, 31-int(shift)))
	edges := []float32{0, -edge, edge, math.Nextafter32(edge, 0), -math.Nextafter32(edge, 0), 2 * edge, math.MaxFloat32, -math.MaxFloat32, math.SmallestNonzeroFloat32, float32(math.Copysign(0, -1))}
	values, want := at.floats(n), make([]int32, n)
	wild := source.IntN(3) == 0
	for i := range values {
		switch source.IntN(4) {
		case 0:
			values[i] = float32(math.Ldexp(float64(source.IntN(2001)-1000)/2, -int(shift))) // halves of quanta
		case 1:
			if values[i] = 0; wild {
				values[i] = edges[source.IntN(len(edges))]
			}
		default:
			values[i] = float32(math.Ldexp(source.Float64()-0.5, source.IntN(31)-int(shift)))
		}
		exact := math.RoundToEven(math.Ldexp(float64(values[i]), int(shift)))
		want[i] = int32(max(-quanta.Largest, min(quanta.Largest, exact)))
	}
	squares := new(big.Int)
	for _, v := range want {
		square := big.NewInt(int64(v))
		squares.Add(squares, square.Mul(square, square))
	}
	for _, k := range quanta.All() {
		got := at.integers(n)
		high, low, finite := k.Round(got, values, shift)
		if !finite || !slices.Equal(got, want) {
			t.Fatalf("%s makes %v of %v at 2^%d, want %v", k, got, values, shift, want)
		}
		if sum := joined(high, low); sum.Cmp(squares) != 0 {
			t.Fatalf("%s adds the squares of %v up to %v, want %v", k, got, sum, squares)
		}
		if n == 0 {
			continue
		}
		bad := source.IntN(n)
		kept := values[bad]
		for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			values[bad] = float32(v)
			if _, _, finite := k.Round(got, values, shift); finite {
				t.Fatalf("%s takes value %d of %d, %v, for a finite number", k, bad, n, v)
			}
		}
		values[bad] = kept
	}
}

func joined(high, low uint64) *big.Int {
	sum := new(big.Int).SetUint64(high)
	return sum.Or(sum.Lsh(sum, 64), new(big.Int).SetUint64(low))
}

// randomQuanta are quanta of all magnitudes.
func randomQuanta(n int, source *rand.Rand, at allocator) []int32 {
	all := at.integers(n)
	for i := range all {
		all[i] = max(-quanta.Largest, min(quanta.Largest, int32(source.Uint32())>>source.IntN(32)))
		if source.IntN(8) == 0 {
			all[i] = []int32{0, 1, -1, quanta.Largest, -quanta.Largest}[source.IntN(5)]
		}
	}
	return all
}

// checkShrinking compares Add and AddShrunk with [big.Int].
func checkShrinking(t *testing.T, n int, source *rand.Rand, at allocator) {
	t.Helper()
	all := randomQuanta(n, source, at)
	fraction := source.Uint64() >> source.IntN(64)
	if source.IntN(4) == 0 {
		fraction = []uint64{0, 1, 1<<32 - 1, 1 << 32, 1 << 63, math.MaxUint64}[source.IntN(6)]
	}
	before, want, whole := make([]int64, n), make([]int64, n), make([]int64, n)
	for i, v := range all {
		before[i] = int64(source.Uint64()) >> source.IntN(64)
		product := new(big.Int).Mul(big.NewInt(int64(v)), new(big.Int).SetUint64(fraction))
		product.Quo(product, new(big.Int).Lsh(big.NewInt(1), 64)) // towards zero
		want[i], whole[i] = before[i]+product.Int64(), before[i]+int64(v)
	}
	for _, k := range quanta.All() {
		sums := at.sums(n)
		copy(sums, before)
		if k.AddShrunk(sums, all, fraction); !slices.Equal(sums, want) {
			t.Fatalf("%s adds %v times %d/2^64 to %v, which makes %v, want %v", k, all, fraction, before, sums, want)
		}
		copy(sums, before)
		if k.Add(sums, all); !slices.Equal(sums, whole) {
			t.Fatalf("%s adds %v to %v, which makes %v, want %v", k, all, before, sums, whole)
		}
	}
}

func TestKernelsAgreeWithExactIntegers(t *testing.T) {
	source := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		for n := range 150 {
			checkRounding(t, n, source, heap())
			checkShrinking(t, n, source, heap())
		}
	}
	for _, value := range []float32{1, 1.0 / 2, 1.0 / 3, 1.0 / 1024} { // some sums of squares need two words
		many := slices.Repeat([]float32{value, -value}, 1<<11)
		for shift := range uint(31) {
			for _, k := range quanta.All() {
				all := make([]int32, len(many))
				high, low, _ := k.Round(all, many, shift)
				want := big.NewInt(int64(all[0]))
				if want.Mul(want, want).Lsh(want, 12); joined(high, low).Cmp(want) != 0 {
					t.Errorf("%s: the squares of %d times %d are %v, want %v", k, len(all), all[0], joined(high, low), want)
				}
			}
		}
	}
}

func TestKernelsPanicIfSlicesAreTooShort(t *testing.T) {
	for _, k := range quanta.All() {
		for what, do := range map[string]func(){
			"values": func() { k.Round(make([]int32, 40), make([]float32, 39), 1) },
			"places": func() { k.Add(make([]int64, 39), make([]int32, 40)) },
			"sums":   func() { k.AddShrunk(make([]int64, 39), make([]int32, 40), 1) },
		} {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%s: fewer %s than quanta, but no panic", k, what)
					}
				}()
				do()
			}()
		}
	}
	if all := quanta.All(); all[0].String() != "plain" || all[0] != (quanta.Kernel{}) || all[len(all)-1] != quanta.Best() {
		t.Errorf("%v: want the definition first and the best last", all)
	}
}

func BenchmarkKernels(b *testing.B) {
	const n = 10_000
	source := rand.New(rand.NewPCG(3, 4))
	values, all, sums := make([]float32, n), make([]int32, n), make([]int64, n)
	for i := range values {
		values[i] = source.Float32() - 0.5
	}
	for _, k := range quanta.All() {
		for what, do := range map[string]func(){
			"round":  func() { k.Round(all, values, 10) },
			"add":    func() { k.Add(sums, all) },
			"shrink": func() { k.AddShrunk(sums, all, 1<<60) },
		} {
			b.Run(what+"/"+k.String(), func(b *testing.B) {
				for b.Loop() {
					do()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/value")
			})
		}
	}
}
