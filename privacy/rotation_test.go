package privacy_test

import (
	"errors"
	"math"
	"math/big"
	"math/bits"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/althing-network/althing/privacy"
)

func seed32(t *rapid.T) (seed [32]byte) {
	copy(seed[:], rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "seed"))
	return seed
}

// There and back is the vector again, times the divisor, but for what the shift
// rounds: half of 2^shift a value. Without a shift it is exact.
func TestRotationTurnsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Int64Range(-1<<40, 1<<40), 1, 700).Draw(t, "values")
		r := privacy.Rotation{Seed: seed32(t)}
		size := r.Size(len(values))
		r.Shift = rapid.UintRange(0, uint(bits.Len(uint(size))-1)).Draw(t, "shift")
		before := slices.Clone(values)
		turned, err := r.Turn(values)
		if err != nil || len(turned) != size || !slices.Equal(values, before) {
			t.Fatal(len(turned), err)
		}
		if r.Shift == 0 { // the length is root(size) times what it was
			want := length(privacy.L2, values)
			if want.Mul(want, big.NewInt(int64(size))).Cmp(length(privacy.L2, turned)) != 0 {
				t.Fatal("the length of the rotated vector is another")
			}
		}
		back, err := r.Back(turned, len(values))
		if err != nil || len(back) != len(values) {
			t.Fatal(len(back), err)
		}
		divisor := int64(r.Divisor(len(values)))
		for i, v := range back {
			// off by half of 2^shift of the value, so by half of the size of what was multiplied
			if off := v - divisor*values[i]; off > int64(size/2) || -off > int64(size/2) || r.Shift == 0 && off != 0 {
				t.Fatalf("value %d of %d: %d came back as %d/%d", i, len(back), values[i], v, divisor)
			}
		}
	})
}

// The rotation is the one that is defined: row j of the Hadamard matrix has the sign of
// the parity of i and j, and values are rounded to nearest even.
func TestRotationIsHadamards(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Int64Range(-1000, 1000), 1, 130).Draw(t, "values")
		r := privacy.Rotation{Seed: seed32(t)}
		plain, err := r.Turn(values)
		if err != nil {
			t.Fatal(err)
		}
		flipped := make([]int64, len(values)) // the signs are found one by one
		for i := range values {
			one := make([]int64, len(values))
			one[i] = 1
			turned, err := r.Turn(one)
			if err != nil {
				t.Fatal(err)
			}
			flipped[i] = turned[0] * values[i]
		}
		r.Shift = uint(bits.Len(uint(len(plain)))-1) / 2
		shifted, err := r.Turn(values)
		if err != nil {
			t.Fatal(err)
		}
		for j := range plain {
			sum := int64(0)
			for i, v := range flipped {
				if bits.OnesCount(uint(i&j))%2 == 1 {
					v = -v
				}
				sum += v
			}
			if plain[j] != sum {
				t.Fatalf("value %d: %d, want %d", j, plain[j], sum)
			}
			if want := math.RoundToEven(math.Ldexp(float64(sum), -int(r.Shift))); float64(shifted[j]) != want {
				t.Fatalf("value %d: %d / 2^%d is %d, want %v", j, sum, r.Shift, shifted[j], want)
			}
		}
	})
}

// A vector with all its length in one value is what rotation is for: half of the signs
// differ, and afterwards all values are equally large.
func TestRotationSpreadsOneValue(t *testing.T) {
	values := make([]int64, 1000)
	values[700] = 1 << 20
	r := privacy.Rotation{Seed: [32]byte{1}, Shift: 5}
	turned, err := r.Turn(values)
	if err != nil {
		t.Fatal(err)
	}
	negative := 0
	for i, v := range turned {
		if v != 1<<15 && v != -1<<15 {
			t.Fatalf("value %d is %d", i, v)
		}
		if v < 0 {
			negative++
		}
	}
	if negative != 512 {
		t.Errorf("%d of 1024 are below zero", negative)
	}
}

func TestRotationsThatAreRefused(t *testing.T) {
	r := privacy.Rotation{}
	if _, err := r.Turn([]int64{math.MinInt64}); !errors.Is(err, privacy.ErrOverflow) {
		t.Errorf("a vector that would overflow: %v", err)
	}
	if _, err := r.Back([]int64{1 << 61, 1 << 61, 1, 0}, 3); !errors.Is(err, privacy.ErrOverflow) {
		t.Errorf("a sum that would overflow: %v", err)
	}
	if _, err := r.Back(make([]int64, 3), 3); err == nil {
		t.Error("a sum of the wrong size is turned")
	}
	if _, err := (privacy.Rotation{Shift: 3}).Turn(make([]int64, 4)); err == nil {
		t.Error("a shift beyond the size is taken")
	}
	if got, err := (privacy.Rotation{}).Turn(nil); err != nil || len(got) != 1 {
		t.Errorf("no values: %v, %v", got, err)
	}
}
