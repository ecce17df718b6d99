package aggregate_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/althing-network/althing/aggregate"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
)

// round is a drawn set of updates.
type round struct {
	global    []float32
	scaleBits uint32
	weights   []uint64
	values    [][]int32
}

func rounds() *rapid.Generator[round] {
	return rapid.Custom(func(t *rapid.T) round {
		n := rapid.IntRange(1, 5).Draw(t, "parameters")
		k := rapid.IntRange(1, 6).Draw(t, "trainers")
		return round{
			global:    rapid.SliceOfN(rapid.Float32Range(-math.MaxFloat32, math.MaxFloat32), n, n).Draw(t, "global"),
			scaleBits: rapid.Uint32Range(0, model.MaxScaleBits).Draw(t, "bits"),
			weights:   rapid.SliceOfN(rapid.Uint64Range(1, 1<<29), k, k).Draw(t, "weights"),
			values: rapid.SliceOfN(rapid.SliceOfN(
				rapid.Int32Range(-model.MaxValue, model.MaxValue), n, n), k, k).Draw(t, "values"),
		}
	})
}

func (r round) sources(t testing.TB) (sources []aggregate.Source) {
	for i, values := range r.values {
		sources = append(sources, source(t, uint64(i), r.weights[i], r.scaleBits, values...))
	}
	return sources
}

// weighted is the sum of values j times their weights, and the sum of the weights.
func (r round) weighted(j int, weights []uint64) (sum, divisor *big.Int) {
	sum, divisor = new(big.Int), new(big.Int)
	for i, values := range r.values {
		w := new(big.Int).SetUint64(weights[i])
		divisor.Add(divisor, w)
		sum.Add(sum, w.Mul(w, big.NewInt(int64(values[j]))))
	}
	return sum, divisor
}

// nearest rounds a rational to float64.
func nearest(x *big.Rat) *big.Rat {
	f, _ := x.Float64()
	return new(big.Rat).SetFloat64(f)
}

// moved is a weight moved by sum/divisor, computed in rationals without floating point
// arithmetic: once exactly, and once rounded at the same steps as in package aggregate.
func moved(global float32, sum, divisor *big.Int) (rounded float32, exact *big.Rat) {
	start := new(big.Rat).SetFloat64(float64(global))
	exact = new(big.Rat).SetFrac(sum, divisor)
	exact.Add(exact, start)
	x := nearest(new(big.Rat).SetInt(sum))
	x = nearest(x.Quo(x, nearest(new(big.Rat).SetInt(divisor))))
	x = nearest(x.Add(x, start))
	rounded, _ = x.Float32()
	return rounded, exact
}

func TestRulesAgainstRationals(t *testing.T) {
	all := rules(t)
	rapid.Check(t, func(rt *rapid.T) {
		r := rounds().Draw(rt, "round")
		for name, rule := range all {
			update, err := rule.Combine(len(r.global), r.scaleBits, r.sources(t))
			if err != nil {
				rt.Fatal(err)
			}
			for j, got := range added(t, r.global, update) {
				sum, divisor := results()[name].reference(r, j)
				divisor.Lsh(divisor, uint(r.scaleBits))
				if sum.Cmp(big.NewInt(update.Sum[j])) != 0 || divisor.Cmp(new(big.Int).SetUint64(update.Divisor)) != 0 {
					rt.Fatalf("%s: value %d is %d/%d, want %d/%d", name, j, update.Sum[j], update.Divisor, sum, divisor)
				}
				want, exact := moved(r.global[j], sum, divisor)
				if math.Float32bits(got) != math.Float32bits(want) {
					rt.Fatalf("%s: weight %d is %v, want %v", name, j, got, want)
				}
				if !near(got, r.global[j], exact) {
					rt.Fatalf("%s: weight %d is %v, too far from the exact value %s", name, j, got, exact.FloatString(20))
				}
			}
		}
	})
}

// near allows an error of half a step of float32, and the rounding errors of float64.
func near(got, global float32, exact *big.Rat) bool {
	step := float64(math.Nextafter32(float32(math.Abs(float64(got))), math.MaxFloat32)) - math.Abs(float64(got))
	moved := math.Abs(float64(got) - float64(global))
	allowed := new(big.Rat).SetFloat64(step/2 + math.Ldexp(math.Abs(float64(global))+moved, -50))
	difference := new(big.Rat).Sub(new(big.Rat).SetFloat64(float64(got)), exact)
	return difference.Abs(difference).Cmp(allowed) <= 0
}

