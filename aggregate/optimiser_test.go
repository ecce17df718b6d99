package aggregate_test

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/althing-network/althing/aggregate"
	"github.com/althing-network/althing/spec"
)

// optimisers are all there are, with the parameters of the tests.
func optimisers(t testing.TB) map[string]aggregate.Optimiser {
	t.Helper()
	all := make(map[string]aggregate.Optimiser)
	for _, name := range []string{spec.ServerFedAvgM, spec.ServerFedAdam, spec.ServerFedYogi, spec.ServerFedAdagrad} {
		o, err := aggregate.OptimiserOf(spec.Aggregation{Optimiser: name, Rate: 100_000, Momentum: 900_000, Tau: 10_000})
		if err != nil {
			t.Fatal(err)
		}
		all[name] = o
	}
	return all
}

func TestOptimiserOf(t *testing.T) {
	if o, err := aggregate.OptimiserOf(spec.Aggregation{Optimiser: spec.ServerNone}); o != nil || err != nil {
		t.Errorf("none is %v, %v", o, err)
	}
	if _, err := aggregate.OptimiserOf(spec.Aggregation{Optimiser: "lion"}); err == nil || !strings.Contains(err.Error(), `"lion"`) {
		t.Errorf("error %v", err)
	}
	want := aggregate.FedYogi{Rate: 0.1, Momentum: 0.9, Tau: 0.01}
	if got := optimisers(t)[spec.ServerFedYogi]; got != want {
		t.Errorf("fedyogi is %v", got)
	}
}

// One weight at 1 that is moved by 2, then by -1, computed with pencil and paper.
func TestStepsByHand(t *testing.T) {
	for name, want := range map[string][2]float64{
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
		for i, update := range []float32{2, -1} {
			var err error
			if weights, moments, err = o.Step(weights, []float32{update}, moments); err != nil {
				t.Fatal(err)
			}
			if math.Abs(float64(weights[0])-want[i]) > 1e-6 {
				t.Errorf("%s: step %d leads to %v, want %v", name, i+1, weights[0], want[i])
			}
		}
		if len(moments) != len(o.Moments()) {
			t.Errorf("%s remembers %d moments, and names %d", name, len(moments), len(o.Moments()))
		}
	}
}

// FedYogi leaves a second moment that is the square of the update as it is: tau's,
// for an update of tau.
func TestFedYogiStaysWhereItIs(t *testing.T) {
	o := optimisers(t)[spec.ServerFedYogi]
	weights, moments, err := o.Step([]float32{1}, []float32{0.01}, nil)
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

// The definition in float64, written again.
func TestStepsFollowTheDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate, momentum, tau := 0.1, 0.9, 0.01
		updates := rapid.SliceOfN(rapid.Float32Range(-1, 1), 1, 20).Draw(t, "updates")
		for name, second := range map[string]func(v, s float64) float64{
			spec.ServerFedAdam:    func(v, s float64) float64 { return 0.99*v + 0.01*s },
			spec.ServerFedYogi:    func(v, s float64) float64 { return v - 0.01*s*float64(cmpSign(v, s)) },
			spec.ServerFedAdagrad: func(v, s float64) float64 { return v + s },
		} {
			o, err := aggregate.OptimiserOf(spec.Aggregation{Optimiser: name, Rate: 100_000, Momentum: 900_000, Tau: 10_000})
			if err != nil {
				t.Fatal(err)
			}
			weights, moments := []float32{0}, [][]float32(nil)
			w, m, v := 0.0, 0.0, tau*tau
			for _, update := range updates {
				u := float64(update)
				m = momentum*m + (1-momentum)*u
				v = second(v, u*u)
				w += rate * m / (math.Sqrt(v) + tau)
				if weights, moments, err = o.Step(weights, []float32{update}, moments); err != nil {
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

// The bits of a hundred steps are the same on every architecture.
func TestStepBits(t *testing.T) {
	for name, want := range map[string]string{
		spec.ServerFedAvgM:    "c69e4d0f",
		spec.ServerFedAdam:    "e4e7441c",
		spec.ServerFedYogi:    "c7ffe86b",
		spec.ServerFedAdagrad: "6c5ebbde",
	} {
		weights, moments := make([]float32, 97), [][]float32(nil)
		state := uint32(1)
		for range 100 {
			update := make([]float32, len(weights))
			for i := range update {
				state = state*1664525 + 1013904223
				update[i] = float32(int32(state)) / (1 << 33)
			}
			var err error
			if weights, moments, err = optimisers(t)[name].Step(weights, update, moments); err != nil {
				t.Fatal(err)
			}
		}
		var b []byte
		for _, values := range append([][]float32{weights}, moments...) {
			for _, v := range values {
				b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
			}
		}
		if got := spec.DigestOf(b).Short(); got != want {
			t.Errorf("%s: digest %s, want %s", name, got, want)
		}
	}
}

func TestStepLeavesItsInputAlone(t *testing.T) {
	for name, o := range optimisers(t) {
		weights, update := []float32{1, 2}, []float32{3, 4}
		_, moments, err := o.Step(weights, update, nil)
		if err != nil {
			t.Fatal(err)
		}
		before := moments[0][0]
		if _, _, err := o.Step(weights, update, moments); err != nil {
			t.Fatal(err)
		}
		if weights[0] != 1 || update[1] != 4 || moments[0][0] != before {
			t.Errorf("%s changes what it is given", name)
		}
	}
}

func TestStepRefuses(t *testing.T) {
	for name, o := range optimisers(t) {
		own := make([][]float32, len(o.Moments()))
		for i := range own {
			own[i] = []float32{1, 1}
		}
		short := append([][]float32{{1}}, own[1:]...)
		for _, c := range []struct {
			update  []float32
			moments [][]float32
			want    string
		}{
			{[]float32{1}, nil, "an update of 1 values for 2 weights"},
			{[]float32{1, 1}, append(own, own...), "moments: the optimiser has"},
			{[]float32{1, 1}, short, "a moment of 1 values for 2 weights"},
			{[]float32{1, float32(math.NaN())}, nil, "NaN of weight 1"},
		} {
			next, moments, err := o.Step([]float32{1, 2}, c.update, c.moments)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: error %v, want %q", name, err, c.want)
			}
			if diff := cmp.Diff([]any{next, moments}, []any{[]float32(nil), [][]float32(nil)}, cmpopts.EquateNaNs()); diff != "" {
				t.Errorf("%s: values come with the error: %s", name, diff)
			}
		}
	}
}
