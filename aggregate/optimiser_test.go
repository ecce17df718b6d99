package aggregate_test

import (
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/althing-network/althing/aggregate"
	"github.com/althing-network/althing/spec"
)

// optimisers are all that spec lists, with the parameters of the tests.
func optimisers(t testing.TB) map[string]aggregate.Optimiser {
	t.Helper()
	all := make(map[string]aggregate.Optimiser)
	for _, word := range spec.ServerOptimisers() {
		o, err := aggregate.OptimiserOf(spec.Aggregation{Optimiser: word.Name, Rate: 100_000, Momentum: 900_000, Tau: 10_000})
		if err != nil {
			t.Fatal(err)
		}
		all[word.Name] = o
	}
	return all
}

// one is the update of a single weight.
func one(sum int64, divisor uint64) aggregate.Update {
	return aggregate.Update{Sum: []int64{sum}, Divisor: divisor}
}

func TestOptimiserOf(t *testing.T) {
	want := map[string]aggregate.Optimiser{
		spec.ServerNone:       aggregate.None{},
		spec.ServerFedAvgM:    aggregate.FedAvgM{Rate: 0.1, Momentum: 0.9},
		spec.ServerFedAdam:    aggregate.FedAdam{Rate: 0.1, Momentum: 0.9, Tau: 0.01},
		spec.ServerFedYogi:    aggregate.FedYogi{Rate: 0.1, Momentum: 0.9, Tau: 0.01},
		spec.ServerFedAdagrad: aggregate.FedAdagrad{Rate: 0.1, Momentum: 0.9, Tau: 0.01},
	}
	if diff := cmp.Diff(want, optimisers(t)); diff != "" {
		t.Errorf("optimisers that spec lists (-tests +spec):\n%s", diff)
	}
	for _, unknown := range []string{"", "FedAdam", "lion"} {
		o, err := aggregate.OptimiserOf(spec.Aggregation{Optimiser: unknown})
		if o != nil || err == nil || !strings.Contains(err.Error(), "unknown server optimiser") {
			t.Errorf("optimiser %q: got %v and error %v, want an error", unknown, o, err)
		}
	}
}

// TestOptimised: package spec knows which optimisers have moments.
func TestOptimised(t *testing.T) {
	for name, o := range optimisers(t) {
		if got := (spec.Aggregation{Optimiser: name}).Optimised(); got != (len(o.Moments()) > 0) {
			t.Errorf("%s has the moments %q, but in package spec Optimised is %t", name, o.Moments(), got)
		}
	}
}

// TestStepsByHand: a weight of 1 gets the updates 2 and -1. The results are computed by hand.
func TestStepsByHand(t *testing.T) {
	for name, want := range map[string][2]float64{
		spec.ServerNone: {1 + 2, 3 - 1},
		// v = 2, then 0.9 2 - 1 = 0.8.
		spec.ServerFedAvgM: {1 + 0.1*2, 1.2 + 0.1*0.8},
		// m = 0.2, then 0.08; v = 0.99 0.0001 + 0.04 = 0.040099, then 0.04969801.
		spec.ServerFedAdam: {1 + 0.02/(0.2002473+0.01), 1.0951257 + 0.008/(0.2229305+0.01)},
		// v = 0.0001 + 0.04, then 0.0501.
		spec.ServerFedYogi: {1 + 0.02/(0.2002498+0.01), 1.0951245 + 0.008/(0.2238303+0.01)},
		// v = 4.0001, then 5.0001.
		spec.ServerFedAdagrad: {1 + 0.02/(2.000025+0.01), 1.0099501 + 0.008/(2.2360903+0.01)},
	} {
		o := optimisers(t)[name]
		weights, moments := []float32{1}, [][]float32(nil)
		for i, sum := range []int64{4, -2} {
			var err error
			if weights, moments, err = o.Step(weights, one(sum, 2), moments); err != nil {
				t.Fatal(err)
			}
			if math.Abs(float64(weights[0])-want[i]) > 1e-6 {
				t.Errorf("%s: step %d leads to %v, want %v", name, i+1, weights[0], want[i])
			}
		}
		if len(moments) != len(o.Moments()) {
			t.Errorf("%s returns %d moments, want %d", name, len(moments), len(o.Moments()))
		}
	}
}

