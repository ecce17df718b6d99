package aggregate_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

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

// twin computes weight j of the next model in rationals. It rounds where the
// rule says it rounds, without any arithmetic of the machine's floats.
func (r round) twin(j int, weight func(i int) uint64) (rounded float32, exact *big.Rat) {
	total, divisor := new(big.Int), new(big.Int)
	for i, values := range r.values {
		w := new(big.Int).SetUint64(weight(i))
		divisor.Add(divisor, w)
		total.Add(total, w.Mul(w, big.NewInt(int64(values[j]))))
	}
	divisor.Lsh(divisor, uint(r.scaleBits))
	global := new(big.Rat).SetFloat64(float64(r.global[j]))

	exact = new(big.Rat).SetFrac(total, divisor)
	exact.Add(exact, global)

	nearest := func(x *big.Rat) *big.Rat {
		f, _ := x.Float64()
		return new(big.Rat).SetFloat64(f)
	}
	x := nearest(new(big.Rat).SetInt(total))
	x = nearest(x.Quo(x, nearest(new(big.Rat).SetInt(divisor))))
	x = nearest(x.Add(x, global))
	rounded, _ = x.Float32()
	return rounded, exact
}

func TestRulesAgainstRationals(t *testing.T) {
	all := rules(t)
	rapid.Check(t, func(rt *rapid.T) {
		r := rounds().Draw(rt, "round")
		for name, weight := range map[string]func(int) uint64{
			spec.RuleFedAvg: func(i int) uint64 { return r.weights[i] },
			spec.RuleMean:   func(int) uint64 { return 1 },
		} {
			next, err := all[name].Aggregate(r.global, r.scaleBits, r.sources(t))
			if err != nil {
				rt.Fatal(err)
			}
			for j, got := range next {
				want, exact := r.twin(j, weight)
				if math.Float32bits(got) != math.Float32bits(want) {
					rt.Fatalf("%s: weight %d is %v, the twin says %v", name, j, got, want)
				}
				if !near(got, r.global[j], exact) {
					rt.Fatalf("%s: weight %d is %v, exactly it would be %s", name, j, got, exact.FloatString(20))
				}
			}
		}
	})
}

// near allows half a step of float32 and what float64 loses below it.
func near(got, global float32, exact *big.Rat) bool {
	step := float64(math.Nextafter32(float32(math.Abs(float64(got))), math.MaxFloat32)) - math.Abs(float64(got))
	moved := math.Abs(float64(got) - float64(global))
	allowed := new(big.Rat).SetFloat64(step/2 + math.Ldexp(math.Abs(float64(global))+moved, -50))
	difference := new(big.Rat).Sub(new(big.Rat).SetFloat64(float64(got)), exact)
	return difference.Abs(difference).Cmp(allowed) <= 0
}

func TestOrderDoesNotMatter(t *testing.T) {
	all := rules(t)
	rapid.Check(t, func(rt *rapid.T) {
		r := rounds().Draw(rt, "round")
		sources := r.sources(t)
		shuffled := rapid.Permutation(sources).Draw(rt, "order")
		for name, rule := range all {
			one, err := rule.Aggregate(r.global, r.scaleBits, sources)
			if err != nil {
				rt.Fatal(err)
			}
			two, err := rule.Aggregate(r.global, r.scaleBits, shuffled)
			if err != nil {
				rt.Fatal(err)
			}
			if !slices.Equal(one, two) {
				rt.Fatalf("%s: one order gives %v, another %v", name, one, two)
			}
		}
	})
}

// The digest aggregators agree on, the same on every architecture.
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
	want := map[string]string{
		spec.RuleFedAvg: "3026ebfbac4a5139437281a0eb966904eaf123e46bafb780839a040c67e5528c",
		spec.RuleMean:   "461dd6275b90477f46f34d8873d360d26306508d590eb4dc9b55c53d3129a61d",
	}
	for name, rule := range rules(t) {
		next, err := rule.Aggregate(global, 24, sources)
		if err != nil {
			t.Fatal(err)
		}
		got, err := model.File{Model: m, Weights: next}.Digest()
		if err != nil {
			t.Fatal(err)
		}
		if got.String() != want[name] {
			t.Errorf("%s gives %s, want %s", name, got, want[name])
		}
	}
}
