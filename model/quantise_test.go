package model_test

import (
	"errors"
	"math"
	"math/big"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/althing-network/althing/model"
)

func TestQuantiseRoundsHalfToEven(t *testing.T) {
	local := []float32{0.5, 1.5, 2.5, -0.5, -1.5, 0.75, -0.75, 0.25, 3, 0}
	want := []int32{0, 2, 2, 0, -2, 1, -1, 0, 3, 0}
	got, err := model.Quantise(local, make([]float32, len(local)), 0)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestQuantiseAgainstRationals compares with a simple implementation in exact fractions, for
// values whose difference is exact in float64.
func TestQuantiseAgainstRationals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.Map(rapid.Int32Range(-1<<24, 1<<24), func(k int32) float32 { return float32(k) / (1 << 22) })
		local, global := value.Draw(t, "local"), value.Draw(t, "global")
		bits := rapid.Uint32Range(0, 26).Draw(t, "bits")
		got, err := model.Quantise([]float32{local}, []float32{global}, bits)
		if err != nil {
			t.Fatal(err)
		}
		exact := new(big.Rat).Sub(new(big.Rat).SetFloat64(float64(local)), new(big.Rat).SetFloat64(float64(global)))
		exact.Mul(exact, new(big.Rat).SetInt64(1<<bits))
		if want := roundToEven(exact); int64(got[0]) != want {
			t.Fatalf("(%v - %v) * 2^%d = %s gives %d, want %d", local, global, bits, exact, got[0], want)
		}
	})
}

// roundToEven rounds to the nearest integer, half to even.
func roundToEven(x *big.Rat) int64 {
	floor := new(big.Int).Div(x.Num(), x.Denom()).Int64() // Euclidean: rounds down
	fraction := new(big.Rat).Sub(x, new(big.Rat).SetInt64(floor))
	switch fraction.Cmp(big.NewRat(1, 2)) {
	case -1:
		return floor
	case 1:
		return floor + 1
	}
	return floor + floor&1
}

func TestQuantiseRange(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, test := range []struct {
		name          string
		local, global float32
		bits          uint32
		want          int32
		err           error
	}{
		{"largest", 1, 0, 30, 1 << 30, nil},
		{"smallest", -1, 0, 30, -1 << 30, nil},
		{"one beyond", 1<<30 + 128, 0, 0, 0, model.ErrRange},
		{"one below", -1<<30 - 128, 0, 0, 0, model.ErrRange},
		{"far beyond", math.MaxFloat32, -math.MaxFloat32, 30, 0, model.ErrRange},
		{"NaN here", nan, 0, 1, 0, model.ErrRange},
		{"NaN there", 0, nan, 1, 0, model.ErrRange},
		{"infinite", inf, 0, 1, 0, model.ErrRange},
		{"infinite on both sides", inf, inf, 1, 0, model.ErrRange},
		{"minus infinite", -inf, 0, 1, 0, model.ErrRange},
		{"subnormal", math.SmallestNonzeroFloat32, 0, 30, 0, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := model.Quantise([]float32{test.local}, []float32{test.global}, test.bits)
			if !errors.Is(err, test.err) {
				t.Fatalf("error %v, want %v", err, test.err)
			}
			if err == nil && got[0] != test.want {
				t.Errorf("got %d, want %d", got[0], test.want)
			}
		})
	}
}

func TestQuantiseRefusesWrongArguments(t *testing.T) {
	if _, err := model.Quantise(make([]float32, 2), make([]float32, 3), 1); err == nil {
		t.Error("vectors of different lengths are accepted")
	}
	if _, err := model.Quantise(nil, nil, model.MaxScaleBits+1); err == nil {
		t.Error("a scale of 31 bits is accepted")
	}
}