// TestFedYogiKeepsEqualMoment: FedYogi does not change a second moment that equals the square
// of the update. It starts at tau squared, so an update of tau does not change it.
func TestFedYogiKeepsEqualMoment(t *testing.T) {
	o := optimisers(t)[spec.ServerFedYogi]
	weights, moments, err := o.Step([]float32{1}, one(1, 100), nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := 1 + 0.1*0.001/(0.01+0.01); math.Abs(float64(weights[0])-want) > 1e-6 {
		t.Errorf("the weight is %v, want %v", weights[0], want)
	}
	if tau := float32(0.01); moments[1][0] != tau*tau {
		t.Errorf("the second moment is %v, want %v", moments[1][0], tau*tau)
	}
}

// TestStepsFollowTheDefinition compares with the definitions, implemented again in float64.
func TestStepsFollowTheDefinition(t *testing.T) {
	all := optimisers(t)
	rapid.Check(t, func(t *rapid.T) {
		rate, momentum, tau := 0.1, 0.9, 0.01
		const whole = 1 << 30
		updates := rapid.SliceOfN(rapid.Int64Range(-whole, whole), 1, 20).Draw(t, "updates")
		for name, second := range map[string]func(v, s float64) float64{
			spec.ServerFedAdam:    func(v, s float64) float64 { return 0.99*v + 0.01*s },
			spec.ServerFedYogi:    func(v, s float64) float64 { return v - 0.01*s*float64(cmpSign(v, s)) },
			spec.ServerFedAdagrad: func(v, s float64) float64 { return v + s },
		} {
			o, weights, moments := all[name], []float32{0}, [][]float32(nil)
			w, m, v := 0.0, 0.0, tau*tau
			for _, sum := range updates {
				var err error
				u := float64(sum) / whole
				m = momentum*m + (1-momentum)*u
				v = second(v, u*u)
				w += rate * m / (math.Sqrt(v) + tau)
				if weights, moments, err = o.Step(weights, one(sum, whole), moments); err != nil {
					t.Fatal(err)
				}
			}
			if math.Abs(w-float64(weights[0])) > 1e-4 {
				t.Fatalf("%s: %v leads to %v, want %v", name, updates, weights[0], w)
			}
		}
	})
}

func cmpSign(a, b float64) int {
	switch {
	case a > b:
		return 1
	case a < b:
		return -1
	}
	return 0
}

// TestStepBits: the bits after 100 steps are the same on every architecture.
func TestStepBits(t *testing.T) {
	want := map[string]string{
		spec.ServerNone:       "4aa8c4a4",
		spec.ServerFedAvgM:    "c69e4d0f",
		spec.ServerFedAdam:    "e4e7441c",
		spec.ServerFedYogi:    "c7ffe86b",
		spec.ServerFedAdagrad: "6c5ebbde",
	}
	for name, o := range optimisers(t) {
		weights, moments := make([]float32, 97), [][]float32(nil)
		state := uint32(1)
		for range 100 {
			update := aggregate.Update{Sum: make([]int64, len(weights)), Divisor: 1 << 33}
			for i := range update.Sum {
				state = state*1664525 + 1013904223
				update.Sum[i] = int64(int32(state))
			}
			var err error
			if weights, moments, err = o.Step(weights, update, moments); err != nil {
				t.Fatal(err)
			}
		}
		var b []byte
		for _, values := range append([][]float32{weights}, moments...) {
			for _, v := range values {
				b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
			}
		}
		if got := spec.DigestOf(b).Short(); got != want[name] {
			t.Errorf("%s: digest %s, want %s", name, got, want[name])
		}
	}
}

func TestStepLeavesItsInputAlone(t *testing.T) {
	for name, o := range optimisers(t) {
		weights, update := []float32{1, 2}, aggregate.Update{Sum: []int64{3, 4}, Divisor: 1}
		next, moments, err := o.Step(weights, update, nil)
		if err != nil {
			t.Fatal(err)
		}
		before := make([][]float32, len(moments))
		for i := range moments {
			before[i] = slices.Clone(moments[i])
		}
		if _, _, err := o.Step(next, update, moments); err != nil {
			t.Fatal(err)
		}
		if weights[0] != 1 || update.Sum[1] != 4 || cmp.Diff(before, moments, cmpopts.EquateEmpty()) != "" {
			t.Errorf("%s changes its arguments", name)
		}
	}
}

// TestNextModelIsFinite: the largest weights stay finite, even with the largest updates.
func TestNextModelIsFinite(t *testing.T) {
	global := []float32{math.MaxFloat32, -math.MaxFloat32, math.MaxFloat32, math.SmallestNonzeroFloat32}
	update := aggregate.Update{Sum: []int64{math.MaxInt64, math.MinInt64, math.MinInt64, -1 << 30}, Divisor: 1}
	want := []float32{math.MaxFloat32, -math.MaxFloat32, math.MaxFloat32, -1 << 30}
	if diff := cmp.Diff(want, added(t, global, update)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestStepRefuses(t *testing.T) {
	plain, nan := []float32{1, 2}, float32(math.NaN())
	for name, o := range optimisers(t) {
		own := make([][]float32, len(o.Moments()))
		for i := range own {
			own[i] = []float32{1, 1}
		}
		for _, c := range []struct {
			weights []float32
			update  aggregate.Update
			moments [][]float32
			want    string
		}{
			{plain, one(1, 1), nil, "an update of 1 values for 2 weights"},
			{plain, aggregate.Update{Sum: []int64{1, 1}}, nil, "a divisor of 0"},
			{plain, aggregate.Update{Sum: []int64{1, 1}, Divisor: 1}, append(own, plain), "moments: the optimiser has"},
			{[]float32{0, nan}, aggregate.Update{Sum: []int64{1, 1}, Divisor: 1}, nil, "global weight 1 is NaN"},
			{[]float32{0, float32(math.Inf(-1))}, aggregate.Update{Sum: []int64{1, 1}, Divisor: 1}, nil, "global weight 1 is -Inf"},
		} {
			refused(t, name, o, c.weights, c.update, c.moments, c.want)
		}
		if len(own) == 0 {
			continue
		}
		own[0] = []float32{1}
		refused(t, name, o, plain, aggregate.Update{Sum: []int64{1, 1}, Divisor: 1}, own, "a moment of 1 values for 2 weights")
		own[0] = []float32{1, nan}
		refused(t, name, o, plain, aggregate.Update{Sum: []int64{1, 1}, Divisor: 1}, own, "makes NaN of weight 1: its rate is too high")
	}
}

func refused(t *testing.T, name string, o aggregate.Optimiser, weights []float32, update aggregate.Update, moments [][]float32, want string) {
	t.Helper()
	next, remembered, err := o.Step(weights, update, moments)
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%s: error %v, want %q", name, err, want)
	}
	if next != nil || remembered != nil {
		t.Errorf("%s: values are returned with the error: %v, %v", name, next, remembered)
	}
}