// TestUpdateAgainstRationals: values of an update are rounded as its methods document.
func TestUpdateAgainstRationals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		u := aggregate.Update{Sum: []int64{0, rapid.Int64().Draw(t, "sum")}, Divisor: rapid.Uint64Min(1).Draw(t, "divisor")}
		x := nearest(new(big.Rat).SetInt64(u.Sum[1]))
		x.Quo(x, nearest(new(big.Rat).SetInt(new(big.Int).SetUint64(u.Divisor))))
		want, _ := x.Float64()
		if got := u.Float64(1); got != want {
			t.Fatalf("%d/%d is %v, want %v", u.Sum[1], u.Divisor, got, want)
		}
		narrow, _ := nearest(x).Float32()
		if got := u.Float32(1); got != narrow {
			t.Fatalf("%d/%d is %v, want %v", u.Sum[1], u.Divisor, got, narrow)
		}
	})
}

// TestUpdateBounds: the result of a rule is within the bounds that [aggregate.Update]
// documents, even for the largest updates and weights.
func TestUpdateBounds(t *testing.T) {
	const bound = 1 << 62
	for name, rule := range rules(t) {
		for _, bits := range []uint32{0, model.MaxScaleBits} {
			var sources []aggregate.Source
			for i, weight := range aggregate.Weights([]uint32{math.MaxUint32, math.MaxUint32, math.MaxUint32, math.MaxUint32}, 0) {
				sources = append(sources, source(t, uint64(i), weight, bits, model.MaxValue, -model.MaxValue))
			}
			got, err := rule.Combine(2, bits, sources)
			if err != nil {
				t.Fatal(err)
			}
			if got.Sum[0] > bound || got.Sum[1] < -bound || got.Divisor == 0 || got.Divisor > bound {
				t.Errorf("%s with a scale of %d bits: %d is beyond the bound of 2^62", name, bits, got)
			}
			if want := math.Ldexp(model.MaxValue, -int(bits)); got.Float64(0) != want || got.Float64(1) != -want {
				t.Errorf("%s with a scale of %d bits: %d, want %v and %v", name, bits, got, want, -want)
			}
		}
	}
}

func TestOrderDoesNotMatter(t *testing.T) {
	all := rules(t)
	rapid.Check(t, func(rt *rapid.T) {
		r := rounds().Draw(rt, "round")
		sources := r.sources(t)
		shuffled := rapid.Permutation(sources).Draw(rt, "order")
		for name, rule := range all {
			one, err := rule.Combine(len(r.global), r.scaleBits, sources)
			if err != nil {
				rt.Fatal(err)
			}
			two, err := rule.Combine(len(r.global), r.scaleBits, shuffled)
			if err != nil {
				rt.Fatal(err)
			}
			if diff := cmp.Diff(one, two); diff != "" {
				rt.Fatalf("%s (-one order +another):\n%s", name, diff)
			}
		}
	})
}

// TestGolden: the digest that aggregators agree on is the same on every architecture.
func TestGolden(t *testing.T) {
	m := spec.Model{Kind: spec.ModelMLP, Inputs: 64, Hidden: []uint32{64}, Classes: 10, Seed: 1}
	global, err := model.Init(m)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.NewPCG(1, 2)
	claims := make([]uint32, 10)
	for i := range claims {
		claims[i] = uint32(random.Uint64() >> 40)
	}
	var sources []aggregate.Source
	for i, weight := range aggregate.Weights(claims, 0) {
		values := make([]int32, len(global))
		for j := range values {
			values[j] = int32(random.Uint64()>>33) - 1<<30
		}
		sources = append(sources, source(t, uint64(i), weight, 24, values...))
	}
	for name, rule := range rules(t) {
		update, err := rule.Combine(len(global), 24, sources)
		if err != nil {
			t.Fatal(err)
		}
		got, err := model.File{Model: m, Weights: added(t, global, update)}.Digest()
		if err != nil {
			t.Fatal(err)
		}
		if want := results()[name].golden; got.String() != want {
			t.Errorf("%s gives %s, want %s", name, got, want)
		}
	}
}
