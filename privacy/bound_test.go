package privacy_test

import (
	"errors"
	"math"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/althing-network/althing/privacy"
	"github.com/althing-network/althing/privacy/cost"
)

// length is the norm of the values by definition; for L2 its square.
func length(n privacy.Norm, values []int64) *big.Int {
	sum := new(big.Int)
	for _, v := range values {
		b := big.NewInt(v)
		if n == privacy.L2 {
			b.Mul(b, b)
		}
		sum.Add(sum, b.Abs(b))
	}
	return sum
}

// hostileVectors draws values of any size, with many extremes.
func hostileVectors() *rapid.Generator[[]int64] {
	value := rapid.OneOf(
		rapid.SampledFrom([]int64{math.MinInt64, math.MinInt64 + 1, math.MaxInt64, math.MinInt32, math.MaxInt32, -1, 0, 1, 1 << 30}),
		rapid.Int64(),
		rapid.Int64Range(-5, 5),
	)
	return rapid.SliceOfN(value, 0, 300)
}

func bounds() *rapid.Generator[privacy.Bound] {
	return rapid.Custom(func(t *rapid.T) privacy.Bound {
		return privacy.Bound{
			Norm:  rapid.SampledFrom([]privacy.Norm{privacy.L1, privacy.L2}).Draw(t, "norm"),
			Limit: rapid.OneOf(rapid.Uint64Range(1, 100), rapid.Uint64Range(1, 1<<61)).Draw(t, "limit"),
		}
	})
}

func TestClippedVectorIsWithinTheBound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, values := bounds().Draw(t, "bound"), hostileVectors().Draw(t, "values")
		clipped := slices.Clone(values)
		if err := b.Clip(clipped); err != nil {
			t.Fatal(err)
		}
		limit, before := new(big.Int).SetUint64(b.Limit), length(b.Norm, values)
		if got := length(b.Norm, clipped); got.Cmp(limit) > 0 {
			t.Fatalf("%s: the clipped vector has norm %d, the limit is %d", b.Norm, got, limit)
		}
		if most := new(big.Int).SetUint64(b.Magnitudes(len(clipped))); length(privacy.L1, clipped).Cmp(most) > 0 {
			t.Fatalf("a vector within the bound has an L1 norm above %d", most)
		}
		if !b.Holds(clipped) || b.Holds(values) != (before.Cmp(limit) <= 0) {
			t.Fatal("Holds does not agree with the norm by definition")
		}
		if before.Cmp(limit) <= 0 {
			if !slices.Equal(values, clipped) {
				t.Fatal("a vector within the bound has changed")
			}
			return
		}
		again := slices.Clone(clipped)
		if err := b.Clip(again); err != nil || !slices.Equal(again, clipped) {
			t.Fatalf("clipping a second time changes the vector to %v (error %v)", again, err)
		}
		for i, v := range clipped {
			// No value grows or changes its sign, and each is less than 1 below the exact
			// product, except for 2^-64 of it.
			exact := new(big.Float).SetPrec(300).SetInt(limit)
			exact.Quo(exact, new(big.Float).SetPrec(300).SetInt(before))
			if b.Norm == privacy.L2 {
				exact.Sqrt(exact)
			}
			exact.Mul(exact, new(big.Float).SetInt(length(privacy.L1, values[i:i+1])))
			left := new(big.Float).SetInt(length(privacy.L1, clipped[i:i+1]))
			if left.Cmp(exact) > 0 || left.Cmp(exact.Sub(exact, big.NewFloat(1.5))) < 0 {
				t.Fatalf("value %d: %d became %d", i, values[i], v)
			}
			if v != 0 && v < 0 != (values[i] < 0) {
				t.Fatalf("value %d: %d became %d", i, values[i], v)
			}
		}
	})
}

// Without clipping one vector can move the sum arbitrarily far: that is the attack. With
// clipping, neighbouring sums differ by at most the sensitivity.
func TestNeighbouringSumsLieWithinTheSensitivity(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := bounds().Draw(t, "bound")
		b.Limit = min(b.Limit, 1<<58)
		one := rapid.SliceOfN(rapid.Int64(), 20, 20).Draw(t, "one")
		other := rapid.SliceOfN(rapid.Int64(), 20, 20).Draw(t, "other")
		for _, v := range [][]int64{one, other} {
			if err := b.Clip(v); err != nil {
				t.Fatal(err)
			}
		}
		difference := slices.Clone(one)
		for i := range difference {
			difference[i] -= other[i]
		}
		for a, moved := range map[cost.Adjacency][]int64{cost.ZeroOut: one, cost.AddRemove: one, cost.ReplaceOne: difference} {
			if length(b.Norm, moved).Cmp(new(big.Int).SetUint64(b.Sensitivity(a))) > 0 {
				t.Fatalf("%s: the sums differ by %d, the sensitivity is %d", a, length(b.Norm, moved), b.Sensitivity(a))
			}
		}
	})
	far := []int64{math.MaxInt32, math.MaxInt32}
	b := privacy.Bound{Norm: privacy.L2, Limit: 100}
	if b.Holds(far) {
		t.Error("the attack is within the bound")
	}
}

func TestBoundRefuses(t *testing.T) {
	for _, b := range []privacy.Bound{
		{},
		{Norm: privacy.L1},
		{Norm: privacy.L2, Limit: 0},
		{Norm: "l3", Limit: 5},
		{Norm: privacy.L2, Limit: 1<<61 + 1},
	} {
		values := []int64{7}
		if err := b.Clip(values); !errors.Is(err, privacy.ErrBound) || values[0] != 7 {
			t.Errorf("%+v: got error %v and values %v, want ErrBound and unchanged values", b, err, values)
		}
	}
	if got := (privacy.Bound{Norm: privacy.L2, Limit: 99}).Largest(); got != 9 {
		t.Errorf("the largest value of a square of 99 is %d, want 9", got)
	}
	for count, want := range map[int]uint64{0: 0, 1: 9, 4: 19, 98: 98, 99: 99, 1 << 20: 99} {
		if got := (privacy.Bound{Norm: privacy.L2, Limit: 99}).Magnitudes(count); got != want {
			t.Errorf("%d values with a squared L2 norm of 99 have an L1 norm of %d, want %d", count, got, want)
		}
	}
	if got := (privacy.Bound{Norm: privacy.L1, Limit: 99}).Largest(); got != 99 {
		t.Errorf("the largest value of a sum of 99 is %d", got)
	}
}
