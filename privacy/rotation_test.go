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

// Rotating and rotating back gives the vector times the divisor, with an error of at most
// half of 2^shift per rotated value. Without a shift it is exact.
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
		if r.Shift == 0 { // the vector is sqrt(size) times longer
			want := length(privacy.L2, values)
			if want.Mul(want, big.NewInt(int64(size))).Cmp(length(privacy.L2, turned)) != 0 {
				t.Fatal("the rotated vector has a wrong length")
			}
		}
		back, err := r.Back(turned, len(values))
		if err != nil || len(back) != len(values) {
			t.Fatal(len(back), err)
		}
		divisor := int64(r.Divisor(len(values)))
		for i, v := range back {
			// the rounding error is half of 2^shift per rotated value, so half of size here
			if off := v - divisor*values[i]; off > int64(size/2) || -off > int64(size/2) || r.Shift == 0 && off != 0 {
				t.Fatalf("value %d of %d: %d comes back as %d/%d", i, len(back), values[i], v, divisor)
			}
		}
	})
}

// The rotation agrees with its definition: element (i, j) of the Hadamard matrix is 1 or -1
// by the parity of i AND j, and values are rounded to nearest, halves to even.
func TestRotationIsHadamards(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Int64Range(-1000, 1000), 1, 130).Draw(t, "values")
		r := privacy.Rotation{Seed: seed32(t)}
		plain, err := r.Turn(values)
		if err != nil {
			t.Fatal(err)
		}
		flipped := make([]int64, len(values)) // finds each sign with a vector that has a single 1
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

// A vector with a single large value is what rotation is for: afterwards all values have the
// same magnitude, and half of them are negative.
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
		t.Errorf("%d of 1024 values are negative, want 512", negative)
	}
}

func TestRotationRefuses(t *testing.T) {
	r := privacy.Rotation{}
	if _, err := r.Turn([]int64{math.MinInt64}); !errors.Is(err, privacy.ErrOverflow) {
		t.Errorf("a vector that would overflow: got error %v, want ErrOverflow", err)
	}
	if _, err := r.Back([]int64{1 << 61, 1 << 61, 1, 0}, 3); !errors.Is(err, privacy.ErrOverflow) {
		t.Errorf("a sum that would overflow: got error %v, want ErrOverflow", err)
	}
	if _, err := r.Back(make([]int64, 3), 3); err == nil {
		t.Error("a sum of a wrong size is rotated back")
	}
	if _, err := (privacy.Rotation{Shift: 3}).Turn(make([]int64, 4)); err == nil {
		t.Error("a shift above the maximum is accepted")
	}
	if got, err := (privacy.Rotation{}).Turn(nil); err != nil || len(got) != 1 {
		t.Errorf("rotating 0 values gives %v (error %v), want one value", got, err)
	}
}
